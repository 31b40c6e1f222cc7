"""The event log of a job for a list of any length: places of the events that fit, and a few events by their places."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Sequence
from typing import Literal, TypeAlias

from rft_tui.safetext import storable
from rft_tui.store.job_events import StoredEvent, event_count

EventLevel: TypeAlias = Literal["all", "messages", "problems"]

EVENT_LEVELS: tuple[EventLevel, ...] = ("all", "messages", "problems")
"""What a log may keep: everything; no mere numbers of steps; warnings and errors only."""

_KEPT: dict[EventLevel, str] = {
    "all": "",
    "messages": " AND type <> 'metrics'",
    "problems": " AND level NOT IN ('info', 'debug')",
}


def event_positions(db: sqlite3.Connection, job: int, level: EventLevel = "all", text: str = "") -> Sequence[int]:
    """The places of the events of a level with a text in their message, the newest first."""
    if level == "all" and not text:
        return range(event_count(db, job) - 1, -1, -1)
    values: list[str | int] = [job]
    where = _KEPT[level]
    if text:
        where += " AND instr(lower(message), lower(?)) > 0"
        values.append(storable(text))
    rows = db.execute(f"SELECT position FROM job_event WHERE job = ?{where} ORDER BY position DESC", values)
    return array("l", (row[0] for row in rows))


def events_at(db: sqlite3.Connection, job: int, positions: Sequence[int]) -> list[StoredEvent]:
    """The events at some places, in the order of these."""
    sql = "SELECT position, remote_id, at, level, type, message, step FROM job_event WHERE job = ? AND position = ?"
    found = (db.execute(sql, [job, position]).fetchone() for position in positions)
    return [StoredEvent(*row) for row in found if row is not None]


def changed_since(db: sqlite3.Connection, job: int, position: int) -> int | None:
    """The first step of which events from a place on have numbers; None where they have none."""
    row = db.execute(
        "SELECT min(step) FROM job_event WHERE job = ? AND position >= ? AND type = 'metrics'", [job, position]
    ).fetchone()
    return None if row[0] is None else int(row[0])


def newest_steps(db: sqlite3.Connection, job: int, count: int) -> list[tuple[int, float]]:
    """Step and time (seconds since 1970) of the newest events with numbers, the newest first."""
    sql = (
        "SELECT step, at FROM job_event WHERE job = ? AND type = 'metrics' AND step IS NOT NULL"
        " ORDER BY position DESC LIMIT ?"
    )
    return [(row[0], row[1]) for row in db.execute(sql, [job, count])]
