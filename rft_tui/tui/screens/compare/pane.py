"""The pane of a panel: lines that scroll, and among them those that enter opens something on."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.message import Message

from rft_tui.tui.comparing.rows import Row, Target
from rft_tui.tui.paint import Line, justify
from rft_tui.tui.widgets.lines import LineWidget
from rft_tui.tui.widgets.text_pane import TextPane

MakeRows = Callable[[int, int], list[Row]]
"""Makes the rows for a width and a height in cells."""


class PanelTabs(LineWidget):
    """One line: the panels, the one that is shown marked by a sign, and a word at the right end."""

    DEFAULT_CSS = "PanelTabs { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._left: Line = []
        self._right: Line = []

    def show(self, left: Line, right: Line) -> None:
        """Show other words."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """The line."""
        return justify(self._left, self._right, width), "background"


class ComparePane(TextPane):
    """A panel; keys go from one line that opens something to the next, and scroll where there is none in view."""

    class Chosen(Message):
        """Posted when a line that opens something is clicked."""

    def __init__(self) -> None:
        super().__init__()
        self._make: MakeRows = lambda _width, _height: []
        self._rows: list[Row] = []
        self.cursor = 0
        self.is_active = False

    def show_rows(self, make: MakeRows, *, keep_place: bool = False) -> None:
        """Show a panel, from its first line unless the place is to be kept."""
        self._make = make
        if not keep_place:
            self.cursor = -1
        self.show(self._composed, keep_place=keep_place)

    def _composed(self, width: int) -> list[Line]:
        self._rows = self._make(width, self.size.height)
        targets = self._targets()
        if targets and self.cursor not in targets:
            self.cursor = min(targets, key=lambda place: abs(place - self.cursor))
        return [row.line for row in self._rows]

    def _targets(self) -> list[int]:
        return [place for place, row in enumerate(self._rows) if row.target is not None]

    @property
    def target(self) -> Target | None:
        """What the line at the cursor opens."""
        _lines = self.lines
        return self._rows[self.cursor].target if 0 <= self.cursor < len(self._rows) else None

    def set_active(self, active: bool) -> None:
        """Show whether keys move here."""
        if active != self.is_active:
            self.is_active = active
            self.refresh()

    def on_resize(self) -> None:
        """Other lines may fit."""
        self.show(self._composed, keep_place=True)

    def step(self, by: int) -> None:
        """To the next line that opens something, if it is in view; else scroll."""
        height = len(self.lines) if self.size.height == 0 else self.size.height
        for _one in range(abs(by)):
            if not self._step(1 if by > 0 else -1, height):
                break
        self.refresh()

    def _step(self, way: int, height: int) -> bool:
        """One step; whether anything has moved."""
        first, last = self.top, self.top + height - 1
        targets = [place for place in self._targets() if (place - self.cursor) * way > 0]
        in_view = [place for place in targets if first <= place <= last]
        if in_view:
            self.cursor = in_view[0] if way > 0 else in_view[-1]
            return True
        before = self.top
        self.scroll(way)
        return self.top != before

    def go_to_end(self, *, last: bool) -> None:
        """To the first line, or the last."""
        targets = self._targets()
        self.scroll(len(self.lines) if last else -len(self.lines))
        if targets:
            self.cursor = targets[-1] if last else targets[0]
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Open what the clicked line leads to."""
        position = self.top + event.y
        if 0 <= position < len(self._rows) and self._rows[position].target is not None:
            self.cursor = position
            self.refresh()
            self.post_message(self.Chosen())

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """A line; the one at the cursor marked by a sign too."""
        line, surface = super().line(y, width)
        position = self.top + y
        if self.is_active and position == self.cursor and position < len(self._rows):
            return [("▸", "text.accent bold"), *self._rows[position].line], "selection"
        return line, surface
