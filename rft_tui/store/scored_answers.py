"""Answers beside the scores that a grader version gave them: those to one item, and all for a comparison of scores."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rft_tui.store.grades import runs_clause

CHUNK = 500
"""Predictions asked for at once."""

Policy: TypeAlias = tuple[str, str, str, str, str]
"""What answers an item in several runs: service, model, effort, prompt version and parameters."""


@dataclass(frozen=True, slots=True)
class ScoredAnswer:
    """A prediction with its text and the score of a grader version."""

    prediction: int
    run: int
    model: str
    run_index: int
    score: float
    text: str


@dataclass(frozen=True, slots=True)
class AskedItem:
    """What was asked: the row id, the question, and the reference answer, None where there is none."""

    row_id: str
    question: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class RunScore:
    """One run's answer to an item, scored by a grader version; `gold` is the score of another one, if it has one."""

    row_id: str
    policy: Policy
    answer: int
    prediction: int
    score: float | None
    gold: float | None


def rows_with_several(db: sqlite3.Connection, grader: int, runs: Sequence[int] | None = None) -> list[str]:
    """The row ids of which the version has scored two predictions or more in the runs (None: in all)."""
    where, values = runs_clause("grade.run", runs)
    rows = db.execute(
        "SELECT item.row_id FROM grade JOIN item ON item.id = grade.item"
        f" WHERE grade.grader = ? AND grade.score IS NOT NULL{where} GROUP BY item.row_id HAVING count(*) > 1",
        [grader, *values],
    )
    return [row[0] for row in rows]


def answers_to_row(
    db: sqlite3.Connection, grader: int, row_id: str, runs: Sequence[int] | None = None, *, limit: int
) -> list[ScoredAnswer]:
    """The answers to a row that the version has scored, the first ones in the order of their predictions."""
    where, values = runs_clause("grade.run", runs)
    rows = db.execute(
        # a cross join keeps its order: from the item to its grades, never through all grades of the version
        f"{_COLUMNS} FROM item CROSS JOIN grade ON grade.grader = ? AND grade.item = item.id {_JOINS}"
        f" WHERE item.row_id = ? AND grade.score IS NOT NULL AND prediction.error_kind IS NULL{where}"
        " ORDER BY prediction.id LIMIT ?",
        [grader, row_id, *values, limit],
    )
    return [ScoredAnswer(*row) for row in rows]


def answers_by_prediction(db: sqlite3.Connection, grader: int, predictions: Sequence[int]) -> dict[int, ScoredAnswer]:
    """Some answers by the number of their prediction; those without a score of the version are left out."""
    found: dict[int, ScoredAnswer] = {}
    for begun in range(0, len(predictions), CHUNK):
        chunk = predictions[begun : begun + CHUNK]
        rows = db.execute(
            f"{_COLUMNS} FROM grade {_JOINS} WHERE grade.grader = ? AND grade.score IS NOT NULL"
            f" AND prediction.id IN ({','.join('?' * len(chunk))})",
            [grader, *chunk],
        )
        found.update((row[0], ScoredAnswer(*row)) for row in rows)
    return found


def asked_of(db: sqlite3.Connection, prediction: int) -> AskedItem:
    """The item that a prediction answers, with its whole texts."""
    row = db.execute(
        "SELECT item.row_id, input.question, item_row.reference FROM prediction JOIN item ON item.id = prediction.item"
        " JOIN input ON input.id = item.input JOIN item_row ON item_row.item = item.id WHERE prediction.id = ?",
        [prediction],
    ).fetchone()
    return AskedItem(*row)


def iter_run_scores(
    db: sqlite3.Connection, grader: int, runs: Sequence[int] | None = None, gold: int | None = None
) -> Iterator[RunScore]:
    """All predictions that a version has graded in the runs (None: in all), with the scores of `gold` beside them."""
    where, values = runs_clause("grade.run", runs)
    for row in db.execute(
        "SELECT item.row_id, run.service, run.model, run.effort, run.prompt, run.parameters, prediction.answer,"
        " prediction.id, grade.score, gold.score FROM grade JOIN prediction ON prediction.id = grade.prediction"
        " JOIN run ON run.id = grade.run JOIN item ON item.id = grade.item"
        " LEFT JOIN grade AS gold ON gold.grader = ? AND gold.prediction = grade.prediction"
        f" WHERE grade.grader = ?{where} ORDER BY grade.prediction",
        [gold, grader, *values],
    ):
        yield RunScore(row[0], row[1:6], *row[6:])


_COLUMNS = "SELECT prediction.id, prediction.run, run.model, prediction.run_index, grade.score, answer.output_text"
_JOINS = (
    "JOIN prediction ON prediction.id = grade.prediction JOIN run ON run.id = prediction.run"
    " JOIN answer ON answer.id = prediction.answer"
)
