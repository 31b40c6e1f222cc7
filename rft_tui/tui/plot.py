"""Curves drawn with characters: axes, lines of braille dots, marks for what was measured rarely, and a cursor.

Curves are told apart by their kind and their mark as well as by colour, so that a picture without colours reads too.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from rft_tui.tui.braille import DotGrid
from rft_tui.tui.paint import Line, fit, fit_right

MARKS = "○×◇+□△"
"""Marks of curves that are drawn as single points, in their order."""

DASHES = ((1, 1), (3, 5), (1, 3), (6, 9))
"""How lines are drawn, in their order: of so many columns of dots (the second number) the first few."""

LINES = "━╍┈╌"
"""What stands for these lines in a legend."""

AXIS = 6
"""Cells of the labels of the upright axis."""

LEAST_LABELS = 3
"""Parts into which the numbers below a picture divide it at least, where there is room for them."""

ROUND = 10
"""An axis up to here or beyond needs no decimals at its zero."""

LARGEST, SMALLEST = 1e100, 1e-80
"""Values beyond the first are drawn at the edge and stretch no axis; what lies below the second counts as zero."""

FLAT = 1e-12
"""Share of the largest value below which a spread cannot be drawn."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve: its name, its points by x, the number of its colour, and whether it is drawn as marks.

    `pattern` is the number of its mark, or of its kind of line: whole, broken, dotted …
    """

    name: str
    points: Sequence[Point]
    color: int = 0
    is_marks: bool = False
    pattern: int = 0

    @property
    def style(self) -> str:
        """Its style."""
        return f"curve.{self.color}"

    @property
    def sign(self) -> str:
        """What stands for it in a legend."""
        signs = MARKS if self.is_marks else LINES
        return signs[self.pattern % len(signs)]

    def at(self, x: float) -> float | None:
        """Its value at an x, None where it has none."""
        place = bisect_left(self.points, x, key=lambda point: point[0])
        return self.points[place][1] if place < len(self.points) and self.points[place][0] == x else None


@dataclass(frozen=True, slots=True)
class View:
    """The part of the plane that is shown; `high` and `right` are included."""

    left: float
    right: float
    low: float
    high: float


def whole_view(
    curves: Sequence[Curve], *, low: float | None = None, high: float | None = None, end: float | None = None
) -> View:
    """A view that shows all of some curves; `low` and `high`, and the x up to `end`, are shown in any case.

    Its height is a number that can be divided by, whatever was measured.
    """
    xs = [x for curve in curves for x in ((curve.points[0][0], curve.points[-1][0]) if curve.points else ())]
    ys = [y for curve in curves for _x, y in curve.points if abs(y) <= LARGEST]
    ys += [edge for edge in (low, high) if edge is not None]
    if not xs or not ys:
        return View(0, 1, 0 if low is None else low, 1 if high is None else high)
    left, right, least, most = min(xs), max(xs), min(ys), max(ys)
    right = right if end is None else max(right, end)
    if most - least <= max(-least, most, SMALLEST) * FLAT:
        room = abs(most) * 0.1 if abs(most) > SMALLEST else 0.5
        least, most = least - room, most + room
    elif low is None or least < low or high is None or most > high:
        step = nice_step((most - least) / 4)
        least, most = floor(least / step) * step, ceil(most / step) * step
    return View(left, right if right > left else left + 1, least, most)


def nice_step(wanted: float) -> float:
    """1, 2 or 5 times a power of ten, at least what is wanted."""
    if wanted <= 0 or not isfinite(wanted):
        return 1.0
    power = float(10 ** floor(log10(wanted)))
    return next((factor * power for factor in (1.0, 2.0, 5.0) if factor * power >= wanted * (1 - 1e-9)), 10 * power)


def shown_number(value: float) -> str:
    """A number in few characters, for axes and cursors."""
    size = abs(value)
    if size >= 1e6 or 0 < size < 1e-3:
        return f"{value:.0e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
    if size >= 10_000:
        return f"{value / 1000:.0f}k"
    if size >= 100:
        return f"{value:.0f}"
    return f"{value:.3f}" if size < 0.1 and size else f"{value:.2f}" if size < 10 else f"{value:.1f}"


def draw_plot(curves: Sequence[Curve], width: int, height: int, view: View, cursor: float | None = None) -> list[Line]:
    """The curves in a view as `height` lines of `width` cells: the axis at the left and below, the picture beside it.

    `cursor` is the x at which an upright line stands.
    """
    columns, rows = width - AXIS - 1, height - 1
    if columns < 4 or rows < 2:
        return [[("too small for a chart", "text.faint")]][:height]
    grid = DotGrid(columns, rows)
    marks: dict[tuple[int, int], Curve] = {}
    for curve in curves:
        if curve.is_marks:
            _mark(curve, columns, rows, view, marks)
    for number, curve in enumerate(curves):
        if not curve.is_marks:
            _trace(grid, number, curve, view)
    cursor_column = None if cursor is None else _column(cursor, view, columns)
    ticks = _ticks(rows, view)
    lines = [_label(row, ticks, view) + _row(grid, row, curves, marks, cursor_column) for row in range(rows)]
    return [*lines, _floor(columns, view)]


def _trace(grid: DotGrid, number: int, curve: Curve, view: View) -> None:
    """Draw a line, for each column of dots from its least to its greatest value, joined to the column before."""
    wide = grid.width * 2 - 1
    drawn, period = DASHES[curve.pattern % len(DASHES)]
    before: tuple[int, int] | None = None
    for column, least, most, last in _spans(curve, view, wide, grid.height * 4 - 1):
        if column % period < drawn:
            grid.upright(column, least, most, number)
        if before is not None:
            near = least if before[1] <= least else min(most, max(before[1], least))
            for between, low, high in _between(before, (column, near)):
                if 0 <= between <= wide and between % period < drawn:
                    grid.upright(between, low, high, number)
        before = (column, last)


def _spans(curve: Curve, view: View, wide: int, tall: int) -> Iterator[tuple[int, int, int, int]]:
    """For each column of dots with points its rows: the highest, the lowest, that of the last point."""
    points = _within(curve.points, view)
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    if not all(map(isfinite, ys)):
        kept = [point for point in points if isfinite(point[1])]
        xs, ys = [x for x, _y in kept], [y for _x, y in kept]
    x_scale, y_scale = wide / (view.right - view.left), tall / (view.high - view.low)

    def row(y: float) -> int:
        return round((view.high - min(max(y, view.low), view.high)) * y_scale)

    start = 0
    while start < len(xs):
        column = round((xs[start] - view.left) * x_scale)
        end = bisect_left(xs, view.left + (column + 0.5) / x_scale, start + 1)
        if end == start + 1:
            only = row(ys[start])
            yield column, only, only, only
        else:
            inside = ys[start:end]
            yield column, row(max(inside)), row(min(inside)), row(inside[-1])
        start = end


def _between(first: tuple[int, int], second: tuple[int, int]) -> Iterator[tuple[int, int, int]]:
    """Columns behind one place up to a later one, and the rows in which a line between them has dots there."""
    (start, from_row), (end, to_row) = first, second
    steps = end - start
    row = from_row
    for step in range(1, steps + 1):
        following = from_row + round((to_row - from_row) * step / steps)
        near = row if following == row else row + (1 if following > row else -1)
        yield start + step, near, following
        row = following


def _mark(curve: Curve, columns: int, rows: int, view: View, marks: dict[tuple[int, int], Curve]) -> None:
    for x, y in curve.points:
        if view.left <= x <= view.right and isfinite(y):
            share = (view.high - min(max(y, view.low), view.high)) / (view.high - view.low)
            marks[min(rows - 1, int(share * rows)), _column(x, view, columns)] = curve


def _column(x: float, view: View, columns: int) -> int:
    return round((x - view.left) / (view.right - view.left) * (columns * 2 - 1)) // 2


def _within(points: Sequence[Point], view: View) -> Sequence[Point]:
    """The points of a view and one more on each side, so that lines go on to the edge."""
    first = bisect_left(points, view.left, key=lambda point: point[0])
    last = bisect_left(points, view.right, key=lambda point: point[0])
    return points[max(0, first - 1) : last + 2]


def _row(
    grid: DotGrid, row: int, curves: Sequence[Curve], marks: dict[tuple[int, int], Curve], cursor: int | None
) -> Line:
    """The cells of one row of the picture, joined into runs of one style."""
    over: dict[int, tuple[str, str]] = {
        column: (curve.sign, f"{curve.style} bold") for (at, column), curve in marks.items() if at == row
    }
    if cursor is not None and 0 <= cursor < grid.width:
        over.setdefault(cursor, ("", "text.faint"))
    line: Line = []
    column = 0
    for text, owner in grid.row(row):
        style = "text.normal" if owner < 0 else curves[owner].style
        start = 0
        for at in sorted(one for one in over if column <= one < column + len(text)):
            place = at - column
            if place > start:
                line.append((text[start:place], style))
            sign, its = over[at]
            line.append((sign, its) if sign else ("│", its) if text[place] == " " else (text[place], f"{style} bold"))
            start = place + 1
        if start < len(text):
            line.append((text[start:], style))
        column += len(text)
    return line


def _ticks(rows: int, view: View) -> dict[int, float]:
    """Rows that have a number at the upright axis: the ends, and round numbers between them with room around."""
    ticks = {0: view.high, rows - 1: view.low}
    step = nice_step((view.high - view.low) / max(1, rows // 3))
    value = ceil(view.low / step) * step
    for _number in range(rows):
        if value > view.high:
            break
        row = round((view.high - value) / (view.high - view.low) * (rows * 4 - 1)) // 4
        if all(abs(row - other) >= 2 for other in ticks):
            ticks[row] = 0.0 if abs(value) < step / 1000 else value
        value += step
    return ticks


def _label(row: int, ticks: dict[int, float], view: View) -> Line:
    """The axis at the left, with a number where one belongs."""
    if row in ticks:
        sign = "┼" if ticks[row] == 0 and ticks[row] == view.low else "┤"
        text = "0" if not ticks[row] and view.high >= ROUND else shown_number(ticks[row])
        return [(fit_right(text, AXIS), "text.dim"), (sign, "text.faint")]
    return [(" " * AXIS, "text.dim"), ("│", "text.faint")]


def _floor(columns: int, view: View) -> Line:
    """The axis below: round whole numbers, some inside even where it is short, and the first x where it has room."""
    cells = [" "] * columns
    step = max(1.0, nice_step((view.right - view.left) / max(LEAST_LABELS, columns // 12)))
    x = ceil(view.left / step) * step
    first = shown_step(view.left)
    taken = len(first) if _column(x, view, columns) > len(first) else -1
    if taken > 0:
        cells[:taken] = first
    while x <= view.right:
        text = shown_step(x)
        start = max(0, min(_column(x, view, columns) - len(text) // 2, columns - len(text)))
        if start > taken:
            cells[start : start + len(text)] = text
            taken = start + len(text)
        x += step
    return [(" " * (AXIS + 1), "text.dim"), (fit("".join(cells), columns), "text.dim")]


def shown_step(x: float) -> str:
    """A number of a step: whole where it is whole."""
    return f"{x:,.0f}" if abs(x - round(x)) < 1e-9 else shown_number(x)
