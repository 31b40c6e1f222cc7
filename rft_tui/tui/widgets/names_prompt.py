"""The line to type into with a list of the names that fit, over it."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.widgets import Input

from rft_tui.tui.editing.names import Completer
from rft_tui.tui.paint import Line
from rft_tui.tui.widgets.line_input import signs
from rft_tui.tui.widgets.lines import LineWidget
from rft_tui.tui.widgets.name_list import MOST_ROWS, MOVES, TAKES, NameList
from rft_tui.tui.widgets.prompt_line import PromptLine


class _List(LineWidget):
    """The list, laid over what is above the line."""

    def __init__(self) -> None:
        super().__init__()
        self.names: NameList | None = None
        self.styles.overlay = "screen"
        self.display = False

    def line(self, y: int, width: int) -> tuple[Line, str]:
        if self.names is None:
            return [], "panel"
        return self.names.row(y, self.size.height, width)


class NamesPrompt(PromptLine):
    """A line that asks `completer` for names after every change."""

    def __init__(self, *given: Any, completer: Completer, **named: Any) -> None:
        super().__init__(*given, **named)
        self._completer = completer
        self._list = _List()
        self._left = -1

    def compose(self) -> ComposeResult:
        """The list, the label and the input."""
        yield self._list
        yield from super().compose()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show the names that fit, or none; a list that was left stays away until another word."""
        offer = self._completer(event.value, self.input.cursor_position)
        if offer is None or offer.start == self._left:
            self._left = self._left if offer is not None else -1
            self._show(None)
        else:
            self._show(NameList(offer))

    def _show(self, names: NameList | None) -> None:
        self._list.names = names
        self._list.display = names is not None
        if names is None:
            return
        rows = min(names.count, MOST_ROWS)
        place = self.input.region.x - self.region.x + 1 + cell_len(signs(self.input.value[: names.offer.start]))
        left = max(0, min(place - 1, self.size.width - names.width))
        self._list.styles.width, self._list.styles.height = names.width, rows
        self._list.styles.offset = (left, -rows)
        self._list.refresh()

    def take_key(self, key: str) -> bool:
        """Choose, take or leave a name while the list is there."""
        names = self._list.names
        if names is None:
            return super().take_key(key)
        if key in MOVES:
            names.move(MOVES[key], min(names.count, MOST_ROWS))
            self._list.refresh()
        elif key in TAKES:
            value, offer = self.input.value, names.offer
            self.input.value = value[: offer.start] + names.new_text + value[offer.end :]
            self.input.cursor_position = offer.start + len(names.new_text)
            self._show(None)
        elif key == "escape":
            self._left = names.offer.start
            self._show(None)
        else:
            return False
        return True
