"""Look-ups by content: where an input stands, and which answer a run already has to it."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class StandingItem(NamedTuple):
    """One item that has a certain input; `taken` where it has a prediction in the run in question."""

    item: int
    dataset: int
    row_id: str
    reference: str | None
    taken: bool


def datasets_with(db: sqlite3.Connection, input_id: str) -> list[int]:
    """The datasets that have an item with this input, oldest first."""
    rows = db.execute(
        "SELECT DISTINCT item.dataset FROM input JOIN item ON item.input = input.id WHERE input.hash = ?"
        " ORDER BY item.dataset",
        [input_id],
    )
    return [row[0] for row in rows]


def items_with(db: sqlite3.Connection, input_id: str, dataset: int, run: int | None = None) -> list[StandingItem]:
    """The items of a dataset with this input, in the order of its file; at most 100 are told apart."""
    rows = db.execute(
        "SELECT item.id, item.dataset, item.row_id, item_row.reference,"
        " EXISTS (SELECT 1 FROM prediction WHERE prediction.item = item.id AND prediction.run = ?)"
        " FROM input JOIN item ON item.input = input.id JOIN item_row ON item_row.item = item.id"
        " WHERE input.hash = ? AND item.dataset = ? ORDER BY item.id LIMIT 100",
        [run, input_id, dataset],
    )
    return [StandingItem(row[0], row[1], row[2], row[3], bool(row[4])) for row in rows]


def stored_output(db: sqlite3.Connection, answer_key: str) -> str | None:
    """The text of the answer with this key, None where there is none."""
    row = db.execute("SELECT output_text FROM answer WHERE key = ?", [answer_key]).fetchone()
    return None if row is None else str(row[0])


def prediction_of(db: sqlite3.Connection, run: int, item: int) -> int:
    """The number of the prediction that stands for an item in a run."""
    return int(db.execute("SELECT id FROM prediction WHERE run = ? AND item = ?", [run, item]).fetchone()[0])


def dataset_named(db: sqlite3.Connection, name: str) -> bool:
    """Whether a dataset has this name."""
    return db.execute("SELECT 1 FROM dataset WHERE name = ?", [name]).fetchone() is not None


def imported_prompts(db: sqlite3.Connection, service: str) -> set[str]:
    """The prompt versions that runs of a service used."""
    return {row[0] for row in db.execute("SELECT DISTINCT prompt FROM run WHERE service = ?", [service])}


def known_names(db: sqlite3.Connection) -> tuple[list[str], list[str]]:
    """The names of all datasets and of all models."""
    datasets = [row[0] for row in db.execute("SELECT name FROM dataset ORDER BY id")]
    models = [row[0] for row in db.execute("SELECT DISTINCT model FROM run ORDER BY model")]
    return datasets, models
