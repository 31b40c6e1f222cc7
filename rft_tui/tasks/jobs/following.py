"""Following a job in the cache from the process that somebody sits at, while a worker brings in what is new."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rft_tui.errors import RftError, ServiceError, UsageError
from rft_tui.job_model import UPLOADING
from rft_tui.model import JsonObject
from rft_tui.store.database import Store
from rft_tui.store.job_events import raw_events
from rft_tui.store.jobs import StoredJob, get_job, launch_cancelled
from rft_tui.store.tasks import OPEN_STATES, StoredTask, get_task, list_tasks
from rft_tui.tasks.background import launching as workers
from rft_tui.tasks.background.following import LOOK_S, WORKER_CHECK_S, cancel_and_wait
from rft_tui.tasks.jobs.task_kinds import LAUNCH
from rft_tui.tasks.jobs.watching import add_watching, watching_task

PAGE = 500
"""Events that are read at once."""


@dataclass(frozen=True, slots=True)
class Glance:
    """A job as it is in the cache: the events since the last glance with their ids, and the task that brings them.

    `has_moved` says whether anything in the cache has changed since; `is_over` that nothing more will come.
    """

    job: StoredJob
    events: tuple[tuple[str, JsonObject], ...]
    task: StoredTask | None
    has_moved: bool = True
    is_over: bool = False

    @property
    def trouble(self) -> str:
        """What the watching waits for, empty where it goes on."""
        said = "" if self.task is None else self.task.message
        return said if said.startswith("waiting") else ""


def follow_job(store: Store, folder: Path, number: int, profile: str = "") -> Iterator[Glance]:
    """Every event of a job once, from the first on, as glances that come several times a second, also where nothing
    is new; without end, the last of them say that it is over.

    A watch task, through a profile if one is named, is queued and a worker started where there is none. Raises
    UsageError where the job never came to a service or somebody ended the watching, ServiceError where it cannot go on.
    """
    with store.write() as db:
        add_watching(db, get_job(db, number), profile)
    position, version, checked = 0, -1, float("-inf")
    task: int | None = None
    glance: Glance | None = None
    while True:
        if time.monotonic() - checked >= WORKER_CHECK_S and not (glance is not None and glance.is_over):
            checked = time.monotonic()
            workers.ensure_worker(store, folder)
        changed = store.data_version()
        if glance is None or changed != version or len(glance.events) == PAGE:
            version = changed
            with store.read() as db:
                glance = _glance(db, number, position, task)
            task = glance.task.id if glance.task is not None else task
            position += len(glance.events)
        else:
            glance = replace(glance, events=(), has_moved=False)
        yield glance
        if len(glance.events) < PAGE:
            time.sleep(LOOK_S)


def _glance(db: sqlite3.Connection, number: int, position: int, followed: int | None) -> Glance:
    """What is new from an event on. Raises RftError where nothing will bring any more although the job goes on."""
    task = watching_task(db, number) or launching_task(db, number)
    job = get_job(db, number)
    events = tuple(raw_events(db, number, since=position, limit=PAGE))
    if task is None and not job.has_ended and not events:
        raise _why_over(db, job, followed)
    return Glance(job, events, task, is_over=task is None and job.has_ended and len(events) < PAGE)


def launching_task(db: sqlite3.Connection, job: int) -> StoredTask | None:
    """The task that brings a job to its service, None where none is at it."""
    tasks = list_tasks(db, OPEN_STATES)
    return next((task for task in tasks if task.kind == LAUNCH and task.request.get("job") == job), None)


def stop_launching(store: Store, number: int) -> StoredJob:
    """End the launch of a job that its service has not shown; the job then, which may have been created meanwhile.

    It stays `creating` where it may have been.
    """
    with store.read() as db:
        task = launching_task(db, number)
    if task is not None:
        cancel_and_wait(store, task.id)
    with store.write() as db:
        job = get_job(db, number)
        if job.status == UPLOADING and launching_task(db, number) is None:
            launch_cancelled(db, number)
        return get_job(db, number)


def _why_over(db: sqlite3.Connection, job: StoredJob, followed: int | None) -> RftError:
    """Why a job that has not ended is followed no more."""
    task = None if followed is None else get_task(db, followed)
    if job.remote_id is None:
        number = _last_launch(db, job.id) if task is None else task.id
        return UsageError(
            f"job {job.id} is not at its service: {job.message or job.status}",
            hint=f"rft-tui task resume {number} goes on with its launch." if number else "Launch it anew.",
        )
    if task is not None and task.error is not None:
        error = task.error
        kind = ServiceError if error.get("kind") == "service" else RftError
        return kind(error.get("message", task.message), hint=error.get("hint", ""))
    state = "ended" if task is None else str(task.state)
    return UsageError(f"the watching of {job.label} is {state}", hint=f"rft-tui job watch {job.id} begins it again.")


def _last_launch(db: sqlite3.Connection, job: int) -> int | None:
    tasks = list_tasks(db)
    return next((task.id for task in tasks if task.kind == LAUNCH and task.request.get("job") == job), None)
