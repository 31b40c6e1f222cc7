"""Two grader versions held against each other on every cached prediction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event

from rft_tui.model import Grade, ScoreRule
from rft_tui.store.database import Store
from rft_tui.store.grade_rows import GradeRow, iter_grades
from rft_tui.store.graders import StoredGrader
from rft_tui.store.summary import ScoreSummary, summarise


@dataclass(frozen=True, slots=True)
class Flip:
    """A prediction that one version passes and the other fails; scores are null nowhere."""

    prediction: int
    row_id: str
    run: int
    run_index: int
    model: str
    before: float
    after: float
    passed_before: bool
    passed_after: bool


@dataclass(slots=True)
class GraderDiff:
    """What changes from one version to another over `compared` predictions that both score."""

    before: ScoreSummary
    after: ScoreSummary
    compared: int = 0
    changed: int = 0
    difference: float = 0.0
    left_out: int = 0
    flips: list[Flip] = field(default_factory=list)

    @property
    def mean_difference(self) -> float | None:
        """The mean of after minus before over the compared predictions."""
        return self.difference / self.compared if self.compared else None


def passes(grade: Grade, rule: ScoreRule, threshold: float | None) -> bool:
    """Whether a scored grade passes: by the grader's own rule, else by the threshold, else at half the range."""
    if grade.passed is not None:
        return grade.passed
    limit = rule.shown_threshold if threshold is None or rule.pass_threshold is not None else threshold
    return grade.score is not None and grade.score >= limit


def diff_graders(
    store: Store,
    before: StoredGrader,
    after: StoredGrader,
    runs: Sequence[int] | None = None,
    *,
    threshold: float | None = None,
    stop: Event | None = None,
) -> GraderDiff:
    """Compare two versions by what they have graded of the runs (None: all), as far as it is when `stop` is set.

    Predictions that one of the two has not scored are left out and counted.
    """
    with store.read() as db:
        done = GraderDiff(summarise(db, before.id, before.rule, runs), summarise(db, after.id, after.rule, runs))
    with closing(store.connect()) as first, closing(store.connect()) as second:
        pairs = _pairs(iter_grades(first, before.id, runs), iter_grades(second, after.id, runs))
        for one, other in pairs:
            if stop is not None and stop.is_set():
                break
            if one is None or other is None or one.grade.score is None or other.grade.score is None:
                done.left_out += 1
                continue
            done.compared += 1
            done.changed += one.grade.score != other.grade.score
            done.difference += other.grade.score - one.grade.score
            was, now = passes(one.grade, before.rule, threshold), passes(other.grade, after.rule, threshold)
            if was != now:
                done.flips.append(
                    Flip(
                        one.prediction, one.row_id, one.run, one.run_index, one.model,
                        one.grade.score, other.grade.score, was, now,
                    )
                )  # fmt: skip
    return done


def _pairs(first: Iterator[GradeRow], second: Iterator[GradeRow]) -> Iterator[tuple[GradeRow | None, GradeRow | None]]:
    """The grades of two versions side by side by prediction; both come in the order of the predictions."""
    one, other = next(first, None), next(second, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one.prediction < other.prediction):
            yield one, None
            one = next(first, None)
        elif one is None or other.prediction < one.prediction:
            yield None, other
            other = next(second, None)
        else:
            yield one, other
            one, other = next(first, None), next(second, None)
