"""Choosing from a list by typing and moving: help, palette, graders, runs, themes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from rft_tui.tui.paint import Line, fit, flat, justify, plain, wrap_line
from rft_tui.tui.screens.dialog import Dialog
from rft_tui.tui.widgets.line_input import LineInput
from rft_tui.tui.widgets.lines import LineWidget
from rft_tui.tui.widgets.table import Table

LONGEST_TEXT = 64
"""Cells of the column of texts at most."""

_LEFT = 4

MOST_WIDTH = 100
"""Cells of the list at most, as the styles below say."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One line to choose: what is returned, its text, and a word beside it; `lead` stands at the left.

    One that `goes_on` is a further line of the choice above it.
    """

    value: str
    text: str
    beside: str = ""
    lead: str = ""
    dim: bool = False
    goes_on: bool = False


def unfolded(choices: Sequence[Choice], width: int) -> list[Choice]:
    """The choices in rows of a width (cells) that say everything: what has no room beside a text stands below it."""
    room = max(20, width - _LEFT)
    lead = max((len(choice.lead) for choice in choices), default=0)
    column = min(LONGEST_TEXT, max((cell_len(flat(choice.text)) for choice in choices), default=0))
    rows: list[Choice] = []
    for choice in choices:
        if lead + column + cell_len(flat(choice.beside)) <= room - _LEFT:
            rows.append(choice)
            continue
        first, *below = wrap_line([(flat(choice.text), "")], room - lead - _LEFT)
        rows.append(replace(choice, text=plain(first), beside=""))
        below += wrap_line([(flat(choice.beside), "")], room - lead - _LEFT) if choice.beside else []
        rows += [Choice(choice.value, plain(line), dim=choice.dim, goes_on=True) for line in below]
    return rows


class ChoiceSource:
    """Choices as rows of a table."""

    def __init__(self, choices: Sequence[Choice], current: str | None) -> None:
        self.choices = choices
        self._current = current
        self._number = sum(not choice.goes_on for choice in choices)
        self._lead = max((len(choice.lead) for choice in choices), default=0)
        texts = (cell_len(flat(choice.text)) for choice in choices if not choice.goes_on)
        self._text = min(LONGEST_TEXT, max(texts, default=0))

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.choices)

    def page(self, first: int, count: int) -> list[Choice]:
        """Some of them."""
        return list(self.choices[first : first + count])

    def heading(self, width: int) -> Line:
        """How many there are and what keys do."""
        words = "enter chooses · esc leaves"
        return justify([(f" {self._number}", "text.dim")], [(f"{words} ", "text.dim")], width)

    def paint(self, row: Choice, width: int) -> Line:
        """One choice."""
        if row.goes_on:
            return [(" " * (self._lead + _LEFT), "text.normal"), (flat(row.text), "text.dim")]
        line: Line = [("▸" if row.value == self._current else " ", "text.accent")]
        if self._lead:
            line.append((fit(row.lead, self._lead + 2), "text.accent bold"))
        text = flat(row.text)
        line.append((fit(text, self._text) if row.beside else text, "text.faint" if row.dim else "text.normal"))
        if row.beside:
            line.append((f"  {flat(row.beside)}", "text.faint" if row.dim else "text.dim"))
        return line

    def empty(self) -> list[Line]:
        """Nothing fits."""
        return [[(" nothing fits what you typed", "text.faint")]]


class _Title(LineWidget):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def line(self, y: int, width: int) -> tuple[Line, str]:
        return [(f" {self.text}", "text.accent bold")], "panel"


def rank(choice: Choice, typed: str) -> int:
    """How well a choice fits: its text is what is typed, begins with it, has a word that does, holds it, or has its
    parts somewhere."""
    text = choice.text.casefold()
    if text == typed:
        return 0
    if text.startswith(typed):
        return 1
    if f" {typed}" in text:
        return 2
    return 3 if typed in text else 4


class PickScreen(Dialog):
    """A filterable list over the screen; returns the chosen value, None when left with esc."""

    CSS = """
    PickScreen { align: center middle; background: transparent; }
    PickScreen > Vertical { width: 90%; max-width: 100; max-height: 30; }
    PickScreen _Title { height: 1; }
    PickScreen Table { height: 1fr; }
    """

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        current: str | None = None,
        on_move: Callable[[str], None] | None = None,
        is_whole: bool = False,
    ) -> None:
        """`on_move` is told the value under the cursor; where it `is_whole`, what has no room beside stands below."""
        super().__init__()
        self._is_whole = is_whole
        self._kept = choices
        self._title_text = title
        self._choices = choices
        self._current = current
        self._on_move = on_move
        self.table = Table(ChoiceSource(choices, current))
        self.table.surface = "panel"
        self.table.on_moved = self._moved

    def compose(self) -> ComposeResult:
        """Title, input, list."""
        with Vertical():
            yield _Title(self._title_text)
            yield LineInput(placeholder="type to filter")
            yield self.table

    def on_mount(self) -> None:
        """Let letters filter, stand on the current choice, and take no more room than the choices need."""
        self.query_one(Vertical).styles.height = min(len(self._choices) + 3, max(8, self.app.size.height * 4 // 5))
        self.query_one(LineInput).focus()
        for position, choice in enumerate(self._choices):
            if choice.value == self._current:
                self.table.go(position)

    def on_key(self, event: events.Key) -> None:
        """Move with arrows and page keys while letters type."""
        page = self.table.rows_shown
        steps = {"down": 1, "up": -1, "pagedown": page, "pageup": -page, "ctrl+n": 1, "ctrl+p": -1, "tab": 1}
        if event.key in steps:
            self._go(steps[event.key])
            event.stop()
            event.prevent_default()
        elif event.key == "escape":
            event.stop()
            self.give(None)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep what holds every typed word; what begins with what is typed first."""
        typed = event.value.casefold().strip()
        words = typed.split()
        kept = [
            choice
            for choice in self._choices
            if all(word in f"{choice.lead} {choice.text} {choice.beside}".casefold() for word in words)
        ]
        kept.sort(key=lambda choice: rank(choice, typed))
        self._show(kept)

    def on_resize(self) -> None:
        """Break lines for the width."""
        if self._is_whole:
            self._show(self._kept)

    def _show(self, choices: Sequence[Choice]) -> None:
        self._kept = choices
        width = min(MOST_WIDTH, self.app.size.width * 9 // 10)
        self.table.show(ChoiceSource(unfolded(choices, width) if self._is_whole else choices, self._current))

    def _go(self, by: int) -> None:
        """Move by rows, past lines that only go on."""
        table = self.table
        table.go(table.cursor + by)
        step = 1 if by > 0 else -1
        while (row := table.current) is not None and row.goes_on:
            before = table.cursor
            table.go(before + step)
            if table.cursor == before:
                step = -1

    def on_input_submitted(self) -> None:
        """Choose the line of the cursor."""
        self._choose()

    def _moved(self) -> None:
        """Try a choice on."""
        row: Choice | None = self.table.current
        if row is not None and self._on_move is not None:
            self._on_move(row.value)

    def on_table_chosen(self) -> None:
        """Choose with the mouse."""
        self._choose()

    def _choose(self) -> None:
        row: Any = self.table.current
        if row is not None:
            self.give(row.value)
