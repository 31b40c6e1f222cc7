"""Best-of-k divergence over the cache: is what a grader prefers what a person, or another grader, holds for better?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from rft_tui.analysis.best_of_k import BestOfK, ItemRuns, best_of_k
from rft_tui.analysis.intervals import RESAMPLES
from rft_tui.model import ScoreRule
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader
from rft_tui.store.grades import is_simulated
from rft_tui.store.review import graded_runs
from rft_tui.store.runs import any_simulated
from rft_tui.store.scored_answers import Policy, RunScore, iter_run_scores
from rft_tui.tasks.rating.person import PersonSays, person_says

FEWEST_RUNS = 3
"""Runs that an item needs, of one model asked in one way, with a score and with gold."""

FEWEST_ITEMS = 2
"""Items without which there is no interval, and so nothing to say."""

VERDICTS = "verdicts"
"""The name of the person's verdicts as gold."""


@dataclass(frozen=True, slots=True)
class DivergenceReport:
    """Both curves (`result`), None where too few items have what is needed; and what was left out.

    `gold` names who says what is true. `items` have `FEWEST_RUNS` or more runs with a score and gold; `few_gold` have
    so many runs, and too few with gold; `few_runs` have fewer runs. `without_gold` counts answers with a score and no
    gold, `without_score` answers that the grader has no score for.
    """

    gold: str
    result: BestOfK | None
    items: int
    few_gold: int
    few_runs: int
    without_gold: int
    without_score: int
    simulated: bool

    @property
    def said(self) -> str:
        """In words how many items can be used, and why others cannot."""
        kind = "judged" if self.gold == VERDICTS else "scored by both"
        parts = [f"{_have(self.items, 'item')} {FEWEST_RUNS} or more runs {kind}"]
        if self.few_gold:
            parts.append(f"{_have(self.few_gold)} so many runs, but fewer of them {kind}")
        if self.few_runs:
            parts.append(f"{_have(self.few_runs)} fewer runs")
        if self.result is None and self.items:
            parts.append(f"{FEWEST_ITEMS} are needed")
        return "; ".join(parts)


def measure_divergence(
    store: Store,
    proxy: StoredGrader,
    gold: StoredGrader | None,
    reviewer: str,
    *,
    runs: Sequence[int] | None = None,
    resamples: int = RESAMPLES,
) -> DivergenceReport:
    """Hold what a version prefers against gold in the runs (None: in all that the version has graded).

    Gold is another version, or with None what the reviewer's verdicts say is right (1) and wrong (0). Scores are taken
    as shares of each grader's range. The runs of an item by one model, asked in one way, go together; the same answer
    in two datasets counts once. Raises StoreError.
    """
    with closing(store.connect()) as db:
        person = person_says(db, reviewer) if gold is None else {}
        scored = _Scored(proxy.rule, gold, person)
        for one in iter_run_scores(db, proxy.id, runs, None if gold is None else gold.id):
            scored.add(one)
        seen = graded_runs(db, proxy.id, runs)
        graders = [proxy.id] if gold is None else [proxy.id, gold.id]
        simulated = any_simulated(db, seen) or any(is_simulated(db, one, seen) for one in graders)
    used = scored.with_gold()
    items, few_gold, few_runs = scored.counts()
    result = best_of_k(used, resamples=resamples) if items >= FEWEST_ITEMS else None
    without_gold = sum(true is None for one in scored.groups.values() for _score, true in one)
    return DivergenceReport(
        VERDICTS if gold is None else gold.label, result, items, few_gold, few_runs, without_gold,
        scored.without_score, simulated,
    )  # fmt: skip


class _Scored:
    """Scores and gold of the runs of each item by each model, as shares of the ranges."""

    def __init__(self, rule: ScoreRule, gold: StoredGrader | None, person: Mapping[int, PersonSays]) -> None:
        self.groups: dict[tuple[str, Policy], list[tuple[float, float | None]]] = {}
        self.answers: set[tuple[str, int]] = set()
        self.without_score = 0
        self._rule = rule
        self._gold = gold
        self._person = person

    def add(self, one: RunScore) -> None:
        """Take one prediction, unless its answer was taken already."""
        if (one.row_id, one.answer) in self.answers:
            return
        self.answers.add((one.row_id, one.answer))
        if one.score is None:
            self.without_score += 1
            return
        group = self.groups.setdefault((one.row_id, one.policy), [])
        group.append((_share(one.score, self._rule), self._true(one)))

    def _true(self, one: RunScore) -> float | None:
        if self._gold is not None:
            return None if one.gold is None else _share(one.gold, self._gold.rule)
        says = self._person.get(one.prediction)
        return None if says is None or says.right is None else float(says.right)

    def with_gold(self) -> list[ItemRuns]:
        """The runs that have gold, of items and models with enough of them."""
        found = []
        for (row_id, _policy), scores in self.groups.items():
            both = [(score, true) for score, true in scores if true is not None]
            if len(both) >= FEWEST_RUNS:
                found.append(ItemRuns(row_id, tuple(one for one, _ in both), tuple(true for _, true in both)))
        return found

    def counts(self) -> tuple[int, int, int]:
        """Items that are used; others that have enough runs, too few of them with gold; others with too few runs."""
        used = {one.item for one in self.with_gold()}
        enough = {row_id for (row_id, _policy), scores in self.groups.items() if len(scores) >= FEWEST_RUNS}
        every = {row_id for row_id, _policy in self.groups}
        return len(used), len(enough - used), len(every - enough - used)


def _share(score: float, rule: ScoreRule) -> float:
    """A score as a share of its range."""
    span = rule.high - rule.low
    return (score - rule.low) / span if span > 0 else score


def _have(count: int, noun: str = "") -> str:
    plural = f" {noun}s" if noun else ""
    return f"1{plural[:-1]} has" if count == 1 else f"{count:,}{plural} have"
