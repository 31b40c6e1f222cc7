"""A form as lines: label, value, and what is wrong with it; the screen that owns it edits the field of the cursor."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from textual.events import Click

from rft_tui.safetext import one_line
from rft_tui.tui.paint import Line, fit
from rft_tui.tui.widgets.lines import LineWidget

if TYPE_CHECKING:
    from rft_tui.tui.editing.highlight import Highlighter

LABEL = 22
"""Cells of the labels, unless a form says otherwise."""


class FieldKind(StrEnum):
    """How a field is changed: typed, chosen, several chosen, or turned between yes and no."""

    TEXT = "text"
    CHOICE = "choice"
    SEVERAL = "several"
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True)
class FormField:
    """One field; `proposal` is its value until one is given, `empty` what stands there where there is none.

    A field with a `section` begins a new part of the form.
    """

    name: str
    label: str
    sentence: str
    kind: FieldKind = FieldKind.TEXT
    proposal: str = ""
    empty: str = "–"
    section: str = ""


YES = "yes"
"""The value of a yes/no field that is on; empty otherwise."""

_KEY = re.compile(r"\{([a-z_.]+)\}")


def with_keys(fields: Sequence[FormField], key: Callable[[str], str]) -> tuple[FormField, ...]:
    """The fields with the keys that a person has where ``{action.id}`` stands; `key` gives that of an action's id."""

    def filled(text: str) -> str:
        return _KEY.sub(lambda found: key(found[1]), text)

    return tuple(replace(one, sentence=filled(one.sentence), empty=filled(one.empty)) for one in fields)


class Form(LineWidget):
    """The fields with their values; `problems` says what is wrong, by the field's name."""

    def __init__(self, fields: Sequence[FormField]) -> None:
        super().__init__()
        self.fields = tuple(fields)
        self.values: dict[str, str] = {}
        self.problems: dict[str, str] = {}
        self.label_width = LABEL
        self.cursor = 0
        self.top = 0
        self.on_moved: Callable[[], None] | None = None
        self.on_chosen: Callable[[], None] | None = None
        self._colors: Mapping[str, Highlighter] = {}
        self._is_active = True

    @property
    def field(self) -> FormField:
        """The field of the cursor."""
        return self.fields[self.cursor]

    def value(self, name: str) -> str:
        """The value of a field: what was given, else what it proposes."""
        field = next(one for one in self.fields if one.name == name)
        return self.values.get(name, field.proposal)

    def show(self, values: dict[str, str], problems: dict[str, str]) -> None:
        """Show other values."""
        if (values, problems) != (self.values, self.problems):
            self.values, self.problems = dict(values), dict(problems)
            self.refresh()

    def set_active(self, active: bool) -> None:
        """Show whether keys move this form."""
        if active != self._is_active:
            self._is_active = active
            self.refresh()

    def color(self, colors: Mapping[str, Highlighter]) -> None:
        """Colour the values of some fields, by their names."""
        self._colors = colors
        self.refresh()

    def go(self, position: int) -> None:
        """Move the cursor; it stays within the form and in view."""
        position = max(0, min(position, len(self.fields) - 1))
        if position == self.cursor:
            return
        self.cursor = position
        self.keep_in_view()
        self.refresh()
        if self.on_moved is not None:
            self.on_moved()

    def go_to(self, name: str) -> None:
        """Move the cursor to a field."""
        self.go(next(number for number, one in enumerate(self.fields) if one.name == name))

    def keep_in_view(self) -> None:
        """Scroll as little as is needed, and leave no room empty; a form that has no height yet stays where it is."""
        height = self.size.height
        if height < 1:
            return
        rows = self._rows()
        line = next(number for number, row in enumerate(rows) if row == self.cursor)
        above = line - 1 if line and rows[line - 1] is None else line
        self.top = max(0, min(max(self.top, line - height + 1), above, len(rows) - height))

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self.keep_in_view()
        self.refresh()

    def _rows(self) -> list[int | None]:
        """The number of the field on each line; None where a section's name stands."""
        rows: list[int | None] = []
        for number, field in enumerate(self.fields):
            if field.section:
                rows.append(None)
            rows.append(number)
        return rows

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """A section's name, or a field."""
        rows = self._rows()
        place = self.top + y
        if place >= len(rows):
            return [], self._ground
        number = rows[place]
        is_last = y == self.size.height - 1 and place < len(rows) - 1
        margin = "↑" if y == 0 and self.top else "↓" if is_last else " "
        if number is None:
            section = self.fields[rows[place + 1] or 0].section
            return [(margin, "text.faint"), (section, "text.accent bold")], self._ground
        field = self.fields[number]
        here = number == self.cursor
        problem = self.problems.get(field.name)
        value = self.value(field.name)
        given = field.name in self.values and value != field.proposal
        if field.kind is FieldKind.YES_NO:
            shown, style = ("[x] yes", "text.normal bold") if value else ("[ ] no", "text.dim")
        elif not value:
            shown, style = field.empty, "text.faint"
        else:
            shown, style = one_line(value, 300), "text.normal bold" if given else "text.normal"
        sign = ("▸" if self._is_active else "›", "text.accent bold") if here else (margin, "text.faint")
        line: Line = [sign, (f" {fit(field.label, self.label_width)}", "text.dim")]
        if problem and not value:
            line.append((shown, "state.warning"))
        elif problem:
            room = max(12, (width - self.label_width - 4) // 2)
            line += self._value_spans(field, one_line(shown, room), style)
            line += [("  ✗ ", "state.bad bold"), (one_line(problem, 200), "state.bad")]
        else:
            line += self._value_spans(field, shown, style)
        if here and self._is_active:
            return line, "selection"
        return line, "marked" if here else self._ground

    def _value_spans(self, field: FormField, shown: str, style: str) -> Line:
        """A value in its colours where it has some."""
        colors = self._colors.get(field.name)
        return [(shown, style)] if colors is None or not self.value(field.name) else colors(shown, 0)[0]

    _ground = "background"

    def on_click(self, event: Click) -> None:
        """Put the cursor on the clicked field; a click on the cursor's field changes it."""
        rows = self._rows()
        place = self.top + event.y
        number = rows[place] if 0 <= place < len(rows) else None
        if number is None:
            return
        if number == self.cursor and self.on_chosen is not None:
            self.on_chosen()
        self.go(number)

    def on_mouse_scroll_down(self) -> None:
        """Three fields down."""
        self.go(self.cursor + 3)

    def on_mouse_scroll_up(self) -> None:
        """Three fields up."""
        self.go(self.cursor - 3)
