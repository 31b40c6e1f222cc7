"""Tasks in the cache: what is to be done, who is doing it, how far it is, and what people wish of it.

A task has an owner while it is worked on. The owner moves the task's beat; whoever sees an owner that is dead, or whose
beat has stood still for long, may take the task over. Every word of an owner is checked against the owner that is
stored, so that one who was taken for dead and comes back changes nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from rft_tui.errors import UsageError
from rft_tui.model import JsonObject
from rft_tui.safetext import storable
from rft_tui.store.asking import release_dead
from rft_tui.store.datasets import now


class TaskState(StrEnum):
    """Where a task stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN_STATES = (TaskState.QUEUED, TaskState.RUNNING)
"""Tasks that a worker does or will do."""

LAUNCH = "launch"
"""The kind of the tasks that bring a job to its service: cancelled, they say where it stands."""

PAUSE, CANCEL = "pause", "cancel"
"""What a person may wish of a running task."""


@dataclass(slots=True)
class TaskProgress:
    """How far a task is: what there is to do, what is done, and what it took.

    `done` counts what came to a good end, `cached` those of them that needed no request, `errors` the others by kind.
    `rate` is what comes to an end in a second, `eta_s` how many seconds are left at that rate, None where it is not
    known. `cost` is in US dollars; `unpriced` counts requests whose price is not known.
    """

    total: int = 0
    done: int = 0
    cached: int = 0
    requests: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0
    rate: float = 0.0
    eta_s: float | None = None
    in_flight: int = 0
    seconds: float = 0.0

    @property
    def failed(self) -> int:
        """How many ended in an error."""
        return sum(self.errors.values())

    @property
    def ended(self) -> int:
        """How many came to an end."""
        return self.done + self.failed


@dataclass(frozen=True, slots=True)
class StoredTask:
    """One task; `error` is the JSON of what stopped it, `message` a sentence on what it is doing or waiting for."""

    id: int
    kind: str
    title: str
    request: JsonObject
    settings: JsonObject
    state: TaskState
    wish: str
    progress: TaskProgress
    message: str
    error: dict[str, str] | None
    owner: str | None
    beat: int
    simulated: bool
    created_at: str
    started_at: str | None
    ended_at: str | None

    @property
    def is_open(self) -> bool:
        """Whether a worker does it or will do it."""
        return self.state in OPEN_STATES


_COLUMNS = (
    "id, kind, title, request, settings, state, wish, progress, message, error, owner, beat, simulated, created_at,"
    " started_at, ended_at"
)


def add_task(
    db: sqlite3.Connection,
    kind: str,
    title: str,
    request: JsonObject,
    settings: JsonObject | None = None,
    *,
    total: int = 0,
    simulated: bool = False,
) -> int:
    """Queue a task; its number."""
    made = db.execute(
        "INSERT INTO task (kind, title, request, settings, state, progress, simulated, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            kind,
            storable(title),
            json.dumps(request),
            json.dumps(settings or {}),
            TaskState.QUEUED,
            json.dumps(asdict(TaskProgress(total=total))),
            int(simulated),
            now(),
        ],
    ).lastrowid
    assert made is not None
    return made


def get_task(db: sqlite3.Connection, task: int) -> StoredTask:
    """One task. Raises UsageError where there is none."""
    row = db.execute(f"SELECT {_COLUMNS} FROM task WHERE id = ?", [task]).fetchone()
    if row is None:
        raise UsageError(f"there is no task {task}", hint="See rft-tui task list.")
    return _task(row)


def list_tasks(
    db: sqlite3.Connection, states: Sequence[TaskState] | None = None, *, limit: int = 1000
) -> list[StoredTask]:
    """Tasks, the newest first; those in some states, or all."""
    where = "" if states is None else f"WHERE state IN ({','.join('?' * len(states))})"
    rows = db.execute(f"SELECT {_COLUMNS} FROM task {where} ORDER BY id DESC LIMIT ?", [*(states or ()), limit])
    return [_task(row) for row in rows]


def take_task(
    db: sqlite3.Connection, owner: str, *, kinds: Sequence[str], is_gone: Callable[[StoredTask], bool]
) -> StoredTask | None:
    """The oldest task that waits, or whose owner is gone, now this owner's; None where there is none.

    Call it inside a write transaction: two workers never take one task. What an owner that is gone was asking is free.
    """
    marks = ",".join("?" * len(kinds))
    for row in db.execute(
        f"SELECT {_COLUMNS} FROM task WHERE state IN ('queued', 'running') AND kind IN ({marks}) ORDER BY id",
        list(kinds),
    ).fetchall():
        task = _task(row)
        if task.state is TaskState.RUNNING and (task.owner == owner or not is_gone(task)):
            continue
        if task.owner is not None:
            release_dead(db, task.owner)
        db.execute(
            "UPDATE task SET state = 'running', owner = ?, beat = beat + 1, message = '', error = NULL,"
            " ended_at = NULL, started_at = coalesce(started_at, ?) WHERE id = ?",
            [owner, now(), task.id],
        )
        return get_task(db, task.id)
    return None


def beat(
    db: sqlite3.Connection, task: int, owner: str, progress: TaskProgress, message: str = ""
) -> tuple[str, JsonObject] | None:
    """Say that the owner lives and how far it is; (wish, settings), None where it is the owner no more."""
    mine = db.execute(
        "UPDATE task SET beat = beat + 1, progress = ?, message = ? WHERE id = ? AND owner = ? AND state = 'running'",
        [json.dumps(asdict(progress)), storable(message), task, owner],
    ).rowcount
    if not mine:
        return None
    wish, settings = db.execute("SELECT wish, settings FROM task WHERE id = ?", [task]).fetchone()
    return wish, json.loads(settings)


def end_task(
    db: sqlite3.Connection,
    task: int,
    owner: str,
    state: TaskState,
    progress: TaskProgress,
    *,
    message: str = "",
    error: dict[str, str] | None = None,
) -> bool:
    """Leave a task in a state; False where it was this owner's no more."""
    ended = None if state in (*OPEN_STATES, TaskState.PAUSED) else now()
    return bool(
        db.execute(
            "UPDATE task SET state = ?, wish = '', progress = ?, message = ?, error = ?, owner = NULL, ended_at = ?"
            " WHERE id = ? AND owner = ?",
            [
                state,
                json.dumps(asdict(progress)),
                storable(message),
                storable(json.dumps(error)) if error else None,
                ended,
                task,
                owner,
            ],
        ).rowcount
    )


_AGAIN = {
    TaskState.FAILED: "rft-tui task resume takes it up again.",
    TaskState.CANCELLED: "rft-tui task resume takes it up again.",
}


def wish(db: sqlite3.Connection, task: int, what: str) -> StoredTask:
    """Wish that a task pauses or is cancelled; one that nobody works on does so at once. The task as it is then.

    One whose batches are at a service is queued, so that a worker calls them off and takes in what was answered.
    Raises UsageError for a task that has ended.
    """
    stored = get_task(db, task)
    if stored.state in (TaskState.DONE, TaskState.FAILED, TaskState.CANCELLED):
        raise UsageError(f"task {task} has ended ({stored.state})", hint=_AGAIN.get(stored.state, ""))
    if stored.state is TaskState.RUNNING:
        db.execute("UPDATE task SET wish = ? WHERE id = ?", [what, task])
    elif what == CANCEL and _is_at_service(db, task):
        db.execute("UPDATE task SET state = 'queued', wish = ? WHERE id = ?", [CANCEL, task])
    elif what == CANCEL:
        db.execute("UPDATE task SET state = 'cancelled', wish = '', ended_at = ? WHERE id = ?", [now(), task])
        if stored.kind == LAUNCH and isinstance(number := stored.request.get("job"), int):
            from rft_tui.store.jobs import launch_cancelled

            launch_cancelled(db, number, task)
    else:
        db.execute("UPDATE task SET state = 'paused', wish = '' WHERE id = ?", [task])
    return get_task(db, task)


def _is_at_service(db: sqlite3.Connection, task: int) -> bool:
    """Whether a service works on batches of a task, which only a worker can call off."""
    states = "('creating', 'running', 'cancelling')"
    return (
        db.execute(f"SELECT 1 FROM batch WHERE task = ? AND state IN {states} LIMIT 1", [task]).fetchone() is not None
    )


def mark_simulated(db: sqlite3.Connection, task: int) -> None:
    """Keep that the embedded service answers a task, behind whatever address."""
    db.execute("UPDATE task SET simulated = 1 WHERE id = ? AND NOT simulated", [task])


def queue_again(db: sqlite3.Connection, task: int) -> StoredTask:
    """Let a task that is paused, failed or cancelled go on where it was; one that runs keeps running."""
    stored = get_task(db, task)
    if stored.state is TaskState.DONE:
        raise UsageError(f"task {task} is done", hint="rft-tui run retry asks for failed items again.")
    if stored.is_open:
        db.execute("UPDATE task SET wish = '' WHERE id = ?", [task])
    else:
        db.execute(
            "UPDATE task SET state = 'queued', wish = '', message = '', error = NULL, ended_at = NULL WHERE id = ?",
            [task],
        )
    return get_task(db, task)


def change_settings(db: sqlite3.Connection, task: int, changes: JsonObject) -> StoredTask:
    """Change what may be changed while a task runs (concurrency, caps)."""
    stored = get_task(db, task)
    db.execute("UPDATE task SET settings = ? WHERE id = ?", [json.dumps(stored.settings | changes), task])
    return get_task(db, task)


def _task(row: tuple[Any, ...]) -> StoredTask:
    (
        identity, kind, title, request, settings, state, wished, progress, message, error, owner, beats, simulated,
    ) = row[:13]  # fmt: skip
    known = TaskProgress.__dataclass_fields__
    figures = {name: value for name, value in json.loads(progress).items() if name in known}
    return StoredTask(
        identity, kind, title, json.loads(request), json.loads(settings), TaskState(state), wished,
        TaskProgress(**figures), message, json.loads(error) if error else None, owner, beats, bool(simulated),
        *row[13:],
    )  # fmt: skip


def become_worker(db: sqlite3.Connection, owner: str, is_gone: Callable[[str, int], bool]) -> bool:
    """Make this owner the workspace's one worker, unless another lives; call it inside a write transaction."""
    row = db.execute("SELECT owner, beat FROM worker WHERE id = 1").fetchone()
    if row is not None and row[0] != owner and not is_gone(row[0], row[1]):
        return False
    db.execute("INSERT OR REPLACE INTO worker (id, owner, beat) VALUES (1, ?, 0)", [owner])
    return True


def worker_beat(db: sqlite3.Connection, owner: str) -> bool:
    """Say that the worker lives; False where another has taken its place."""
    return bool(db.execute("UPDATE worker SET beat = beat + 1 WHERE id = 1 AND owner = ?", [owner]).rowcount)


def leave_worker(db: sqlite3.Connection, owner: str) -> bool:
    """Stop being the worker, if nothing waits; False where a task does, or one may have to be taken over."""
    waits = "SELECT 1 FROM task WHERE state = 'queued' OR (state = 'running' AND owner <> ?) LIMIT 1"
    if db.execute(waits, [owner]).fetchone():
        return False
    db.execute("DELETE FROM worker WHERE id = 1 AND owner = ?", [owner])
    return True


def current_worker(db: sqlite3.Connection) -> tuple[str, int] | None:
    """The worker's owner and beat, None where there is none."""
    row = db.execute("SELECT owner, beat FROM worker WHERE id = 1").fetchone()
    return None if row is None else (row[0], row[1])
