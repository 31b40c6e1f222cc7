"""A text as lines with a cursor and a selection; every change goes through one door and can be taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Place = tuple[int, int]
"""Line and column, both from 0."""

INDENT = "    "

_LINE_END = re.compile("\r\n|\r")
_WORD_LEFT = re.compile(r"\w+\W*$|\W+$")
_WORD_RIGHT = re.compile(r"\W*\w+|\W+")


@dataclass(frozen=True, slots=True)
class Change:
    """At a place a text was taken out and another put in."""

    at: Place
    removed: str
    inserted: str


def end_of(at: Place, text: str) -> Place:
    """Where a text that begins at a place ends."""
    breaks = text.count("\n")
    return (at[0], at[1] + len(text)) if not breaks else (at[0] + breaks, len(text) - text.rfind("\n") - 1)


class TextBuffer:
    """Lines, cursor and selection. `on_change` runs after each change with the lines before and after it.

    `on_change(first, removed, added)`: from line `first` on, `removed` lines became `added` lines.
    """

    def __init__(self, text: str = "") -> None:
        self.lines = [""]
        self.cursor: Place = (0, 0)
        self.anchor: Place | None = None
        self.wanted_column = 0
        self.on_change: Callable[[int, int, int], None] = lambda _first, _removed, _added: None
        self.set_text(text)

    @property
    def text(self) -> str:
        """The whole text."""
        return "\n".join(self.lines)

    def set_text(self, text: str) -> None:
        """Another text, the cursor at its beginning; nothing is told of it."""
        self.lines = _LINE_END.sub("\n", text).split("\n")
        self.cursor, self.anchor, self.wanted_column = (0, 0), None, 0

    # Changing

    def apply(self, change: Change) -> None:
        """Make a change; the cursor stands behind what was put in."""
        first, column = change.at
        last, end = end_of(change.at, change.removed)
        new = change.inserted.split("\n")
        rest = self.lines[last][end:]
        head = self.lines[first][:column]
        new[0] = head + new[0]
        new[-1] += rest
        self.lines[first : last + 1] = new
        self.cursor, self.anchor = end_of(change.at, change.inserted), None
        self.wanted_column = self.cursor[1]
        self.on_change(first, last - first + 1, len(new))

    def between(self, start: Place, end: Place) -> str:
        """The text between two places."""
        if start[0] == end[0]:
            return self.lines[start[0]][start[1] : end[1]]
        inner = self.lines[start[0] + 1 : end[0]]
        return "\n".join([self.lines[start[0]][start[1] :], *inner, self.lines[end[0]][: end[1]]])

    @property
    def selection(self) -> tuple[Place, Place] | None:
        """The ends of what is selected, in order; None where nothing is."""
        if self.anchor is None or self.anchor == self.cursor:
            return None
        return (self.anchor, self.cursor) if self.anchor < self.cursor else (self.cursor, self.anchor)

    @property
    def selected(self) -> str:
        """What is selected."""
        selection = self.selection
        return "" if selection is None else self.between(*selection)

    def put(self, text: str) -> Change:
        """What typing or pasting a text changes: it takes the place of the selection."""
        start, end = self.selection or (self.cursor, self.cursor)
        return Change(start, self.between(start, end), _LINE_END.sub("\n", text))

    def remove(self, start: Place, end: Place) -> Change | None:
        """What taking out the text between two places changes; the selection goes first."""
        start, end = self.selection or (start, end)
        return Change(start, self.between(start, end), "") if start != end else None

    def new_line(self) -> Change:
        """A line break, and the blanks that the line begins with."""
        line = self.lines[self.cursor[0]][: self.cursor[1]]
        blanks = line[: len(line) - len(line.lstrip(" \t"))]
        deeper = INDENT if line.rstrip().endswith(":") and blanks + line.strip() else ""
        return self.put("\n" + blanks + (deeper if self.indents else ""))

    indents = False
    """Whether a line behind a colon begins deeper, as in python."""

    def indent(self, *, less: bool) -> Change | None:
        """Blanks before the selected lines, or taken away from them; without a selection up to the next stop."""
        selection = self.selection
        if selection is None and not less:
            return self.put(" " * (len(INDENT) - self.cursor[1] % len(INDENT)))
        first, last = (selection[0][0], selection[1][0]) if selection else (self.cursor[0], self.cursor[0])
        old = self.lines[first : last + 1]
        if less:
            new = [line[min(len(INDENT), len(line) - len(line.lstrip(" "))) :] for line in old]
        else:
            new = [INDENT + line if line else line for line in old]
        return Change((first, 0), "\n".join(old), "\n".join(new)) if new != old else None

    # Moving

    def clamp(self, place: Place) -> Place:
        """The nearest place that there is."""
        line = max(0, min(place[0], len(self.lines) - 1))
        return line, max(0, min(place[1], len(self.lines[line])))

    def left(self) -> Place:
        """The place before the cursor."""
        line, column = self.cursor
        if column:
            return line, column - 1
        return (line - 1, len(self.lines[line - 1])) if line else (0, 0)

    def right(self) -> Place:
        """The place behind the cursor."""
        line, column = self.cursor
        if column < len(self.lines[line]):
            return line, column + 1
        return (line + 1, 0) if line + 1 < len(self.lines) else self.cursor

    def word_left(self) -> Place:
        """The beginning of the word before the cursor."""
        line, column = self.cursor
        start = max(0, column - 200)
        match = _WORD_LEFT.search(self.lines[line][start:column])
        return (line, start + match.start()) if match else self.left()

    def word_right(self) -> Place:
        """The end of the word behind the cursor."""
        line, column = self.cursor
        match = _WORD_RIGHT.match(self.lines[line], column)
        return (line, match.end()) if match else self.right()

    def home(self) -> Place:
        """The first letter of the line; from there the beginning of the line."""
        line, column = self.cursor
        text = self.lines[line]
        first = len(text) - len(text.lstrip())
        return (line, 0) if column == first else (line, first)

    def end(self) -> Place:
        """The end of the line."""
        return self.cursor[0], len(self.lines[self.cursor[0]])

    def bottom(self) -> Place:
        """The end of the text."""
        return len(self.lines) - 1, len(self.lines[-1])
