"""A job brought into the cache as its backend shows it now: its state, every new event once, its checkpoints."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass

from rft_tui.errors import ServiceError, UsageError
from rft_tui.job_model import JobCheckpoint, JobEvent, RemoteJob
from rft_tui.providers.backends.backend import MARK, JobBackend
from rft_tui.providers.profiles import NamedProfile
from rft_tui.safetext import one_line
from rft_tui.store.database import Store
from rft_tui.store.job_events import add_events, known_event, put_checkpoints
from rft_tui.store.jobs import StoredJob, get_job, heard_job, saw_job
from rft_tui.tasks.background.writing import Seal, StoreWriter

OVERLAP = 20
"""Known events in a row after which older ones are not read again: the service may show a late one among them."""

MOST_EVENTS = 500_000
"""Events of one job that are read at once."""

MOST_CHARACTERS = 2**27
"""Characters of JSON of these events together; what is older is left out."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a job brought: the job in the cache, and how many events were new."""

    job: StoredJob
    new_events: int


async def mirror_job(
    store: Store,
    writer: StoreWriter,
    backend: JobBackend,
    profile: NamedProfile,
    job: StoredJob,
    *,
    seal: Seal | None = None,
) -> Look:
    """Look at a job once and keep what is new, all of it in one transaction.

    The job's state is read before its events, so that a job that has ended has all of them here. Raises ServiceError,
    UsageError where the profile leads to another service by now.
    """
    check_service(profile, job)
    if job.remote_id is None:
        raise ServiceError("the job has no id at the service", outcome="not_found")
    remote = await backend.get(job.remote_id)
    events = await _new_events(store, backend, job)
    checkpoints = await _checkpoints(backend, job.remote_id) if events or remote.has_ended else []

    def keep(db: sqlite3.Connection) -> int:
        number = saw(db, remote, profile, backend, job.id)
        put_checkpoints(db, number, checkpoints)
        new = add_events(db, number, events)
        if new:
            heard_job(db, number)
        return new

    new = await writer.do(keep, seal)
    with store.read() as db:
        return Look(get_job(db, job.id), new)


def saw(
    db: sqlite3.Connection, remote: RemoteJob, profile: NamedProfile, backend: JobBackend, number: int | None = None
) -> int:
    """Keep a job as a profile's backend shows it; its number here."""
    return saw_job(
        db, remote, profile=profile.name, backend=backend.name, service=service_of(profile),
        simulated=profile.is_simulated, number=number, mark=remote.metadata.get(MARK, ""),
    )  # fmt: skip


def service_of(profile: NamedProfile) -> str:
    """Which service a profile's jobs are at, for the cache; the API style of its answers does not matter here."""
    return profile.address or "simulated"


def check_service(profile: NamedProfile, job: StoredJob) -> None:
    """Raise UsageError where a profile does not lead to the service that a job is at."""
    if service_of(profile) != job.service:
        raise UsageError(
            f"{job.label} is at {one_line(job.service, 100)}, the profile {profile.name} leads to"
            f" {one_line(service_of(profile), 100)}",
            hint="Name a profile of that service: --profile P; rft-tui profile list.",
        )


async def _new_events(store: Store, backend: JobBackend, job: StoredJob) -> list[JobEvent]:
    """The events that are not kept yet, the oldest first."""
    found: list[JobEvent] = []
    known = size = 0
    with closing(store.connect()) as db:
        async for event in backend.events(job.remote_id or ""):
            if known_event(db, job.id, event.remote_id):
                known += 1
                if known == OVERLAP:
                    break
                continue
            known = 0
            found.append(event)
            size += len(json.dumps(event.raw))
            if len(found) == MOST_EVENTS or size >= MOST_CHARACTERS:
                break
    found.reverse()
    return found


async def _checkpoints(backend: JobBackend, remote_id: str) -> list[JobCheckpoint]:
    """The checkpoints; none where the service does not show any for this kind of job."""
    try:
        return await backend.checkpoints(remote_id)
    except ServiceError as error:
        if error.outcome in ("not_found", "bad_request"):
            return []
        raise
