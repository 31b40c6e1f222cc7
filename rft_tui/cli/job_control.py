"""``rft-tui job pause``, ``resume``, ``cancel`` and ``archive``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.job_find import find_job
from rft_tui.cli.job_text import job_json, steps
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, UsageError

if TYPE_CHECKING:
    from rft_tui.store.jobs import StoredJob
    from rft_tui.tasks.jobs.reaching import Verb
    from rft_tui.workspace import Workspace

_PROFILE = click.option("--profile", metavar="P", default="", help="Another way to reach the same service.")

MEANS: dict[str, str] = {
    "pause": "The service keeps a snapshot of what was learned and bills the work so far; nothing more is billed until"
    " it is resumed.",
    "resume": "It goes on from its snapshot, and training is billed again.",
    "cancel": "It ends for good: the work so far is billed, checkpoints that were made stay, what came after the newest"
    " is lost.",
}
"""What each verb does and what it costs."""


@command
@click.argument("name", metavar="JOB")
@_PROFILE
def pause(calling: Calling, name: str, profile: str) -> None:
    """Pause a job: a snapshot is kept, the work so far is billed, and job resume goes on."""
    _control(calling, name, profile, "pause")


@command
@click.argument("name", metavar="JOB")
@_PROFILE
def resume(calling: Calling, name: str, profile: str) -> None:
    """Let a paused job go on from its snapshot; training is billed again."""
    _control(calling, name, profile, "resume")


@command
@click.argument("name", metavar="JOB")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@_PROFILE
def cancel(calling: Calling, name: str, yes: bool, profile: str) -> int:
    """End a job for good; the work so far is billed, checkpoints that were made stay."""
    workspace = calling.workspace()
    job = _named(calling, workspace, name, profile, "cancel")
    calling.tell(f"{job.label} is {_standing(job)}. {MEANS['cancel']}")
    if not yes and not calling.can_ask:
        raise UsageError("a job is not cancelled unasked", hint="Add --yes, or call it on a terminal without --json.")
    if not yes and not calling.confirm(f"Cancel {job.label}?"):
        calling.tell("Nothing was done.")
        return EXIT_DONE
    job = _stop_launching(workspace, job)
    _done(calling, job if job.has_ended else _reach(workspace, job, profile, "cancel"))
    return EXIT_DONE


def _control(calling: Calling, name: str, profile: str, verb: Verb) -> None:
    from rft_tui.tasks.background.launching import ensure_worker

    workspace = calling.workspace()
    job = _named(calling, workspace, name, profile, verb)
    if job.remote_id is None:
        raise UsageError(f"{job.label} is not at its service yet", hint=f"See rft-tui job show {job.id}.")
    calling.tell(f"{job.label} is {_standing(job)}. {MEANS[verb]}")
    _done(calling, _reach(workspace, job, profile, verb))
    ensure_worker(workspace.store, workspace.folder)


def _named(calling: Calling, workspace: Workspace, name: str, profile: str, verb: Verb) -> StoredJob:
    from rft_tui.tasks.jobs.reaching import check_state

    job = find_job(calling, workspace, name, profile)
    if job.has_ended:
        check_state(job, verb)
    return job


def _reach(workspace: Workspace, job: StoredJob, profile: str, verb: Verb) -> StoredJob:
    from rft_tui.tasks.jobs.reaching import control_job, profile_of_job

    asked = profile_of_job(workspace.settings, job, profile)
    return asyncio.run(control_job(workspace.store, asked, job, verb))


def _stop_launching(workspace: Workspace, job: StoredJob) -> StoredJob:
    """End the launch of a job that its service has not seen; the job then, which may have been created meanwhile."""
    from rft_tui.tasks.jobs.following import stop_launching

    if job.remote_id is not None:
        return job
    job = stop_launching(workspace.store, job.id)
    if job.remote_id is None and not job.has_ended:
        raise UsageError(
            f"whether {job.label} was made at its service is not known",
            hint="rft-tui task list names its launch; rft-tui task resume looks for the job.",
        )
    return job


def _standing(job: StoredJob) -> str:
    return ", ".join(one for one in (job.status, steps(job.step, job.total_steps)) if one)


def _done(calling: Calling, job: StoredJob) -> None:
    if calling.as_json:
        calling.emit(job_json(job))
    else:
        calling.line(f"{job.id}  {job.label}  {job.status}" + ("  SIMULATED" if job.simulated else ""))


@command
@click.argument("name", metavar="JOB")
@click.option("--detach", is_flag=True, help="Do not wait: the work goes on in the background.")
@_PROFILE
def archive(calling: Calling, name: str, detach: bool, profile: str) -> int:
    """Keep everything that the service says of a job in a folder: events, checkpoints, results, outputs, as JSON.

    It adds what is missing, so it may be repeated at any time; a job made elsewhere goes by its id. Exit status 1 where
    something could not be had.
    """
    from rft_tui.cli.task_lines import ended, task_json, wait_for
    from rft_tui.store.jobs import get_job
    from rft_tui.tasks.jobs.archive import start_archiving
    from rft_tui.tasks.jobs.reaching import profile_of_job

    workspace = calling.workspace()
    job = find_job(calling, workspace, name, profile)
    if job.remote_id is None:
        raise UsageError(f"{job.label} never came to its service: there is nothing to archive")
    asked = profile_of_job(workspace.settings, job, profile)
    task = wait_for(calling, workspace, start_archiving(workspace.store, job, asked), detach=detach)
    with workspace.store.read() as db:
        job = get_job(db, job.id)
    if calling.as_json and not task.error:
        calling.emit(job_json(job) | {"archive": job.archive, "message": task.message, "task": task_json(task)})
    elif not detach and job.archive:
        calling.line(job.archive)
        calling.tell(task.message)
    return EXIT_DONE if detach else ended(calling, task) or (EXIT_FAILURES if task.progress.failed else EXIT_DONE)
