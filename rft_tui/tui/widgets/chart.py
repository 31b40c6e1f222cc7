"""A chart of curves by step: a legend with the values at the cursor, the picture, zoom and smoothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual.events import Click

from rft_tui.analysis.job_alarms import Point, smoothed
from rft_tui.safetext import one_line
from rft_tui.tui.paint import Line, crop
from rft_tui.tui.plot import AXIS, Curve, View, draw_plot, shown_number, shown_step, whole_view
from rft_tui.tui.widgets.lines import LineWidget

SMOOTHING = (1, 5, 15)
"""Windows of steps over which curves can be smoothed, in the order of the key that turns them."""

NARROWEST = 4
"""Steps that a zoomed chart shows at least."""


@dataclass(frozen=True, slots=True)
class ChartData:
    """What a chart shows: curves as measured, a title, the ends of the upright axis that are shown in any case."""

    title: str
    curves: tuple[Curve, ...]
    low: float | None = None
    high: float | None = None
    empty: str = "nothing has been measured yet"


class Chart(LineWidget):
    """One picture at a time; the screen that owns it says what its keys do."""

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self.data = ChartData("", ())
        self.cursor: int | None = None
        self.smoothing = 1
        self._zoom: tuple[float, float] | None = None
        self._picture: tuple[object, list[Line]] | None = None

    # What is shown

    def show(self, data: ChartData) -> None:
        """Show other curves, or the same ones further on; zoom and cursor stay while the title does."""
        if data == self.data:
            return
        if data.title != self.data.title:
            self._zoom, self.cursor = None, None
        self.data = data
        self._changed()

    @property
    def curves(self) -> tuple[Curve, ...]:
        """The curves as they are drawn: smoothed lines, marks as measured."""
        if self.smoothing == 1:
            return self.data.curves
        return tuple(
            curve if curve.is_marks else replace(curve, points=_smooth(curve.points, self.smoothing))
            for curve in self.data.curves
        )

    @property
    def steps(self) -> list[float]:
        """The steps at which anything was measured."""
        return sorted({x for curve in self.data.curves for x, _y in curve.points})

    @property
    def view(self) -> View:
        """The part of the plane that is shown."""
        curves = self.curves
        if self._zoom is not None:
            left, right = self._zoom
            cut = tuple(replace(one, points=[p for p in one.points if left <= p[0] <= right]) for one in curves)
            inner = whole_view(cut)
            return View(left, right, inner.low, inner.high)
        return whole_view(curves, low=self.data.low, high=self.data.high)

    def _changed(self) -> None:
        self._picture = None
        self.refresh()

    # Keys of the owner

    def move(self, count: int) -> None:
        """Move the cursor by measured steps; the first time it comes in at the right end."""
        steps = self.steps
        if not steps:
            return
        if self.cursor is None:
            place = len(steps) - 1 if count < 0 else 0
            view = self.view
            inside = [number for number, step in enumerate(steps) if view.left <= step <= view.right]
            place = (inside[-1] if count < 0 else inside[0]) if inside else place
        else:
            here = min(range(len(steps)), key=lambda number: abs(steps[number] - (self.cursor or 0)))
            place = max(0, min(here + count, len(steps) - 1))
        self.cursor = int(steps[place])
        self._follow()
        self._changed()

    def _follow(self) -> None:
        """Keep the cursor inside a zoomed view."""
        if self._zoom is None or self.cursor is None:
            return
        left, right = self._zoom
        if self.cursor < left:
            self._zoom = (self.cursor, self.cursor + right - left)
        elif self.cursor > right:
            self._zoom = (self.cursor - right + left, self.cursor)

    def zoom(self, factor: float) -> None:
        """Show fewer steps (a factor below 1) or more of them around the cursor, or around the end."""
        steps = self.steps
        if len(steps) < NARROWEST:
            return
        view = self.view
        center = self.cursor if self.cursor is not None else view.right
        wide = max(NARROWEST, (view.right - view.left) * factor)
        if wide >= steps[-1] - steps[0]:
            self._zoom = None
        else:
            left = max(steps[0], min(center - wide / 2, steps[-1] - wide))
            self._zoom = (left, left + wide)
        self._changed()

    def turn_smoothing(self) -> int:
        """The next window of smoothing; 1 is as measured."""
        self.smoothing = SMOOTHING[(SMOOTHING.index(self.smoothing) + 1) % len(SMOOTHING)]
        self._changed()
        return self.smoothing

    def clear_cursor(self) -> bool:
        """Take the cursor and the zoom away; whether there was anything to take away."""
        had = self.cursor is not None or self._zoom is not None
        self.cursor = self._zoom = None
        self._changed()
        return had

    # Painting

    def legend(self, width: int) -> Line:
        """Names and values: at the cursor, else the last ones."""
        line: Line = [(self.data.title, "text.normal bold")]
        if self.cursor is not None:
            line.append((f"  step {shown_step(self.cursor)}", "text.accent"))
        for curve in self.curves:
            value = curve.at(self.cursor) if self.cursor is not None else curve.points[-1][1] if curve.points else None
            shown = "–" if value is None else shown_number(value)
            line += [
                ("  ", "text.dim"),
                (curve.sign, f"{curve.style} bold"),
                (f" {one_line(curve.name, 24)} ", "text.dim"),
            ]
            line.append((shown, "text.normal"))
        if self.smoothing > 1:
            line.append((f"  over {self.smoothing} steps", "text.dim"))
        return crop(line, width)

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """The legend, then the picture."""
        if y == 0:
            return self.legend(width), "background"
        if not self.steps:
            return ([(f" {self.data.empty}", "text.faint")] if y == 1 else []), "background"
        key = (width, self.size.height, self.data, self.cursor, self.smoothing, self._zoom)
        if self._picture is None or self._picture[0] != key:
            drawn = draw_plot(self.curves, width, max(0, self.size.height - 1), self.view, self.cursor)
            self._picture = (key, drawn)
        lines = self._picture[1]
        return (lines[y - 1] if y - 1 < len(lines) else []), "background"

    def on_click(self, event: Click) -> None:
        """Put the cursor on the nearest step."""
        steps, view = self.steps, self.view
        columns = self.size.width - AXIS - 1
        if not steps or event.x <= AXIS or columns < 1:
            return
        x = view.left + (event.x - AXIS - 1) / columns * (view.right - view.left)
        self.cursor = int(min(steps, key=lambda step: abs(step - x)))
        self._changed()


def _smooth(points: Sequence[tuple[float, float]], window: int) -> list[tuple[float, float]]:
    whole: list[Point] = [(int(x), y) for x, y in points]
    return [(float(x), y) for x, y in smoothed(whole, window)]
