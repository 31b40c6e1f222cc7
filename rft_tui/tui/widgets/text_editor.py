"""A text to type into: only the rows on the screen are broken, coloured and painted, and only those that changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rich.cells import cell_len, set_cell_size
from textual import events

from rft_tui.tui.editing.highlight import Highlighter, plain
from rft_tui.tui.editing.rows import painted, row_starts
from rft_tui.tui.editing.text_buffer import Change, Place, TextBuffer
from rft_tui.tui.paint import Line
from rft_tui.tui.widgets.lines import LineWidget
from rft_tui.tui.workbench import workbench

GUTTER = 5
"""Cells of the line numbers, where there are some."""

TakeKey = Callable[[str], bool]
"""Runs the command of a key; False where the key types."""


class TextEditor(LineWidget):
    """A buffer in a pane. What is typed goes through `on_edit`, so that the owner keeps the history.

    `marks` are (sign, style) by line number, shown beside the line.
    """

    can_focus = True

    def __init__(self) -> None:
        super().__init__()
        self.buffer = TextBuffer()
        self.buffer.on_change = self._changed
        self.highlight: Highlighter = plain
        self.has_numbers = False
        self.is_typing = False
        self.marks: Mapping[int, tuple[str, str]] = {}
        self.on_edit: Callable[[Change], None] = self.buffer.apply
        self.on_moved: Callable[[], None] | None = None
        self.take_key: TakeKey = lambda _key: False
        self.top: Place = (0, 0)
        self._states = [0]
        self._rows: list[list[int] | None] = [None]
        self._rows_width = -1

    # The text

    def show(self, text: str, highlight: Highlighter, *, numbers: bool = False) -> None:
        """Show another text from its beginning."""
        self.buffer.set_text(text)
        self.highlight, self.has_numbers, self.marks = highlight, numbers, {}
        self.buffer.indents = numbers
        self.top = (0, 0)
        self._forget()

    def color(self, highlight: Highlighter) -> None:
        """Colour the same text in another way."""
        self.highlight = highlight
        self._states = [0]
        self.refresh()

    def mark(self, marks: Mapping[int, tuple[str, str]]) -> None:
        """Show signs beside lines."""
        if marks != self.marks:
            self.marks = marks
            self.refresh()

    def set_typing(self, typing: bool) -> None:
        """Show the cursor, or none."""
        if typing != self.is_typing:
            self.is_typing = typing
            self.refresh()

    def edit(self, change: Change | None) -> None:
        """Let the owner make a change, and keep the cursor in view."""
        if change is not None:
            self.on_edit(change)
            self._follow(self.top)

    def go(self, place: Place, *, select: bool = False, keep_column: bool = False) -> None:
        """Move the cursor, the selection with it or not."""
        buffer, before = self.buffer, self.buffer.cursor
        had = buffer.selection is not None
        if select:
            buffer.anchor = before if buffer.anchor is None else buffer.anchor
        else:
            buffer.anchor = None
        buffer.cursor = buffer.clamp(place)
        if not keep_column:
            buffer.wanted_column = self._cells_before(*buffer.cursor)
        top = self.top
        if had or select:
            self.refresh()
        else:
            self._refresh_line(before[0])
            self._refresh_line(buffer.cursor[0])
        self._follow(top)
        if self.on_moved is not None:
            self.on_moved()

    def _forget(self) -> None:
        self._states = [0]
        self._rows = [None] * len(self.buffer.lines)
        self.refresh()

    def _changed(self, first: int, removed: int, added: int) -> None:
        """Forget what depends on the lines that changed, and paint them or everything below them."""
        before = [len(self._rows_of(line)) for line in range(first, first + removed)] if removed == added else []
        state_after = self._states[first + removed] if len(self._states) > first + removed else None
        rest = self._states[first + removed :]
        self._rows[first : first + removed] = [None] * added
        del self._states[first + 1 :]
        end = self._state(first + added) if state_after is not None and added < 50 else None
        same_colors = end is not None and end == state_after
        if same_colors:
            self._states = [*self._states[: first + added], *rest]
        same_rows = bool(before) and before == [len(self._rows_of(line)) for line in range(first, first + added)]
        if same_rows and (same_colors or state_after is None):
            for line in range(first, first + added):
                self._refresh_line(line)
        else:
            self.refresh()

    def _state(self, line: int) -> int:
        """The state in which a line begins; lines above are gone through once."""
        states, lines = self._states, self.buffer.lines
        while len(states) <= line:
            states.append(self.highlight(lines[len(states) - 1], states[-1])[1])
        return states[line]

    # Rows

    @property
    def _gutter(self) -> int:
        return GUTTER if self.has_numbers else 2

    @property
    def text_width(self) -> int:
        """Cells of a row; one more is kept for the cursor at its end."""
        return max(2, self.size.width - self._gutter - 1)

    def _rows_of(self, line: int) -> list[int]:
        width = self.text_width
        if width != self._rows_width or len(self._rows) != len(self.buffer.lines):
            self._rows_width = width
            self._rows = [None] * len(self.buffer.lines)
        rows = self._rows[line]
        if rows is None:
            rows = self._rows[line] = row_starts(self.buffer.lines[line], width, code=self.has_numbers)
        return rows

    def _row_of(self, place: Place) -> Place:
        """The line, and the row in it, that a place stands on."""
        line, column = place
        rows = self._rows_of(line)
        row = len(rows) - 1
        while row and rows[row] > column:
            row -= 1
        return line, row

    def _down(self, row: Place, count: int) -> Place:
        """The row so many rows below; above where the number is negative."""
        line, number = row
        number += count
        while number < 0 and line:
            line -= 1
            number += len(self._rows_of(line))
        while number >= len(self._rows_of(line)) and line + 1 < len(self.buffer.lines):
            number -= len(self._rows_of(line))
            line += 1
        return line, max(0, min(number, len(self._rows_of(line)) - 1))

    def _distance(self, first: Place, last: Place, most: int) -> int:
        """Rows from one row down to another, counted up to `most`."""
        if first[0] == last[0]:
            return last[1] - first[1]
        rows = len(self._rows_of(first[0])) - first[1] + last[1]
        for line in range(first[0] + 1, last[0]):
            if rows > most:
                break
            rows += len(self._rows_of(line))
        return rows

    def _follow(self, before: Place) -> None:
        """Scroll so that the cursor is in view; by a third of the pane, so that not every row is sent again."""
        height = self.size.height
        if height == 0:
            return
        self.top = min(self.top, (len(self.buffer.lines) - 1, 0))
        row = self._row_of(self.buffer.cursor)
        if row < self.top:
            self.top = self._down(row, -(height // 3))
        elif self._distance(self.top, row, height) >= height:
            self.top = self._down(row, -(height - 1 - height // 3))
        if self.top != before:
            self.refresh()

    def rows_used(self, most: int) -> int:
        """Rows that the text takes, counted up to `most`."""
        last = len(self.buffer.lines) - 1
        if last >= most:
            return most
        return min(most, sum(len(self._rows_of(line)) for line in range(last + 1)))

    def _refresh_line(self, line: int) -> None:
        height = self.size.height
        if line < self.top[0] or height == 0:
            return
        first = self._distance(self.top, (line, 0), height)
        count = len(self._rows_of(line))
        if first < height and first + count > 0:
            top = max(0, first)
            self.refresh_lines(top, min(first + count, height) - top)

    def on_resize(self) -> None:
        """Break lines for the new width."""
        self.top = (min(self.top[0], len(self.buffer.lines) - 1), 0)
        self._follow(self.top)
        self.refresh()

    # Painting

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """A row: number or sign, text, cursor."""
        line, row = self.top[0], self.top[1] + y
        lines = self.buffer.lines
        while line < len(lines) and row >= (count := len(self._rows_of(line))):
            row -= count
            line += 1
        if line >= len(lines):
            return [], "background"
        rows = self._rows_of(line)
        start, end = rows[row], rows[row + 1] if row + 1 < len(rows) else len(lines[line])
        spans, _state = self.highlight(lines[line], self._state(line))
        cut = [(painted(text), name) for text, name in _cut(spans, start, end)]
        cut = self._with_selection(cut, line, start, end)
        if self.is_typing and self.buffer.cursor[0] == line and self._row_of(self.buffer.cursor)[1] == row:
            cut = _restyled(cut, self.buffer.cursor[1] - start, self.buffer.cursor[1] - start + 1, "reverse")
        return [*self._margin(line, row), *cut], "background"

    def _margin(self, line: int, row: int) -> Line:
        sign, style = self.marks.get(line, (" ", "text.faint")) if row == 0 else (" ", "text.faint")
        if not self.has_numbers:
            return [(f"{sign} ", style)]
        number = str(line + 1) if row == 0 else ""
        return [(sign, style), (f"{number:>{GUTTER - 2}} "[: GUTTER - 1], "text.faint" if sign == " " else style)]

    def _with_selection(self, spans: Line, line: int, start: int, end: int) -> Line:
        selection = self.buffer.selection
        if selection is None or not selection[0][0] <= line <= selection[1][0]:
            return spans
        first = selection[0][1] if selection[0][0] == line else 0
        last = selection[1][1] if selection[1][0] == line else end + 1
        first, last = max(first, start), min(last, end + 1)
        return _restyled(spans, first - start, last - start, "text.accent reverse") if first < last else spans

    # Keys

    def on_focus(self) -> None:
        """Take the keys that came before the editor was there."""
        workbench(self).field_is_there()

    async def _on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if self.take_key(event.key):
            return
        if event.is_printable and event.character is not None:
            self.edit(self.buffer.put(event.character))
        else:
            self.command(event.key)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.edit(self.buffer.put(event.text))

    def command(self, key: str) -> None:
        """Run what a key does in every editor."""
        buffer = self.buffer
        select = key.startswith(("shift+", "ctrl+shift+"))
        plain_key = key.replace("shift+", "")
        moves: dict[str, Callable[[], Place]] = {
            "left": buffer.left, "right": buffer.right, "ctrl+left": buffer.word_left,
            "ctrl+right": buffer.word_right, "home": buffer.home, "end": buffer.end, "ctrl+e": buffer.end,
            "ctrl+home": lambda: (0, 0), "ctrl+end": buffer.bottom,
        }  # fmt: skip
        edits: dict[str, Callable[[], Change | None]] = {
            "enter": buffer.new_line,
            "tab": lambda: buffer.indent(less=False),
            "shift+tab": lambda: buffer.indent(less=True),
            "backspace": lambda: buffer.remove(buffer.left(), buffer.cursor),
            "delete": lambda: buffer.remove(buffer.cursor, buffer.right()),
            "ctrl+d": lambda: buffer.remove(buffer.cursor, buffer.right()),
            "ctrl+w": lambda: buffer.remove(buffer.word_left(), buffer.cursor),
            "ctrl+k": lambda: buffer.remove(buffer.cursor, self._line_end()),
            "ctrl+u": lambda: buffer.remove((buffer.cursor[0], 0), buffer.cursor),
        }
        page = max(1, self.size.height - 2)
        rows = {"up": -1, "down": 1, "pageup": -page, "pagedown": page}
        if key in edits:
            self.edit(edits[key]())
        elif plain_key in moves:
            self.go(moves[plain_key](), select=select)
        elif plain_key in rows:
            self.move_rows(rows[plain_key], select=select)

    def _line_end(self) -> Place:
        end = self.buffer.end()
        return end if end != self.buffer.cursor else self.buffer.right()

    def move_rows(self, rows: int, *, select: bool = False) -> None:
        """Move the cursor up or down; it keeps its column where the rows are long enough."""
        here = self._row_of(self.buffer.cursor)
        line, row = self._down(here, rows)
        if (line, row) == here:
            self.go(self.buffer.end() if rows > 0 else (line, 0), select=select)
            return
        starts = self._rows_of(line)
        start = starts[row]
        end = starts[row + 1] - 1 if row + 1 < len(starts) else len(self.buffer.lines[line])
        self.go((line, self._column_at(line, start, end)), select=select, keep_column=True)

    def _column_at(self, line: int, start: int, end: int) -> int:
        text = painted(self.buffer.lines[line][start:end])
        if text.isascii():
            return start + min(self.buffer.wanted_column, len(text))
        return start + len(set_cell_size(text, self.buffer.wanted_column).rstrip(" ")[: len(text)])

    def _cells_before(self, line: int, column: int) -> int:
        start = self._rows_of(line)[self._row_of((line, column))[1]]
        return cell_len(painted(self.buffer.lines[line][start:column]))

    def scroll_rows(self, rows: int) -> None:
        """Scroll without the cursor: the text is only read."""
        top = self._down(self.top, rows)
        if rows > 0 and self._distance(top, self._down((len(self.buffer.lines) - 1, 0), 10**6), 4) < 2:
            return
        if top != self.top:
            self.top = top
            self.refresh()

    def on_mouse_scroll_down(self) -> None:
        """Three rows down."""
        self.scroll_rows(3)

    def on_mouse_scroll_up(self) -> None:
        """Three rows up."""
        self.scroll_rows(-3)

    def on_click(self, event: Any) -> None:
        """Put the cursor where the mouse is."""
        line, row = self._down(self.top, event.y)
        starts = self._rows_of(line)
        end = starts[row + 1] - 1 if row + 1 < len(starts) else len(self.buffer.lines[line])
        self.buffer.wanted_column = max(0, event.x - self._gutter)
        self.go((line, self._column_at(line, starts[row], end)))


def _cut(spans: Line, start: int, end: int) -> Line:
    """The spans between two columns."""
    out: Line = []
    position = 0
    for text, name in spans:
        after = position + len(text)
        if after > start and position < end:
            out.append((text[max(0, start - position) : end - position], name))
        position = after
    return out


def _restyled(spans: Line, start: int, end: int, style: str) -> Line:
    """The spans with another style between two columns; a blank is added where the columns lie behind the text."""
    length = sum(len(text) for text, _name in spans)
    if end > length:
        spans = [*spans, (" " * (end - length), "text.normal")]
    middle = _cut(spans, start, end)
    changed: Line = [(text, f"{name} reverse" if style == "reverse" else style) for text, name in middle]
    return [*_cut(spans, 0, start), *changed, *_cut(spans, end, max(end, length))]
