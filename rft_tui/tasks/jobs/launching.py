"""The task `launch`: files sent, the job created once, its watching begun; whatever ends it, it goes on from there.

A service has no idempotency for jobs. So the mark in a job's metadata is stored before anything is sent, and where an
answer was lost, or this process ended between sending and storing, the mark is looked for before another attempt.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rft_tui.errors import RftError, ServiceError
from rft_tui.job_model import CREATING, UPLOADING, RemoteJob
from rft_tui.model import JsonObject, Prompt
from rft_tui.providers.backends.backend import JobBackend
from rft_tui.providers.backends.registry import open_backend
from rft_tui.providers.batch_remote import UNCERTAIN
from rft_tui.providers.profiles import NamedProfile
from rft_tui.safetext import one_line
from rft_tui.store.database import Store
from rft_tui.store.jobs import (
    CANCELLED,
    NewJob,
    StoredJob,
    about_to_create,
    add_job,
    get_job,
    launch_cancelled,
    set_status,
)
from rft_tui.store.prompts import add_prompt
from rft_tui.store.tasks import TaskState, add_task
from rft_tui.tasks.background.bench import Bench
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.background.writing import LostTask
from rft_tui.tasks.jobs.files import forget_orphans, plan_rows, upload_here, write_upload
from rft_tui.tasks.jobs.mirror import check_service, saw, service_of
from rft_tui.tasks.jobs.request import JobRequest, job_body
from rft_tui.tasks.jobs.task_kinds import LAUNCH
from rft_tui.tasks.jobs.uploading import Stage, ensure_uploaded
from rft_tui.tasks.jobs.watching import add_watching

LOOKS = (0.0, 3.0, 10.0)
"""Seconds before each look for a job whose answer was lost: a list may not show it at once."""

PATIENCE_S = (1.0, 4.0, 10.0, 20.0, 30.0)
"""Seconds before such a look is tried again while the service is away."""


@dataclass(frozen=True, slots=True)
class Launch:
    """A job that was queued: its number, and that of the task."""

    job: int
    task: int


def start_launching(store: Store, request: JobRequest, profile: NamedProfile, prompt: Prompt | None) -> Launch:
    """Write the files of a job as they are now, keep the job, and queue what brings it to the service.

    Where it cannot be done, nothing of it is left. Raises UsageError for what the service would refuse, InputError for
    rows that cannot be sent, StoreError.
    """
    mark = secrets.token_hex(16)
    job_body(request, training_file="file-", validation_file=None, mark=mark, backend=profile.profile.backend)
    sources = {"train": request.training, "validation": request.validation}
    remote = {part: one.name for part, one in sources.items() if one is not None and one.kind == "remote"}
    new = NewJob(
        profile.name, profile.profile.backend, service_of(profile), mark, request.name, request.method, request.model,
        request.training.name, None if request.validation is None else request.validation.name,
        "" if prompt is None else prompt.version, request.grader_version, request.pilot, profile.is_simulated,
    )  # fmt: skip
    forget_orphans(store)
    files: dict[str, str] = {}
    try:
        for part in ("train", "validation"):
            plan = plan_rows(request, part, prompt)
            if plan is not None:
                files[part] = str(write_upload(store, plan).path)
        with store.write() as db:
            if prompt is not None:
                add_prompt(db, prompt)
            number = add_job(db, new)
            document = {"job": number, "profile": profile.name, "request": request.as_json()}
            task = add_task(
                db, LAUNCH, f"launch {one_line(request.name, 80)}", document | {"files": files, "remote": remote},
                total=len(files) + 1, simulated=profile.is_simulated,
            )  # fmt: skip
    except BaseException:
        _discard(files)
        raise
    return Launch(number, task)


async def launch(bench: Bench, control: Control) -> TaskEnd:
    """Send the files, create the job, and begin to watch it."""
    document = control.task.request
    number = int(document["job"])
    try:
        profile = bench.services.profile(str(document["profile"]))
        backend = open_backend(await bench.services.open(profile))
        job = _job(bench, number)
        check_service(profile, job)
        if job.remote_id is None:
            end = await _bring(bench, control, backend, profile, job)
            if end is not None:
                return end
    except LostTask:
        raise
    except RftError as error:
        await bench.writer.do(partial(_failed, number=number, error=error), control.seal)
        raise
    await bench.writer.do(partial(_begin_watching, number=number), control.seal)
    await asyncio.to_thread(
        _discard, {part: upload_here(bench.store, path) for part, path in document["files"].items()}
    )
    made = _job(bench, number)
    return TaskEnd(TaskState.DONE, f"{made.label} {made.status}")


async def _bring(
    bench: Bench, control: Control, backend: JobBackend, profile: NamedProfile, job: StoredJob
) -> TaskEnd | None:
    """Bring a job to the service; how the task ends where somebody wished that it should."""
    document = control.task.request
    found = await _look_for(backend, control, job.mark) if _may_be_there(job) else None
    if found is None and not control.wish:
        await bench.writer.do(partial(set_status, number=job.id, status=UPLOADING), control.seal)
        request = JobRequest.from_json(document["request"])
        ids: dict[str, str] = dict(document.get("remote", {}))
        control.progress.done = control.progress.cached = 0
        for part, path in document["files"].items():
            here = upload_here(bench.store, path)
            sent = await _unless_stopped(control, _sent(bench, control, backend, profile, here, part))
            if sent is None:
                return await _stopped(bench, control, job)
            ids[part] = sent
            control.progress.done += 1
        if control.stop.is_set():
            return await _stopped(bench, control, job)
        body = job_body(
            request, training_file=ids["train"], validation_file=ids.get("validation"), mark=job.mark,
            backend=profile.profile.backend,
        )  # fmt: skip
        found = await _created(bench, control, backend, job, backend.prepare(body))
    if found is None:
        return await _stopped(bench, control, job)
    remote = found
    await bench.writer.do(lambda db: saw(db, remote, profile, backend, number=job.id), control.seal)
    control.progress.done = control.progress.total
    return None


def _may_be_there(job: StoredJob) -> bool:
    """Whether the request may have been sent before: its answer was never seen, or somebody stopped it then."""
    return job.status == CREATING or (job.status == CANCELLED and job.request is not None)


async def _unless_stopped(control: Control, work: Coroutine[Any, Any, str]) -> str | None:
    """What some work gives, None where somebody wished that the task should end; parts that have arrived stay."""
    doing = asyncio.ensure_future(work)
    try:
        while not control.wish:
            control.changed.clear()
            wished = asyncio.ensure_future(control.changed.wait())
            await asyncio.wait({doing, wished}, return_when=asyncio.FIRST_COMPLETED)
            wished.cancel()
            if doing.done():
                return doing.result()
    finally:
        if not doing.done():
            doing.cancel()
            await asyncio.wait({doing})
    with suppress(asyncio.CancelledError, RftError):
        return doing.result()
    return None


async def _sent(
    bench: Bench, control: Control, backend: JobBackend, profile: NamedProfile, path: Path, part: str
) -> str:
    """The id of a file at the service, once it can be used."""
    name = "training" if part == "train" else part

    def told(stage: Stage, done: int, total: int) -> None:
        share = f"{done / total:.0%}" if total else "100%"
        control.message = f"{stage} the {name} file: {share} of {_size(total)}"

    uploaded = await ensure_uploaded(
        backend, bench.store, path, service=service_of(profile), name=f"{part}.jsonl", told=told
    )
    control.progress.cached += uploaded.was_there
    control.progress.requests += not uploaded.was_there
    return uploaded.file_id


async def _created(bench: Bench, control: Control, backend: JobBackend, job: StoredJob, body: JsonObject) -> RemoteJob:
    """Create the job; after an answer that leaves open whether it was made, look for it. Raises ServiceError."""
    await bench.writer.do(partial(about_to_create, number=job.id, body=body), control.seal)
    control.message = "creating the job"
    control.progress.requests += 1
    try:
        return await backend.create(body)
    except ServiceError as error:
        if error.outcome not in UNCERTAIN:
            await bench.writer.do(partial(set_status, number=job.id, status=UPLOADING), control.seal)
            raise
        found = await _look_for(backend, control, job.mark)
        if found is None:
            raise
        return found


async def _look_for(backend: JobBackend, control: Control, mark: str) -> RemoteJob | None:
    """The job with a mark, looked for again after a while; None where it was not made. Raises ServiceError."""
    for seconds in LOOKS:
        control.message = "looking for the job at the service"
        await control.rest(seconds)
        if (found := await _found(backend, control, mark)) is not None:
            return found
    return None


async def _found(backend: JobBackend, control: Control, mark: str) -> RemoteJob | None:
    """One look for a mark, which a service that is away for a minute does not spoil."""
    for seconds in PATIENCE_S:
        try:
            return await backend.find(mark)
        except ServiceError as error:
            if error.outcome not in UNCERTAIN or control.wish:
                raise
            control.message = f"waiting for the service: {error.message}"
        await control.rest(seconds)
    return await backend.find(mark)


async def _stopped(bench: Bench, control: Control, job: StoredJob) -> TaskEnd:
    """How a launch ends that somebody stopped before the job was seen."""
    if control.wish == "cancel":
        await bench.writer.do(partial(launch_cancelled, number=job.id, task=control.task.id), control.seal)
    return control.stopped()


def _job(bench: Bench, number: int) -> StoredJob:
    with bench.store.read() as db:
        return get_job(db, number)


def _failed(db: sqlite3.Connection, number: int, error: RftError) -> None:
    """Say why a job did not come to the service; where it may have been made, or may yet be sent, it stays open."""
    job = get_job(db, number)
    is_open = job.status == CREATING or (isinstance(error, ServiceError) and error.outcome in UNCERTAIN)
    if job.remote_id is None:
        set_status(db, number, job.status if is_open else "failed", error.message)


def _begin_watching(db: sqlite3.Connection, number: int) -> None:
    add_watching(db, get_job(db, number))


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"


def _discard(files: Mapping[str, str | Path]) -> None:
    """Remove the files that were written for a launch."""
    for path in files.values():
        Path(path).unlink(missing_ok=True)
