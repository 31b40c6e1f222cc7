"""Jobs in the cache: what was sent, how each was last seen, and the number it goes by here."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rft_tui.errors import UsageError
from rft_tui.job_model import CREATING, END_STATES, UPLOADING, RemoteJob
from rft_tui.model import JsonObject
from rft_tui.safetext import storable
from rft_tui.store.datasets import now

CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job that is to be created: where, and from what.

    `mark` will stand in its metadata; `name` is what a person calls it (its suffix, or the grader and the model).
    """

    profile: str
    backend: str
    service: str
    mark: str
    name: str
    method: str
    model: str
    dataset: str | None = None
    validation_dataset: str | None = None
    prompt: str = ""
    grader_version: str | None = None
    pilot: bool = False
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class StoredJob:
    """One job; `request` is None where it was not created here, `remote` until it was seen; `seen_at` says when."""

    id: int
    profile: str
    backend: str
    service: str
    remote_id: str | None
    mark: str
    name: str
    status: str
    method: str
    model: str
    fine_tuned_model: str | None
    request: JsonObject | None
    remote: JsonObject | None
    dataset: str | None
    validation_dataset: str | None
    prompt: str
    grader_version: str | None
    pilot: bool
    simulated: bool
    step: int | None
    total_steps: int | None
    message: str
    archive: str | None
    created_at: str
    seen_at: str | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status in END_STATES

    @property
    def label(self) -> str:
        """The id at the service, or its number here while it has none."""
        return self.remote_id or f"job {self.id}"

    @property
    def grader(self) -> JsonObject | None:
        """The grader that it was made with: exactly as it was sent, else as the service shows it."""
        for source in (self.request, self.remote):
            at: Any = source
            for key in ("method", "reinforcement", "grader"):
                at = at.get(key) if isinstance(at, dict) else None
            if isinstance(at, dict):
                return at
        return None


_COLUMNS = (
    "id, profile, backend, service, remote_id, mark, name, status, method, model, fine_tuned_model, request, remote,"
    " dataset, validation_dataset, prompt, grader_version, pilot, simulated, step, total_steps, message, archive,"
    " created_at, seen_at"
)


def add_job(db: sqlite3.Connection, new: NewJob) -> int:
    """Keep a job before anything of it is sent, so that its mark cannot be lost; its number."""
    made = db.execute(
        "INSERT INTO job (profile, backend, service, mark, name, status, method, model, dataset, validation_dataset,"
        " prompt, grader_version, pilot, simulated, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            new.profile, new.backend, new.service, new.mark, storable(new.name), UPLOADING, new.method,
            storable(new.model), new.dataset, new.validation_dataset, new.prompt, new.grader_version, int(new.pilot),
            int(new.simulated), now(),
        ],
    )  # fmt: skip
    return int(made.lastrowid or 0)


def about_to_create(db: sqlite3.Connection, number: int, body: JsonObject) -> None:
    """Keep the exact body before it is sent."""
    db.execute(
        "UPDATE job SET request = ?, status = ?, message = '' WHERE id = ?", [json.dumps(body), CREATING, number]
    )


def saw_job(
    db: sqlite3.Connection, remote: RemoteJob, *, profile: str, backend: str, service: str, simulated: bool,
    number: int | None = None, mark: str = "",
) -> int:  # fmt: skip
    """Keep a job as the service shows it now; its number here.

    `number` says which job this is, where it was created here and has no id yet; else the id at the service tells, or
    the `mark` in its metadata while the id is not known here, and a job that is not known comes in.
    """
    known = db.execute("SELECT id FROM job WHERE service = ? AND remote_id = ?", [service, remote.remote_id]).fetchone()
    if known is None and mark:
        unseen = "SELECT id FROM job WHERE service = ? AND mark = ? AND remote_id IS NULL"
        known = db.execute(unseen, [service, mark]).fetchone()
    if known is not None:
        number = known[0]
    elif number is None:
        suffix = remote.raw.get("user_provided_suffix")
        made = db.execute(
            "INSERT INTO job (profile, backend, service, remote_id, name, status, simulated, created_at)"
            " VALUES (?, ?, ?, ?, ?, '', ?, ?)",
            [profile, backend, service, remote.remote_id, storable(suffix) if isinstance(suffix, str) else "",
             int(simulated), now()],
        )  # fmt: skip
        number = int(made.lastrowid or 0)
    db.execute(
        "UPDATE job SET remote_id = ?, status = ?, method = CASE ? WHEN '' THEN method ELSE ? END, model = ?,"
        " fine_tuned_model = ?, remote = ?, simulated = simulated OR ?, message = ?, seen_at = ? WHERE id = ?",
        [
            remote.remote_id, remote.status, remote.method, remote.method, remote.model, remote.fine_tuned_model,
            json.dumps(remote.raw), int(simulated), remote.error, now(), number,
        ],
    )  # fmt: skip
    return number


def bring_job(
    db: sqlite3.Connection, remote: RemoteJob, new: NewJob, *, request: JsonObject | None, seen_at: str | None,
    created_at: str,
) -> int:  # fmt: skip
    """Keep a job that comes from an archive; its number here.

    One that is known keeps what was seen later, and gets what it lacks; a `seen_at` that lies ahead tells nothing.
    """
    known = db.execute(
        "SELECT id, seen_at FROM job WHERE service = ? AND remote_id = ?", [new.service, remote.remote_id]
    )
    row = known.fetchone()
    seen = storable(seen_at or "")
    seen = seen if seen <= now() else ""
    if row is None or (row[1] or "") < seen:
        number = saw_job(
            db, remote, profile=new.profile, backend=new.backend, service=new.service, simulated=new.simulated
        )
        db.execute("UPDATE job SET seen_at = ?, heard_at = NULL WHERE id = ?", [seen or None, number])
    else:
        number = row[0]
    if row is None:
        db.execute(
            "UPDATE job SET name = ?, mark = ?, pilot = ?, created_at = ? WHERE id = ?",
            [storable(new.name), storable(new.mark), int(new.pilot), storable(created_at) or now(), number],
        )
    db.execute(
        "UPDATE job SET request = coalesce(request, ?), dataset = coalesce(dataset, ?),"
        " validation_dataset = coalesce(validation_dataset, ?), grader_version = coalesce(grader_version, ?),"
        " prompt = CASE prompt WHEN '' THEN ? ELSE prompt END WHERE id = ?",
        [
            None if request is None else json.dumps(request), *_texts(new.dataset, new.validation_dataset),
            *_texts(new.grader_version, new.prompt), number,
        ],
    )  # fmt: skip
    return number


def _texts(*values: str | None) -> list[str | None]:
    return [None if value is None else storable(value) for value in values]


def set_status(db: sqlite3.Connection, number: int, status: str, message: str = "") -> None:
    """Say where a job stands that the service has not shown yet."""
    db.execute("UPDATE job SET status = ?, message = ? WHERE id = ?", [status, storable(message), number])


def launch_cancelled(db: sqlite3.Connection, number: int, task: int | None = None) -> None:
    """Say where a job stands whose launch was cancelled: not created, or not known where it may have been made."""
    row = db.execute("SELECT status FROM job WHERE id = ? AND remote_id IS NULL", [number]).fetchone()
    if row is None or row[0] in END_STATES:
        return
    if row[0] != CREATING:
        set_status(db, number, CANCELLED, "not created")
        return
    again = "" if task is None else f"; rft-tui task resume {task} looks for it"
    set_status(db, number, CREATING, f"its launch was cancelled while it was being made, it may be there{again}")


def heard_job(db: sqlite3.Connection, number: int) -> None:
    """Keep that a job's newest event came when the job was last looked at, by this machine's clock."""
    db.execute("UPDATE job SET heard_at = seen_at WHERE id = ?", [number])


def heard_at(db: sqlite3.Connection, number: int) -> str | None:
    """When the newest event of a job came, by this machine's clock; None where that is not known."""
    row = db.execute("SELECT heard_at FROM job WHERE id = ?", [number]).fetchone()
    return None if row is None else row[0]


def set_archive(db: sqlite3.Connection, number: int, folder: str) -> None:
    """Keep where a job was archived."""
    db.execute("UPDATE job SET archive = ? WHERE id = ?", [storable(folder), number])


def get_job(db: sqlite3.Connection, name: str | int) -> StoredJob:
    """A job by its number here, its id at the service or the beginning of that, or the name a person gave it.

    Raises UsageError where none or more than one fits.
    """
    if isinstance(name, int) or (name.isascii() and name.isdigit()):
        found = _read(db, "id = ?", [int(name)] if len(str(name)) < 19 else [-1])
    else:
        found = _read(db, "remote_id = ? OR name = ?", [name, name]) or _read(
            db, "remote_id >= ? AND remote_id < ?", [name, name + "\U0010ffff"]
        )
    if len(found) == 1:
        return found[0]
    said = "more than one job is" if found else "there is no job"
    raise UsageError(f"{said} called {str(name)!r:.80}", hint="rft-tui job list shows them.")


def list_jobs(db: sqlite3.Connection, *, open_only: bool = False) -> list[StoredJob]:
    """All jobs, the newest first."""
    ends = ", ".join("?" * len(END_STATES))
    where, values = (f"status NOT IN ({ends})", sorted(END_STATES)) if open_only else ("1", [])
    return _read(db, where, values)


def _read(db: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[StoredJob]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM job WHERE {where} ORDER BY id DESC", list(values))
    return [_job(row) for row in rows]


def _job(row: Sequence[Any]) -> StoredJob:
    values = list(row)
    values[11:13] = [None if body is None else json.loads(body) for body in row[11:13]]
    values[17:19] = map(bool, row[17:19])
    return StoredJob(*values)
