"""The task `watch`: a job followed to its end, whoever looks or does not; nothing is lost while the service is away."""

from __future__ import annotations

import asyncio
import sqlite3

from rft_tui.errors import ServiceError
from rft_tui.model import JsonObject
from rft_tui.providers.backends.registry import open_backend
from rft_tui.providers.batch_remote import UNCERTAIN
from rft_tui.safetext import one_line
from rft_tui.store.jobs import StoredJob, get_job
from rft_tui.store.tasks import OPEN_STATES, StoredTask, TaskState, add_task, list_tasks
from rft_tui.tasks.background.bench import Bench
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.jobs.mirror import Look, mirror_job
from rft_tui.tasks.jobs.task_kinds import WATCH

LOOK_S = {"running": 5.0, "validating_files": 5.0, "queued": 15.0, "paused": 30.0}
"""Seconds between two looks, by the job's state; other states as `running`."""

SIMULATED_LOOK_S = 0.5
"""The same for the embedded service, whose clock runs fast."""

LOOK_WITHIN_S = 60.0
"""Seconds that a look may take before the connection counts as dead; twice as long after each one that failed."""

MOST_LOOK_S = 1800.0
"""Seconds that a look may take at most."""

MOST_WAIT_S = 60.0
"""Longest time between two looks while the service cannot be reached."""

_MOST_DOUBLINGS = 10


def watching_task(db: sqlite3.Connection, job: int) -> StoredTask | None:
    """The task that watches a job or will do so, None where there is none."""
    tasks = list_tasks(db, OPEN_STATES)
    return next((task for task in tasks if task.kind == WATCH and task.request.get("job") == job), None)


def add_watching(db: sqlite3.Connection, job: StoredJob, profile: str = "") -> int | None:
    """Queue the watching of a job, through its own profile or another one of its service.

    Gives the number of the task, None where the job is watched already or has ended.
    """
    if job.has_ended or job.remote_id is None or watching_task(db, job.id) is not None:
        return None
    request: JsonObject = {"job": job.id, "profile": profile or job.profile}
    title = f"watch {one_line(job.name or job.label, 80)}"
    return add_task(db, WATCH, title, request, total=job.total_steps or 0, simulated=job.simulated)


async def watch(bench: Bench, control: Control) -> TaskEnd:
    """Look at the job again and again until it has ended, and once more then: an event may be shown after the end."""
    request = control.task.request
    profile = bench.services.profile(str(request["profile"]))
    backend = open_backend(await bench.services.open(profile))
    with bench.store.read() as db:
        job = get_job(db, int(request["job"]))
    failures, had_ended = 0, False
    while not control.wish:
        try:
            async with asyncio.timeout(min(MOST_LOOK_S, LOOK_WITHIN_S * 2.0 ** min(failures, _MOST_DOUBLINGS))):
                look: Look = await mirror_job(bench.store, bench.writer, backend, profile, job, seal=control.seal)
        except (ServiceError, TimeoutError) as error:
            if isinstance(error, ServiceError) and error.outcome not in UNCERTAIN:
                return TaskEnd.failed(error)
            failures += 1
            said = error.message if isinstance(error, ServiceError) else "it does not answer in time"
            control.message = f"waiting for the service: {said}"
            await control.rest(min(MOST_WAIT_S, 2.0 ** min(failures, _MOST_DOUBLINGS)))
            continue
        failures, job = 0, look.job
        control.message = job.status
        control.progress.requests += 1
        control.progress.total = job.total_steps or 0
        control.progress.done = min(job.step or 0, control.progress.total)
        if had_ended and job.has_ended:
            return TaskEnd(TaskState.DONE, f"{job.label} {job.status}" + (f": {job.message}" if job.message else ""))
        had_ended = job.has_ended
        await control.rest(SIMULATED_LOOK_S if profile.is_simulated else LOOK_S.get(job.status, LOOK_S["running"]))
    return control.stopped()
