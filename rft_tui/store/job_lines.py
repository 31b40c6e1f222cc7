"""Jobs as lines of a list: what a list shows of each, and no JSON of a service."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rft_tui.job_model import END_STATES

SHOWN = 2000
"""Jobs that are listed, the newest."""

_CREATED = """
    CASE WHEN remote IS NOT NULL AND json_valid(remote)
         AND json_type(remote, '$.created_at') IN ('integer', 'real')
    THEN json_extract(remote, '$.created_at') END"""


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job; `train` and `valid` are the last values of its curves, `created` in seconds since 1970."""

    id: int
    profile: str
    remote_id: str | None
    name: str
    status: str
    method: str
    model: str
    fine_tuned_model: str | None
    step: int | None
    total_steps: int | None
    pilot: bool
    simulated: bool
    message: str
    archive: str | None
    seen_at: str | None
    created: float
    train: float | None = None
    valid: float | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status in END_STATES

    @property
    def label(self) -> str:
        """The id at the service, or its number here while it has none."""
        return self.remote_id or f"job {self.id}"


def job_lines(
    db: sqlite3.Connection, train: Sequence[str], valid: Sequence[str], *, limit: int = SHOWN
) -> list[JobLine]:
    """The newest jobs by the time at which they were created, the newest first.

    `train` and `valid` name the series whose last values are shown; of each the first that a job has counts.
    """
    rows = db.execute(
        "SELECT id, profile, remote_id, name, status, method, model, fine_tuned_model, step, total_steps, pilot,"
        f" simulated, message, archive, seen_at, {_CREATED} AS at, strftime('%s', created_at) AS here FROM job"
        " ORDER BY coalesce(at, CAST(here AS REAL)) DESC, id DESC LIMIT ?",
        [limit],
    ).fetchall()
    return [_line(row, _last(db, row[0], train), _last(db, row[0], valid)) for row in rows]


def _line(row: tuple[Any, ...], train: float | None, valid: float | None) -> JobLine:
    *values, at, here = row
    values[10:12] = map(bool, row[10:12])
    values += [_time(at, here), train, valid]
    return JobLine(*values)


def _time(at: float | None, here: str | None) -> float:
    """When the service says that a job was created, else when it came in here."""
    if at is not None and 0 < at < 2**33:
        return float(at)
    return float(here or 0)


def _last(db: sqlite3.Connection, job: int, names: Sequence[str]) -> float | None:
    for name in names:
        row = db.execute(
            "SELECT value FROM job_metric WHERE job = ? AND series = ? ORDER BY step DESC LIMIT 1", [job, name]
        ).fetchone()
        if row is not None:
            return float(row[0])
    return None
