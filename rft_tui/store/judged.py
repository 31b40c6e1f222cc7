"""Verdicts beside what a grader says of the same predictions, once for each answer, and whether they are calibration.

A verdict is about an answer, which may stand in several predictions (of equal inputs, of a dataset made from another
one): it counts once, at the newest of them that has a score, else at the newest.
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

    `seen` are the scored grades of the answer by the version on screen when the verdict was given, read by `rule`: more
    than one where predictions share the answer, since a corrected reference may have changed what the version says.
    Only for a verdict on the grader; empty where none is here.
    """

    reviewer: str
    prediction: int
    answer: int
    row_id: str
    length: int
    verdict: Verdict
    grade: Grade | None
    seen: tuple[Grade, ...]
    rule: ScoreRule

    @property
    def is_calibration(self) -> bool:
        """Whether its item is in the random calibration sample."""
        return is_calibration(self.row_id)


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
        version, low, high, threshold = row[9:13]
        yield Judged(
            who, prediction, answer, row_id, length, Verdict(verdict),
            None if score is None and error is None else _grade(score, passed),
            _seen(db, version, answer) if verdict == Verdict.GRADER and version is not None else (),
            ScoreRule() if low is None else ScoreRule(low, high, threshold),
        )  # fmt: skip


def _seen(db: sqlite3.Connection, version: int, answer: int) -> tuple[Grade, ...]:
    grades = db.execute(
        "SELECT grade.score, grade.passed FROM prediction JOIN grade ON grade.grader = ?"
        " AND grade.prediction = prediction.id WHERE prediction.answer = ? AND grade.score IS NOT NULL"
        " ORDER BY prediction.id",
        [version, answer],
    )
    return tuple(_grade(score, passed) for score, passed in grades)


def _grade(score: float | None, passed: int | None) -> Grade:
    return Grade(score, None if passed is None else bool(passed))


def is_calibration(row_id: str) -> bool:
    """Whether an item belongs to the random calibration sample."""
    return row_id < CALIBRATION_DIGITS


def iter_scores(
    db: sqlite3.Connection, grader: int, runs: Sequence[int] | None = None
) -> Iterator[tuple[int, float, str]]:
    """The answers that a version has scored, once each, with the score and the row id of the item."""
    where, values = runs_clause("grade.run", runs)
    for answer, _prediction, score, row_id in db.execute(
        "SELECT prediction.answer, max(prediction.id), grade.score, item.row_id FROM grade"
        " JOIN prediction ON prediction.id = grade.prediction JOIN item ON item.id = prediction.item"
        f" WHERE grade.grader = ? AND grade.score IS NOT NULL{where} GROUP BY prediction.answer ORDER BY 1",
        [grader, *values],
    ):
        yield answer, score, row_id


def judged_runs(db: sqlite3.Connection, runs: Sequence[int] | None = None) -> list[int]:
    """Those of the runs (None: of all) with a prediction that anybody has given a verdict."""
    where, values = runs_clause("prediction.run", runs)
    rows = db.execute(
        "SELECT DISTINCT prediction.run FROM review JOIN prediction ON prediction.answer = review.answer"
        f" WHERE review.verdict IS NOT NULL{where} ORDER BY prediction.run",
        values,
    )
    return [row[0] for row in rows]


_JUDGED = """
    SELECT review.reviewer, prediction.id, review.answer, item.row_id, prediction.length, review.verdict,
        grade.score, grade.passed, grade.error_kind, version.id, version.low, version.high, version.pass_threshold,
        max((grade.score IS NOT NULL) * 4611686018427387904 + prediction.id)
    FROM review JOIN prediction ON prediction.answer = review.answer JOIN item ON item.id = prediction.item
    LEFT JOIN grade ON grade.grader = ? AND grade.prediction = prediction.id
    LEFT JOIN grader AS version ON version.version = review.verdict_grader
    WHERE review.verdict IS NOT NULL"""
