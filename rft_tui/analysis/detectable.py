"""Which difference a comparison could find, and what a smaller one would cost."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rft_tui.analysis.paired import Paired

FixKind = Literal["items", "runs", "first runs", "second runs"]
"""More items for both operands, more runs of both on the items at hand, or of one of them."""

MOST_MORE_RUNS = 64
"""More runs of an item than these are not proposed."""

DEAREST = 5
"""A way that costs more than so many times the cheapest one is no way."""

_SMALL = 0.01
_ROUNDING = 1e-9


def effect_words(size: float) -> str:
    """A detectable difference as every place says it: three decimals, four below a hundredth."""
    return f"{size:.{3 if size >= _SMALL else 4}f}"


def smallest_detectable(
    item_variance: float,
    first_within: float,
    first_runs: float,
    second_within: float,
    second_runs: float,
    items: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
) -> float:
    """The true difference that a two-sided test at `alpha` finds with probability `power`, in the scores' units.

    (z_{alpha/2} + z_beta) sqrt((omega_d^2 + sigma_A^2 / N_A + sigma_B^2 / N_B) / M): `item_variance` is that of the
    true differences between items, `first_within` and `second_within` are variances of one item's scores, over
    `first_runs` and `second_runs` each, for `items` items (Miller, arXiv 2411.00640).
    """
    normal = NormalDist()
    away = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
    return away * sqrt((item_variance + first_within / first_runs + second_within / second_runs) / items)


def noise_of_difference(
    first_within: float, first_runs: float, second_within: float, second_runs: float, shared_runs: float = 0.0
) -> float:
    """The variance that runs add to an item's difference, of which `shared_runs` scores stand on both sides.

    sigma_A^2 / N_A + sigma_B^2 / N_B - 2 k sigma^2 / (N_A N_B): k shared scores add the same to both means; sigma^2 is
    the mean of both.
    """
    both = shared_runs * (first_within + second_within) / (first_runs * second_runs)
    return max(0.0, first_within / first_runs + second_within / second_runs - both)


@dataclass(frozen=True, slots=True)
class Fix:
    """`more` items or runs bring the smallest detectable difference to `reached`, for `predictions` more of them."""

    kind: FixKind
    more: int
    reached: float
    predictions: int

    @property
    def words(self) -> str:
        """Such as: 5 more runs → 0.044."""
        what = {"items": "item", "runs": "run", "first runs": "run", "second runs": "run"}[self.kind]
        whose = {"first runs": " of the first", "second runs": " of the second"}.get(self.kind, "")
        return f"{self.more:,} more {what}{'s' if self.more > 1 else ''}{whose} → {effect_words(self.reached)}"


def cheapest_fixes(paired: Paired, target: float | None = None) -> list[Fix]:
    """What brings the smallest detectable difference down to `target`, the fewest predictions first.

    `target` is in the grader's units; by default what twice the items would reach. Empty where it is reached already
    or nothing is known of the spread. What costs more than `DEAREST` times the cheapest way is left out.
    """
    smallest = paired.smallest_detectable
    wanted = smallest / sqrt(2) if smallest is not None and target is None else target
    if smallest is None or wanted is None or not 0 < wanted < smallest * (1 - _ROUNDING):
        return []
    items = ceil(paired.items * (smallest / wanted) ** 2 * (1 - _ROUNDING))
    more = max(1, items - paired.items)
    reached = smallest * sqrt(paired.items / (paired.items + more))
    # a prediction of a new item brings its runs along
    runs = min(paired.first_runs, paired.second_runs) if paired.is_shared else paired.first_runs + paired.second_runs
    found = [Fix("items", more, reached, round(more * runs))]
    if paired.is_shared:
        if paired.shared_within is not None:
            found.extend(_more_answers(paired, paired.shared_within, smallest, wanted))
    elif paired.first_within is not None and paired.second_within is not None:
        found.extend(_more_runs(paired, paired.first_within, paired.second_within, smallest, wanted))
    cheapest = min(fix.predictions for fix in found)
    affordable = [fix for fix in found if fix.predictions <= DEAREST * cheapest]
    return sorted(affordable, key=lambda fix: (fix.predictions, fix.more))


def _more_runs(paired: Paired, first: float, second: float, smallest: float, wanted: float) -> list[Fix]:
    """The fewest more runs that reach `wanted`; runs never help against what lies between the items."""
    shared = paired.shared_runs
    noise = noise_of_difference(first, paired.first_runs, second, paired.second_runs, shared)
    between = _between(paired, smallest, noise)
    steps: list[tuple[FixKind, int, int]] = [("runs", 1, 1), ("first runs", 1, 0), ("second runs", 0, 1)]
    found = []
    for kind, of_first, of_second in steps:
        for more in range(1, MOST_MORE_RUNS + 1):
            runs = paired.first_runs + more * of_first, paired.second_runs + more * of_second
            left = between + noise_of_difference(first, runs[0], second, runs[1], shared)
            reached = smallest_detectable(left, 0.0, 1.0, 0.0, 1.0, paired.items)
            if reached <= wanted * (1 + _ROUNDING):
                found.append(Fix(kind, more, reached, more * (of_first + of_second) * paired.items))
                break
    return found


def _more_answers(paired: Paired, within: float, smallest: float, wanted: float) -> list[Fix]:
    """The fewest more runs where both score the same answers: one more prediction of an item serves both."""
    runs = min(paired.first_runs, paired.second_runs)
    between = _between(paired, smallest, within / runs)
    for more in range(1, MOST_MORE_RUNS + 1):
        reached = smallest_detectable(between, within, runs + more, 0.0, 1.0, paired.items)
        if reached <= wanted * (1 + _ROUNDING):
            return [Fix("runs", more, reached, more * paired.items)]
    return []


def _between(paired: Paired, smallest: float, noise: float) -> float:
    """The variance of the true differences that is left without what the runs add."""
    return max(0.0, (smallest / smallest_detectable(1.0, 0.0, 1.0, 0.0, 1.0, paired.items)) ** 2 - noise)
