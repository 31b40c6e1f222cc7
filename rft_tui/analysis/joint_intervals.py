"""Intervals of several figures over the same items from one drawing of items, many times faster than one by one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from rft_tui.analysis.intervals import (
    DRAWS_AT_ONCE,
    FEWEST_RESAMPLES,
    LEVEL,
    MOST_DRAWS,
    MOST_UNDEFINED,
    RESAMPLES,
    Interval,
    acceleration_of,
    adjusted_quantile,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PRODUCT_AT_ONCE = 500_000
"""Multiplications of one matrix product."""

_ROUNDING = 1e-12

_DIGITS = 12


def mean_intervals(
    items: Sequence[Sequence[float | None]],
    *,
    groups: Sequence[Hashable] | None = None,
    resamples: int = RESAMPLES,
) -> list[Interval | None]:
    """For each figure the 95 % interval of its mean over the items that have it, by bootstrap over items (BCa).

    `items` has one row for each item with as many figures, None where the item has none of it. `groups` names the group
    of each item, where groups are drawn and not items. The same items in whatever order give the same digits. None for
    a figure that fewer than 2 items (or groups) have, or that more than `MOST_UNDEFINED` of the resamples lack.
    """
    import numpy as np

    if not items or not items[0]:
        return []
    bottom = np.array([[value is not None for value in row] for row in items], dtype=np.float64)
    top = np.array([[value or 0.0 for value in row] for row in items], dtype=np.float64)
    columns = np.hstack([top, bottom])
    if groups is not None:
        place_of = {group: place for place, group in enumerate(dict.fromkeys(groups))}
        together = np.zeros((len(place_of), columns.shape[1]))
        np.add.at(together, [place_of[group] for group in groups], columns)
        columns = together.round(_DIGITS)
    different, column_of = _different(columns)
    order = np.lexsort(different.T)
    columns, different = columns[order], different[order]
    seed = int.from_bytes(sha256(columns.astype("<f8").tobytes()).digest())
    sums = _resampled(different, seed, resamples)[:, column_of]
    figures = top.shape[1]
    return [
        _interval(columns[:, at], columns[:, figures + at], sums[:, at], sums[:, figures + at]) for at in range(figures)
    ]


def _different(columns: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[int]]:
    """The columns without those that are there already, and where each of all columns is found among them."""
    import numpy as np

    places: dict[bytes, int] = {}
    place_of = [places.setdefault(column.tobytes(), len(places)) for column in columns.T]
    first = [place_of.index(place) for place in range(len(places))]
    return np.ascontiguousarray(columns[:, first]), place_of


def _resampled(columns: NDArray[np.float64], seed: int, resamples: int) -> NDArray[np.float64]:
    """The sum of each column in each resample: how often each item is drawn, times what it has."""
    import numpy as np

    generator = np.random.default_rng(seed)
    count = len(columns)
    wanted = min(resamples, max(FEWEST_RESAMPLES, MOST_DRAWS // count))
    at_once = max(1, DRAWS_AT_ONCE // count)
    parts = []
    for begun in range(0, wanted, at_once):
        rows = min(at_once, wanted - begun)
        drawn = generator.integers(0, count, (rows, count)) + np.arange(rows)[:, None] * count
        times = np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count)
        parts.append(_product(times.astype(np.float64), columns))
    return np.concatenate(parts)


def _product(times: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """times @ columns, over so few items at once that it stays on this thread.

    Larger products are spread over all processors, which other threads then have to wait for, and for matrices as
    narrow as these that takes several times as long.
    """
    items = max(1, PRODUCT_AT_ONCE // (len(times) * columns.shape[1]))
    product = times[:, :items] @ columns[:items]
    for begun in range(items, len(columns), items):
        product += times[:, begun : begun + items] @ columns[begun : begun + items]
    return product


def _interval(
    top: NDArray[np.float64], bottom: NDArray[np.float64], tops: NDArray[np.float64], bottoms: NDArray[np.float64]
) -> Interval | None:
    import numpy as np

    has = bottoms > 0
    if (bottom > 0).sum() < 2 or has.mean() < 1 - MOST_UNDEFINED:
        return None
    means = tops[has] / bottoms[has]
    estimate = top.sum() / bottom.sum()
    below = (np.mean(means < estimate - _ROUNDING) + np.mean(means <= estimate + _ROUNDING)) / 2
    skewness = acceleration_of(top, bottom)
    sides = [adjusted_quantile(side, float(below), skewness, len(means)) for side in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)]
    low, high = np.quantile(means, sides)
    return Interval(float(low), float(high))
