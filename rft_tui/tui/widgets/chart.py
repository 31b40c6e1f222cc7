"""A chart of curves by step: a legend with the values at the cursor, the picture, zoom and smoothing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from textual.events import Click

from rft_tui.analysis.job_alarms import Point, smoothed
from rft_tui.safetext import one_line
from rft_tui.tui.paint import Line, crop, line_length
from rft_tui.tui.plot import AXIS, Curve, View, draw_plot, shown_number, shown_step, whole_view
from rft_tui.tui.widgets.lines import LineWidget

SMOOTHING = (1, 5, 15)
"""Windows of steps over which curves can be smoothed, in the order of the key that turns them."""

LEGEND_LINES = 2
"""Lines that the legend takes at most."""

LONGEST_NAME = 24
"""Characters of a curve's name in the legend."""

NARROWEST = 4
"""Steps that a zoomed chart shows at least."""


@dataclass(frozen=True, slots=True)
class ChartData:
    """What a chart shows: curves as measured, a title, the ends of the upright axis that are shown in any case.

    `end` is the last step that will be there, so that a curve grows into its place and moves nothing.
    """

    title: str
    curves: tuple[Curve, ...]
    low: float | None = None
    high: float | None = None
    end: float | None = None
    empty: str = "nothing has been measured yet"


class Drawn:
    """The curves of a chart as they are drawn: smoothed lines, marks as measured; worked out once."""

    def __init__(self, data: ChartData, smoothing: int) -> None:
        self._data = data
        self._smoothing = smoothing

    @cached_property
    def curves(self) -> tuple[Curve, ...]:
        """The curves."""
        if self._smoothing == 1:
            return self._data.curves
        return tuple(
            curve if curve.is_marks else replace(curve, points=_smooth(curve.points, self._smoothing))
            for curve in self._data.curves
        )

    @cached_property
    def steps(self) -> list[float]:
        """The steps at which anything was measured."""
        return sorted({x for curve in self._data.curves for x, _y in curve.points})

    @cached_property
    def whole(self) -> View:
        """The view of everything."""
        return whole_view(self.curves, low=self._data.low, high=self._data.high, end=self._data.end)

    def zoomed(self, left: float, right: float) -> View:
        """The view from one step to another, as high as what is in it."""
        cut = [replace(one, points=_within(one.points, left, right)) for one in self.curves]
        inner = whole_view(cut)
        return View(left, right, inner.low, inner.high)


class Chart(LineWidget):
    """One picture at a time; the screen that owns it says what its keys do."""

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self.data = ChartData("", ())
        self.cursor: int | None = None
        self.smoothing = 1
        self._zoom: tuple[float, float] | None = None
        self._drawn = Drawn(self.data, 1)
        self._picture: tuple[tuple[int, int], list[Line]] | None = None

    # What is shown

    def show(self, data: ChartData) -> None:
        """Show other curves, or the same ones further on; zoom and cursor stay while the title does."""
        if data == self.data:
            return
        if data.title != self.data.title:
            self._zoom, self.cursor = None, None
        self.data = data
        self._drawn = Drawn(data, self.smoothing)
        self._changed()

    @property
    def steps(self) -> list[float]:
        """The steps at which anything was measured."""
        return self._drawn.steps

    @property
    def view(self) -> View:
        """The part of the plane that is shown."""
        return self._drawn.whole if self._zoom is None else self._drawn.zoomed(*self._zoom)

    def _changed(self) -> None:
        self._picture = None
        self.refresh()

    # Keys of the owner

    def move(self, count: int) -> None:
        """Move the cursor by measured steps; the first time it comes in at the nearer end of what is shown."""
        steps = self.steps
        if not steps:
            return
        if self.cursor is None:
            view = self.view
            first, last = bisect_left(steps, view.left), bisect_right(steps, view.right) - 1
            place = last if count < 0 else first
        else:
            place = _nearest(steps, self.cursor) + count
        self.go_to(int(steps[max(0, min(place, len(steps) - 1))]))

    def go_to(self, step: int) -> None:
        """Put the cursor on a step, and show it."""
        self.cursor = step
        if self._zoom is not None:
            left, right = self._zoom
            if step < left:
                self._zoom = (step, step + right - left)
            elif step > right:
                self._zoom = (step - right + left, step)
        self._changed()

    def zoom(self, factor: float) -> None:
        """Show fewer steps (a factor below 1) or more of them around the cursor, or around the end."""
        steps = self.steps
        if len(steps) < NARROWEST:
            return
        view = self.view
        left, right = view.left, min(view.right, steps[-1])
        center = self.cursor if self.cursor is not None else right
        wide = max(NARROWEST, round((right - left) * factor))
        if wide >= steps[-1] - steps[0]:
            self._zoom = None
        else:
            left = max(steps[0], min(round(center - wide / 2), steps[-1] - wide))
            self._zoom = (left, left + wide)
        self._changed()

    def turn_smoothing(self) -> int:
        """The next window of smoothing; 1 is as measured."""
        self.set_smoothing(SMOOTHING[(SMOOTHING.index(self.smoothing) + 1) % len(SMOOTHING)])
        return self.smoothing

    def set_smoothing(self, window: int) -> None:
        """Smooth over so many steps, one of SMOOTHING."""
        self.smoothing = window
        self._drawn = Drawn(self.data, window)
        self._changed()

    def clear_cursor(self) -> bool:
        """Take the cursor and the zoom away; whether there was anything to take away."""
        had = self.cursor is not None or self._zoom is not None
        self.cursor = self._zoom = None
        if had:
            self._changed()
        return had

    # Painting

    def legend(self, width: int) -> list[Line]:
        """Names and values, at the cursor or the last ones; on a second line, then with shorter names, if need be."""
        head: Line = [(f" {self.data.title}", "text.normal bold")]
        if self.cursor is not None:
            head.append((f"  step {shown_step(self.cursor)}", "text.accent"))
        said = f"  lines over {self.smoothing} steps, values as measured"
        tail: Line = [(said, "text.dim")] if self.smoothing > 1 else []
        lines: list[Line] = []
        for longest in (LONGEST_NAME, LONGEST_NAME // 2, LONGEST_NAME // 4, 0):
            lines = _rows([head, *self._entries(longest), tail], width)
            if len(lines) <= LEGEND_LINES:
                break
        return [crop(line, width) for line in lines[:LEGEND_LINES]]

    def _entries(self, longest: int) -> list[Line]:
        """Sign, name and value of each curve; none of the names where they have no room."""
        entries: list[Line] = []
        for curve in self.data.curves:
            value = curve.at(self.cursor) if self.cursor is not None else curve.points[-1][1] if curve.points else None
            entry: Line = [("  ", "text.dim"), (curve.sign, f"{curve.style} bold")]
            if longest:
                entry.append((f" {one_line(curve.name, longest)}", "text.dim"))
            entries.append([*entry, (" –" if value is None else f" {shown_number(value)}", "text.normal")])
        return entries

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """The legend, then the picture."""
        size = (width, self.size.height)
        if self._picture is None or self._picture[0] != size:
            self._picture = (size, self._paint(*size))
        lines = self._picture[1]
        return (lines[y] if y < len(lines) else []), "background"

    def _paint(self, width: int, height: int) -> list[Line]:
        legend = self.legend(width)
        if not self.steps:
            return [*legend, [(f" {self.data.empty}", "text.faint")]]
        rows = max(0, height - len(legend))
        return [*legend, *draw_plot(self._drawn.curves, width, rows, self.view, self.cursor)]

    def on_click(self, event: Click) -> None:
        """Put the cursor on the nearest step."""
        columns = self.size.width - AXIS - 1
        if not self.steps or event.x <= AXIS or columns < 1:
            return
        view = self.view
        x = view.left + (event.x - AXIS - 1) / columns * (view.right - view.left)
        self.go_to(int(self.steps[_nearest(self.steps, x)]))


def _rows(parts: list[Line], width: int) -> list[Line]:
    """Parts one behind the other, on further lines where one is full."""
    lines: list[Line] = [[]]
    for part in parts:
        if lines[-1] and line_length([*lines[-1], *part]) > width:
            lines.append([])
        lines[-1] = [*lines[-1], *part]
    return lines


def _nearest(steps: Sequence[float], x: float) -> int:
    """The place of the step that is nearest to an x."""
    place = bisect_left(steps, x)
    if place == len(steps) or (place > 0 and x - steps[place - 1] <= steps[place] - x):
        return max(0, place - 1)
    return place


def _within(points: Sequence[tuple[float, float]], left: float, right: float) -> Sequence[tuple[float, float]]:
    first = bisect_left(points, (left,))
    return points[first : bisect_right(points, (right, float("inf")))]


def _smooth(points: Sequence[tuple[float, float]], window: int) -> list[tuple[float, float]]:
    whole: list[Point] = [(int(x), y) for x, y in points]
    return [(float(x), y) for x, y in smoothed(whole, window)]
