"""Intervals of figures that only depend on how often each kind of item occurs, by bootstrap over items (BCa).

Items that are alike in all that a figure needs are one kind: a resample is then one multinomial draw, whose cost does
not grow with the number of items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from rft_tui.analysis.intervals import FEWEST_RESAMPLES, LEVEL, MOST_UNDEFINED, Interval, adjusted_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

MOST_NUMBERS = 20_000_000
"""Numbers looked at in all, beyond which fewer resamples are made."""

NUMBERS_AT_ONCE = 100_000
"""Numbers held at once, which bounds the memory and how long other threads wait for their turn."""

MOST_LEFT_OUT = 200
"""Kinds that are left out one by one for BCa's acceleration; more are left out in so many groups."""

_ROUNDING = 1e-12


def intervals_by_kind(
    counts: Sequence[int], figures: Callable[[Numbers], Numbers], seed: int, resamples: int, width: int = 1
) -> list[Interval | None]:
    """The interval of each figure over items, of which `counts` says how many there are of each kind.

    `figures` takes counts of kinds (rows are resamples) and gives a column for each figure, NaN where it is undefined.
    `width` is how many numbers it needs for a row. None for fewer than 2 items, and for a figure that is undefined, in
    the data or in more than `MOST_UNDEFINED` of the resamples.
    """
    import numpy as np

    whole = np.array([counts], dtype=np.float64)
    estimates = figures(whole)[0]
    items = int(whole.sum())
    if items < 2 or resamples < 1:
        return [None] * len(estimates)
    wide = max(width, len(counts))
    wanted = min(resamples, max(FEWEST_RESAMPLES, MOST_NUMBERS // wide))
    at_once = max(1, NUMBERS_AT_ONCE // wide)
    generator = np.random.default_rng(seed)
    shares = whole[0] / items
    found = np.concatenate([
        figures(generator.multinomial(items, shares, min(at_once, wanted - begun)).astype(np.float64))
        for begun in range(0, wanted, at_once)
    ])  # fmt: skip
    rest = [(figures(part), weights) for part, weights in _left_out(whole, at_once)]
    without = np.concatenate([part for part, _weights in rest])
    weights = np.concatenate([part for _part, part in rest])
    return [
        _interval(float(estimate), found[:, place], without[:, place], weights)
        for place, estimate in enumerate(estimates)
    ]


def _left_out(whole: Numbers, at_once: int) -> Iterator[tuple[Numbers, Numbers]]:
    """Counts without one item of a kind, and how many items are like it; where there are many kinds, without groups."""
    import numpy as np

    kinds = whole.shape[1]
    groups = min(kinds, MOST_LEFT_OUT)
    for begun in range(0, groups, at_once):
        chosen = np.arange(begun, min(groups, begun + at_once))
        left = np.repeat(whole, len(chosen), axis=0)
        if groups == kinds:
            left[np.arange(len(chosen)), chosen] -= 1
            yield left, whole[0, chosen]
        else:
            left[np.arange(kinds) % groups == chosen[:, None]] = 0
            yield left, np.ones(len(chosen))


def _interval(estimate: float, found: Numbers, without: Numbers, weights: Numbers) -> Interval | None:
    import numpy as np

    defined = found[np.isfinite(found)]
    if not np.isfinite(estimate) or len(defined) < (1 - MOST_UNDEFINED) * len(found):
        return None
    below = float((np.mean(defined < estimate - _ROUNDING) + np.mean(defined <= estimate + _ROUNDING)) / 2)
    kept = np.isfinite(without)
    weights, without = weights[kept], without[kept]
    skewness = 0.0
    if weights.sum() > 0:
        away = (weights * without).sum() / weights.sum() - without
        spread = float((weights * away**2).sum()) ** 1.5
        skewness = float((weights * away**3).sum()) / (6 * spread) if spread > _ROUNDING**2 else 0.0
    sides = [adjusted_quantile(side, below, skewness, len(defined)) for side in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)]
    low, high = np.quantile(defined, sides)
    return Interval(float(low), float(high))
