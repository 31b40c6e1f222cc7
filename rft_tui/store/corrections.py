"""Corrected references, the change list of a dataset that was made with them, and its runs taken over from the other.

A correction is said of a row by its id, so it holds for that very row wherever it stands, and for no changed one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rft_tui.model import Verdict
from rft_tui.safetext import storable
from rft_tui.store.datasets import now
from rft_tui.store.verdicts import STANDS, EventKind

REFERENCE, EXCLUDED = "reference", "excluded"
"""What may have been done to a row."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What a reviewer says the reference of a row is, and since when."""

    row_id: str
    reviewer: str
    reference: str
    at: str


@dataclass(frozen=True, slots=True)
class DatasetChange:
    """One row that was changed or left out: at which line of the dataset before, by whom and when, old and new.

    `reviewer` is empty where no reviewer said it; `after` and `new_row_id` are None for a row that was left out.
    """

    line: int
    kind: str
    reviewer: str
    at: str
    before: str | None
    after: str | None
    row_id: str
    new_row_id: str | None


def corrections_of(
    db: sqlite3.Connection, dataset: int, reviewers: Sequence[str] | None = None
) -> dict[str, list[Correction]]:
    """The corrections of a dataset's rows that stand, by row id, each reviewer's own (None: of all reviewers)."""
    rows = db.execute(
        "SELECT correction.row_id, correction.reviewer, correction.reference, max(event.at) FROM correction"
        " JOIN verdict_log AS event ON event.row_id = correction.row_id AND event.reviewer = correction.reviewer"
        f" AND event.kind = ? AND event.value = correction.reference AND {STANDS}"
        " WHERE correction.row_id IN (SELECT row_id FROM item WHERE dataset = ?)"
        " GROUP BY correction.row_id, correction.reviewer ORDER BY correction.row_id, correction.reviewer",
        [EventKind.REFERENCE, dataset],
    )
    found: dict[str, list[Correction]] = {}
    for row in rows:
        if reviewers is None or row[1] in reviewers:
            found.setdefault(row[0], []).append(Correction(*row))
    return found


def called_wrong(
    db: sqlite3.Connection, dataset: int, reviewers: Sequence[str] | None = None
) -> dict[int, tuple[str, ...]]:
    """The items of a dataset whose reference somebody calls wrong by a verdict, and who does."""
    rows = db.execute(
        "SELECT DISTINCT prediction.item, review.reviewer FROM review"
        " JOIN prediction ON prediction.answer = review.answer JOIN item ON item.id = prediction.item"
        " WHERE review.verdict = ? AND item.dataset = ? ORDER BY prediction.item, review.reviewer",
        [Verdict.LABEL, dataset],
    )
    found: dict[int, tuple[str, ...]] = {}
    for item, reviewer in rows:
        if reviewers is None or reviewer in reviewers:
            found[item] = (*found.get(item, ()), reviewer)
    return found


def put_changes(db: sqlite3.Connection, dataset: int, changes: Iterable[DatasetChange]) -> None:
    """Keep the change list of a dataset, in the place of the one before."""
    db.execute("DELETE FROM dataset_change WHERE dataset = ?", [dataset])
    db.executemany(
        "INSERT INTO dataset_change (dataset, number, line, kind, reviewer, at, before, after, row_id, new_row_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (dataset, number, one.line, one.kind, storable(one.reviewer), one.at, one.before, one.after, one.row_id,
             one.new_row_id)
            for number, one in enumerate(changes, 1)
        ],
    )  # fmt: skip


def get_changes(db: sqlite3.Connection, dataset: int) -> list[DatasetChange]:
    """The change list of a dataset, in the order of the lines; empty for one that was not made from another."""
    rows = db.execute(
        "SELECT line, kind, reviewer, at, before, after, row_id, new_row_id FROM dataset_change WHERE dataset = ?"
        " ORDER BY number",
        [dataset],
    )
    return [DatasetChange(*row) for row in rows]


def take_over_runs(
    db: sqlite3.Connection, old: int, new: int, items: Iterable[tuple[int, int]], source: str
) -> tuple[list[int], int]:
    """Give a dataset the runs of another one, for pairs of items (old, new) that ask the same.

    The new runs, and how many predictions were new. Answers are shared, so verdicts stay with them; nothing is asked
    and nothing costs. Again is the same as once.
    """
    db.execute("CREATE TEMP TABLE IF NOT EXISTS carried (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)")
    db.execute("DELETE FROM carried")
    db.executemany("INSERT INTO carried VALUES (?, ?)", items)
    runs: list[int] = []
    brought = 0
    for (run,) in db.execute("SELECT id FROM run WHERE dataset = ? ORDER BY id", [old]).fetchall():
        db.execute(
            f"INSERT INTO run (dataset, {_RUN_KEY}, profile, simulated, source, created_at, served_models, items)"
            f" SELECT ?, {_RUN_KEY}, profile, simulated, ?, ?, served_models, items FROM run WHERE id = ?"
            " ON CONFLICT DO NOTHING",
            [new, storable(source), now(), run],
        )
        made = db.execute(
            f"SELECT id FROM run WHERE dataset = ? AND ({_RUN_KEY}) = (SELECT {_RUN_KEY} FROM run WHERE id = ?)",
            [new, run],
        ).fetchone()[0]
        db.execute(
            "INSERT INTO wanted (run, item) SELECT ?, carried.new FROM wanted JOIN carried ON carried.old = wanted.item"
            " WHERE wanted.run = ? AND (SELECT items FROM run WHERE id = ?) IS NOT NULL ON CONFLICT DO NOTHING",
            [made, run, made],
        )
        db.execute(
            "UPDATE run SET items = (SELECT count(*) FROM wanted WHERE wanted.run = ?1)"
            " WHERE id = ?1 AND items IS NOT NULL",
            [made],
        )
        before = db.total_changes
        db.execute(
            f"INSERT INTO prediction (run, item, {_OF_ANSWER}, cached)"
            f" SELECT ?, carried.new, {_OF_ANSWER}, 1 FROM prediction JOIN carried ON carried.old = prediction.item"
            " WHERE prediction.run = ? ORDER BY carried.new ON CONFLICT DO NOTHING",
            [made, run],
        )
        brought += db.total_changes - before
        runs.append(made)
    db.execute("DELETE FROM carried")
    return runs, brought


_RUN_KEY = "service, model, effort, prompt, parameters, run_index"

_OF_ANSWER = (
    "answer, run_index, snippet, length, error_kind, input_tokens, output_tokens, reasoning_tokens, latency_s, cost"
)
