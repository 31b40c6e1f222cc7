"""``rft-tui job list`` and ``show``."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.job_find import find_job, fresh
from rft_tui.cli.job_text import (
    alarm_json,
    alarm_line,
    checkpoint_lines,
    ends_about,
    event_line,
    job_json,
    job_table,
    listed_json,
    moment,
    steps,
    summary_json,
    summary_lines,
    where,
)
from rft_tui.errors import RftError, ServiceError
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from rft_tui.analysis.job_alarms import JobAlarm
    from rft_tui.job_model import JobCheckpoint
    from rft_tui.model import JsonObject
    from rft_tui.providers.profiles import NamedProfile
    from rft_tui.store.jobs import StoredJob
    from rft_tui.tasks.jobs.curves import JobSeries
    from rft_tui.workspace import Workspace

NEWEST = 100
"""Jobs of a service that are read for the list unless all are wanted."""

ALL = 10_000
LIST_WITHIN_S = 5.0
"""How long a list waits for a service unless it is told to refresh."""

TAIL = 10
"""Newest events that are shown with a job."""


@command
@click.option("--profile", metavar="P", default="", help="Only the jobs of this profile's service.")
@click.option("--refresh", is_flag=True, help="Read the whole list of the service, and fail where it does not answer.")
def list_all(calling: Calling, profile: str, refresh: bool) -> None:
    """List the jobs, the newest first: those of this workspace, and what their services show.

    Services are asked for their newest jobs where they can be reached, so that jobs made elsewhere appear; else "as of"
    says when a job was last seen.
    """
    from rft_tui.providers.profiles import named_profile
    from rft_tui.store.jobs import list_jobs
    from rft_tui.tasks.jobs.alarm_marks import AlarmMarks
    from rft_tui.tasks.jobs.mirror import service_of

    workspace = calling.workspace()
    chosen = named_profile(workspace.settings, profile) if profile else None
    if refresh:
        chosen = chosen or named_profile(workspace.settings, None)
    live = _asked(calling, workspace, [chosen] if chosen is not None else _profiles(workspace), refresh=refresh)
    with workspace.store.read() as db:
        jobs = list_jobs(db)
    if profile and chosen is not None:
        jobs = [job for job in jobs if job.service == service_of(chosen)]
    with workspace.store.read() as db:
        alarms = AlarmMarks().ring(db, [(job.id, job.status, job.seen_at) for job in jobs])
    if calling.as_json:
        mark = {"simulated": True} if any(job.simulated for job in jobs) else {}
        listed = [listed_json(job, alarms.get(job.id, ()), live=job.id in live) for job in jobs]
        calling.emit({"jobs": listed, **mark})
    elif jobs:
        calling.lines(job_table(jobs, live, alarms))
    else:
        calling.say("There are no jobs yet: rft-tui job create makes one.")


def _profiles(workspace: Workspace) -> list[NamedProfile]:
    """Whose services are asked: the default profile, and those of jobs that go on; each service once.

    The embedded service is only asked where it has a job that goes on: it plays none that are not known here.
    """
    from rft_tui.providers.backends.registry import BACKENDS
    from rft_tui.providers.profiles import named_profile
    from rft_tui.store.jobs import list_jobs
    from rft_tui.tasks.jobs.mirror import service_of
    from rft_tui.tasks.jobs.reaching import profile_of_job

    with workspace.store.read() as db:
        going = list_jobs(db, open_only=True)
    profiles: list[NamedProfile] = []
    with suppress(RftError):
        profiles.append(named_profile(workspace.settings, None))
    for job in going:
        with suppress(RftError):
            profiles.append(profile_of_job(workspace.settings, job))
    services = {job.service for job in going}
    found: dict[str, NamedProfile] = {}
    for profile in profiles:
        is_idle = profile.is_simulated and service_of(profile) not in services
        if profile.profile.backend in BACKENDS and not is_idle and _has_key(profile):
            found.setdefault(service_of(profile), profile)
    return list(found.values())


def _has_key(profile: NamedProfile) -> bool:
    from rft_tui.providers.profiles import find_key

    try:
        find_key(profile)
    except RftError:
        return False
    return True


def _asked(calling: Calling, workspace: Workspace, profiles: list[NamedProfile], *, refresh: bool) -> set[int]:
    """Bring in what services show; the numbers of the jobs that were seen now. Raises RftError where it must."""
    from rft_tui.tasks.jobs.reaching import WITHIN_S, refresh_list

    live: set[int] = set()
    for profile in profiles:
        calling.status(f"asking {profile.name} …")
        most, within_s = (ALL, 4 * WITHIN_S) if refresh else (NEWEST, LIST_WITHIN_S)
        try:
            live |= asyncio.run(refresh_list(workspace.store, profile, most=most, within_s=within_s))
        except RftError as error:
            if refresh:
                raise _clearer(error, profile) from None
            calling.tell(f"{_clearer(error, profile).message}: what was seen before is shown.")
    return live


def _clearer(error: RftError, profile: NamedProfile) -> RftError:
    """The same error, in better words where a service has no fine-tuning."""
    if isinstance(error, ServiceError) and error.outcome == "not_found":
        hint = "Choose another profile: rft-tui profile list."
        return ServiceError(f"{profile.name}: this service has no fine-tuning", hint=hint, outcome="not_found")
    return error


@command
@click.argument("name", metavar="JOB")
@click.option("--profile", metavar="P", default="", help="Another way to reach the same service.")
def show(calling: Calling, name: str, profile: str) -> None:
    """Show a job (number, id or name): status, curves in figures, checkpoints, alarms, the newest events.

    It is brought up to date where its service can be reached; else it says as of when it is.
    """
    from rft_tui.providers.backends.reading import read_checkpoint
    from rft_tui.store.job_events import checkpoints_of
    from rft_tui.tasks.jobs.alarms import alarms_of
    from rft_tui.tasks.jobs.curves import read_series

    workspace = calling.workspace()
    job, is_live = fresh(calling, workspace, find_job(calling, workspace, name, profile), profile)
    with workspace.store.read() as db:
        series = read_series(db, job.id)
        alarms = alarms_of(db, job, series)
        checkpoints = [read_checkpoint(one.raw) for one in checkpoints_of(db, job.id)]
    if calling.as_json:
        calling.emit(_document(workspace, job, is_live, series, alarms, checkpoints))
        return
    mark = "  SIMULATED" if job.simulated else ""
    calling.line(f"{job.id}  {job.name or job.label}{mark}")
    calling.lines(
        [f"  {name:<12}{value}" for name, value in _fact_lines(workspace, job, is_live, len(checkpoints)) if value]
    )
    for title, lines in (
        ("Alarms", [alarm_line(alarm) for alarm in alarms]),
        ("Curves", summary_lines(series, simulated=job.simulated)),
        ("Checkpoints", checkpoint_lines(checkpoints) if checkpoints else []),
        ("Newest events", _tail_lines(workspace, job)),
    ):
        if lines:
            calling.lines(["", title, *(f"  {line}" for line in lines)])


def _grader_words(workspace: Workspace, job: StoredJob) -> str:
    """The grader by its name, its version and its type."""
    from rft_tui.graders.registry import display_name
    from rft_tui.store.job_graders import grader_of_job

    with workspace.store.read() as db:
        stored = grader_of_job(db, job)
    if stored is not None:
        return f"{stored.label} ({stored.type})" + (", deleted here" if stored.deleted else "")
    if job.grader is None:
        return (job.grader_version or "")[:12]
    return f"{one_line(display_name(job.grader), 80)} (not kept among the graders here)"


def _prompt_words(workspace: Workspace, job: StoredJob) -> str:
    from rft_tui.store.prompts import get_prompt

    if not job.prompt:
        return ""
    with workspace.store.read() as db:
        prompt = get_prompt(db, job.prompt)
    return f"{one_line(prompt.name, 80)}@{job.prompt[:4]}" if prompt is not None else job.prompt[:12]


def _fact_lines(workspace: Workspace, job: StoredJob, is_live: bool, checkpoints: int) -> list[tuple[str, str]]:
    from rft_tui.tasks.jobs.job_view import early_end

    remote = job.remote or {}
    tokens = remote.get("trained_tokens")
    progress = ", ".join(one for one in (job.status, steps(job.step, job.total_steps), ends_about(job)) if one)
    return [
        ("status", progress if is_live or job.remote_id is None else f"{progress} (as of {moment(job.seen_at)})"),
        ("message", job.message),
        ("note", early_end(job, checkpoints)),
        ("id", job.remote_id or ""),
        ("method", f"{job.method or 'unknown'} of {job.model}" + (", a pilot" if job.pilot else "")),
        ("where", where(job)),
        ("training", job.dataset or str(remote.get("training_file") or "")),
        ("validation", job.validation_dataset or str(remote.get("validation_file") or "")),
        ("prompt", _prompt_words(workspace, job)),
        ("grader", _grader_words(workspace, job)),
        ("model", job.fine_tuned_model or ""),
        ("tokens", f"{tokens:,} trained" if isinstance(tokens, int) and not isinstance(tokens, bool) else ""),
        ("archive", job.archive or ""),
        ("created", moment(job.created_at)),
    ]


def _tail_lines(workspace: Workspace, job: StoredJob) -> list[str]:
    from rft_tui.providers.backends.reading import read_event

    return [event_line(read_event(raw)) for _remote_id, raw in _tail(workspace, job)]


def _tail(workspace: Workspace, job: StoredJob) -> list[tuple[str, JsonObject]]:
    from rft_tui.store.job_events import event_count, raw_events

    with workspace.store.read() as db:
        return raw_events(db, job.id, since=max(0, event_count(db, job.id) - TAIL))


def _document(
    workspace: Workspace,
    job: StoredJob,
    is_live: bool,
    series: JobSeries,
    alarms: list[JobAlarm],
    checkpoints: list[JobCheckpoint],
) -> JsonObject:
    """The job as scripts read it, with its figures."""
    return job_json(job) | {
        "live": is_live,
        "figures": summary_json(series),
        "alarms": [alarm_json(alarm) for alarm in alarms],
        "checkpoints": [
            {"step": one.step, "model": one.model, "metrics": dict(one.metrics), "raw": one.raw} for one in checkpoints
        ],
        "events": [raw for _remote_id, raw in _tail(workspace, job)],
    }
