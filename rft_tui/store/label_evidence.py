"""What speaks for and against the reference of an item: every answer of every model, with what a grader said of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from rft_tui.store.grades import runs_clause

ANSWER_LENGTH = 300
"""Characters of an answer that are compared: longer ones never agree by their words."""

STEPS_LENGTH = 20_000
"""Characters of a grader's steps that are read."""


@dataclass(frozen=True, slots=True)
class GradedAnswer:
    """One answer to an item; `asked` names model, effort and prompt; no score is an error.

    `output_text` is empty where the answer is too long to be compared.
    """

    prediction: int
    asked: str
    output_text: str
    score: float | None
    passed: bool | None
    steps: str


@dataclass(frozen=True, slots=True)
class ItemAnswers:
    """An item of a dataset with its graded answers in the order of their runs."""

    item: int
    line: int
    row_id: str
    question: str
    reference: str
    answers: tuple[GradedAnswer, ...] = field(default=())


def iter_item_answers(
    db: sqlite3.Connection, dataset: int, grader: int, runs: Sequence[int] | None = None
) -> Iterator[ItemAnswers]:
    """The items of a dataset that have a reference and a grade of the version in the runs (None: all), by number."""
    where, values = runs_clause("grade.run", runs)
    rows = db.execute(
        "SELECT grade.item, item.line, item.row_id, item.question, item_row.reference, grade.prediction, run.model,"
        " run.effort, run.prompt, substr(answer.output_text, 1, ?), grade.score, grade.passed,"
        " substr(grade_detail.steps, 1, ?) FROM grade"
        " JOIN item ON item.id = grade.item JOIN item_row ON item_row.item = item.id"
        " JOIN prediction ON prediction.id = grade.prediction JOIN answer ON answer.id = prediction.answer"
        " JOIN run ON run.id = grade.run LEFT JOIN grade_detail"
        " ON grade_detail.grader = grade.grader AND grade_detail.prediction = grade.prediction"
        f" WHERE grade.grader = ? AND item.dataset = ? AND item_row.reference IS NOT NULL{where}"
        " ORDER BY grade.item, grade.run",
        [ANSWER_LENGTH + 1, STEPS_LENGTH, grader, dataset, *values],
    )
    asked: dict[tuple[str, str, str], str] = {}
    for (item, line, row_id, question, reference), answers in groupby(rows, key=itemgetter(0, 1, 2, 3, 4)):
        found = tuple(
            GradedAnswer(
                prediction,
                asked.get((model, effort, prompt))
                or asked.setdefault((model, effort, prompt), _asked(model, effort, prompt)),
                text if len(text) <= ANSWER_LENGTH else "",
                score,
                None if passed is None else bool(passed),
                steps or "",
            )
            for prediction, model, effort, prompt, text, score, passed, steps in (row[5:] for row in answers)
        )
        yield ItemAnswers(item, line, row_id, question, reference, found)


def _asked(model: str, effort: str, prompt: str) -> str:
    return " ".join(part for part in (model, effort, prompt[:8]) if part)
