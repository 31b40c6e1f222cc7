"""Straight lines through points, with errors that hold where the spread is not the same everywhere (HC3)."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from rft_tui.analysis.intervals import LEVEL, Interval
from rft_tui.analysis.student_t import t_quantile

_NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A number with its standard error and interval of 95 %; both None where the points say nothing about them."""

    value: float
    standard_error: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Line:
    """y = intercept + slope * x through `points` points."""

    points: int
    intercept: Coefficient
    slope: Coefficient


def coefficient(value: float, standard_error: float | None, freedom: float) -> Coefficient:
    """A number with its t interval."""
    if standard_error is None:
        return Coefficient(value, None, None)
    half = t_quantile((1 + LEVEL) / 2, freedom) * standard_error
    return Coefficient(value, standard_error, Interval(value - half, value + half))


def mean_of(values: Sequence[float], groups: Sequence[Hashable] | None = None) -> Coefficient:
    """The mean of one value or more, with its t interval from the spread between them (n - 1 degrees of freedom).

    `groups` names the group of each value: then the spread is that between groups (Miller, arXiv 2411.00640, with the
    correction for few groups).
    """
    count = len(values)
    mean = fsum(values) / count
    if count < 2:
        return Coefficient(mean, None, None)
    if groups is not None and (together := len(set(groups))) < count:
        if together < 2:
            return Coefficient(mean, None, None)
        sums = _sums(groups, [value - mean for value in values])
        error = sqrt(together / (together - 1) * fsum(one * one for one in sums.values())) / count
        return coefficient(mean, error, together - 1)
    squares = fsum((value - mean) ** 2 for value in values)
    return coefficient(mean, sqrt(squares / (count * (count - 1))), count - 1)


def _sums(groups: Sequence[Hashable], values: Sequence[float]) -> dict[Hashable, float]:
    sums: dict[Hashable, float] = {}
    for group, value in zip(groups, values, strict=True):
        sums[group] = sums.get(group, 0.0) + value
    return sums


def fit_line(across: Sequence[float], up: Sequence[float], groups: Sequence[Hashable] | None = None) -> Line | None:
    """The line of least squares through the points (across, up), with HC3 errors and t intervals (n - 2 degrees).

    MacKinnon & White 1985: each squared residual counts by 1 / (1 - leverage)². None for fewer than 3 points and where
    `across` has no spread; errors are None where a single point holds the line. `groups` names the group of each point:
    then the errors are those of leaving out one group after the other (which for groups of one is HC3), with as many
    degrees as groups less 2, and None where one group holds the line.
    """
    count = len(across)
    if count < 3 or len(up) != count:
        return None
    middle, height = fsum(across) / count, fsum(up) / count
    away = [x - middle for x in across]
    spread = fsum(x * x for x in away)
    if spread <= _NO_SPREAD * (1 + middle * middle) * count:
        return None
    slope = fsum(x * (y - height) for x, y in zip(away, up, strict=True)) / spread
    intercept = height - slope * middle
    if groups is not None and len(set(groups)) < count:
        return _without_groups(away, [y - height for y in up], middle, Line(
            count, Coefficient(intercept, None, None), Coefficient(slope, None, None)
        ), groups)  # fmt: skip
    at_zero, tilted = 0.0, 0.0
    for x, y in zip(away, up, strict=True):
        free = 1 - 1 / count - x * x / spread
        if free <= _NO_SPREAD:
            return Line(count, Coefficient(intercept, None, None), Coefficient(slope, None, None))
        residual = (y - height - slope * x) / free
        pull = x / spread
        tilted += (pull * residual) ** 2
        at_zero += ((1 / count - middle * pull) * residual) ** 2
    return Line(count, coefficient(intercept, sqrt(at_zero), count - 2), coefficient(slope, sqrt(tilted), count - 2))


def _without_groups(
    across: Sequence[float], up: Sequence[float], middle: float, line: Line, groups: Sequence[Hashable]
) -> Line:
    """The line through points around their middle with the errors of leaving out one group after the other."""
    ones = _sums(groups, [1.0] * len(across))
    if len(ones) < 3:
        return line
    by_x, by_y = _sums(groups, across), _sums(groups, up)
    by_xx = _sums(groups, [x * x for x in across])
    by_xy = _sums(groups, [x * y for x, y in zip(across, up, strict=True)])
    whole, product = fsum(by_xx.values()), fsum(by_xy.values())
    at_zero, tilted = 0.0, 0.0
    for group, size in ones.items():
        rest, x, y = len(across) - size, -by_x[group], -by_y[group]
        spread = whole - by_xx[group] - x * x / rest
        if spread <= _NO_SPREAD * whole:
            return line
        slope = (product - by_xy[group] - x * y / rest) / spread
        height = (y - slope * x) / rest - slope * middle
        tilted += (slope - line.slope.value) ** 2
        at_zero += (height + line.slope.value * middle) ** 2
    freedom = len(ones) - 2
    return Line(
        line.points, coefficient(line.intercept.value, sqrt(at_zero), freedom),
        coefficient(line.slope.value, sqrt(tilted), freedom),
    )  # fmt: skip
