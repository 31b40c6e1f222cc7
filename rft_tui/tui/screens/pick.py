"""Choosing from a list by typing and moving: help, palette, graders, runs, themes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from rft_tui.tui.paint import Line, fit, flat, justify
from rft_tui.tui.widgets.line_input import LineInput
from rft_tui.tui.widgets.lines import LineWidget
from rft_tui.tui.widgets.table import Table


@dataclass(frozen=True, slots=True)
class Choice:
    """One line to choose: what is returned, its text, and a word beside it; `lead` stands at the left."""

    value: str
    text: str
    beside: str = ""
    lead: str = ""
    dim: bool = False


class ChoiceSource:
    """Choices as rows of a table."""

    def __init__(self, choices: Sequence[Choice], current: str | None) -> None:
        self.choices = choices
        self._current = current
        self._lead = max((len(choice.lead) for choice in choices), default=0)
        self._text = min(64, max((cell_len(flat(choice.text)) for choice in choices), default=0))

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
        return justify([(f" {len(self.choices)}", "text.dim")], [(f"{words} ", "text.dim")], width)

    def paint(self, row: Choice, width: int) -> Line:
        """One choice."""
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


class PickScreen(ModalScreen[str | None]):
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
    ) -> None:
        super().__init__()
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
            self.table.go(self.table.cursor + steps[event.key])
            event.stop()
            event.prevent_default()
        elif event.key == "escape":
            event.stop()
            self.dismiss(None)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep what holds every typed word."""
        words = event.value.casefold().split()
        kept = [
            choice
            for choice in self._choices
            if all(word in f"{choice.lead} {choice.text} {choice.beside}".casefold() for word in words)
        ]
        self.table.show(ChoiceSource(kept, self._current))

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
            self.dismiss(row.value)
