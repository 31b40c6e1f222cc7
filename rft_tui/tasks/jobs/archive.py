"""The task `archive`: everything that a service says of a job kept in a folder, and its outputs as rows of the cache.

It adds what is missing, whatever ended it before: a kill, a service that is gone for a while, or for good. The manifest
comes last and says what the folder holds and what it lacks.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rft_tui.errors import InputError, ServiceError, UsageError
from rft_tui.model import JsonObject
from rft_tui.providers.backends.backend import JobBackend
from rft_tui.providers.backends.registry import open_backend
from rft_tui.providers.profiles import NamedProfile
from rft_tui.safetext import one_line
from rft_tui.store.archive_manifest import ArchivedData, Manifest, is_archive, read_manifest
from rft_tui.store.archives import FOLDER, archives_folder, safe_name
from rft_tui.store.database import Store
from rft_tui.store.job_graders import keep_grader_of_job
from rft_tui.store.jobs import StoredJob, get_job, set_archive
from rft_tui.store.tasks import OPEN_STATES, TaskState, add_task, list_tasks
from rft_tui.tasks.background.bench import Bench
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.jobs.archive_files import LEFT_OUT, archive_data_files, archive_result_files
from rft_tui.tasks.jobs.archive_records import complete_manifest, finish, write_records
from rft_tui.tasks.jobs.evaluation import RunFile, archive_outputs, bring_outputs, known_runs
from rft_tui.tasks.jobs.mirror import mirror_job

ARCHIVE = "archive"
"""The kind of these tasks."""

MISSING = "missing"
"""The kind of error that counts what could not be had; what a job has still to show is none."""


@dataclass(slots=True)
class Archiving:
    """One job being archived: where to, what is known to be missing or was found so far, and what else to say."""

    bench: Bench
    control: Control
    backend: JobBackend
    job: StoredJob
    folder: Path
    missing: list[str] = field(default_factory=list)
    data: list[ArchivedData] = field(default_factory=list)
    heads: dict[str, JsonObject] = field(default_factory=dict)
    runs: list[RunFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def is_stopped(self) -> bool:
        """Whether somebody wishes that the task ends soon."""
        return bool(self.control.wish)

    def lacks(self, what: str, error: ServiceError | None = None) -> None:
        """Note what is not in the archive, and why."""
        self.missing.append(what if error is None else f"{what}: {one_line(error.message, 300)}")


def start_archiving(store: Store, job: StoredJob, profile: NamedProfile | None = None) -> int:
    """Queue the archiving of a job that is known here; the number of the task, of the one that does it already if any.

    `profile` is used in place of the job's own. Raises UsageError where the service has never shown the job.
    """
    if job.remote_id is None:
        raise UsageError(f"{job.label} has no id at the service: there is nothing to archive")
    request: JsonObject = {"job": job.id, "profile": job.profile if profile is None else profile.name}
    title = f"archive {one_line(job.name or job.label, 80)}"
    with store.write() as db:
        for task in list_tasks(db, OPEN_STATES):
            if task.kind == ARCHIVE and task.request == request:
                return task.id
        return add_task(db, ARCHIVE, title, request, simulated=job.simulated)


async def archive(bench: Bench, control: Control) -> TaskEnd:
    """Keep what there is, part by part; then say in the manifest what there is and what is missing."""
    request = control.task.request
    profile = bench.services.profile(str(request["profile"]))
    backend = open_backend(await bench.services.open(profile))
    job = _job(bench.store, int(request["job"]))
    folder = await asyncio.to_thread(_folder_of, bench.store, job)
    earlier = await asyncio.to_thread(_archive_elsewhere, bench.store, job, folder)
    if earlier is None:
        await _point_to(bench, control, job, folder)
    at = Archiving(bench, control, backend, job, folder)
    at.runs = await asyncio.to_thread(known_runs, at)
    if (manifest := await asyncio.to_thread(complete_manifest, at)) is not None:
        await bring_outputs(at)
        control.progress.errors = {}
        await _point_to(bench, control, job, folder)
        return _ended(at, manifest, None)
    stopped: ServiceError | None = None
    try:
        await _fetch(at, profile)
    except ServiceError as error:
        stopped = error
        at.job = _job(bench.store, job.id)
        at.lacks("the rest, since the service did not answer", error)
        await asyncio.to_thread(write_records, at)
    await bring_outputs(at)
    control.message = "writing the manifest"
    if at.is_stopped():
        at.lacks("what was not fetched when the task was stopped")
    still = [] if at.job.has_ended else [f"what the job has still to show: it is {at.job.status}"]
    at.missing += still
    manifest = await asyncio.to_thread(finish, at)
    if earlier is not None and is_poorer(manifest, earlier):
        at.notes.append(f"the fuller archive in {one_line(str(job.archive), 200)} stays the job's")
    else:
        await _point_to(bench, control, job, folder)
    failed = len(manifest.missing) - len(still)
    control.progress.errors = {MISSING: failed} if failed else {}
    return _ended(at, manifest, stopped)


async def _point_to(bench: Bench, control: Control, job: StoredJob, folder: Path) -> None:
    """Let the job name a folder as its archive."""
    await bench.writer.do(partial(set_archive, number=job.id, folder=f"{FOLDER}/{folder.name}"), control.seal)


def _archive_elsewhere(store: Store, job: StoredJob, folder: Path) -> Manifest | None:
    """The manifest of the archive that a job names already, where that is another folder and can be read."""
    if not job.archive:
        return None
    named = archives_folder(store).parent / job.archive
    with suppress(InputError, OSError):
        if named.resolve() != folder.resolve() and is_archive(named):
            return read_manifest(named)
    return None


def is_poorer(manifest: Manifest, earlier: Manifest) -> bool:
    """Whether an archive holds less of anything than an earlier one of the same job."""
    return any(manifest.counts.get(what, 0) < count for what, count in earlier.counts.items())


async def _fetch(at: Archiving, profile: NamedProfile) -> None:
    """All parts, those first that are small and cannot be had twice. Raises ServiceError where the service is away."""
    at.control.message = "reading the job and its events"
    try:
        await mirror_job(at.bench.store, at.bench.writer, at.backend, profile, at.job, seal=at.control.seal)
    except ServiceError as error:
        if error.outcome not in LEFT_OUT:
            raise
        at.lacks("the job as the service has it now", error)
    at.job = _job(at.bench.store, at.job.id)
    await at.bench.writer.do(partial(_keep_grader, job=at.job), at.control.seal)
    await asyncio.to_thread(write_records, at)
    await archive_data_files(at)
    await archive_result_files(at)
    await archive_outputs(at)


def _keep_grader(db: sqlite3.Connection, job: StoredJob) -> None:
    """Keep the job's grader with its rule, so that the scores of its outputs are those of a real version."""
    with suppress(UsageError):
        keep_grader_of_job(db, job)


def _ended(at: Archiving, manifest: Manifest, stopped: ServiceError | None) -> TaskEnd:
    """How the task ends: what there is, what is missing, and whether it goes on later."""
    counts = manifest.counts
    said = f"{at.job.label}: {counts.get('events', 0):,} events, {counts.get('output_items', 0):,} output items"
    said += f" in {FOLDER}/{at.folder.name}"
    if manifest.missing:
        said += f"; missing: {'; '.join(manifest.missing[:3])}"
    if at.notes:
        said += f"; {'; '.join(at.notes[:3])}"
    if stopped is not None:
        return TaskEnd(TaskState.FAILED, said, stopped.as_json())
    return at.control.stopped() if at.is_stopped() else TaskEnd(TaskState.DONE, said)


def _job(store: Store, number: int) -> StoredJob:
    with store.read() as db:
        return get_job(db, number)


def _folder_of(store: Store, job: StoredJob) -> Path:
    """The folder of a job: by its id, and by the hash of its service where another job has that already."""
    name = safe_name(job.label)
    with store.read() as db:
        taken = db.execute("SELECT 1 FROM job WHERE archive = ? AND id <> ?", [f"{FOLDER}/{name}", job.id]).fetchone()
    if taken is not None:
        name = safe_name(f"{job.label} {job.service}")
    return archives_folder(store) / name
