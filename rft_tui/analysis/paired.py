"""Two operands on the items that both scored: the mean of the differences, item by item (Miller, arXiv 2411.00640)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum, sqrt

from rft_tui.analysis.detectable import noise_of_difference, smallest_detectable
from rft_tui.analysis.intervals import Interval
from rft_tui.analysis.item_spread import NO_SPREAD, ItemSpread, error_of_mean, item_spread, variance
from rft_tui.analysis.mcnemar import mcnemar_exact
from rft_tui.analysis.model_mean import are_all_at_ends, few_warnings, t_interval
from rft_tui.analysis.ranking import SCORE_DIGITS
from rft_tui.analysis.scores import ItemScores, ScoreTable
from rft_tui.analysis.student_t import t_two_sided

MOST_STEPS = 21
"""Distinct scores up to which a grader is taken to give a few values only: 0 to 1 by twentieths."""

TIE = 0.05
"""Share of the range up to which items are tied where the grader gives many values."""

_MANY_VALUES = 50 * MOST_STEPS
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Paired:
    """The second operand less the first, over the `items` items that both scored, in the grader's units.

    `left_out_first` counts items that only the first scored, `left_out_second` those that only the second did. The
    means are those on the common items. `standard_error`, `interval` (95 %), `freedom`, `t` and `p_t` come from the t
    test of the differences; None where one item or the lack of any spread says nothing (`p_t` is 1 where no item
    differs at all). An item counts as won or lost if it differs by more than `tie`. `correlation` is that of the item
    means. `differences` is by item, in the first operand's order. `first_within` and `second_within` are the variances
    of one item's scores (sigma squared), None where no item has two; `first_runs` and `second_runs` are the harmonic
    means of the scores per item. `item_sd` is the standard deviation of the true differences (omega_d), None where a
    variance within is unknown. `smallest_detectable` is the difference that would be found with 80 % power, None
    without a standard error. `is_shared` tells that both score the same answers: what the runs add to one they then add
    to the other, so it is the variance of an item's differences, `shared_within`, that more runs would lessen (None
    where no item has two). `shared_runs` is how many of an item's scores stand on both sides, on average, where only
    some do: what they add to both goes out of the difference. `mcnemar_p` only where every common item has one score at
    an end of the range from each.
    """

    items: int
    left_out_first: int
    left_out_second: int
    first_mean: float
    second_mean: float
    difference: float
    standard_error: float | None
    interval: Interval | None
    freedom: int | None
    t: float | None
    p_t: float | None
    wins: int
    ties: int
    losses: int
    tie: float
    correlation: float | None
    differences: Mapping[str, float]
    item_sd: float | None
    first_within: float | None
    second_within: float | None
    first_runs: float
    second_runs: float
    smallest_detectable: float | None
    mcnemar_p: float | None
    warnings: tuple[str, ...]
    is_shared: bool = False
    shared_within: float | None = None
    shared_runs: float = 0.0

    @property
    def regressions(self) -> tuple[str, ...]:
        """The items that the second operand lost, the largest loss first."""
        lost = [(difference, item) for item, difference in self.differences.items() if self.is_loss(difference)]
        return tuple(item for _difference, item in sorted(lost))

    @property
    def improvements(self) -> tuple[str, ...]:
        """The items that the second operand won, the largest gain first."""
        won = [(-difference, item) for item, difference in self.differences.items() if self.is_loss(-difference)]
        return tuple(item for _difference, item in sorted(won))

    def is_loss(self, difference: float) -> bool:
        """Whether an item with this difference counts as lost."""
        return -difference > self.tie + _ROUNDING


def paired_difference(
    first: ScoreTable,
    second: ScoreTable,
    *,
    tie: float | None = None,
    clusters: Mapping[str, str] | None = None,
    is_shared: bool = False,
    shared_runs: float = 0.0,
    spreads: tuple[ItemSpread | None, ItemSpread | None] = (None, None),
) -> Paired | None:
    """The paired comparison of two operands; None where they have no scored item in common.

    `tie` is the difference up to which an item is tied, by default `tie_width`. `clusters` names the group of items
    that belong together; items that it does not name stand alone. `is_shared` says that a run is the same answer to
    both, as where graders are compared. `shared_runs` is how many of an item's scores stand on both
    sides, on average, where only some do. `spreads` are those of the scored items of each, where they are known.
    """
    common = [one.item for one in first.scored if (other := second.items.get(one.item)) and other.scores]
    if not common:
        return None
    mine, theirs = (
        known if known and len(known.means) == len(common) else item_spread(one.items[item] for item in common)
        for one, known in zip((first, second), spreads, strict=True)
    )
    low, high = min(first.low, second.low), max(first.high, second.high)
    width = high - low
    differences = {item: _difference(mine.means[item], theirs.means[item], width) for item in common}
    estimate = error_of_mean(differences, clusters, width)
    error = estimate.standard_error
    t = None if error is None else estimate.mean / error
    shared = _shared_within(first, second, common) if is_shared else None
    noise = _noise(mine, theirs, shared, shared_runs, is_shared=is_shared)
    between = variance(differences)
    scores = _all_scores(first, common), _all_scores(second, common)
    runs = max(len(one.items[item].scores) for one in (first, second) for item in common)
    epsilon = _tie_width([*scores[0], *scores[1]], runs, width) if tie is None else tie
    wins = sum([one > epsilon + _ROUNDING for one in differences.values()])
    losses = sum([-one > epsilon + _ROUNDING for one in differences.values()])
    warnings = few_warnings(len(common), estimate.clusters)
    if error is None and estimate.freedom:
        warnings += ("all items differ by the same: no interval",)
    return Paired(
        items=len(common), left_out_first=len(first.scored) - len(common),
        left_out_second=len(second.scored) - len(common),
        first_mean=fsum(mine.means.values()) / len(common), second_mean=fsum(theirs.means.values()) / len(common),
        difference=estimate.mean, standard_error=error, interval=t_interval(estimate),
        freedom=estimate.freedom if error is not None else None,
        t=t, p_t=_p(t, estimate.freedom, differences.values()),
        wins=wins, ties=len(common) - wins - losses, losses=losses, tie=epsilon,
        correlation=_correlation(mine, theirs), differences=differences,
        item_sd=None if between is None or noise is None else sqrt(max(0.0, between - noise)),
        first_within=mine.within, second_within=theirs.within, first_runs=mine.runs, second_runs=theirs.runs,
        smallest_detectable=_smallest(error, len(common), noise),
        mcnemar_p=_mcnemar(scores, len(common), low, high) if estimate.clusters is None else None,
        warnings=warnings, is_shared=is_shared, shared_within=shared, shared_runs=shared_runs,
    )  # fmt: skip


def tie_width(first: ScoreTable, second: ScoreTable) -> float:
    """The largest difference of an item that is a tie, in the scores' units.

    Half of the step that an item's mean can take, which is the grader's step by the most runs of an item, where the
    grader gives up to `MOST_STEPS` values, each of them twice on average; else `TIE` of the range.
    """
    runs = max((len(one.scores) for table in (first, second) for one in table.scored), default=1)
    scores = [score for table in (first, second) for one in table.scored for score in one.scores.values()]
    return _tie_width(scores, runs, max(first.high, second.high) - min(first.low, second.low))


def _tie_width(scores: Sequence[float], runs: int, width: float) -> float:
    distinct = set(scores)
    if len(distinct) > _MANY_VALUES:
        return TIE * width
    values = sorted({round(score, SCORE_DIGITS) for score in distinct})
    if len(values) < 2 or len(values) > min(MOST_STEPS, len(scores) // 2):
        return TIE * width
    return min(above - below for below, above in pairwise(values)) / (2 * runs)


def _difference(first: float, second: float, width: float) -> float:
    """What is smaller than rounding is no difference."""
    difference = second - first
    return difference if abs(difference) > NO_SPREAD * width else 0.0


def _all_scores(table: ScoreTable, items: Iterable[str]) -> list[float]:
    return [score for item in items for score in table.items[item].scores.values()]


def _p(t: float | None, freedom: int, differences: Collection[float]) -> float | None:
    """By the t test; 1 where several items do not differ at all, None where t says nothing."""
    if t is not None:
        return t_two_sided(t, freedom)
    return 1.0 if len(differences) > 1 and not any(differences) else None


def _shared_within(first: ScoreTable, second: ScoreTable, items: Iterable[str]) -> float | None:
    """The variance of an item's differences, answer by answer; None where no item has two."""
    differences = []
    for item in items:
        mine, theirs = first.items[item].scores, second.items[item].scores
        of_item = {run: theirs[run] - score for run, score in mine.items() if run in theirs}
        if len(of_item) > 1:
            differences.append(ItemScores(item, of_item))
    return item_spread(differences).within if differences else None


def _noise(
    first: ItemSpread, second: ItemSpread, shared: float | None, shared_runs: float, *, is_shared: bool
) -> float | None:
    """The variance that the runs add to an item's difference; None where nothing is known of it."""
    if is_shared:
        return None if shared is None else shared / min(first.runs, second.runs)
    if first.within is None or second.within is None:
        return None
    return noise_of_difference(first.within, first.runs, second.within, second.runs, shared_runs)


def _smallest(error: float | None, items: int, noise: float | None) -> float | None:
    """By what the standard error says, but never below what the runs alone add to it."""
    if error is None:
        return None
    return smallest_detectable(max(items * error * error, noise or 0.0), 0.0, 1.0, 0.0, 1.0, items)


def _correlation(first: ItemSpread, second: ItemSpread) -> float | None:
    """Pearson's, None where one of them gives all items the same."""
    spreads = variance(first.means), variance(second.means)
    if not spreads[0] or not spreads[1]:
        return None
    middles = [fsum(one.means.values()) / len(one.means) for one in (first, second)]
    products = [(mine - middles[0]) * (second.means[item] - middles[1]) for item, mine in first.means.items()]
    found = fsum(products) / (len(products) - 1) / sqrt(spreads[0] * spreads[1])
    return min(max(found, -1.0), 1.0)


def _mcnemar(scores: tuple[Sequence[float], Sequence[float]], items: int, low: float, high: float) -> float | None:
    """None unless each operand passes or fails each item once."""
    if not len(scores[0]) == len(scores[1]) == items or not are_all_at_ends({*scores[0], *scores[1]}, low, high):
        return None
    middle = (low + high) / 2
    passes = [(first > middle, second > middle) for first, second in zip(*scores, strict=True)]
    return mcnemar_exact(passes.count((True, False)), passes.count((False, True)))
