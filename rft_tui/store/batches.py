"""Batches of tasks in the cache: how far each is at its service, and the lines that it asks.

A line is open until its outcome is stored, in the transaction that stores what came for it; so a task that is taken up
again after any end reads the same files once more and takes in only what is still open.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rft_tui.safetext import storable
from rft_tui.store.datasets import now


class BatchState(StrEnum):
    """Where a batch stands; UPLOADING and CREATING are written before the request that they name is sent."""

    WRITTEN = "written"
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    CREATING = "creating"
    RUNNING = "running"
    CANCELLING = "cancelling"
    ENDED = "ended"
    DONE = "done"
    REFUSED = "refused"


CLOSED = (BatchState.DONE, BatchState.REFUSED)
"""States of batches with which nothing is to be done any more."""

KEPT, AGAIN, LEFT = "kept", "again", "left"
"""Outcomes of a line: its answer or error is stored; it is asked once more; it is nobody's for now."""

_COLUMNS = (
    "id, task, model, endpoint, state, lines, mark, expected_tokens, expected_cost, input_file, remote, output_file,"
    " error_file, message"
)


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """One batch: `mark` names it at the service and its files here; the others are ids that the service gave.

    `expected_tokens` and `expected_cost` (US dollars, None without a price) are what it may take.
    """

    id: int
    task: int
    model: str
    endpoint: str
    state: BatchState
    lines: int
    mark: str
    expected_tokens: int
    expected_cost: float | None
    input_file: str | None
    remote: str | None
    output_file: str | None
    error_file: str | None
    message: str


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One line: the key of what it asks, its number in the file (from 1), earlier tries, whose answer it is."""

    key: str
    number: int
    tries: int
    run: int | None = None
    item: int | None = None


def add_batch(
    db: sqlite3.Connection,
    task: int,
    *,
    model: str,
    endpoint: str,
    mark: str,
    lines: Sequence[BatchLine],
    expected_tokens: int = 0,
    expected_cost: float | None = None,
) -> int:
    """Keep a batch whose file is written; its number."""
    batch = db.execute(
        "INSERT INTO batch (task, model, endpoint, state, lines, mark, expected_tokens, expected_cost, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [task, model, endpoint, BatchState.WRITTEN, len(lines), mark, expected_tokens, expected_cost, now()],
    ).lastrowid
    assert batch is not None
    db.executemany(
        "INSERT INTO batch_line (batch, key, number, tries, run, item) VALUES (?, ?, ?, ?, ?, ?)",
        ((batch, line.key, line.number, line.tries, line.run, line.item) for line in lines),
    )
    return batch


def move_batch(db: sqlite3.Connection, batch: int, state: BatchState, **ids: str | None) -> StoredBatch:
    """Bring a batch to a state, with what the service said by then: ids by column, or a `message`."""
    unknown = set(ids) - {"input_file", "remote", "output_file", "error_file", "message"}
    if unknown:
        raise ValueError(f"no columns: {unknown}")
    values = {name: storable(text) if text is not None else None for name, text in ids.items()}
    names = "".join(f", {name} = :{name}" for name in values)
    db.execute(f"UPDATE batch SET state = :state{names} WHERE id = :id", values | {"state": state, "id": batch})
    return get_batch(db, batch)


def get_batch(db: sqlite3.Connection, batch: int) -> StoredBatch:
    """One batch that is there."""
    return _batch(db.execute(f"SELECT {_COLUMNS} FROM batch WHERE id = ?", [batch]).fetchone())


def open_batches(db: sqlite3.Connection, task: int) -> list[StoredBatch]:
    """The batches of a task with which something is still to be done, the oldest first."""
    marks = ",".join("?" * len(CLOSED))
    rows = db.execute(f"SELECT {_COLUMNS} FROM batch WHERE task = ? AND state NOT IN ({marks}) ORDER BY id",
                      [task, *CLOSED])  # fmt: skip
    return [_batch(row) for row in rows]


def _batch(row: tuple[Any, ...]) -> StoredBatch:
    identity, task, model, endpoint, state = row[:5]
    return StoredBatch(identity, task, model, endpoint, BatchState(state), *row[5:])


def open_lines(db: sqlite3.Connection, batch: int) -> dict[str, BatchLine]:
    """The lines of a batch whose outcome is not stored yet, by key."""
    rows = db.execute(
        "SELECT key, number, tries, run, item FROM batch_line WHERE batch = ? AND outcome IS NULL", [batch]
    )
    return {row[0]: BatchLine(*row) for row in rows}


def outcomes_of(db: sqlite3.Connection, batch: int) -> dict[str, str]:
    """The outcomes that are stored of a batch's lines, by key."""
    rows = db.execute("SELECT key, outcome FROM batch_line WHERE batch = ? AND outcome IS NOT NULL", [batch])
    return dict(rows.fetchall())


def line_at(db: sqlite3.Connection, batch: int, number: int) -> BatchLine | None:
    """The line with a number (from 1), None where there is none."""
    row = db.execute(
        "SELECT key, number, tries, run, item FROM batch_line WHERE batch = ? AND number = ?", [batch, number]
    ).fetchone()
    return None if row is None else BatchLine(*row)


def end_lines(db: sqlite3.Connection, batch: int, outcomes: Iterable[tuple[str, str]]) -> None:
    """Store the outcomes of some lines, each behind its key; one that has an outcome keeps it."""
    db.executemany(
        "UPDATE batch_line SET outcome = ? WHERE batch = ? AND key = ? AND outcome IS NULL",
        ((outcome, batch, key) for key, outcome in outcomes),
    )


def close_batch(db: sqlite3.Connection, batch: int, state: BatchState, message: str = "") -> StoredBatch:
    """Be done with a batch: lines that are still open are nobody's, and are asked no more."""
    db.execute(
        "DELETE FROM asking WHERE key IN (SELECT key FROM batch_line WHERE batch = ? AND outcome IS NULL)", [batch]
    )
    db.execute("UPDATE batch_line SET outcome = ? WHERE batch = ? AND outcome IS NULL", [LEFT, batch])
    return move_batch(db, batch, state, message=message)


def tries_of(db: sqlite3.Connection, task: int, keys: Sequence[str]) -> dict[str, int]:
    """How often some keys were tried in vain by a task; those never tried are left out."""
    rows = db.execute(
        "SELECT key, count(*) FROM batch_line WHERE outcome = ?"
        f" AND key IN ({','.join('?' * len(keys))}) AND batch IN (SELECT id FROM batch WHERE task = ?) GROUP BY key",
        [AGAIN, *keys, task],
    )
    return dict(rows.fetchall())


def free_stray_claims(db: sqlite3.Connection, task: int, owner: str) -> None:
    """Let go of what a task claimed and put into no file, which happens where its worker ended in between."""
    marks = ",".join("?" * len(CLOSED))
    db.execute(
        "DELETE FROM asking WHERE owner = ? AND NOT EXISTS (SELECT 1 FROM batch_line JOIN batch"
        f" ON batch.id = batch_line.batch WHERE batch_line.key = asking.key AND batch.task = ? AND outcome IS NULL"
        f" AND batch.state NOT IN ({marks}))",
        [owner, task, *CLOSED],
    )


def count_claimed_by_others(db: sqlite3.Connection, keys: Sequence[str], owner: str) -> int:
    """How many of some keys somebody else is asking just now."""
    row = db.execute(
        f"SELECT count(*) FROM asking WHERE owner <> ? AND key IN ({','.join('?' * len(keys))})", [owner, *keys]
    ).fetchone()
    return int(row[0])
