"""What several runs of the same items tell of one operand: k tries, agreement with itself, what can be learnt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import comb, fsum
from operator import mul

from rft_tui.analysis.best_of_k import best_of_k_weights
from rft_tui.analysis.intervals import RESAMPLES, Interval, wilson_interval
from rft_tui.analysis.item_spread import error_of_mean
from rft_tui.analysis.joint_intervals import mean_intervals
from rft_tui.analysis.ranking import SCORE_DIGITS
from rft_tui.analysis.scores import ItemScores, ScoreTable

EVERY_K = 16
"""The k up to which each is shown unless said otherwise; beyond it every doubling, and the most runs."""

_FIGURES = 3
_NO_DIFFERENCE = 0.5 * 10**-SCORE_DIGITS
_NO_SPREAD = 1e-9


@dataclass(frozen=True, slots=True)
class Tries:
    """Means over the `items` items with at least `k` scores.

    `any_passes` is pass@k (one of k drawn runs passes), `all_pass` pass^k (each does), both shares; `best` is the best
    score of k in the grader's units. The intervals (95 %) are None until they were resampled, and for fewer than 2
    items.
    """

    k: int
    items: int
    any_passes: float
    all_pass: float
    best: float
    any_interval: Interval | None = None
    all_interval: Interval | None = None
    best_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class SeveralRuns:
    """One operand's runs.

    `agreement` is the mean share of an item's pairs of runs that both pass or both fail. Of the `repeated` items with
    two scores or more `never`, `sometimes` and `always` passed, and `varied` have scores that differ; the learnable
    share is `sometimes` of `repeated`, since a learner that compares the answers to one item learns nothing where all
    are alike. `resampled` tells whether the intervals of `tries` and of the agreement were made.
    """

    items: int
    runs: int
    tries: tuple[Tries, ...]
    agreement: float | None
    agreement_interval: Interval | None
    repeated: int
    never: int
    sometimes: int
    always: int
    varied: int
    learnable: float | None
    learnable_interval: Interval | None
    resampled: bool


def pass_at_k(runs: int, passed: int, k: int) -> float:
    """How likely one of `k` runs drawn from `runs` passes: 1 - C(n - c, k) / C(n, k), k <= n (arXiv 2107.03374)."""
    return 1 - comb(runs - passed, k) / comb(runs, k)


def all_k_pass(runs: int, passed: int, k: int) -> float:
    """How likely all of `k` runs drawn from `runs` pass, pass^k: C(c, k) / C(n, k), k <= n (arXiv 2406.12045)."""
    return comb(passed, k) / comb(runs, k)


def best_of(scores: Sequence[float], k: int) -> float:
    """The expected best of `k` scores drawn from all: sum_i C(i - 1, k - 1) x_(i) / C(n, k), x sorted up, k <= n."""
    best: float = sum(map(mul, _rank_weights(len(scores), k), sorted(scores)))
    return best


def self_agreement(runs: int, passed: int) -> float:
    """The share of pairs of runs that both pass or both fail, for two runs or more."""
    failed = runs - passed
    return (passed * (passed - 1) + failed * (failed - 1)) / (runs * (runs - 1))


def several_runs(
    table: ScoreTable,
    passed: Callable[[float], bool],
    ks: Iterable[int] | None = None,
    *,
    clusters: Mapping[str, str] | None = None,
) -> SeveralRuns | None:
    """The quick part, without resampled intervals; None where no item has a score.

    `ks` are 1 to the most runs unless said (beyond `EVERY_K` every doubling); those that no item has enough runs for
    are left out. `clusters` names the group of items that belong together; items that it does not name stand alone.
    """
    scored = table.scored
    return _summary(_Ranked(scored, passed, ks), clusters) if scored else None


def several_runs_resampled(
    table: ScoreTable,
    passed: Callable[[float], bool],
    ks: Iterable[int] | None = None,
    *,
    clusters: Mapping[str, str] | None = None,
    resamples: int = RESAMPLES,
) -> SeveralRuns | None:
    """The same with intervals by bootstrap over items or their groups (BCa), where a second of work does not matter.

    Where all items agree on a share, resampling shows no spread; then it is Wilson's interval with the number of items
    (or of groups).
    """
    scored = table.scored
    if not scored:
        return None
    ranked = _Ranked(scored, passed, ks)
    quick = _summary(ranked, clusters)
    groups = None if not clusters else [_group(one, clusters) for one in scored]
    found = mean_intervals(ranked.rows(), groups=groups, resamples=resamples)
    apart = len(scored) if groups is None else len(set(groups))
    tries = []
    for place, one in enumerate(quick.tries):
        by_any, by_all, best = found[_FIGURES * place : _FIGURES * (place + 1)]
        tries.append(
            replace(
                one,
                any_interval=_of_share(by_any, one.any_passes, min(one.items, apart)),
                all_interval=_of_share(by_all, one.all_pass, min(one.items, apart)),
                best_interval=None if best is None or _is_flat(best) else best,
            )
        )
    agreement = None if quick.agreement is None else _of_share(found[-1], quick.agreement, min(quick.repeated, apart))
    return replace(quick, tries=tuple(tries), agreement_interval=agreement, resampled=True)


class _Ranked:
    """The scores of each item sorted up, and how many of them pass: all that the figures depend on."""

    def __init__(self, scored: Sequence[ItemScores], passed: Callable[[float], bool], ks: Iterable[int] | None) -> None:
        self.scored = scored
        self.ranks = [sorted(one.scores.values()) for one in scored]
        self.passing = [sum(map(passed, scores)) for scores in self.ranks]
        self.most = max(map(len, self.ranks))
        self.every_k = _usual_ks(self.most) if ks is None else sorted({k for k in ks if 1 <= k <= self.most})
        self._outcomes = _Outcomes(self.every_k)

    def rows(self) -> list[list[float | None]]:
        """For each item the three figures of each k, None where it has too few runs, and last its agreement."""
        rows = []
        for scores, passing in zip(self.ranks, self.passing, strict=True):
            row = self._outcomes.of(len(scores), passing).copy()
            for place, weights in enumerate(self._outcomes.weights(len(scores))):
                row[_FIGURES * place + 2] = sum(map(mul, weights, scores))
            rows.append(row)
        return rows

    def means(self) -> tuple[list[float], list[int]]:
        """The mean of each column of `rows`, and how many items have it, without making the rows.

        What depends on passes is the same for items with as many runs and passes; the best of k is a sum over ranks.
        """
        width = _FIGURES * len(self.every_k) + 1
        parts: list[list[float]] = [[] for _ in range(width)]
        items = [0] * width
        for (runs, passing), count in Counter(zip(map(len, self.ranks), self.passing, strict=True)).items():
            for at, value in enumerate(self._outcomes.of(runs, passing)):
                if value is not None:
                    parts[at].append(count * value)
                    items[at] += count
        by_runs: dict[int, list[list[float]]] = {}
        for scores in self.ranks:
            by_runs.setdefault(len(scores), []).append(scores)
        for runs, of_items in by_runs.items():
            sums = list(map(fsum, zip(*of_items, strict=True)))
            for place, weights in enumerate(self._outcomes.weights(runs)):
                parts[_FIGURES * place + 2].extend(map(mul, weights, sums))
                items[_FIGURES * place + 2] += len(of_items)
        return [fsum(part) / count if count else 0.0 for part, count in zip(parts, items, strict=True)], items


class _Outcomes:
    """What depends on the numbers of runs and passes alone, which few items have to themselves."""

    def __init__(self, every_k: Sequence[int]) -> None:
        self._every_k = every_k
        self._known: dict[tuple[int, int], list[float | None]] = {}
        self._weights: dict[int, list[list[float]]] = {}

    def of(self, runs: int, passed: int) -> list[float | None]:
        """A row of figures with the best still missing."""
        known = self._known.get((runs, passed))
        if known is None:
            known = []
            for k in self._every_k:
                known += (
                    [pass_at_k(runs, passed, k), all_k_pass(runs, passed, k), None] if k <= runs else [None, None, None]
                )
            known.append(self_agreement(runs, passed) if runs > 1 else None)
            self._known[runs, passed] = known
        return known

    def weights(self, runs: int) -> list[list[float]]:
        """The weights of sorted scores for each k that so many runs allow."""
        known = self._weights.get(runs)
        if known is None:
            known = self._weights[runs] = [_rank_weights(runs, k) for k in self._every_k if k <= runs]
        return known


@lru_cache(maxsize=1024)
def _rank_weights(runs: int, k: int) -> list[float]:
    return best_of_k_weights([float(rank) for rank in range(runs)], k)


def _usual_ks(most: int) -> list[int]:
    ks = set(range(1, min(most, EVERY_K) + 1)) | {most}
    k = EVERY_K
    while (k := 2 * k) < most:
        ks.add(k)
    return sorted(ks)


def _summary(ranked: _Ranked, clusters: Mapping[str, str] | None) -> SeveralRuns:
    means, items = ranked.means()
    repeated = [
        (one.item, scores, passing)
        for one, scores, passing in zip(ranked.scored, ranked.ranks, ranked.passing, strict=True)
        if len(scores) > 1
    ]
    mixed = {item: float(0 < passing < len(scores)) for item, scores, passing in repeated}
    never = sum(not passing for _item, _scores, passing in repeated)
    sometimes = round(sum(mixed.values()))
    learnable = sometimes / len(repeated) if repeated else None
    return SeveralRuns(
        items=len(ranked.scored),
        runs=ranked.most,
        tries=tuple(
            Tries(k, items[at], means[at], means[at + 1], means[at + 2])
            for k, at in zip(ranked.every_k, range(0, len(means), _FIGURES), strict=False)
        ),
        agreement=means[-1] if items[-1] else None,
        agreement_interval=None,
        repeated=len(repeated),
        never=never,
        sometimes=sometimes,
        always=len(repeated) - never - sometimes,
        varied=sum(scores[-1] - scores[0] >= _NO_DIFFERENCE for _item, scores, _passing in repeated),
        learnable=learnable,
        learnable_interval=None
        if learnable is None
        else wilson_interval(learnable, _trials(mixed, learnable, clusters)),
        resampled=False,
    )


def _group(one: ItemScores, clusters: Mapping[str, str]) -> tuple[bool, str]:
    return one.item in clusters, clusters.get(one.item, one.item)


def _trials(outcomes: Mapping[str, float], share: float, clusters: Mapping[str, str] | None) -> float:
    """How many independent items a share comes from: fewer than there are where items belong together."""
    if not clusters:
        return len(outcomes)
    estimate = error_of_mean(outcomes, clusters, 1.0)
    if estimate.standard_error is None:
        return float(estimate.freedom + 1)
    return min(float(len(outcomes)), share * (1 - share) / estimate.standard_error**2)


def _is_flat(interval: Interval) -> bool:
    return interval.high - interval.low < _NO_SPREAD


def _of_share(found: Interval | None, share: float, items: int) -> Interval | None:
    if found is None:
        return None
    return wilson_interval(min(max(share, 0.0), 1.0), items) if _is_flat(found) else found
