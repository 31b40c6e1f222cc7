"""A pane of styled lines that scrolls."""

from __future__ import annotations

from collections.abc import Callable

from rft_tui.tui.paint import Line
from rft_tui.tui.widgets.lines import LineWidget

Compose = Callable[[int], list[Line]]
"""Makes the lines for a width in cells."""


class TextPane(LineWidget):
    """Lines composed for the pane's width; composed again when the width changes."""

    def __init__(self, *, id: str | None = None, margin: int = 1) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._compose_lines: Compose = lambda _width: []
        self._lines: list[Line] = []
        self._width = -1
        self._margin = margin
        self.top = 0

    def show(self, compose: Compose, *, keep_place: bool = False) -> None:
        """Show other lines, from the top unless the place is to be kept."""
        self._compose_lines = compose
        self._width = -1
        if not keep_place:
            self.top = 0
        self.refresh()

    @property
    def lines(self) -> list[Line]:
        """The lines for the present width."""
        width = max(1, self.size.width - 2 * self._margin)
        if width != self._width and self.size.width:
            self._lines = self._compose_lines(width)
            self._width = width
            self.top = max(0, min(self.top, len(self._lines) - self.size.height))
        return self._lines

    def scroll(self, lines: int) -> None:
        """Scroll by some lines."""
        top = max(0, min(self.top + lines, len(self.lines) - self.size.height))
        if top != self.top:
            self.top = top
            self.refresh()

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """A line, with the margin before it; a sign in the margin where more lies above or below."""
        lines = self.lines
        position = self.top + y
        if position >= len(lines):
            return [], "background"
        more = (y == 0 and self.top > 0) or (y == self.size.height - 1 and position < len(lines) - 1)
        arrow = "↑" if y == 0 else "↓"
        margin = (arrow if more else " ").ljust(self._margin) if self._margin else ""
        return [(margin, "text.faint"), *lines[position]], "background"

    def on_mouse_scroll_down(self) -> None:
        """Three lines down."""
        self.scroll(3)

    def on_mouse_scroll_up(self) -> None:
        """Three lines up."""
        self.scroll(-3)
