"""The grades of some runs in full, one for each graded prediction, for lists that scripts read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rft_tui.model import Grade
from rft_tui.store.grades import PAGE, grade_of, runs_clause


@dataclass(frozen=True, slots=True)
class GradeRow:
    """One grade with what it is about: the prediction, the row id of its item, its run and model."""

    prediction: int
    row_id: str
    run: int
    run_index: int
    model: str
    grade: Grade


def iter_grades(db: sqlite3.Connection, grader: int, runs: Sequence[int] | None = None) -> Iterator[GradeRow]:
    """The grades of a version over the runs (None: all) in the order of the predictions, read in pages by key."""
    where, values = runs_clause("grade.run", runs)
    last = 0
    while True:
        page = db.execute(
            "SELECT grade.prediction, item.row_id, grade.run, prediction.run_index, run.model, grade.score,"
            " grade.passed, grade_detail.sub_scores, grade_detail.steps, grade.error_kind, grade_detail.error_message,"
            " grade_detail.judged FROM grade JOIN prediction ON prediction.id = grade.prediction"
            " JOIN run ON run.id = grade.run JOIN item ON item.id = grade.item LEFT JOIN grade_detail"
            " ON grade_detail.grader = grade.grader AND grade_detail.prediction = grade.prediction"
            f" WHERE grade.grader = ? AND grade.prediction > ?{where} ORDER BY grade.prediction LIMIT ?",
            [grader, last, *values, PAGE],
        ).fetchall()
        if not page:
            return
        for prediction, row_id, run, run_index, model, *grade in page:
            yield GradeRow(prediction, row_id, run, run_index, model, grade_of(*grade))
        last = page[-1][0]
