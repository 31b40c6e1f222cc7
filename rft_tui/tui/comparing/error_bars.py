"""Means as bars with their intervals, and differences with theirs around zero; all on one aligned axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rft_tui.tui.comparing.scale import Scale, wide_scale
from rft_tui.tui.comparing.signs import FILLS, MOST, color, name_of
from rft_tui.tui.paint import Line
from rft_tui.tui.score_words import shown_delta, shown_score

LEAST = 12
"""Cells of the picture below which none is drawn."""

NUMBERS, SIGNED_NUMBERS = 18, 22
"""Cells of a number and its interval beside a bar, without and with signs."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval, where it has one; `number` is the place of its operand."""

    number: int
    name: str
    value: float | None
    low: float | None = None
    high: float | None = None


def draw_means(
    estimates: Sequence[Estimate], width: int, low: float = 0.0, high: float = 1.0, name: int = 0
) -> list[Line]:
    """A bar for each from the bottom of the range to its mean, the interval over its end; then the axis."""
    name = name or _name_width(estimates, width)
    cells = width - name - NUMBERS
    if cells < LEAST or high <= low:
        return []
    values = [one for estimate in estimates for one in _values(estimate)]
    scale = Scale(min([low, *values]), max([high, *values]), cells)
    lines = [_mean_row(one, scale, name) for one in estimates]
    return [*lines, [(" " * name, "text.dim"), *scale.floor()]]


def draw_differences(estimates: Sequence[Estimate], width: int, name: int = 0) -> list[Line]:
    """A point with its interval for each, on an axis that holds zero; then the axis."""
    name = name or _name_width(estimates, width)
    cells = width - name - SIGNED_NUMBERS
    if cells < LEAST:
        return []
    scale = wide_scale([one for estimate in estimates for one in _values(estimate)], cells, zero=True)
    lines = [_difference_row(one, scale, name) for one in estimates]
    return [*lines, [(" " * name, "text.dim"), *scale.floor("signed")]]


def interval_words(low: float | None, high: float | None, *, signed: bool = False) -> str:
    """An interval in words; empty where there is none."""
    if low is None or high is None:
        return ""
    shown = shown_delta if signed else shown_score
    return f"[{shown(low)}, {shown(high)}]"


def _values(estimate: Estimate) -> list[float]:
    return [one for one in (estimate.value, estimate.low, estimate.high) if one is not None]


def _name_width(estimates: Sequence[Estimate], width: int) -> int:
    return min(max((len(one.name) for one in estimates), default=0) + 4, max(8, width // 3))


def _mean_row(one: Estimate, scale: Scale, name: int) -> Line:
    line = name_of(one.number, one.name, name)
    if one.value is None:
        return [*line, ("no score", "text.faint")]
    cells = [" "] * scale.cells
    cells[: scale.cell(one.value)] = FILLS[one.number % MOST] * scale.cell(one.value)
    start, end = _whiskers(cells, one, scale)
    return [
        *line,
        ("".join(cells[:start]), color(one.number)),
        ("".join(cells[start:end]), "text.normal bold"),
        ("".join(cells[end:]), "text.normal"),
        (f" {shown_score(one.value)}", "text.normal bold"),
        (f" {interval_words(one.low, one.high)}".ljust(NUMBERS - 1 - len(shown_score(one.value))), "text.dim"),
    ]


def _difference_row(one: Estimate, scale: Scale, name: int) -> Line:
    line = name_of(one.number, one.name, name)
    if one.value is None:
        return [*line, ("no difference", "text.faint")]
    cells = [" "] * scale.cells
    zero = scale.cell(0.0)
    cells[zero] = "│"
    start, end = _whiskers(cells, one, scale)
    if start < zero < end - 1 and cells[zero] == "─":
        cells[zero] = "┼"
    is_clear = one.low is not None and one.high is not None and (one.low > 0 or one.high < 0)
    style = ("state.good" if one.value > 0 else "state.bad") if is_clear else "text.normal"
    return [
        *line,
        ("".join(cells[:start]), "text.faint"),
        ("".join(cells[start:end]), f"{style} bold"),
        ("".join(cells[end:]), "text.faint"),
        (f" {shown_delta(one.value)}", f"{style} bold"),
        (f" {interval_words(one.low, one.high, signed=True)}", "text.dim"),
    ]


def _whiskers(cells: list[str], one: Estimate, scale: Scale) -> tuple[int, int]:
    """Draw the interval and its middle into the cells; where it begins and ends."""
    assert one.value is not None
    middle = scale.cell(one.value)
    if one.low is None or one.high is None:
        cells[middle] = "●"
        return middle, middle + 1
    first, last = scale.cell(one.low), scale.cell(one.high)
    for cell in range(first, last + 1):
        cells[cell] = "─"
    cells[first], cells[last] = "├", "┤"
    cells[middle] = "●"
    return min(first, middle), max(last, middle) + 1
