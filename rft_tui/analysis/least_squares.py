"""Straight lines through points, with errors that hold where the spread is not the same everywhere (HC3)."""

from __future__ import annotations

from collections.abc import Sequence
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


def mean_of(values: Sequence[float]) -> Coefficient:
    """The mean of one value or more, with its t interval from the spread between them (n - 1 degrees of freedom)."""
    count = len(values)
    mean = fsum(values) / count
    if count < 2:
        return Coefficient(mean, None, None)
    squares = fsum((value - mean) ** 2 for value in values)
    return coefficient(mean, sqrt(squares / (count * (count - 1))), count - 1)


def fit_line(across: Sequence[float], up: Sequence[float]) -> Line | None:
    """The line of least squares through the points (across, up), with HC3 errors and t intervals (n - 2 degrees).

    MacKinnon & White 1985: each squared residual counts by 1 / (1 - leverage)². None for fewer than 3 points and where
    `across` has no spread; errors are None where a single point holds the line.
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
