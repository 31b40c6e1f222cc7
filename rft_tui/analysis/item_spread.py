"""What lies between the items and what lies within them: the variance of item means, and that of one item's scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum, sqrt
from operator import mul

from rft_tui.analysis.means import mean_of_item_means
from rft_tui.analysis.scores import ItemScores

NO_SPREAD = 1e-12
"""Share of a range below which a difference is rounding."""


@dataclass(frozen=True, slots=True)
class ItemSpread:
    """The mean of each item, by row id, and the variance within items.

    `runs` is the harmonic mean of the scores per item, `most_runs` the largest number. `within` (sigma squared) is the
    mean of the items' own variances (ddof 1), None where no item has two scores.
    """

    means: Mapping[str, float]
    runs: float
    most_runs: int
    within: float | None

    @property
    def noise(self) -> float | None:
        """The variance that the runs add to an item's mean, on average: sigma squared / N."""
        return None if self.within is None else self.within / self.runs


@dataclass(frozen=True, slots=True)
class MeanError:
    """The mean of item values with its standard error and degrees of freedom.

    `clusters` is the number of groups where items belong together, else None. `standard_error` is None where there is
    one item or group, or no spread at all.
    """

    mean: float
    standard_error: float | None
    freedom: int
    clusters: int | None


def item_spread(items: Iterable[ItemScores]) -> ItemSpread:
    """Of one item or more, each with one score or more."""
    means: dict[str, float] = {}
    variances: list[float] = []
    counts: list[int] = []
    for item in items:
        scores = list(item.scores.values())
        count = len(scores)
        mean = means[item.item] = sum(scores) / count
        counts.append(count)
        if count > 1:
            away = [score - mean for score in scores]
            variances.append(sum(map(mul, away, away)) / (count - 1))
    within = fsum(variances) / len(variances) if variances else None
    most = max(counts)
    runs = float(most) if most == min(counts) else len(counts) / fsum([1 / count for count in counts])
    return ItemSpread(means, runs, most, within)


def error_of_mean(values: Mapping[str, float], clusters: Mapping[str, str] | None, width: float) -> MeanError:
    """The mean of the values of one item or more; `width` is that of the scores' range.

    Groups: SE = sqrt(C / (C - 1) sum_c (sum of (x_i - mean) in c)^2) / M with C - 1 degrees of freedom (Miller, arXiv
    2411.00640, with the correction for few groups). Items that `clusters` does not name are groups of one; where all
    are, this is the error over items.
    """
    count = len(values)
    mean = fsum(values.values()) / count
    groups = _sums_by_cluster(values, mean, clusters) if clusters else []
    together = len(groups) or count
    if together == count:
        away = [value - mean for value in values.values()]
        error = mean_of_item_means(count, 0.0, fsum(map(mul, away, away))).standard_error
    else:
        error = sqrt(together / (together - 1) * fsum(map(mul, groups, groups))) / count if together > 1 else None
    if error is not None and error <= NO_SPREAD * width:
        error = None
    return MeanError(mean, error, together - 1, None if together == count else together)


def _sums_by_cluster(values: Mapping[str, float], mean: float, clusters: Mapping[str, str]) -> list[float]:
    groups: dict[tuple[bool, str], list[float]] = {}
    for item, value in values.items():
        cluster = clusters.get(item)
        groups.setdefault((cluster is None, item if cluster is None else cluster), []).append(value - mean)
    return [fsum(group) for group in groups.values()]


def variance(values: Mapping[str, float]) -> float | None:
    """The variance (ddof 1) of item values; None for fewer than two."""
    if len(values) < 2:
        return None
    mean = fsum(values.values()) / len(values)
    away = [value - mean for value in values.values()]
    return fsum(map(mul, away, away)) / (len(values) - 1)
