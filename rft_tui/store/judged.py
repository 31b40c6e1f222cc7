"""Verdicts beside what a grader says of the same predictions, once for each answer, and whether they are calibration.

A verdict is about an answer, which may stand in several predictions (of equal inputs, of a dataset made from another
one): it counts once, at the newest of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rft_tui.model import Grade, ScoreRule, Verdict
from rft_tui.store.filters import CALIBRATION_DIGITS
from rft_tui.store.grades import runs_clause


@dataclass(frozen=True, slots=True)
class Judged:
    """What a reviewer says of an answer, and the grade asked for, None where there is none.

    `seen` is the grade on screen when the verdict was given, read by `rule`; None where it is not here.
    """

    reviewer: str
    prediction: int
    answer: int
    row_id: str
    length: int
    verdict: Verdict
    grade: Grade | None
    seen: Grade | None
    rule: ScoreRule

    @property
    def is_calibration(self) -> bool:
        """Whether its item is in the random calibration sample."""
        return self.row_id < CALIBRATION_DIGITS


def iter_judged(
    db: sqlite3.Connection, reviewer: str | None, grader: int | None, runs: Sequence[int] | None = None
) -> Iterator[Judged]:
    """The verdicts of a reviewer (None: of all) on predictions of the runs (None: all), by answer and reviewer."""
    where, values = runs_clause("prediction.run", runs)
    whose, names = ("", []) if reviewer is None else (" AND review.reviewer = ?", [reviewer])
    for row in db.execute(
        f"{_JUDGED}{where}{whose} GROUP BY review.answer, review.reviewer ORDER BY review.answer, review.reviewer",
        [grader, *values, *names],
    ):
        who, prediction, answer, row_id, length, verdict, score, passed, error = row[:9]
        seen_score, seen_passed, low, high, threshold = row[9:14]
        yield Judged(
            who, prediction, answer, row_id, length, Verdict(verdict),
            None if score is None and error is None else _grade(score, passed),
            None if seen_score is None else _grade(seen_score, seen_passed),
            ScoreRule() if low is None else ScoreRule(low, high, threshold),
        )  # fmt: skip


def _grade(score: float | None, passed: int | None) -> Grade:
    return Grade(score, None if passed is None else bool(passed))


def iter_scores(
    db: sqlite3.Connection, grader: int, runs: Sequence[int] | None = None
) -> Iterator[tuple[int, float, bool]]:
    """The answers that a version has scored, once each, with the score and whether the item is calibration."""
    where, values = runs_clause("grade.run", runs)
    for answer, _prediction, score, row_id in db.execute(
        "SELECT prediction.answer, max(prediction.id), grade.score, item.row_id FROM grade"
        " JOIN prediction ON prediction.id = grade.prediction JOIN item ON item.id = prediction.item"
        f" WHERE grade.grader = ? AND grade.score IS NOT NULL{where} GROUP BY prediction.answer ORDER BY 1",
        [grader, *values],
    ):
        yield answer, score, row_id < CALIBRATION_DIGITS


_JUDGED = """
    SELECT review.reviewer, max(prediction.id), review.answer, item.row_id, prediction.length, review.verdict,
        grade.score, grade.passed, grade.error_kind, seen.score, seen.passed, version.low, version.high,
        version.pass_threshold
    FROM review JOIN prediction ON prediction.answer = review.answer JOIN item ON item.id = prediction.item
    LEFT JOIN grade ON grade.grader = ? AND grade.prediction = prediction.id
    LEFT JOIN grader AS version ON version.version = review.verdict_grader
    LEFT JOIN grade AS seen ON seen.grader = version.id AND seen.prediction = prediction.id
    WHERE review.verdict IS NOT NULL"""
