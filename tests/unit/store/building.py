"""Small pieces that a store is filled with."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from rft_tui.identity import canonical_json, input_id, row_id
from rft_tui.model import Answer, Grade, GradeError, Item, PredictionError, ScoreRule
from rft_tui.store.datasets import StoredDataset, add_dataset, iter_items
from rft_tui.store.graders import StoredGrader, add_grader
from rft_tui.store.grades import add_grades
from rft_tui.store.runs import Added, RunKey, add_predictions, ensure_run

ME = "ada"
"""The reviewer of most tests."""


def item(question: str, reference: str | None = "yes", **fields: Any) -> Item:
    """An item of one plain question, as the reader of a JSON Lines file makes it."""
    messages = [{"role": "user", "content": question}]
    if reference is not None:
        fields = {"reference_answer": reference} | fields
    identity = input_id(messages)
    raw = json.dumps({"messages": messages} | fields).encode()
    return Item(identity, row_id(identity, fields), question, reference, canonical_json(messages), None, fields, raw)


def dataset(db: sqlite3.Connection, name: str, items: Iterable[Item]) -> StoredDataset:
    """A dataset of these items, one a line."""
    return add_dataset(db, name, enumerate(items, 1))


def run_key(dataset: int, model: str = "m", run_index: int = 1, **others: Any) -> RunKey:
    """The key of a run of a model on a dataset."""
    parts: dict[str, Any] = {"profile": "here", "service": "http://here", "effort": "low", "prompt": ""} | others
    return RunKey(dataset=dataset, model=model, run_index=run_index, **parts)


def failed(kind: str = "incomplete", message: str = "cut off") -> Answer:
    """An error in place of an answer."""
    return Answer("", error=PredictionError(kind, message))


def predict(
    db: sqlite3.Connection, key: RunKey, answers: Mapping[int, Answer | str] | list[Answer | str]
) -> tuple[int, Added]:
    """A run with answers by the position of the item (a list: for the first items); its number, and what was added."""
    by_position = dict(enumerate(answers)) if isinstance(answers, list) else answers
    run = ensure_run(db, key)
    rows = []
    for stored in iter_items(db, key.dataset):
        answer = by_position.get(stored.position)
        if answer is not None:
            rows.append((stored.id, stored.input_id, Answer(answer) if isinstance(answer, str) else answer))
    return run, add_predictions(db, run, key, rows)


def predictions(db: sqlite3.Connection, run: int | None = None) -> list[int]:
    """The numbers of all predictions, or of those of one run, in their order."""
    where, values = ("", []) if run is None else ("WHERE run = ?", [run])
    return [row[0] for row in db.execute(f"SELECT id FROM prediction {where} ORDER BY id", values)]


def grader(db: sqlite3.Connection, name: str = "exact", rule: ScoreRule | None = None, **spec: Any) -> StoredGrader:
    """A grader of a name, another version for each other spec."""
    return add_grader(db, name, {"type": "python", "name": name} | spec, rule or ScoreRule())


def give(db: sqlite3.Connection, of: StoredGrader, scores: Mapping[int, float | Grade | None]) -> int:
    """Grades of predictions by number: a score, a grade, or None for an error; how many were new."""
    rows = []
    for prediction, score in scores.items():
        at, run = db.execute("SELECT item, run FROM prediction WHERE id = ?", [prediction]).fetchone()
        if isinstance(score, Grade):
            grade = score
        elif score is None:
            grade = Grade(None, error=GradeError("other_error", "no score"))
        else:
            grade = Grade(score, passed=score >= of.rule.shown_threshold)
        rows.append((prediction, at, run, grade))
    return add_grades(db, of.id, rows)


def tables(db: sqlite3.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables but SQLite's own and the search tables' inner ones."""
    names = [
        name
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        if not name.startswith(("sqlite_", "_sqlite")) and "_search" not in name
    ]
    return {name: db.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in names}
