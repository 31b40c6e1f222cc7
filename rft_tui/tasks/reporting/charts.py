"""The pictures of a report: means with intervals, histograms over each other, points of items, curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from rft_tui.tasks.reporting.svg import DASHES, Drawing, colour

WIDTH = 860
"""Pixels that a picture is wide; it shrinks with its page."""

MOST_POINTS = 2_000
"""Points that a picture shows at most; of more, every so-manieth."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 20, 28, 44

_LEGEND_ROW = 18


@dataclass(frozen=True, slots=True)
class Bar:
    """A mean with its interval, None where there is none."""

    label: str
    mean: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A named line through points (x, y)."""

    label: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Counted:
    """How much of a series lies in each bin."""

    label: str
    counts: Sequence[int]


class _Plane:
    """Where numbers lie in a drawing: x from `left` to `right`, y from `low` to `high`."""

    def __init__(
        self, drawing: Drawing, across: tuple[float, float], up: tuple[float, float], *, below: int = 0
    ) -> None:
        self.drawing, self.across, self.up = drawing, across, up
        self.bottom = drawing.height - below - _BOTTOM

    def x(self, value: float) -> float:
        """Pixels from the left."""
        return _LEFT + (self.drawing.width - _LEFT - _RIGHT) * _share(value, self.across)

    def y(self, value: float) -> float:
        """Pixels from above."""
        return self.bottom - (self.bottom - _TOP) * _share(value, self.up)

    def axes(self, x_label: str, y_label: str, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> None:
        """Both axes with ticks and what they measure."""
        drawing, bottom = self.drawing, self.bottom
        for tick in y_ticks:
            drawing.line(_LEFT, self.y(tick), drawing.width - _RIGHT, self.y(tick))
            drawing.text(_LEFT - 6, self.y(tick) + 4, _tick_text(tick), anchor="end", dim=True)
        drawing.line(_LEFT, bottom, drawing.width - _RIGHT, bottom)
        for tick in x_ticks:
            drawing.text(self.x(tick), bottom + 16, _tick_text(tick), anchor="middle", dim=True)
        drawing.text((_LEFT + drawing.width - _RIGHT) / 2, bottom + 36, x_label, anchor="middle", dim=True)
        drawing.text(4, 12, y_label, dim=True)


def bars(series: Sequence[Bar], low: float, high: float, *, said: str) -> str:
    """Means as dots with their intervals, one below the other, over a range widened to hold them."""
    row, label_width, right = 30, 230, 70
    edges = [low, high, *(end for one in series for end in (one.low, one.high) if end is not None)]
    span = (min(edges), max(edges))
    drawing = Drawing(WIDTH, row * len(series) + 34, said)
    bottom = row * len(series) + 6

    def across(value: float) -> float:
        return label_width + (WIDTH - label_width - right) * _share(value, span)

    for tick in ticks(*span):
        drawing.line(across(tick), 4, across(tick), bottom)
        drawing.text(across(tick), bottom + 18, _tick_text(tick), anchor="middle", dim=True)
    for place, one in enumerate(series):
        y = row * place + row / 2 + 4
        drawing.text(label_width - 12, y + 4, one.label, anchor="end")
        if one.low is not None and one.high is not None:
            for end in (one.low, one.high):
                drawing.line(across(end), y - 5, across(end), y + 5, stroke=colour(place), thick=2)
            drawing.line(across(one.low), y, across(one.high), y, stroke=colour(place), thick=2)
        drawing.dot(across(one.mean), y, fill=colour(place), radius=5)
        drawing.text(WIDTH - right + 14, y + 4, f"{one.mean:.3f}")
    return drawing.svg()


def histograms(edges: Sequence[float], series: Sequence[Counted], *, x_label: str, said: str) -> str:
    """Shares of several series in the same bins, as outlines over each other, the first one filled."""
    shares = [[count / (sum(one.counts) or 1) for count in one.counts] for one in series]
    top = max((share for of_one in shares for share in of_one), default=0.0) or 1.0
    legend = _LEGEND_ROW * len(series)
    drawing = Drawing(WIDTH, 260 + legend, said)
    plane = _Plane(drawing, (edges[0], edges[-1]), (0.0, top), below=legend)
    plane.axes(x_label, "share", edges[:: max(1, len(edges) // 10)], ticks(0.0, top))
    for number, of_one in enumerate(shares):
        outline = [(plane.x(edges[0]), plane.y(0.0))]
        for place, share in enumerate(of_one):
            left, right = plane.x(edges[place]), plane.x(edges[place + 1])
            outline += [(left, plane.y(share)), (right, plane.y(share))]
            if number == 0:
                drawing.box(left, plane.y(share), right - left, plane.y(0.0) - plane.y(share),
                            fill=colour(0), opacity=0.18)  # fmt: skip
        outline.append((plane.x(edges[-1]), plane.y(0.0)))
        drawing.path(outline, stroke=colour(number), dash=DASHES[number % len(DASHES)])
    _legend(drawing, [one.label for one in series], drawing.height - legend + 4)
    return drawing.svg()


def scatter(
    points: Sequence[tuple[float, float]], *, x_label: str, y_label: str, said: str,
    across: tuple[float, float] | None = None, up: tuple[float, float] | None = None, diagonal: bool = False,
) -> str:  # fmt: skip
    """Points of items; `diagonal` draws where both are the same."""
    shown = [point for point in thinned(points) if isfinite(point[0]) and isfinite(point[1])]
    across = across or _extent([x for x, _y in shown])
    up = up or _extent([y for _x, y in shown])
    drawing = Drawing(WIDTH, 340, said)
    plane = _Plane(drawing, across, up)
    plane.axes(x_label, y_label, ticks(*across), ticks(*up))
    if diagonal:
        low, high = max(across[0], up[0]), min(across[1], up[1])
        drawing.line(plane.x(low), plane.y(low), plane.x(high), plane.y(high), stroke="#8a8f98")
    for x, y in shown:
        drawing.dot(plane.x(x), plane.y(y), fill=colour(0), opacity=0.45)
    return drawing.svg()


def curves(series: Sequence[Series], *, x_label: str, y_label: str, said: str) -> str:
    """Several lines over one axis, told apart by colour and dashes."""
    legend = _LEGEND_ROW * len(series)
    drawing = Drawing(WIDTH, 260 + legend, said)
    every = [point for one in series for point in one.points]
    across, up = _extent([x for x, _y in every]), _extent([y for _x, y in every])
    plane = _Plane(drawing, across, up, below=legend)
    plane.axes(x_label, y_label, ticks(*across), ticks(*up))
    for number, one in enumerate(series):
        placed = [(plane.x(x), plane.y(y)) for x, y in thinned(one.points)]
        drawing.path(placed, stroke=colour(number), dash=DASHES[number % len(DASHES)])
    _legend(drawing, [one.label for one in series], drawing.height - legend + 4)
    return drawing.svg()


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from `low` to `high`, about so many."""
    span = high - low
    if not isfinite(span) or span <= 0:
        return [low]
    step = 10.0 ** floor(log10(span / about))
    step = next(step * factor for factor in (1, 2, 5, 10) if span / (step * factor) <= about)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [place * step for place in range(first, last + 1)]


def thinned(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """Not more than `MOST_POINTS` of the points, evenly chosen."""
    return points if len(points) <= MOST_POINTS else points[:: ceil(len(points) / MOST_POINTS)]


def _share(value: float, span: tuple[float, float]) -> float:
    return (value - span[0]) / (span[1] - span[0]) if span[1] > span[0] else 0.5


def _extent(values: Sequence[float]) -> tuple[float, float]:
    """From the least to the greatest, never empty."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _tick_text(value: float) -> str:
    shown = f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")
    return shown.replace("-", "−") if float(shown.replace(",", "")) else "0"


def _legend(drawing: Drawing, labels: Sequence[str], top: float) -> None:
    for number, label in enumerate(labels):
        y = top + _LEGEND_ROW * number + 6
        drawing.path([(_LEFT, y), (_LEFT + 28, y)], stroke=colour(number), dash=DASHES[number % len(DASHES)])
        drawing.text(_LEFT + 36, y + 4, label)
