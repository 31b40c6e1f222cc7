"""The service of a job, asked at once from the process that somebody sits at: looked at, listed, paused, cancelled."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar, cast

from rft_tui.errors import RftError, ServiceError, UsageError
from rft_tui.job_model import RemoteJob
from rft_tui.providers.backends.reading import read_job
from rft_tui.providers.backends.registry import open_backend
from rft_tui.providers.profiles import NamedProfile, list_profiles, named_profile
from rft_tui.safetext import one_line
from rft_tui.store.database import Store
from rft_tui.store.jobs import StoredJob, get_job
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.jobs.mirror import check_service, mirror_job, saw, service_of
from rft_tui.tasks.jobs.watching import add_watching

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from rft_tui.providers.backends.backend import JobBackend
    from rft_tui.settings import WorkspaceSettings

Verb: TypeAlias = Literal["pause", "resume", "cancel"]

WITHIN_S = 15.0
"""Seconds that a look may take before one does without it."""

RETRIES_S = 3.0
"""Seconds that the attempts of one request may wait together: somebody sits there."""

MOST_CHARACTERS = 2**26
"""Characters of JSON of the jobs in a list together."""

T = TypeVar("T")


def profile_of_job(settings: WorkspaceSettings, job: StoredJob, given: str = "") -> NamedProfile:
    """The profile that leads to a job: the one that is said, its own, or another one of the same service.

    Raises UsageError where there is none.
    """
    if given:
        profile = named_profile(settings, given)
        check_service(profile, job)
        return profile
    profiles = list_profiles(settings)
    for profile in sorted(profiles, key=lambda one: one.name != job.profile):
        if service_of(profile) == job.service:
            return profile
    raise UsageError(
        f"{job.label} is at {one_line(job.service, 100)}, and no profile leads there",
        hint="Write one in rft.toml: [profiles.NAME] base_url = …",
    )


@asynccontextmanager
async def backend_at(store: Store, profile: NamedProfile) -> AsyncIterator[JobBackend]:
    """The backend of a profile, for a few questions. Raises RftError where it cannot be used."""
    from rft_tui.providers.retry import RetryPolicy
    from rft_tui.providers.service import ModelService

    folder = store.path.parent
    async with ModelService(profile, folder=folder, policy=RetryPolicy(total_s=RETRIES_S)) as service:
        yield open_backend(service)


async def in_time(work: Awaitable[T], within_s: float = WITHIN_S) -> T:
    """What some work brings. Raises ServiceError where it takes too long."""
    try:
        async with asyncio.timeout(within_s):
            return await work
    except TimeoutError:
        raise ServiceError(
            f"the service did not answer within {within_s:g} s", hint="Try again later.", outcome="timeout"
        ) from None


async def refresh_job(store: Store, profile: NamedProfile, job: StoredJob, within_s: float = WITHIN_S) -> StoredJob:
    """Bring a job up to date; the job then. Raises RftError where its service cannot be asked in time."""

    async def look() -> StoredJob:
        async with backend_at(store, profile) as backend:
            return (await mirror_job(store, writer, backend, profile, job)).job

    writing = Store(store.path)
    writer = StoreWriter(writing)
    try:
        return await in_time(look(), within_s)
    finally:
        await asyncio.to_thread(writer.close)
        writing.close()


async def refresh_list(store: Store, profile: NamedProfile, *, most: int, within_s: float = WITHIN_S) -> set[int]:
    """Bring the newest jobs of a service into the cache; their numbers here. Raises RftError.

    They are held as text until all are there, since the newest is stored last; beyond `MOST_CHARACTERS` the older ones
    are left out.
    """

    async def look() -> set[int]:
        async with backend_at(store, profile) as backend:
            found: list[str] = []
            size = 0
            async with aclosing(cast("AsyncGenerator[RemoteJob]", backend.jobs())) as jobs:
                async for job in jobs:
                    text = json.dumps(job.raw)
                    size += len(text)
                    if size > MOST_CHARACTERS:
                        break
                    found.append(text)
                    if len(found) == most:
                        break
            read = (read_job(json.loads(text)) for text in reversed(found))
            return _change(store, lambda db: {saw(db, job, profile, backend) for job in read})

    return await in_time(look(), within_s)


async def adopt(store: Store, profile: NamedProfile, remote_id: str) -> StoredJob:
    """Bring in a job that was made elsewhere, by its id at the service. Raises RftError."""

    async def look() -> StoredJob:
        async with backend_at(store, profile) as backend:
            return _seen(store, profile, backend, await backend.get(remote_id))

    return await in_time(look())


async def control_job(store: Store, profile: NamedProfile, job: StoredJob, verb: Verb) -> StoredJob:
    """Pause, resume or cancel a job, and have it watched where it goes on; the job then.

    Raises UsageError where its state does not allow it, ServiceError where the service refuses or is away.
    """
    async with backend_at(store, profile) as backend:
        job = _seen(store, profile, backend, await backend.get(job.remote_id or ""))
        check_state(job, verb)
        do = {"pause": backend.pause, "resume": backend.resume, "cancel": backend.cancel}[verb]
        job = _seen(store, profile, backend, await do(job.remote_id or ""))
    _change(store, lambda db: add_watching(db, job, profile.name))
    return job


def check_state(job: StoredJob, verb: Verb) -> None:
    """Raise UsageError where a job's state, as it was last seen, does not allow what is wished."""
    if job.has_ended:
        raise UsageError(
            f"{job.label} has ended ({job.status}): there is nothing to {verb}", hint=f"See rft-tui job show {job.id}."
        )
    if verb == "pause" and job.status == "paused":
        raise UsageError(f"{job.label} is paused already", hint=f"rft-tui job resume {job.id} lets it go on.")
    if verb == "resume" and job.status in ("running", "queued", "validating_files"):
        raise UsageError(f"{job.label} is {job.status}, not paused", hint=f"See rft-tui job show {job.id}.")


def _seen(store: Store, profile: NamedProfile, backend: JobBackend, remote: RemoteJob) -> StoredJob:
    return _change(store, lambda db: get_job(db, saw(db, remote, profile, backend)))


def _change(store: Store, work: Callable[[sqlite3.Connection], T]) -> T:
    with store.write() as db:
        return work(db)


async def reachable(work: Awaitable[T], trouble: list[str]) -> T | None:
    """What some work brings, None where the service cannot be asked; why not is added to `trouble`."""
    try:
        return await work
    except RftError as error:
        trouble.append(error.message)
        return None
