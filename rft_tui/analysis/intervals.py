"""Intervals of 95 %: by resampling items with all that belongs to them, and for shares near their ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

from rft_tui.identity import canonical_json, content_hash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEVEL = 0.95
"""What every interval is meant to cover."""

RESAMPLES = 10_000
"""How often items are drawn anew."""

FEWEST_RESAMPLES = 1_000
"""How often at least, however many items there are."""

MOST_DRAWS = 50_000_000
"""Items drawn in all: beyond 5,000 items fewer resamples are made, so that an interval takes about a second at most."""

DRAWS_AT_ONCE = 100_000
"""Items drawn at once: few enough to stay in the processor's cache, and to let other threads have their turn."""

MOST_UNDEFINED = 0.05
"""Share of resamples that may have no ratio since nothing in them counts; with more the data says too little."""

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, both belonging to it."""

    low: float
    high: float


def wilson_interval(share: float, count: float) -> Interval:
    """Wilson's interval of a share (0 to 1) of `count` > 0 independent trials, which need not be a whole number.

    Wilson 1927; it stays inside 0 to 1 and has a width also where the share is 0 or 1.
    """
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def ratio_interval(
    numerators: Sequence[float], denominators: Sequence[float], *, resamples: int = RESAMPLES
) -> Interval | None:
    """The interval of a sum over items divided by another sum over the same items, by bootstrap over items.

    Each item gives one numerator and one denominator, which is not negative; a mean has denominators of 1. BCa (Efron
    1987). The seed comes from the data: the same items in whatever order give the same digits. None for fewer than 2
    items, and where more than `MOST_UNDEFINED` of the resamples have no ratio.
    """
    items = sorted(zip(map(float, numerators), map(float, denominators), strict=True))
    if len(items) < 2 or sum(denominator for _numerator, denominator in items) <= 0:
        return None
    import numpy as np

    top, bottom = np.array(items).T
    ratios = _resampled(top, bottom, int(content_hash("bootstrap", canonical_json(items)), 16), resamples)
    if ratios is None:
        return None
    estimate = top.sum() / bottom.sum()
    below = (np.mean(ratios < estimate - _ROUNDING) + np.mean(ratios <= estimate + _ROUNDING)) / 2
    skewness = acceleration_of(top, bottom)
    low, high = (
        adjusted_quantile(side, float(below), skewness, len(ratios)) for side in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    )
    found = np.quantile(ratios, [low, high])
    return Interval(float(found[0]), float(found[1]))


def _resampled(
    top: NDArray[np.float64], bottom: NDArray[np.float64], seed: int, resamples: int
) -> NDArray[np.float64] | None:
    """The ratios of resamples that have one; None where too few have."""
    import numpy as np

    generator = np.random.default_rng(seed)
    count = len(top)
    wanted = min(resamples, max(FEWEST_RESAMPLES, MOST_DRAWS // count))
    at_once = max(1, DRAWS_AT_ONCE // count)
    parts = []
    for begun in range(0, wanted, at_once):
        chosen = generator.integers(0, count, (min(at_once, wanted - begun), count))
        over, under = top[chosen].sum(axis=1), bottom[chosen].sum(axis=1)
        counts = under > 0
        parts.append(over[counts] / under[counts])
    ratios = np.concatenate(parts)
    return ratios if len(ratios) >= (1 - MOST_UNDEFINED) * wanted else None


def acceleration_of(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> float:
    """How the spread of a ratio of sums changes with its value, leaving out one item after the other (Efron 1987)."""
    rest = bottom.sum() - bottom
    without = (top.sum() - top)[rest > 0] / rest[rest > 0]
    away = without.mean() - without
    spread = float((away**2).sum()) ** 1.5
    return float((away**3).sum()) / (6 * spread) if spread > _ROUNDING**2 else 0.0


def adjusted_quantile(side: float, below: float, acceleration: float, count: int) -> float:
    """The quantile of `count` resamples that stands for a side (0 to 1) of the BCa interval (Efron 1987).

    `below` is the share of resamples below the estimate, those equal to it by half.
    """
    normal = NormalDist()
    bias = normal.inv_cdf(min(max(below, 0.5 / count), 1 - 0.5 / count))
    moved = bias + normal.inv_cdf(side)
    scale = 1 - acceleration * moved
    return normal.cdf(bias + moved / scale) if scale > 0 else float(moved > 0)
