"""Krippendorff's α: agreement of two raters or more, with labels missing, at four levels of measurement.

α = 1 - D_o / D_e, the disagreement within items by the one expected by chance (Krippendorff 2011).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING

from rft_tui.analysis.agreement import Measured
from rft_tui.analysis.intervals import RESAMPLES
from rft_tui.analysis.resampling import intervals_by_kind
from rft_tui.identity import canonical_json, content_hash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rft_tui.analysis.resampling import Numbers

    # from resamples: the disagreement within items, and that of all ratings with one another, times n (n - 1)
    _Disagreement = Callable[[Numbers], tuple[Numbers, Numbers]]

MOST_RATIO_VALUES = 400
"""Different ratings compared as ratios: more are put on so many even steps, since every two are compared."""


class Level(StrEnum):
    """What the labels mean: names, an order, numbers with distances, or numbers with a zero."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


def krippendorff_alpha(
    ratings: Mapping[str, Sequence[float | None]], level: Level, *, resamples: int = RESAMPLES
) -> Measured:
    """α of the ratings of each item (in whatever order, None is missing), interval by bootstrap over items (BCa).

    Items with fewer than two ratings say nothing and are left out. The value is None where nothing can be compared or
    all ratings are the same; `resamples` of 0 gives no interval. Raises ValueError where a
    rating below 0 is to be compared as a ratio.
    """
    comparable = [
        sorted(float(one) for one in given if one is not None and isfinite(one)) for given in ratings.values()
    ]
    kinds = sorted(Counter(tuple(given) for given in comparable if len(given) > 1).items())
    if level is Level.RATIO:
        if any(given[0] < 0 for given, _count in kinds):
            raise ValueError("a rating below 0 has no ratio to others")
        kinds = _on_steps(kinds)
    if not kinds:
        return Measured(None, None)
    import numpy as np

    units, counts = _units([given for given, _count in kinds]), [count for _given, count in kinds]
    disagreement = {
        Level.NOMINAL: _nominal, Level.ORDINAL: _ordinal, Level.INTERVAL: _interval, Level.RATIO: _ratio,
    }[level](units)  # fmt: skip

    def figures(drawn: Numbers) -> Numbers:
        total = drawn @ units.sizes
        seen, chance = disagreement(drawn)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(chance > _NO_SPREAD, 1 - (total - 1) * seen / chance, np.nan)[:, None]

    value = float(figures(np.array([counts], dtype=np.float64))[0, 0])
    seed = int(content_hash("alpha", level, canonical_json(kinds)), 16)
    interval = intervals_by_kind(counts, figures, seed, resamples, len(units.level_of))[0]
    return Measured(value if isfinite(value) else None, interval)


_NO_SPREAD = 1e-12


@dataclass(frozen=True, slots=True)
class _Units:
    """Kinds of items: how many ratings each has, and all ratings one kind after the other as places in `values`."""

    sizes: Numbers
    starts: NDArray[np.intp]
    level_of: NDArray[np.intp]
    values: Numbers

    def totals(self, drawn: Numbers) -> Numbers:
        """How often each value occurs in each resample."""
        import numpy as np

        order = np.argsort(self.level_of, kind="stable")
        kind_of = np.repeat(np.arange(len(self.sizes)), self.sizes.astype(int))[order]
        begins = np.searchsorted(self.level_of[order], np.arange(len(self.values)))
        return np.add.reduceat(drawn[:, kind_of], begins, axis=1)


def _units(kinds: Sequence[Sequence[float]]) -> _Units:
    import numpy as np

    sizes = np.array([len(given) for given in kinds])
    values, level_of = np.unique(np.concatenate([np.array(given) for given in kinds]), return_inverse=True)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
    return _Units(sizes.astype(np.float64), starts, level_of.astype(np.intp), values)


def _on_steps(kinds: Sequence[tuple[tuple[float, ...], int]]) -> list[tuple[tuple[float, ...], int]]:
    values = {one for given, _count in kinds for one in given}
    if len(values) <= MOST_RATIO_VALUES:
        return list(kinds)
    step = (max(values) - min(values)) / (MOST_RATIO_VALUES - 1)
    low = min(values)
    merged: Counter[tuple[float, ...]] = Counter()
    for given, count in kinds:
        merged[tuple(low + step * round((one - low) / step) for one in given)] += count
    return sorted(merged.items())


def _nominal(units: _Units) -> _Disagreement:
    import numpy as np

    same = np.array([
        sum(count * count for count in Counter(units.level_of[start : start + int(size)].tolist()).values())
        for start, size in zip(units.starts, units.sizes, strict=True)
    ])  # fmt: skip
    within = (units.sizes**2 - same) / (units.sizes - 1)

    def found(drawn: Numbers) -> tuple[Numbers, Numbers]:
        return drawn @ within, (drawn @ units.sizes) ** 2 - (units.totals(drawn) ** 2).sum(axis=1)

    return found


def _interval(units: _Units) -> _Disagreement:
    import numpy as np

    middle = units.values.mean()
    scale = max(float(np.abs(units.values - middle).max()), 1e-300)
    given = ((units.values - middle) / scale)[units.level_of]
    sums, squares = (np.add.reduceat(given**power, units.starts) for power in (1, 2))
    within = 2 * (units.sizes * squares - sums**2) / (units.sizes - 1)

    def found(drawn: Numbers) -> tuple[Numbers, Numbers]:
        return drawn @ within, 2 * ((drawn @ units.sizes) * (drawn @ squares) - (drawn @ sums) ** 2)

    return found


def _ordinal(units: _Units) -> _Disagreement:
    """Two labels are as far apart as ratings lie between them: the distance of their mean ranks."""
    import numpy as np

    def found(drawn: Numbers) -> tuple[Numbers, Numbers]:
        totals = units.totals(drawn)
        total = totals.sum(axis=1)
        places = (np.cumsum(totals, axis=1) - totals / 2) / total[:, None] - 0.5
        given = places[:, units.level_of]
        sums, squares = (np.add.reduceat(given**power, units.starts, axis=1) for power in (1, 2))
        within = 2 * (units.sizes * squares - sums**2) / (units.sizes - 1)
        all_sums, all_squares = (totals * places).sum(axis=1), (totals * places**2).sum(axis=1)
        return (drawn * within).sum(axis=1), 2 * (total * all_squares - all_sums**2)

    return found


def _ratio(units: _Units) -> _Disagreement:
    import numpy as np

    sums = units.values[:, None] + units.values[None, :]
    apart = ((units.values[:, None] - units.values[None, :]) / np.where(sums > 0, sums, 1)) ** 2
    within = np.empty(len(units.sizes))
    for place, (start, size) in enumerate(zip(units.starts, units.sizes, strict=True)):
        levels, counts = np.unique(units.level_of[start : start + int(size)], return_counts=True)
        within[place] = counts @ apart[np.ix_(levels, levels)] @ counts / (size - 1)

    def found(drawn: Numbers) -> tuple[Numbers, Numbers]:
        totals = units.totals(drawn)
        return drawn @ within, ((totals @ apart) * totals).sum(axis=1)

    return found
