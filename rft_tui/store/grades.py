"""Grades in the cache: what is still to grade, what one version said, and copies where nothing differs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from math import inf
from typing import Any

from rft_tui.model import Grade, GradeError, JsonObject, JudgeUse, Usage
from rft_tui.safetext import storable
from rft_tui.store.datasets import fields_of

PAGE = 500
"""Predictions read at once when a run is graded."""


@dataclass(frozen=True, slots=True)
class Gradable:
    """One prediction with everything a grader may read."""

    prediction: int
    item: int
    run: int
    row_id: str
    run_index: int
    model: str
    output_text: str
    error_kind: str | None
    error_message: str | None
    extra: JsonObject
    fields: JsonObject


def runs_clause(column: str, runs: Sequence[int] | None) -> tuple[str, list[int]]:
    """A condition that keeps rows of some runs; all of them where `runs` is None."""
    if runs is None:
        return "", []
    return f" AND {column} IN ({','.join('?' * len(runs))})", list(runs)


def copy_known_grades(db: sqlite3.Connection, grader: int, runs: Sequence[int] | None = None) -> int:
    """Take over grades of the same version for the same answer to an equal row elsewhere; the number copied."""
    where, values = runs_clause("mine.run", runs)
    pairs = db.execute(
        "SELECT mine.id, mine.item, mine.run, min(other.id) FROM prediction AS mine"
        " JOIN prediction AS other ON other.answer = mine.answer AND other.id <> mine.id"
        " JOIN item AS my_item ON my_item.id = mine.item"
        " JOIN item AS other_item ON other_item.id = other.item AND other_item.row_id = my_item.row_id"
        " JOIN grade ON grade.grader = ? AND grade.prediction = other.id"
        f" WHERE NOT EXISTS (SELECT 1 FROM grade WHERE grader = ? AND prediction = mine.id){where} GROUP BY mine.id",
        [grader, grader, *values],
    ).fetchall()
    for mine, item, run, other in pairs:
        db.execute(
            "INSERT INTO grade SELECT grader, ?, ?, ?, score, sort_score, passed, error_kind FROM grade"
            " WHERE grader = ? AND prediction = ?",
            [mine, item, run, grader, other],
        )
        db.execute(
            "INSERT INTO grade_detail (grader, prediction, sub_scores, steps, error_message, judged, simulated)"
            " SELECT grader, ?, sub_scores, steps, error_message, judged, simulated FROM grade_detail"
            " WHERE grader = ? AND prediction = ?",
            [mine, grader, other],
        )
    return len(pairs)


SERVICE_ERRORS = "model_grader_%"
"""Errors of grades that a model service is to blame for, or may answer otherwise another time."""


def forget_service_errors(db: sqlite3.Connection, grader: int, runs: Sequence[int] | None = None) -> int:
    """Take away the grades of a version that failed for a model service's sake, so that they are made anew."""
    where, values = runs_clause("run", runs)
    failed = db.execute(
        f"SELECT prediction FROM grade WHERE grader = ? AND error_kind LIKE ?{where}", [grader, SERVICE_ERRORS, *values]
    ).fetchall()
    for table in ("grade_detail", "grade"):
        db.executemany(f"DELETE FROM {table} WHERE grader = ? AND prediction = ?", ((grader, one[0]) for one in failed))
    return len(failed)


def count_ungraded(db: sqlite3.Connection, grader: int, runs: Sequence[int] | None = None) -> int:
    """How many predictions of the runs this version has not graded."""
    where, values = runs_clause("prediction.run", runs)
    return int(
        db.execute(
            "SELECT count(*) FROM prediction WHERE NOT EXISTS"
            f" (SELECT 1 FROM grade WHERE grader = ? AND grade.prediction = prediction.id){where}",
            [grader, *values],
        ).fetchone()[0]
    )


def count_unjudged(db: sqlite3.Connection, grader: int, runs: Sequence[int] | None = None) -> int:
    """How many answers of the runs a judge can be asked about: not graded, or failed for the service's sake."""
    where, values = runs_clause("prediction.run", runs)
    row = db.execute(
        "SELECT count(*) FROM prediction LEFT JOIN grade ON grade.grader = ? AND grade.prediction = prediction.id"
        " WHERE prediction.error_kind IS NULL"
        f" AND (grade.prediction IS NULL OR grade.error_kind LIKE ?){where}",
        [grader, SERVICE_ERRORS, *values],
    ).fetchone()
    return int(row[0])


def iter_gradable(
    db: sqlite3.Connection, runs: Sequence[int] | None = None, *, ungraded_by: int | None = None
) -> Iterator[Gradable]:
    """Predictions of the runs in their order, read in pages by key; if given, those without a grade of a version."""
    where, values = runs_clause("prediction.run", runs)
    missing = ""
    if ungraded_by is not None:
        missing = " AND NOT EXISTS (SELECT 1 FROM grade WHERE grader = ? AND grade.prediction = prediction.id)"
        values = [*values, ungraded_by]
    last = 0
    while True:
        page = db.execute(
            "SELECT prediction.id, prediction.item, prediction.run, item.row_id, prediction.run_index, run.model,"
            " answer.output_text, prediction.error_kind, answer.error_message, answer.extra,"
            " item_row.fields, item_row.raw"
            " FROM prediction JOIN run ON run.id = prediction.run JOIN answer ON answer.id = prediction.answer"
            " JOIN item ON item.id = prediction.item JOIN item_row ON item_row.item = item.id"
            f" WHERE prediction.id > ?{where}{missing} ORDER BY prediction.id LIMIT ?",
            [last, *values, PAGE],
        ).fetchall()
        if not page:
            return
        for row in page:
            yield _gradable(*row)
        last = page[-1][0]


def _gradable(
    prediction: int,
    item: int,
    run: int,
    row_id: str,
    run_index: int,
    model: str,
    output_text: str,
    error_kind: str | None,
    error_message: str | None,
    extra: str | None,
    fields: str | None,
    raw: bytes,
) -> Gradable:
    return Gradable(
        prediction,
        item,
        run,
        row_id,
        run_index,
        model,
        output_text,
        error_kind,
        error_message,
        json.loads(extra) if extra else {},
        fields_of(fields, raw),
    )


def add_grades(db: sqlite3.Connection, grader: int, grades: Iterable[tuple[int, int, int, Grade]]) -> int:
    """Store (prediction, item, run, grade) of one version; a grade that is there stays. The number of new ones."""
    narrow: list[tuple[Any, ...]] = []
    wide: list[tuple[Any, ...]] = []
    given: set[int] = set()
    for prediction, item, run, grade in grades:
        if prediction in given:
            continue
        given.add(prediction)
        sort_score = inf if grade.score is None else grade.score
        passed = None if grade.passed is None else int(grade.passed)
        error = grade.error.kind if grade.error else None
        narrow.append((grader, prediction, item, run, grade.score, sort_score, passed, error))
        if grade.sub_scores or grade.steps or grade.error or grade.judged:
            wide.append(
                (
                    grader,
                    prediction,
                    json.dumps(dict(grade.sub_scores)) if grade.sub_scores else None,
                    storable("\n".join(grade.steps)) or None,
                    storable(grade.error.message) if grade.error else None,
                    judged_text(grade.judged),
                    int(any(use.simulated for use in grade.judged)),
                )
            )
    db.executemany(
        "INSERT INTO grade_detail (grader, prediction, sub_scores, steps, error_message, judged, simulated)"
        " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7"
        " WHERE NOT EXISTS (SELECT 1 FROM grade WHERE grade.grader = ?1 AND grade.prediction = ?2)",
        wide,
    )
    before = db.total_changes
    db.executemany("INSERT INTO grade VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", narrow)
    return db.total_changes - before


def get_grade(db: sqlite3.Connection, grader: int, prediction: int) -> Grade | None:
    """What a version said of a prediction, with sub-scores and steps; None where it has not graded it."""
    row = db.execute(
        "SELECT grade.score, grade.passed, grade_detail.sub_scores, grade_detail.steps, grade.error_kind,"
        " grade_detail.error_message, grade_detail.judged FROM grade LEFT JOIN grade_detail"
        " ON grade_detail.grader = grade.grader AND grade_detail.prediction = grade.prediction"
        " WHERE grade.grader = ? AND grade.prediction = ?",
        [grader, prediction],
    ).fetchone()
    return None if row is None else grade_of(*row)


def grade_of(
    score: float | None,
    passed: int | None,
    sub_scores: str | None,
    steps: str | None,
    error_kind: str | None,
    error_message: str | None,
    judged: str | None = None,
) -> Grade:
    """A grade from its stored columns."""
    return Grade(
        score,
        None if passed is None else bool(passed),
        json.loads(sub_scores) if sub_scores else {},
        tuple(steps.split("\n")) if steps else (),
        GradeError(error_kind, error_message or "") if error_kind else None,
        judged_of(judged),
    )


def judged_text(uses: Sequence[JudgeUse]) -> str | None:
    """What judges took, as it is stored."""
    return json.dumps([asdict(use) for use in uses]) if uses else None


def judged_of(text: str | None) -> tuple[JudgeUse, ...]:
    """What judges took, from how it is stored."""
    return tuple(JudgeUse(**(use | {"usage": Usage(**use["usage"])})) for use in json.loads(text)) if text else ()


def is_service_error(grade: Grade) -> bool:
    """Whether a grade failed for a model service's sake, so that it is made anew another time."""
    return grade.error is not None and grade.error.kind.startswith(SERVICE_ERRORS.rstrip("%"))


def is_simulated(db: sqlite3.Connection, grader: int, runs: Sequence[int] | None = None) -> bool:
    """Whether the simulated service judged any prediction of the runs (None: of all) for a version."""
    if runs is None:
        rows = db.execute("SELECT 1 FROM grade_detail WHERE grader = ? AND simulated LIMIT 1", [grader])
    else:
        marks = ",".join("?" * len(runs))
        rows = db.execute(
            "SELECT 1 FROM grade_detail JOIN prediction ON prediction.id = grade_detail.prediction"
            f" WHERE grade_detail.grader = ? AND grade_detail.simulated AND prediction.run IN ({marks}) LIMIT 1",
            [grader, *runs],
        )
    return rows.fetchone() is not None
