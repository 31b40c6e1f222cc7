"""Asking services about jobs from the screen: in a thread, with a cache of its own, let go of when nobody waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from rft_tui.errors import RftError, ServiceError
from rft_tui.safetext import one_line
from rft_tui.store.database import Store
from rft_tui.store.jobs import get_job, list_jobs
from rft_tui.tui.screens.jobs.messages import ServiceAsked
from rft_tui.tui.task_words import counted
from rft_tui.tui.waiting import waited_for

if TYPE_CHECKING:
    from rft_tui.providers.profiles import NamedProfile
    from rft_tui.tasks.jobs.reaching import Verb
    from rft_tui.tui.screens.base import WorkScreen
    from rft_tui.workspace import Workspace

MOST_JOBS = 1000
"""Jobs of a service's list that are read, the newest."""

MOST_WATCHED = 50
"""Jobs of a service's list that are watched from then on, the newest of those that go on."""

MOST_S = 60.0
"""How long all of it may take."""

Result = TypeVar("Result")

DONE_WORDS = {"pause": "is paused", "resume": "goes on", "cancel": "is cancelled"}
"""What is said when the service shows what was wished."""

WISHED = {"pause": ("paused",), "resume": ("running", "queued", "validating_files"), "cancel": ("cancelled",)}
"""States that show that a wish came true."""


def steer(screen: WorkScreen, number: int, verb: Verb) -> None:
    """Pause, resume or cancel a job in the background; posts ServiceAsked."""

    def work(store: Store) -> ServiceAsked:
        from rft_tui.tasks.jobs.reaching import control_job, profile_of_job

        with store.read() as db:
            job = get_job(db, number)
        profile = profile_of_job(screen.rft.workspace.settings, job)
        seen = waited(screen, control_job(store, profile, job, verb))
        done = seen.status in WISHED[verb]
        said = DONE_WORDS[verb] if done else f"was asked to {verb}; the service still says {one_line(seen.status, 30)}"
        return ServiceAsked(f"{one_line(seen.name or seen.label, 60)} {said}", is_good=done)

    _in_background(screen, work, "job.steer")


def look(screen: WorkScreen, number: int) -> None:
    """Bring one job up to date in the background, and have it watched where it goes on; posts ServiceAsked."""

    def work(store: Store) -> ServiceAsked:
        from rft_tui.tasks.jobs.reaching import profile_of_job, refresh_job
        from rft_tui.tasks.jobs.watching import add_watching

        with store.read() as db:
            job = get_job(db, number)
        profile = profile_of_job(screen.rft.workspace.settings, job)
        seen = waited(screen, refresh_job(store, profile, job))
        with store.write() as db:
            add_watching(db, seen, profile.name)
        return ServiceAsked(f"{one_line(seen.name or seen.label, 60)} is up to date")

    _in_background(screen, work, "job.look")


def fetch_lists(screen: WorkScreen) -> None:
    """Bring in the jobs of every service in question, and have those watched that go on; posts ServiceAsked."""

    def work(store: Store) -> ServiceAsked:
        said, good = [], True
        for profile in profiles_in_question(screen.rft.workspace, store):
            try:
                said.append(_fetched(screen, store, profile))
            except RftError as error:
                if isinstance(error, ServiceError) and screen.rft.is_leaving:
                    raise
                good = False
                said.append(f"{one_line(profile.name, 30)}: {one_line(error.message, 160)}")
        return ServiceAsked(" · ".join(said), is_good=good)

    _in_background(screen, work, "jobs.fetch")


def _fetched(screen: WorkScreen, store: Store, profile: NamedProfile) -> str:
    """Bring in the jobs of one profile; what that brought."""
    from rft_tui.providers.profiles import find_key
    from rft_tui.tasks.jobs.reaching import refresh_list
    from rft_tui.tasks.jobs.watching import add_watching

    find_key(profile)
    with store.read() as db:
        before = {job.id for job in list_jobs(db)}
    numbers = waited(screen, refresh_list(store, profile, most=MOST_JOBS))
    with store.write() as db:
        going_on = [job for job in list_jobs(db, open_only=True) if job.id in numbers]
        for job in going_on[:MOST_WATCHED]:
            add_watching(db, job, profile.name)
    new = len(numbers - before)
    return f"{one_line(profile.name, 30)}: {counted(len(numbers), 'job')}, {new} new"


def profiles_in_question(workspace: Workspace, store: Store) -> list[NamedProfile]:
    """The profiles of the jobs that are here, and the usual one, each service once; those without jobs left out."""
    from rft_tui.providers.backends.registry import BACKENDS
    from rft_tui.providers.profiles import list_profiles, named_profile
    from rft_tui.tasks.jobs.mirror import service_of

    with store.read() as db:
        used = {job.profile for job in list_jobs(db)}
    usual = named_profile(workspace.settings, None)
    profiles = [usual, *(one for one in list_profiles(workspace.settings) if one.name in used)]
    kept = {service_of(one): one for one in reversed(profiles) if one.profile.backend in BACKENDS}
    return sorted(kept.values(), key=lambda one: one.name != usual.name)


def waited(screen: WorkScreen, work: Awaitable[Result]) -> Result:
    """What some work brings, in this thread. Raises ServiceError where nobody waits any more or it takes too long."""
    try:
        brought = waited_for(work, lambda: screen.rft.is_leaving, MOST_S)
    except TimeoutError:
        raise ServiceError(f"no answer within {MOST_S:.0f} s", outcome="timeout") from None
    if brought is None:
        raise ServiceError("nobody waits for the answer any more", outcome="connection")
    return brought


def _in_background(screen: WorkScreen, work: Callable[[Store], ServiceAsked], group: str) -> None:
    workspace = screen.rft.workspace

    def run() -> None:
        from rft_tui.tasks.background.launching import ensure_worker

        store = Store(workspace.store.path)
        try:
            said = work(store)
        except RftError:
            if screen.rft.is_leaving:
                return
            raise
        finally:
            store.close()
        if screen.rft.is_leaving:
            return
        ensure_worker(workspace.store, workspace.folder)
        screen.post_message(said)

    screen.run_worker(run, thread=True, exclusive=True, group=group, exit_on_error=False)
