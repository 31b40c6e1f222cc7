"""The text editor with a list of the names that fit where one types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.cells import cell_len
from textual import events
from textual.geometry import Region
from textual.strip import Strip

from rft_tui.tui.editing.names import Completer, no_names
from rft_tui.tui.editing.rows import painted
from rft_tui.tui.editing.text_buffer import Change, Place
from rft_tui.tui.paint import strip_of
from rft_tui.tui.widgets.name_list import MOST_ROWS, MOVES, TAKES, NameList
from rft_tui.tui.widgets.text_editor import TextEditor

TakePaste = Callable[[str], bool]
"""Does something else with a pasted text than putting it in; False where nothing else is done."""


class CompletingEditor(TextEditor):
    """An editor that asks `completer` for names after every change; the list never covers the row of the cursor."""

    def __init__(self) -> None:
        super().__init__()
        self.completer: Completer = no_names
        self.take_paste: TakePaste = lambda _text: False
        self.names: NameList | None = None
        self._box: Region | None = None
        self._left: Place | None = None
        self._is_edited = False

    # The list

    def close_names(self) -> None:
        """Take the list away."""
        if self.names is not None:
            self._show(None)

    def _look(self) -> None:
        """Show the names that fit at the cursor, or none; a list that was left stays away until another word."""
        if self.completer is no_names:
            return
        line, column = self.buffer.cursor
        offer = self.completer(self.buffer.lines[line], column)
        if offer is None or (line, offer.start) == self._left:
            self._show(None)
            self._left = self._left if offer is not None else None
        elif self.names is None or self.names.offer != offer:
            self._show(NameList(offer))

    def _show(self, names: NameList | None) -> None:
        before, self.names = self._box, names
        self._box = self._place()
        for box in {before, self._box} - {None}:
            if box is not None:
                self.refresh_lines(box.y, box.height)

    def _place(self) -> Region | None:
        """Where the list stands: under the cursor's row, or over it where there is more room; None without any room."""
        names, height = self.names, self.size.height
        if names is None or not self.is_typing:
            return None
        row = self._row_of(self.buffer.cursor)
        here = self._distance(self.top, row, height) if row >= self.top else height
        if here >= height:
            return None
        wanted, below = min(names.count, MOST_ROWS), height - 1 - here
        is_below = below >= wanted or below >= here
        rows = min(wanted, below if is_below else here)
        if rows < 1:
            return None
        line, start = row[0], self._rows_of(row[0])[row[1]]
        before = self.buffer.lines[line][start : max(start, names.offer.start)]
        width = min(names.width, self.size.width)
        left = min(self._gutter + cell_len(painted(before)) - 1, self.size.width - width)
        return Region(max(0, left), here + 1 if is_below else here - rows, width, rows)

    def _take(self) -> None:
        names = self.names
        if names is not None:
            line, offer = self.buffer.cursor[0], names.offer
            old = self.buffer.lines[line][offer.start : offer.end]
            self.edit(Change((line, offer.start), old, names.new_text))
            self.close_names()

    def _names_key(self, key: str) -> bool:
        """Do what a key does to the list; whether it did something."""
        names, box = self.names, self._place()
        if names is None or box is None:
            return False
        if key in MOVES:
            names.move(MOVES[key], box.height)
            self.refresh_lines(box.y, box.height)
        elif key in TAKES:
            self._take()
        elif key == "escape":
            self._left = (self.buffer.cursor[0], names.offer.start)
            self._show(None)
        else:
            return False
        return True

    # The editor

    def show(self, *given: Any, **named: Any) -> None:
        """Show another text, without a list."""
        self.names, self._box, self._left = None, None, None
        super().show(*given, **named)

    def edit(self, change: Change | None) -> None:
        """Let the owner make a change, and show the names that fit then."""
        super().edit(change)
        if change is not None:
            self._is_edited = True
            self._look()

    def set_typing(self, typing: bool) -> None:
        """Show the cursor, or none and no list."""
        if not typing:
            self.close_names()
        super().set_typing(typing)

    def scroll_rows(self, rows: int) -> None:
        """Scroll without the cursor, and without a list."""
        self.close_names()
        super().scroll_rows(rows)

    def on_resize(self) -> None:
        """Break lines for the new width, without a list."""
        self.close_names()

    def render_line(self, y: int) -> Strip:
        """A row of the text, the list over it."""
        strip = super().render_line(y)
        names, box = self.names, self._place() if self.names is not None else None
        if names is None or box is None or not box.y <= y < box.bottom:
            return strip
        line, surface = names.row(y - box.y, box.height, box.width)
        shown = strip_of(line, box.width, self.palette, surface)
        return Strip.join([strip.crop(0, box.x), shown, strip.crop(box.right, self.size.width)])

    async def _on_key(self, event: events.Key) -> None:
        if self._names_key(event.key):
            event.stop()
            event.prevent_default()
            return
        self._is_edited = False
        await super()._on_key(event)
        if not self._is_edited:
            self.close_names()

    async def _on_paste(self, event: events.Paste) -> None:
        if self.take_paste(event.text):
            event.stop()
            event.prevent_default()
            return
        await super()._on_paste(event)
        self.close_names()

    def on_click(self, event: events.Click) -> None:
        """Take the name under the mouse, or put the cursor there."""
        names, box = self.names, self._place()
        if names is None or box is None or not box.contains(event.x, event.y):
            self.close_names()
            return
        event.prevent_default()
        names.choose(names.top + event.y - box.y, box.height)
        self._take()
