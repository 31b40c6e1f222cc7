"""Files that belong to jobs: those they were given, those they made, and where copies of them lie here."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from rft_tui.safetext import storable
from rft_tui.store.datasets import now

TRAINING, VALIDATION, RESULT, EVALUATION = "training", "validation", "result", "evaluation"
"""Roles of files: what a job was given, its result files, and the output items of a run of its evaluation."""


@dataclass(frozen=True, slots=True)
class JobFile:
    """A file by its id at the service (a run's id for output items).

    `path` lies in the job's archive; `name` is what a file that was sent from here was called.
    """

    role: str
    remote_id: str
    path: str | None = None
    size: int | None = None
    sha256: str | None = None
    name: str = ""


def put_job_file(db: sqlite3.Connection, job: int, file: JobFile) -> None:
    """Keep what is known of a file; what was known before and is not said now stays."""
    db.execute(
        "INSERT INTO job_file (job, role, remote_id, path, bytes, sha256, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (job, role, remote_id) DO UPDATE SET path = coalesce(excluded.path, path),"
        " bytes = coalesce(excluded.bytes, bytes), sha256 = coalesce(excluded.sha256, sha256), at = excluded.at",
        [
            job, file.role, storable(file.remote_id), None if file.path is None else storable(file.path), file.size,
            file.sha256, now(),
        ],
    )  # fmt: skip


def job_files(db: sqlite3.Connection, job: int, role: str | None = None) -> list[JobFile]:
    """The files of a job, those of one role if wanted."""
    where, values = ("", []) if role is None else (" AND role = ?", [role])
    rows = db.execute(
        f"SELECT role, remote_id, path, bytes, sha256 FROM job_file WHERE job = ?{where} ORDER BY role, remote_id",
        [job, *values],
    )
    return [JobFile(*row) for row in rows]


def with_sent(db: sqlite3.Connection, service: str, file: JobFile) -> JobFile:
    """A file with the name, size and SHA-256 under which it was sent to a service from here, if it was."""
    row = db.execute(
        "SELECT name, bytes, sha256 FROM upload WHERE service = ? AND remote_id = ? LIMIT 1", [service, file.remote_id]
    ).fetchone()
    if row is None:
        return file
    size = row[1] if file.size is None else file.size
    return replace(file, name=row[0], size=size, sha256=file.sha256 or row[2])


def sent_file(db: sqlite3.Connection, service: str, remote_id: str) -> tuple[str, int] | None:
    """SHA-256 and size of a file that was sent to a service from here; None where it was not."""
    row = db.execute(
        "SELECT sha256, bytes FROM upload WHERE service = ? AND remote_id = ? LIMIT 1", [service, remote_id]
    ).fetchone()
    return None if row is None else (row[0], row[1])
