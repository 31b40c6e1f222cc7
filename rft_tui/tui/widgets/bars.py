"""The lines that are always there: two at the top, one at the bottom, and a thin rule between panes."""

from __future__ import annotations

from rft_tui.tui.paint import Line, justify, line_length
from rft_tui.tui.widgets.lines import LineWidget


class Header(LineWidget):
    """Two lines: what is looked at and what goes on; screens, filter and figures."""

    def __init__(self) -> None:
        super().__init__(id="header")
        self._rows: list[tuple[Line, Line]] = [([], []), ([], [])]

    def show(self, *rows: tuple[Line, Line]) -> None:
        """Show (left, right) for each line."""
        if list(rows) != self._rows:
            self._rows = list(rows)
            self.refresh()

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """One of the two lines."""
        left, right = self._rows[y] if y < len(self._rows) else ([], [])
        return justify([(" ", "text.normal"), *left], [*right, (" ", "text.normal")], width), "panel"


class Footer(LineWidget):
    """One line of keys, as many as fit, the most used first; or a message."""

    def __init__(self) -> None:
        super().__init__(id="footer")
        self._keys: list[tuple[str, str]] = []
        self._last: tuple[str, str] | None = None
        self._message: Line | None = None

    def show(self, keys: list[tuple[str, str]], last: tuple[str, str] | None) -> None:
        """Show (key, label) pairs, and one at the right end."""
        if (keys, last) != (self._keys, self._last):
            self._keys, self._last = keys, last
            self.refresh()

    def say(self, message: Line | None) -> None:
        """Show a message in place of the keys, or the keys again."""
        if message != self._message:
            self._message = message
            self.refresh()

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """The message, or the keys that fit."""
        last: Line = [(self._last[0], "text.accent bold"), (f" {self._last[1]} ", "text.dim")] if self._last else []
        if self._message is not None:
            return justify([(" ", "text.normal"), *self._message], last, width), "panel"
        room = width - line_length(last) - 1
        line: Line = [(" ", "text.normal")]
        for key, label in self._keys:
            spans: Line = [(key, "text.accent bold"), (f" {label}  ", "text.dim")]
            if line_length(line) + line_length(spans) > room:
                break
            line += spans
        return justify(line, last, width), "panel"


class Rule(LineWidget):
    """A thin line between two panes."""

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """A piece of the line."""
        return [("│", "surface.rule")], "background"


class Across(LineWidget):
    """A thin line between what is above and what is below."""

    DEFAULT_CSS = "Across { height: 1; }"

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """The line."""
        return [("─" * width, "surface.rule")], "background"
