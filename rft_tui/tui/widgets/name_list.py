"""A short list of names over what is typed: one is chosen by moving and taken, or the list is closed."""

from __future__ import annotations

from rich.cells import cell_len

from rft_tui.safetext import one_line
from rft_tui.tui.editing.names import Offer
from rft_tui.tui.paint import Line, crop

MOST_ROWS = 6
"""Rows of a list."""

WIDEST = 60
"""Cells of a list."""

MOVES = {"down": 1, "up": -1}
"""Keys that choose another name."""

TAKES = ("tab", "enter")
"""Keys that take the name that is chosen."""


class NameList:
    """The names of an offer, the one that is chosen, and the rows that are in view."""

    def __init__(self, offer: Offer) -> None:
        self.offer = offer
        self.chosen = 0
        self.top = 0
        shown = offer.names[:40]
        names = max(cell_len(one_line(name.text)) for name in shown)
        abouts = max(cell_len(name.about) for name in shown)
        self._names = min(names, WIDEST * 2 // 3)
        self.width = min(WIDEST, self._names + 3 + (abouts + 2 if abouts else 0))

    @property
    def count(self) -> int:
        """How many names there are."""
        return len(self.offer.names)

    @property
    def new_text(self) -> str:
        """What taking the chosen name puts in."""
        return self.offer.names[self.chosen].text + self.offer.close

    def move(self, step: int, rows: int) -> None:
        """Choose the name so many further, from the last one on to the first; it stays in view."""
        self.choose((self.chosen + step) % self.count, rows)

    def choose(self, number: int, rows: int) -> None:
        """Choose a name by its number."""
        self.chosen = max(0, min(number, self.count - 1))
        self.top = min(max(self.top, self.chosen - rows + 1), self.chosen)

    def row(self, number: int, rows: int, width: int) -> tuple[Line, str]:
        """A row of the list, counted from its top, of `rows` in all, and the surface it stands on."""
        place = self.top + number
        name = self.offer.names[place]
        here = place == self.chosen
        more = number == rows - 1 and place + 1 < self.count
        sign = "▸" if here else "↑" if number == 0 and place else "↓" if more else " "
        text = one_line(name.text)
        line: Line = [(sign, "text.accent bold" if here else "text.faint")]
        line += crop([(text, "text.normal" if here else "syntax.template")], self._names)
        used = 1 + min(self._names, cell_len(text))
        line.append((" " * (self._names + 3 - used) + name.about, "text.dim"))
        return crop(line, max(1, width - 1)), "selection" if here else "panel"
