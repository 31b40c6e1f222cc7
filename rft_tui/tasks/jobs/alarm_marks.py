"""Alarms of many jobs for a list: looked for again only where something has come in."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime

from rft_tui.analysis.job_alarms import JobAlarm
from rft_tui.store.job_events import event_count
from rft_tui.store.jobs import get_job
from rft_tui.tasks.jobs.alarms import alarms_of
from rft_tui.tasks.jobs.job_view import seen_time

LOOKS_S = 60.0
"""A running job without new events is looked at again when it was seen so much later: it may have fallen silent."""


class AlarmMarks:
    """The alarms that ring on jobs, kept by the count of their events and how they stand."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[tuple[object, ...], tuple[JobAlarm, ...]]] = {}

    def ring(
        self, db: sqlite3.Connection, jobs: Iterable[tuple[int, str, str | None]], off: Collection[str] = ()
    ) -> dict[int, tuple[JobAlarm, ...]]:
        """The alarms by the job's number, of those (number, status, when they were seen) on which any rings."""
        found: dict[int, tuple[JobAlarm, ...]] = {}
        for number, status, seen_at in jobs:
            count = event_count(db, number)
            if not count:
                continue
            key = (count, status, _look(seen_at) if status == "running" else 0, frozenset(off))
            known = self._known.get(number)
            if known is None or known[0] != key:
                known = self._known[number] = (key, _alarms(db, number, off))
            if known[1]:
                found[number] = known[1]
        return found


def _alarms(db: sqlite3.Connection, number: int, off: Collection[str]) -> tuple[JobAlarm, ...]:
    job = get_job(db, number)
    return tuple(one for one in alarms_of(db, job, now=seen_time(job)) if one.name not in off)


def _look(seen_at: str | None) -> int:
    try:
        return int(datetime.fromisoformat(seen_at or "").timestamp() // LOOKS_S)
    except (ValueError, OverflowError, OSError):
        return 0
