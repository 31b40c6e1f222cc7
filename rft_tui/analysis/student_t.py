"""Student's t distribution, by the incomplete beta function."""

from __future__ import annotations

from functools import lru_cache
from math import exp, inf, isinf, lgamma, log, log1p

_MOST_STEPS = 100_000
_TINY = 1e-300
_PRECISION = 1e-15


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b) for 0 <= x <= 1 and a, b > 0: 0 at x = 0, 1 at x = 1.

    Its continued fraction (Abramowitz & Stegun 26.5.8), on the side where that converges fast.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front / a * _continued_fraction(x, a, b)
    return 1 - front / b * _continued_fraction(1 - x, b, a)


def _continued_fraction(x: float, a: float, b: float) -> float:
    """1/(1 + d1/(1 + d2/(1 + ...))) from the front, by Lentz's method with Thompson's and Barnett's care for zeros."""
    numerator, denominator = 1.0, 1 - (a + b) * x / (a + 1)
    denominator = 1 / (denominator if abs(denominator) > _TINY else _TINY)
    value = denominator
    for step in range(1, _MOST_STEPS):
        even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step))
        odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1))
        change = 1.0
        for part in (even, odd):
            denominator = 1 + part * denominator
            denominator = 1 / (denominator if abs(denominator) > _TINY else _TINY)
            numerator = 1 + part / numerator
            numerator = numerator if abs(numerator) > _TINY else _TINY
            change = denominator * numerator
            value *= change
        if abs(change - 1) < _PRECISION:
            break
    return value


def t_two_sided(t: float, freedom: float) -> float:
    """How likely |T| is at least |t| for `freedom` > 0 degrees of freedom: the p of a t test, 0 to 1."""
    if isinf(t):
        return 0.0
    return incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


@lru_cache(maxsize=256)
def t_quantile(probability: float, freedom: float) -> float:
    """The t below which lies `probability` (0 to 1, both ends infinite), for `freedom` > 0 degrees of freedom."""
    if probability < 0.5:
        return -t_quantile(1 - probability, freedom)
    if probability >= 1:
        return inf
    outside = 2 * (1 - probability)
    low, high = 0.0, 1.0
    while t_two_sided(high, freedom) > outside:
        low, high = high, 2 * high
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        if t_two_sided(middle, freedom) > outside:
            low = middle
        else:
            high = middle
    return (low + high) / 2
