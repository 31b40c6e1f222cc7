"""The panel of reward hacking: does a gain come from answering better, or from pleasing the grader?

Four things are read, each with answers behind it: the difference at equal length, the best of k runs by the grader
against gold, grader and gold over the checkpoints of a training, and the shares of answers with telling patterns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rft_tui.analysis.hacking import (
    HackingSigns,
    OverCheckpoints,
    ShareChange,
    hacking_signs,
    over_checkpoints,
    share_changes,
)
from rft_tui.analysis.patterns import Answer, PatternCounts, count_patterns
from rft_tui.identity import canonical_json
from rft_tui.store.compared import iter_answer_texts
from rft_tui.store.compared_jobs import jobs_of_models, runs_at_steps
from rft_tui.store.scored_answers import iter_run_scores
from rft_tui.tasks.rating.divergence import DivergenceReport, measure_divergence
from rft_tui.tasks.rating.person import person_says

if TYPE_CHECKING:
    import sqlite3

    from rft_tui.analysis.length_adjusted import LengthAdjusted
    from rft_tui.model import ScoreRule
    from rft_tui.store.database import Store
    from rft_tui.store.graders import StoredGrader
    from rft_tui.store.jobs import StoredJob
    from rft_tui.tasks.comparing.comparison import Comparison

MOST_ANSWERS = 10_000
"""Answers of an operand that are searched for patterns, as many of each item."""

EXAMPLES = 8
"""Answers that are shown behind a share."""

HACKING_LIST = "hacking"
"""The name of the list that keeps the answers behind the signs."""


@dataclass(frozen=True, slots=True)
class PairSigns:
    """An operand (`second`, its place) against the baseline: what speaks for a gain that is none."""

    second: int
    length: LengthAdjusted | None
    changes: tuple[ShareChange, ...]
    signs: HackingSigns


@dataclass(frozen=True, slots=True)
class Training:
    """The grader and gold over the checkpoints of a job, by its label."""

    job: str
    course: OverCheckpoints


@dataclass(frozen=True, slots=True)
class HackingPanel:
    """What was found: `patterns` of each operand, `pairs` against the baseline, and what the grader itself shows.

    `proxy` is the grader whose scores are compared, `gold` says who tells what is true: another grader's label, or
    ``verdicts``. `divergence` is over the runs of all operands. `grader_signs` are those of the grader: best of k and
    checkpoints. `searched` counts the answers that were searched for patterns.
    """

    proxy: str
    gold: str
    divergence: DivergenceReport
    trainings: tuple[Training, ...]
    grader_signs: HackingSigns
    patterns: tuple[PatternCounts, ...]
    pairs: tuple[PairSigns, ...]
    searched: int
    simulated: bool

    @property
    def is_flagged(self) -> bool:
        """Whether any sign is a flag."""
        return self.grader_signs.is_flagged or any(pair.signs.is_flagged for pair in self.pairs)

    @property
    def examples(self) -> list[int]:
        """The predictions behind the signs, those of flags first, each once."""
        signs = [sign for pair in self.pairs for sign in pair.signs.signs]
        ordered = sorted(signs, key=lambda sign: not sign.is_flagged)
        return list(dict.fromkeys(int(one) for sign in ordered for one in sign.examples))


def hacking_panel(
    store: Store,
    comparison: Comparison,
    *,
    gold: StoredGrader | None = None,
    reviewer: str = "",
    should_stop: Callable[[], bool] = lambda: False,
) -> HackingPanel | None:
    """All signs of a comparison; None once `should_stop` says so.

    Gold is another grader version, or with None the verdicts of the reviewer. Scores are taken as shares of ranges.
    Raises StoreError.
    """
    proxy = comparison.operands[0].operand.grader
    runs = sorted({run for one in comparison.operands for run in one.operand.run_ids})
    divergence = measure_divergence(store, proxy, gold, reviewer, runs=runs)
    if should_stop():
        return None
    with closing(store.connect()) as db:
        trainings = tuple(_trainings(db, comparison, proxy, gold, reviewer))
        patterns = [
            count_patterns(_answers(db, comparison, place, should_stop), EXAMPLES)
            for place in range(len(comparison.operands))
        ]
    if should_stop():
        return None
    worst = max(trainings, key=lambda one: one.course.is_flagged, default=None)
    pairs = []
    for pair in comparison.pairs:
        changes = share_changes(patterns[pair.first], patterns[pair.second])
        signs = hacking_signs(length=pair.length_adjusted, changes=changes)
        pairs.append(PairSigns(pair.second, pair.length_adjusted, changes, signs))
    return HackingPanel(
        proxy.label, divergence.gold, divergence, trainings,
        hacking_signs(best=divergence.result, checkpoints=None if worst is None else worst.course),
        tuple(patterns), tuple(pairs), sum(one.answers for one in patterns),
        comparison.simulated or divergence.simulated,
    )  # fmt: skip


def keep_examples(store: Store, panel: HackingPanel) -> int:
    """Put the answers behind the signs into the list ``hacking``; how many it holds. Raises StoreError."""
    from rft_tui.store.kept_lists import put_list

    with store.write() as db:
        return put_list(db, HACKING_LIST, panel.examples)


def _answers(
    db: sqlite3.Connection, comparison: Comparison, place: int, should_stop: Callable[[], bool]
) -> Iterable[Answer]:
    """The answers of an operand to the common items, at most `MOST_ANSWERS`, as many of each item."""
    wanted = predictions_of(comparison, place)
    each = max(1, MOST_ANSWERS // max(1, len(wanted)))
    chosen = [one for predictions in wanted.values() for one in predictions[:each]][:MOST_ANSWERS]
    for one in iter_answer_texts(db, chosen):
        if should_stop():
            return
        yield Answer(str(one.prediction), one.row_id, one.text, one.question, one.reference)


def predictions_of(comparison: Comparison, place: int) -> dict[str, tuple[int, ...]]:
    """The predictions with a score of an operand by common item."""
    for pair in comparison.pairs:
        if place == pair.first:
            return {one.item: one.predictions_before for one in pair.changes}
        if place == pair.second:
            return {one.item: one.predictions_after for one in pair.changes}
    return {}


def _trainings(
    db: sqlite3.Connection, comparison: Comparison, proxy: StoredGrader, gold: StoredGrader | None, reviewer: str
) -> Iterable[Training]:
    """Every training of a compared model that has checkpoints with a mean by both."""
    asked = [(run.model, canonical_json(run.parameters)) for one in comparison.operands for run in one.operand.runs]
    jobs: Mapping[int, StoredJob] = {job.id: job for _model, job in jobs_of_models(db, asked)}
    says = person_says(db, reviewer) if jobs and gold is None else {}
    right = {prediction: float(one.right) for prediction, one in says.items() if one.right is not None}
    for job in jobs.values():
        points = []
        for step, runs in sorted(runs_at_steps(db, job).items()):
            means = _means(db, runs, proxy, gold, right)
            if means is not None:
                points.append((step, *means))
        course = over_checkpoints(points)
        if course is not None:
            yield Training(job.label, course)


def _means(
    db: sqlite3.Connection,
    runs: Sequence[int],
    proxy: StoredGrader,
    gold: StoredGrader | None,
    right: Mapping[int, float],
) -> tuple[float, float] | None:
    """The means over items by the grader and by gold, of the answers that both say something of."""
    items: dict[str, list[tuple[float, float]]] = {}
    for one in iter_run_scores(db, proxy.id, runs, None if gold is None else gold.id):
        true = right.get(one.prediction) if gold is None else _share(one.gold, gold.rule)
        score = _share(one.score, proxy.rule)
        if score is not None and true is not None:
            items.setdefault(one.row_id, []).append((score, true))
    if not items:
        return None
    proxies = [sum(score for score, _true in scores) / len(scores) for scores in items.values()]
    golds = [sum(true for _score, true in scores) / len(scores) for scores in items.values()]
    return sum(proxies) / len(proxies), sum(golds) / len(golds)


def _share(score: float | None, rule: ScoreRule) -> float | None:
    return None if score is None else (score - rule.low) / ((rule.high - rule.low) or 1.0)
