"""Events, metrics and checkpoints of jobs: each once, in the order in which they happened."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from rft_tui.job_model import JobCheckpoint, JobEvent
from rft_tui.model import JsonObject
from rft_tui.safetext import storable


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event with its place from the oldest."""

    position: int
    remote_id: str
    at: float
    level: str
    type: str
    message: str
    step: int | None


def known_event(db: sqlite3.Connection, job: int, remote_id: str) -> bool:
    """Whether an event of a job is kept."""
    sql = "SELECT 1 FROM job_event WHERE job = ? AND remote_id = ?"
    return db.execute(sql, [job, remote_id]).fetchone() is not None


def add_events(db: sqlite3.Connection, job: int, events: Sequence[JobEvent]) -> int:
    """Keep events, the oldest first, behind those that are there; how many were new.

    What comes twice is kept once. Numbers of metrics events go into their series; a later event of the same step and
    series replaces the value.
    """
    row = db.execute("SELECT max(position) FROM job_event WHERE job = ?", [job]).fetchone()
    position = -1 if row[0] is None else row[0]
    before = position
    for event in events:
        made = db.execute(
            "INSERT INTO job_event (job, position, remote_id, at, level, type, message, step, raw)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [
                job, position + 1, event.remote_id, event.at, event.level, event.type, storable(event.message),
                event.step, json.dumps(event.raw),
            ],
        )  # fmt: skip
        if not made.rowcount:
            continue
        position += 1
        if event.step is not None and event.metrics:
            db.executemany(
                "INSERT INTO job_metric (job, series, step, value) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (job, series, step) DO UPDATE SET value = excluded.value",
                [(job, storable(series), event.step, value) for series, value in event.metrics.items()],
            )
            db.execute(
                "UPDATE job SET step = max(coalesce(step, 0), ?), total_steps = coalesce(?, total_steps) WHERE id = ?",
                [event.step, event.total_steps, job],
            )
    return position - before


def event_count(db: sqlite3.Connection, job: int) -> int:
    """How many events of a job are kept."""
    row = db.execute("SELECT max(position) FROM job_event WHERE job = ?", [job]).fetchone()
    return 0 if row[0] is None else int(row[0]) + 1


def last_event_at(db: sqlite3.Connection, job: int) -> float | None:
    """When the newest event of a job that says its time happened, in seconds since 1970; None where none does."""
    sql = "SELECT at FROM job_event WHERE job = ? AND at > 0 ORDER BY position DESC LIMIT 1"
    row = db.execute(sql, [job]).fetchone()
    return None if row is None else float(row[0])


def longest_pause(db: sqlite3.Connection, job: int) -> float | None:
    """The longest time in seconds between two metrics events of a job, None where there are fewer than four."""
    row = db.execute(
        "SELECT count(*), max(at - before) FROM (SELECT at, lag(at) OVER (ORDER BY position) AS before FROM job_event"
        " WHERE job = ? AND type = 'metrics')",
        [job],
    ).fetchone()
    return float(row[1]) if row[0] > 3 and row[1] is not None else None


def event_raw(db: sqlite3.Connection, job: int, position: int) -> JsonObject:
    """The service's own JSON of an event."""
    sql = "SELECT raw FROM job_event WHERE job = ? AND position = ?"
    raw: JsonObject = json.loads(db.execute(sql, [job, position]).fetchone()[0])
    return raw


_NAMES = """
    WITH RECURSIVE named(series) AS (
        SELECT min(series) FROM job_metric WHERE job = :job
        UNION ALL
        SELECT (SELECT min(series) FROM job_metric WHERE job = :job AND series > named.series) FROM named
        WHERE named.series IS NOT NULL)
    SELECT series FROM named WHERE series IS NOT NULL"""
"""From name to name through the index; to look at every value takes a hundred times as long."""


def raw_events(db: sqlite3.Connection, job: int, *, since: int = 0, limit: int = 1000) -> list[tuple[str, JsonObject]]:
    """The id and the service's own JSON of events from a place on, the oldest first."""
    sql = "SELECT remote_id, raw FROM job_event WHERE job = ? AND position >= ? ORDER BY position LIMIT ?"
    return [(row[0], json.loads(row[1])) for row in db.execute(sql, [job, since, limit])]


def series_names(db: sqlite3.Connection, job: int) -> list[str]:
    """The names of a job's series."""
    return [row[0] for row in db.execute(_NAMES, {"job": job})]


def series_of(
    db: sqlite3.Connection, job: int, series: str, *, since: int = 0, most: int | None = None
) -> list[tuple[int, float]]:
    """The values of a series by step, from a step on; of more than `most` the newest."""
    sql = "SELECT step, value FROM job_metric WHERE job = ? AND series = ? AND step >= ? ORDER BY step DESC LIMIT ?"
    found = db.execute(sql, [job, series, since, -1 if most is None else most]).fetchall()
    found.reverse()
    return found


def is_ever_above_zero(db: sqlite3.Connection, job: int, series: str) -> bool:
    """Whether a series has a value that is not 0."""
    sql = "SELECT 1 FROM job_metric WHERE job = ? AND series = ? AND value <> 0 LIMIT 1"
    return db.execute(sql, [job, series]).fetchone() is not None


def put_checkpoints(db: sqlite3.Connection, job: int, checkpoints: Sequence[JobCheckpoint]) -> None:
    """Keep the checkpoints that the service shows; one that it no longer shows stays, as evidence."""
    db.executemany(
        "INSERT INTO job_checkpoint (job, remote_id, step, model, at, raw) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (job, step, remote_id) DO UPDATE SET model = excluded.model, raw = excluded.raw",
        [(job, one.remote_id, one.step, one.model, one.at, json.dumps(one.raw)) for one in checkpoints],
    )


def checkpoints_of(db: sqlite3.Connection, job: int) -> list[JobCheckpoint]:
    """The checkpoints of a job by step; their metrics are read from the raw form by whoever shows them."""
    sql = "SELECT remote_id, step, model, at, raw FROM job_checkpoint WHERE job = ? ORDER BY step, remote_id"
    return [JobCheckpoint(row[0], row[1], row[2], row[3], {}, json.loads(row[4])) for row in db.execute(sql, [job])]
