"""Dots in braille: one operand's items against another's, sorted differences, and scores against lengths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rft_tui.tui.braille import DotGrid
from rft_tui.tui.comparing.scale import Scale
from rft_tui.tui.comparing.signs import color, letter
from rft_tui.tui.paint import Line, fit_right
from rft_tui.tui.score_words import shown_delta, shown_score

AXIS = 6
"""Cells of the upright axis."""

Pair = tuple[float, float]

ABOVE, SAME, BELOW, DIAGONAL = 0, 1, 2, 3
"""Who drew a dot of a scatter."""

_ROUNDING = 1e-9

STYLES = ("state.good", "text.normal", "state.bad", "text.faint")
"""The styles of these."""


def draw_scatter(
    pairs: Sequence[Pair], width: int, height: int, low: float, high: float, number: int = 1, tie: float = 0.0
) -> list[Line]:
    """A dot for each item, the baseline's score to the right and the other's upwards, with the diagonal.

    Above the diagonal the other is better, by more than a tie where it is counted as a gain. The last lines are the
    axis and how many there are of each.
    """
    columns, rows = width - AXIS - 1, height - 3
    if columns < 8 or rows < 3 or high <= low:
        return [[("too small for a scatter", "text.faint")]]
    grid = DotGrid(columns, rows)
    wide, tall = columns * 2 - 1, rows * 4 - 1
    sides = [0, 0, 0]
    for (a, b), count in Counter(pairs).items():
        owner = _side(b - a, tie)
        sides[owner] += count
        grid.dot(_dot(a, low, high, wide), tall - _dot(b, low, high, tall), owner)
    for column in range(0, wide + 1, 3):
        grid.dot(column, tall - round(column / wide * tall), DIAGONAL)
    lines = _framed(grid, STYLES, {0: shown_score(high), rows - 1: shown_score(low)}, letter(number), color(number))
    lines.append(_ends(columns, shown_score(low), f"{letter(0)} →", shown_score(high)))
    lines.append(_sides(sides[ABOVE], sides[BELOW], sides[SAME], width=width, tie=tie))
    return lines


def _side(difference: float, tie: float) -> int:
    return ABOVE if difference > tie + _ROUNDING else BELOW if difference < -tie - _ROUNDING else SAME


def _sides(above: int, below: int, same: int, *, width: int, tie: float) -> Line:
    """How many lie on each side of the diagonal, in words where there is room for them."""
    words = ("above", "below", "tied" if tie else "on the diagonal")
    parts = [f"▲ {above:,}", f"▼ {below:,}", f"═ {same:,}"]
    if AXIS + 5 + sum(map(len, (*parts, *words))) + len(words) <= width:
        parts = [f"{part} {word}" for part, word in zip(parts, words, strict=True)]
    styles = ("state.good", "state.bad", "text.dim")
    line: Line = [(" " * (AXIS + 1), "text.normal")]
    for number, (part, style) in enumerate(zip(parts, styles, strict=True)):
        line.append((f"{'  ' if number else ''}{part}", style))
    return line


def draw_sorted(differences: Sequence[float], width: int, height: int, tie: float = 0.0) -> list[Line]:
    """Every item's difference, the greatest gain first, as an area around zero: how many win, and by how much."""
    columns, rows = width - AXIS - 1, height - 1
    if columns < 8 or rows < 3 or not differences:
        return [[("too small for differences", "text.faint")]]
    ordered = sorted(differences, reverse=True)
    most = max(abs(ordered[0]), abs(ordered[-1])) or 1.0
    grid = DotGrid(columns, rows)
    wide, tall = columns * 2, rows * 4 - 1
    zero = round(tall / 2)
    for column in range(wide):
        value = ordered[min(len(ordered) - 1, int((column + 0.5) / wide * len(ordered)))]
        owner = _side(value, tie)
        grid.upright(column, zero, zero - round(value / most * tall / 2), owner)
    ticks = {0: shown_delta(most), zero // 4: "0", rows - 1: shown_delta(-most)}
    lines = _framed(grid, STYLES, ticks, "", "text.dim")
    return [*lines, _ends(columns, "gains", f"{len(ordered):,} items", "losses")]


def draw_lengths(
    points: Sequence[Pair],
    fit_line: Pair | None,
    scale: Scale,
    height: int,
    low: float,
    high: float,
    number: int,
    unit: str,
) -> list[Line]:
    """Scores upwards against lengths to the right; `fit_line` is (intercept, slope) and is drawn as a line.

    `scale` is that of the lengths, so that pictures beside one another can share it.
    """
    columns, rows = scale.cells - AXIS - 1, height - 1
    if columns < 8 or rows < 3 or high <= low:
        return [[("too small for a scatter", "text.faint")]]
    grid = DotGrid(columns, rows)
    wide, tall = columns * 2 - 1, rows * 4 - 1
    for x, y in dict.fromkeys(points):
        grid.dot(_dot(x, scale.low, scale.high, wide), tall - _dot(y, low, high, tall), 0)
    over: dict[tuple[int, int], str] = {}
    if fit_line is not None:
        for column in range(columns):
            x = scale.low + (scale.high - scale.low) * column / (columns - 1)
            y = fit_line[0] + fit_line[1] * x
            if low <= y <= high:
                over[tall // 4 - _dot(y, low, high, tall // 4), column] = "━"
    ticks = {0: shown_score(high), rows - 1: shown_score(low)}
    lines = _framed(grid, (color(number),), ticks, letter(number), color(number), over)
    lines.append(_ends(columns, f"{scale.low:,.0f}", unit, f"{scale.high:,.0f}"))
    return lines


def _dot(value: float, low: float, high: float, last: int) -> int:
    return round((min(max(value, low), high) - low) / (high - low) * last)


def _framed(
    grid: DotGrid,
    styles: Sequence[str],
    ticks: dict[int, str],
    name: str,
    name_style: str,
    over: dict[tuple[int, int], str] | None = None,
) -> list[Line]:
    """The rows of a grid with the axis before them; the name stands in the middle of the axis."""
    over = over or {}
    lines: list[Line] = []
    for row in range(grid.height):
        label, style = ticks.get(row, ""), "text.dim"
        if not label and row == grid.height // 2 and name:
            label, style = f"{name} ↑", f"{name_style} bold"
        line: Line = [(fit_right(label, AXIS), style), ("┤" if row in ticks else "│", "text.faint")]
        column = 0
        for text, owner in grid.row(row):
            its = "text.normal" if owner < 0 else styles[owner]
            for place, sign in enumerate(text):
                mark = over.get((row, column + place))
                line.append((mark, "text.normal bold") if mark else (sign, its))
            column += len(text)
        lines.append(_joined(line))
    return lines


def _joined(line: Line) -> Line:
    out: Line = []
    for text, style in line:
        if out and out[-1][1] == style:
            out[-1] = (out[-1][0] + text, style)
        else:
            out.append((text, style))
    return out


def _ends(columns: int, first: str, middle: str, last: str) -> Line:
    """The axis below: its ends, and what it is in the middle."""
    room = max(0, columns - len(first) - len(last))
    between = middle.center(room) if len(middle) + 2 <= room else " " * room
    return [(" " * (AXIS + 1) + first + between + last, "text.dim")]
