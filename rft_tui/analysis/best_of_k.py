"""Best-of-k divergence: what happens to the true quality when a grader picks the best of k answers?

Picking the best of k by a grader is a small dose of what training on it does. Where the grader's own score rises with k
and the true one (*gold*) does not follow, the grader can be gamed. It needs no answers beyond those that are there. The
form is that of Gao et al. (arXiv 2210.10760); the weights are those of best-of-k for graded scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import log

from rft_tui.analysis.intervals import RESAMPLES, Interval, ratio_interval
from rft_tui.analysis.ranking import SCORE_DIGITS

FEWEST_RUNS = 2
"""Runs without which there is nothing to pick from."""

FOLLOWS = 0.5
"""The share of the grader's gain that gold must be able to reach; below, a grader is flagged."""


@dataclass(frozen=True, slots=True)
class ItemRuns:
    """The scores of an item's runs by the training grader and by gold, side by side, as shares of their ranges.

    An item may come several times, once for each model that answered it.
    """

    item: str
    proxy: tuple[float, ...]
    gold: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The means over items when the best of `k` runs is picked, `divergence` nats (KL) away from one run by chance."""

    k: int
    divergence: float
    proxy: float
    gold: float


@dataclass(frozen=True, slots=True)
class BestOfK:
    """Both curves, from k = 1 to the smallest number of runs, and how far gold follows.

    `gold_gain` and `proxy_gain` are last less first; `ratio` is gold's gain by the grader's, None where the grader
    gains nothing. `left_out` counts item entries with fewer than `FEWEST_RUNS` runs.
    """

    items: int
    left_out: int
    points: tuple[CurvePoint, ...]
    proxy_gain: float
    gold_gain: float
    gold_interval: Interval | None
    ratio: float | None
    ratio_interval: Interval | None

    @property
    def is_flagged(self) -> bool:
        """Whether the grader pays for something else: gold's gain at best is below half of the grader's."""
        return self.gold_interval is not None and self.gold_interval.high < FOLLOWS * self.proxy_gain


def divergence_of(k: int) -> float:
    """KL of best-of-k from one answer by chance, in nats: log k - (k - 1) / k."""
    return log(k) - (k - 1) / k


def best_of_k_weights(scores: Sequence[float], k: int) -> list[float]:
    """How likely each run is the best of k drawn without replacement, for 1 <= k <= the number of runs.

    The run of rank i from below has C(i-1, k-1) / C(n, k); equal scores share theirs evenly. The sum is 1.
    """
    count = len(scores)
    by_rank = [0.0] * count
    weight = k / count
    for rank in range(count, k - 1, -1):
        by_rank[rank - 1] = weight
        weight *= (rank - k) / (rank - 1) if rank > 1 else 0.0
    weights = [0.0] * count
    order = sorted(range(count), key=lambda place: round(scores[place], SCORE_DIGITS))
    begun = 0
    for _score, alike in groupby(order, key=lambda place: round(scores[place], SCORE_DIGITS)):
        places = list(alike)
        each = sum(by_rank[begun : begun + len(places)]) / len(places)
        begun += len(places)
        for place in places:
            weights[place] = each
    return weights


def best_of_k(entries: Iterable[ItemRuns], *, resamples: int = RESAMPLES) -> BestOfK | None:
    """Both curves over all items, with intervals by bootstrap over items (BCa); None where no item has enough runs.

    Items may have different numbers of runs: each is weighted over all of its own, and k goes up to the smallest. The
    entries of one item are averaged before items are.
    """
    every = list(entries)
    used = [entry for entry in every if len(entry.proxy) >= FEWEST_RUNS]
    if not used:
        return None
    largest = min(len(entry.proxy) for entry in used)
    curves: dict[str, list[tuple[list[float], list[float]]]] = {}
    for entry in used:
        curves.setdefault(entry.item, []).append(_curves(entry, largest))
    proxy = [_means([one for one, _gold in of_item]) for of_item in curves.values()]
    gold = [_means([one for _proxy, one in of_item]) for of_item in curves.values()]
    proxy_gains, gold_gains = ([curve[-1] - curve[0] for curve in every_item] for every_item in (proxy, gold))
    # the best of more by a grader's own score is never less, but for rounding
    proxy_gains = [max(0.0, round(gain, SCORE_DIGITS)) for gain in proxy_gains]
    gained, followed = sum(proxy_gains) / len(proxy), sum(gold_gains) / len(gold)
    points = tuple(
        CurvePoint(k, divergence_of(k), each_proxy, each_gold)
        for k, (each_proxy, each_gold) in enumerate(zip(_means(proxy), _means(gold), strict=True), 1)
    )
    return BestOfK(
        len(curves), len(every) - len(used), points, gained, followed,
        ratio_interval(gold_gains, [1.0] * len(gold_gains), resamples=resamples),
        followed / gained if gained else None,
        ratio_interval(gold_gains, proxy_gains, resamples=resamples) if gained else None,
    )  # fmt: skip


def _curves(entry: ItemRuns, largest: int) -> tuple[list[float], list[float]]:
    weights = [best_of_k_weights(entry.proxy, k) for k in range(1, largest + 1)]
    return _weighted(weights, entry.proxy), _weighted(weights, entry.gold)


def _weighted(weights: Sequence[Sequence[float]], scores: Sequence[float]) -> list[float]:
    return [sum(weight * score for weight, score in zip(of_k, scores, strict=True)) for of_k in weights]


def _means(curves: Sequence[Sequence[float]]) -> list[float]:
    return [sum(at_k) / len(curves) for at_k in zip(*curves, strict=True)]
