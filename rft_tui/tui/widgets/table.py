"""A list of any length: rows are read in pages from a source and painted one by one.

The table holds a few pages, never all rows. It knows nothing of what a row is: the source reads rows and turns them
into spans.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from textual.message import Message

from rft_tui.tui.paint import Line
from rft_tui.tui.widgets.lines import LineWidget

PAGE = 64
"""Rows read at once."""

PAGES_KEPT = 16
"""Pages kept in memory."""


class TableSource(Protocol):
    """Where a table's rows come from."""

    @property
    def count(self) -> int:
        """How many rows there are."""
        ...

    def page(self, first: int, count: int) -> list[Any]:
        """Rows from position `first`."""
        ...

    def heading(self, width: int) -> Line:
        """The line above the rows."""
        ...

    def paint(self, row: Any, width: int) -> Line:
        """One row as a line of at most `width` cells."""
        ...

    def empty(self) -> list[Line]:
        """What stands there when there are no rows: what it means and what to press."""
        ...


class Table(LineWidget):
    """A scrolling list with a heading and a cursor.

    `on_moved` runs at once when the cursor stands on another row, so that what belongs to it is in the same picture.
    With `jumps` a list scrolls by half a page instead of row by row: beside another pane a terminal cannot scroll it by
    itself, and sending every row again for one step is what makes a slow link slow.
    """

    class Chosen(Message):
        """Posted when a row is clicked a second time or opened."""

        def __init__(self, table: Table) -> None:
            super().__init__()
            self.table = table

    def __init__(self, source: TableSource, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._source = source
        self._pages: dict[int, list[Any]] = {}
        self.cursor = 0
        self.top = 0
        self.is_active = True
        self.surface = "background"
        self.jumps = False
        self.on_moved: Callable[[], None] | None = None

    @property
    def source(self) -> TableSource:
        """Where the rows come from."""
        return self._source

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._source.count

    @property
    def rows_shown(self) -> int:
        """Rows that fit below the heading; at least one."""
        return max(1, self.size.height - 1)

    def show(self, source: TableSource, cursor: int = 0) -> None:
        """Show another source, with the cursor on a row."""
        self._source = source
        self._pages.clear()
        self.cursor = max(0, min(cursor, source.count - 1))
        self._keep_cursor_in_view()
        self.refresh()

    def forget(self) -> None:
        """Read the rows again: something about them has changed."""
        self._pages.clear()
        self.refresh()

    def row(self, position: int) -> Any | None:
        """The row at a position, None outside the list."""
        if not 0 <= position < self._source.count:
            return None
        number = position // PAGE
        page = self._pages.get(number)
        if page is None:
            page = self._source.page(number * PAGE, PAGE)
            while len(self._pages) >= PAGES_KEPT:
                self._pages.pop(next(iter(self._pages)))
            self._pages[number] = page
        index = position % PAGE
        return page[index] if index < len(page) else None

    @property
    def current(self) -> Any | None:
        """The row under the cursor."""
        return self.row(self.cursor)

    def replace(self, position: int, row: Any) -> None:
        """Put a changed row in place of the one that was read, and paint it."""
        page = self._pages.get(position // PAGE)
        if page is not None and position % PAGE < len(page):
            page[position % PAGE] = row
        self._refresh_row(position)

    def go(self, position: int) -> None:
        """Move the cursor to a row and scroll as little as is needed."""
        position = max(0, min(position, self._source.count - 1))
        if position == self.cursor:
            return
        before, top = self.cursor, self.top
        self.cursor = position
        self._keep_cursor_in_view()
        if self.top == top:
            self._refresh_row(before)
            self._refresh_row(position)
        else:
            self.refresh()
        if self.on_moved is not None:
            self.on_moved()

    def set_active(self, active: bool) -> None:
        """Show whether keys move this list."""
        if active != self.is_active:
            self.is_active = active
            self.refresh()

    def _refresh_row(self, position: int) -> None:
        if self.top <= position < self.top + self.rows_shown:
            self.refresh_lines(position - self.top + 1)

    def _keep_cursor_in_view(self) -> None:
        shown = self.rows_shown
        if self.size.height == 0:
            return
        step = shown // 2 if self.jumps else 1
        if self.cursor < self.top:
            self.top = self.cursor - step + 1
        elif self.cursor >= self.top + shown:
            self.top = self.cursor - shown + step
        self.top = max(0, min(self.top, self._source.count - shown))

    def on_resize(self) -> None:
        """Keep the cursor in view when the size changes."""
        top = self.top
        self._keep_cursor_in_view()
        if self.top != top:
            self.refresh()

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """The heading, then a row."""
        if y == 0:
            return self._source.heading(width), self.surface
        if self._source.count == 0:
            lines = self._source.empty()
            return (lines[y - 2] if 0 <= y - 2 < len(lines) else []), self.surface
        position = self.top + y - 1
        row = self.row(position)
        if row is None:
            return [], self.surface
        surface = self.surface
        if position == self.cursor:
            surface = "selection" if self.is_active else "marked"
        return self._source.paint(row, width), surface

    def on_click(self, event: Any) -> None:
        """Put the cursor on the clicked row; a click on the cursor's row opens it."""
        position = self.top + event.y - 1
        if event.y == 0 or not 0 <= position < self._source.count:
            return
        if position == self.cursor:
            self.post_message(self.Chosen(self))
        else:
            self.go(position)

    def on_mouse_scroll_down(self) -> None:
        """Three rows down."""
        self.go(self.cursor + 3)

    def on_mouse_scroll_up(self) -> None:
        """Three rows up."""
        self.go(self.cursor - 3)
