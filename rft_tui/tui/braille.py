"""A grid of dots, two by four in each cell, drawn as braille characters."""

from __future__ import annotations

BLANK = 0x2800
"""The first braille character; the bits of its number are the dots."""

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The bit of a dot by its column and row in the cell."""


class DotGrid:
    """Dots on `width` × `height` cells; (0, 0) is the dot at the top left. Each cell remembers who drew there first."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._bits = [bytearray(width) for _row in range(height)]
        self._owners = [bytearray(width) for _row in range(height)]

    def dot(self, column: int, row: int, owner: int) -> None:
        """Set a dot for an owner (from 0); nothing outside the grid."""
        x, y = column >> 1, row >> 2
        if not (0 <= x < self.width and 0 <= y < self.height):
            return
        if not self._bits[y][x]:
            self._owners[y][x] = owner
        self._bits[y][x] |= _DOTS[column & 1][row & 3]

    def upright(self, column: int, first: int, last: int, owner: int) -> None:
        """Set the dots of one column between two rows, both included."""
        x, dots = column >> 1, _DOTS[column & 1]
        if not 0 <= x < self.width:
            return
        if first > last:
            first, last = last, first
        for row in range(max(0, first), min(last, self.height * 4 - 1) + 1):
            bits = self._bits[row >> 2]
            if not bits[x]:
                self._owners[row >> 2][x] = owner
            bits[x] |= dots[row & 3]

    def row(self, y: int) -> list[tuple[str, int]]:
        """The cells of a row as runs of text with their owner; -1 for cells without a dot."""
        runs: list[tuple[str, int]] = []
        text, current = "", -2
        for bits, owner in zip(self._bits[y], self._owners[y], strict=True):
            whose = owner if bits else -1
            if whose != current and text:
                runs.append((text, current))
                text = ""
            current = whose
            text += chr(BLANK + bits) if bits else " "
        if text:
            runs.append((text, current))
        return runs
