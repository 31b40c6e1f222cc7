"""A flat axis: which cell a value falls into, and the numbers below the cells."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, isfinite

from rft_tui.tui.paint import Line
from rft_tui.tui.plot import nice_step, shown_number

ROOM = 8
"""Cells that a number below an axis takes with the room around it."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high` on so many cells; values outside are drawn at the edge."""

    low: float
    high: float
    cells: int

    def cell(self, value: float) -> int:
        """The cell of a value."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return min(self.cells - 1, round(share * (self.cells - 1)))

    def floor(self, shown: str = "") -> Line:
        """The numbers below the axis; `shown` may be ``tokens`` for whole numbers, ``signed`` for differences."""
        step = nice_step((self.high - self.low) / max(1, self.cells // ROOM))
        line = [" "] * self.cells
        taken = -1
        first = ceil(self.low / step - 1e-9)
        for number in range(first, first + self.cells):
            value = number * step
            if value > self.high + step * 1e-6:
                break
            text = _shown(value, step, shown)
            place = max(0, min(self.cell(value) - len(text) // 2, self.cells - len(text)))
            if place > taken:
                line[place : place + len(text)] = text
                taken = place + len(text)
        return [("".join(line), "text.dim")]


def wide_scale(values: list[float], cells: int, *, zero: bool = False) -> Scale:
    """A scale over some values with round ends; with `zero` it begins there or holds it."""
    kept = [value for value in values if isfinite(value)]
    if zero:
        kept.append(0.0)
    low, high = (min(kept), max(kept)) if kept else (0.0, 1.0)
    if high - low <= max(abs(low), abs(high), 1e-9) * 1e-9:
        low, high = low - 0.5, high + 0.5
    step = nice_step((high - low) / 4)
    return Scale(floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step, cells)


def _shown(value: float, step: float, shown: str) -> str:
    value = 0.0 if abs(value) < step / 1000 else value
    if shown == "tokens":
        return f"{value:,.0f}" if value < 10_000 else shown_number(value)
    decimals = 0 if step >= 1 else 1 if step >= 0.1 - 1e-9 else 2 if step >= 0.01 - 1e-9 else 3
    text = f"{value:+.{decimals}f}" if shown == "signed" and value else f"{value:.{decimals}f}"
    text = text.replace("-", "−")
    return text.replace("0.", ".", 1) if text.lstrip("+−").startswith("0.") and value else text
