"""Finding the job that a person named, here or at its service, and bringing it up to date where that can be done."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rft_tui.cli.console import Calling
from rft_tui.errors import RftError, UsageError

if TYPE_CHECKING:
    from rft_tui.store.jobs import StoredJob
    from rft_tui.workspace import Workspace

REMOTE_PREFIX = "ftjob-"
"""How ids of jobs begin at services."""


def find_job(calling: Calling, workspace: Workspace, name: str, profile: str = "") -> StoredJob:
    """The job of a number, an id or a name; an id that is not known here is looked for at its service.

    Raises UsageError where there is none, ServiceError where the service refuses or is away.
    """
    from rft_tui.providers.profiles import named_profile
    from rft_tui.store.jobs import get_job
    from rft_tui.tasks.jobs.reaching import adopt

    try:
        with workspace.store.read() as db:
            return get_job(db, name)
    except UsageError as error:
        if not name.startswith(REMOTE_PREFIX) or "more than one" in error.message:
            raise
    asked = named_profile(workspace.settings, profile or None)
    calling.status(f"asking {asked.name} for {name} …")
    try:
        return asyncio.run(adopt(workspace.store, asked, name))
    except RftError as error:
        if getattr(error, "outcome", "") != "not_found":
            raise
        raise UsageError(
            f"there is no job called {name[:80]!r}, neither here nor at {asked.name}",
            hint="rft-tui job list shows them; --profile asks another service.",
        ) from None


def fresh(calling: Calling, workspace: Workspace, job: StoredJob, profile: str = "") -> tuple[StoredJob, bool]:
    """A job as its service shows it now, and whether it could be asked; as it was last seen where it could not."""
    from rft_tui.tasks.jobs.reaching import profile_of_job, reachable, refresh_job

    trouble: list[str] = []
    seen: StoredJob | None = None
    if job.remote_id is not None:
        calling.status(f"looking at {job.label} …")
        try:
            asked = profile_of_job(workspace.settings, job, profile)
            seen = asyncio.run(reachable(refresh_job(workspace.store, asked, job), trouble))
        except UsageError as error:
            if profile:
                raise
            trouble.append(error.message)
    for said in trouble:
        calling.tell(f"As of {job.seen_at or job.created_at}: {said}")
    return seen or job, seen is not None
