"""The mean of one operand with its interval, what the runs add to it, and what the errors hide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from typing import Literal

from rft_tui.analysis.intervals import LEVEL, Interval, wilson_interval
from rft_tui.analysis.item_spread import NO_SPREAD, ItemSpread, MeanError, error_of_mean, item_spread, variance
from rft_tui.analysis.scores import ItemScores, ScoreTable
from rft_tui.analysis.student_t import t_quantile

FEWEST_ITEMS = 10
"""Items below which every figure comes with a warning."""

FEWEST_CLUSTERS = 20
"""Groups of items below which their interval comes with a warning."""

MOST_ERRORS = 0.02
"""Share of runs without a score above which the mean comes with a warning."""

FEW_ITEMS = 30
"""Items below which scores at two ends alone are treated as a share near an end."""

NEAR_END = 0.1
"""How close to an end of the range (as a share of it) the t interval fails for scores at the two ends alone."""

Method = Literal["t", "wilson", "clusters", "one-sided"]
"""How an interval was made: t over item means, Wilson near an end, t over clusters, or a bound where all are alike."""


@dataclass(frozen=True, slots=True)
class ModelMean:
    """The mean over `items` item means and how sure it is; all but counts and shares are in the grader's units.

    `runs` is the largest number of scores that an item has. `standard_error` and `interval` (95 %) answer what the next
    items would score; both None where the items show no spread. The interval of `t` may reach beyond the range: see
    `clipped`. `freedom` belongs to t and clusters. `run_noise` is the standard error if the same items ran again,
    `run_spread` the standard deviation of the run means (no error bar), `within_sd` that of one item's scores (sigma),
    `item_sd` that of the items' true means (omega); these are None where no item has two scores. `errors` are runs
    without a score, `error_share` their share of all; `with_errors_low` and `with_errors_high` is the mean with each of
    them counted as the low or the high end of the range, items with nothing but errors included. `low` and `high` are
    the ends of the range, further out where scores lie outside of it.
    """

    items: int
    runs: int
    mean: float
    standard_error: float | None
    interval: Interval | None
    method: Method
    freedom: int | None
    warnings: tuple[str, ...]
    run_noise: float | None
    run_spread: float | None
    item_sd: float | None
    within_sd: float | None
    errors: int
    error_share: float
    with_errors_low: float
    with_errors_high: float
    low: float = 0.0
    high: float = 1.0

    @property
    def clipped(self) -> Interval | None:
        """The interval, cut off at the ends of the range."""
        if self.interval is None:
            return None
        low, high = (min(max(end, self.low), self.high) for end in (self.interval.low, self.interval.high))
        return Interval(low, high)


def model_mean(
    table: ScoreTable, clusters: Mapping[str, str] | None = None, *, spread: ItemSpread | None = None
) -> ModelMean | None:
    """The mean of item means with its 95 % interval; None where no item has a score.

    `clusters` names the group of each item (row id) that belongs together with others; items that it does not name
    stand alone. `spread` is that of the scored items where it is known already.
    """
    scored = table.scored
    if not scored:
        return None
    spread = spread or item_spread(scored)
    width = table.high - table.low
    every: set[float] = set().union(*(one.scores.values() for one in scored))
    estimate = error_of_mean(spread.means, clusters, width)
    interval, method = _interval(table, scored, every, estimate)
    between, noise = variance(spread.means), spread.noise
    runs = sum(len(one.scores) for one in scored)
    errors = table.errors
    share = errors / (errors + runs)
    return ModelMean(
        items=len(scored),
        runs=spread.most_runs,
        mean=estimate.mean,
        standard_error=estimate.standard_error,
        interval=interval,
        method=method,
        freedom=estimate.freedom if method in {"t", "clusters"} and interval is not None else None,
        warnings=(
            *few_warnings(len(scored), estimate.clusters),
            *(("all items have the same mean: no interval",) if interval is None and estimate.freedom else ()),
            *((f"{100 * share:.1f} % of the runs ended in an error",) if share > MOST_ERRORS else ()),
        ),
        run_noise=None if noise is None else sqrt(noise / len(scored)),
        run_spread=_spread_of_runs(table),
        item_sd=None if between is None or noise is None else sqrt(max(0.0, between - noise)),
        within_sd=None if spread.within is None else sqrt(spread.within),
        errors=errors,
        error_share=share,
        with_errors_low=_mean_with_errors(table, table.low) if errors else estimate.mean,
        with_errors_high=_mean_with_errors(table, table.high) if errors else estimate.mean,
        low=min(table.low, min(every)),
        high=max(table.high, max(every)),
    )


def few_warnings(items: int, clusters: int | None) -> tuple[str, ...]:
    """What to say where there are too few items, or groups of them, to trust an interval."""
    found = []
    if items < FEWEST_ITEMS:
        found.append(f"{items} item{'s are' if items > 1 else ' is'} too few")
    if clusters is not None and clusters < FEWEST_CLUSTERS:
        found.append(f"{clusters} cluster{'s are' if clusters > 1 else ' is'} few for an interval")
    return tuple(found)


def t_interval(estimate: MeanError) -> Interval | None:
    """The 95 % interval mean +- t SE; None without a standard error."""
    if estimate.standard_error is None:
        return None
    half = t_quantile((1 + LEVEL) / 2, estimate.freedom) * estimate.standard_error
    return Interval(estimate.mean - half, estimate.mean + half)


def are_all_at_ends(scores: Iterable[float], low: float, high: float) -> bool:
    """Whether no score lies elsewhere than at the two ends of a range that has a width."""
    nearby = NO_SPREAD * (high - low)
    return high > low and all(min(abs(score - low), abs(score - high)) <= nearby for score in scores)


def _interval(
    table: ScoreTable, scored: Sequence[ItemScores], every: set[float], estimate: MeanError
) -> tuple[Interval | None, Method]:
    """Where scores are a matter of pass and fail and few do one of both, t does not hold what it says."""
    width = table.high - table.low
    by_t: Method = "t" if estimate.clusters is None else "clusters"
    if not are_all_at_ends(every, table.low, table.high):
        return t_interval(estimate), by_t
    share = min(max((estimate.mean - table.low) / width, 0.0), 1.0)
    independent = len(scored) if estimate.clusters is None else estimate.clusters
    if min(share, 1 - share) <= NO_SPREAD:
        # all alike: the bound below which so many successes in a row are less likely than 1 - LEVEL, about 3 / items
        bound = (1 - LEVEL) ** (1 / independent)
        found = Interval(bound, 1.0) if share > 0.5 else Interval(0.0, 1 - bound)
        method: Method = "one-sided"
    elif estimate.standard_error is None or min(share, 1 - share) < NEAR_END - NO_SPREAD or len(scored) < FEW_ITEMS:
        count = float(independent)
        if estimate.standard_error is not None:
            # runs that happen to agree never make more trials than there were
            trials = sum(len(one.scores) for one in scored)
            count = min(share * (1 - share) * (width / estimate.standard_error) ** 2, trials)
        found, method = wilson_interval(share, count), "wilson"
    else:
        return t_interval(estimate), by_t
    return Interval(table.low + width * found.low, table.low + width * found.high), method


def _spread_of_runs(table: ScoreTable) -> float | None:
    means = list(table.run_means.values())
    if len(means) < 2:
        return None
    middle = fsum(means) / len(means)
    return sqrt(fsum([(mean - middle) ** 2 for mean in means]) / (len(means) - 1))


def _mean_with_errors(table: ScoreTable, counted: float) -> float:
    """The mean of item means with every error as a score of `counted`."""
    means = [
        (sum(one.scores.values()) + one.errors * counted) / (len(one.scores) + one.errors)
        for one in table.items.values()
        if one.scores or one.errors
    ]
    return fsum(means) / len(means)
