"""Jobs in few words: signs of their states, clock times, scores, and what a summary says of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rft_tui.analysis.job_alarms import JobAlarm
from rft_tui.safetext import one_line
from rft_tui.store.job_lines import JobLine
from rft_tui.store.jobs import StoredJob
from rft_tui.store.tasks import StoredTask
from rft_tui.tasks.jobs.job_view import JobView
from rft_tui.tasks.jobs.task_kinds import WATCH
from rft_tui.tui.paint import Line, Span

AnyJob = JobLine | StoredJob
"""A job as a line of the list, or in full."""

STATUS_SIGNS: dict[str, tuple[str, str]] = {
    "uploading": ("…", "text.dim"),
    "creating": ("…", "text.dim"),
    "validating_files": ("…", "text.dim"),
    "queued": ("…", "text.dim"),
    "running": ("▸", "state.info"),
    "paused": ("‖", "state.warning"),
    "succeeded": ("✓", "state.good"),
    "failed": ("✗", "state.bad"),
    "cancelled": ("–", "text.dim"),
}
"""A sign and a colour for each state; the word always stands beside it."""

SHORT_WORDS = {"validating_files": "validating"}
"""States in fewer letters, where the service's word is long."""

METHOD_WORDS = {"reinforcement": "reinf.", "supervised": "superv.", "dpo": "dpo"}
"""Methods as a narrow column shows them."""

ALARM_SIGNS: dict[str, tuple[str, str]] = {"warning": ("!", "state.warning"), "error": ("✗", "state.bad")}
"""A sign and a colour for each severity of alarms."""


def status_span(status: str) -> Span:
    """Sign and word of a state."""
    sign, style = STATUS_SIGNS.get(status, ("?", "state.warning"))
    return f"{sign} {one_line(SHORT_WORDS.get(status, status), 20)}", style


def steps_of(job: AnyJob) -> str:
    """How far a job is: ``34/50``."""
    if job.step is None:
        return "–"
    return f"{job.step:,}/{job.total_steps:,}" if job.total_steps else f"{job.step:,}"


def shown_score(value: float | None) -> str:
    """A reward or a loss with two decimals."""
    return "–" if value is None else f"{value:.2f}" if abs(value) < 1000 else f"{value:.0f}"


def local_time(at: float) -> datetime | None:
    """A time in seconds since 1970 on this machine's clock; None where it is none."""
    try:
        return datetime.fromtimestamp(at)
    except (ValueError, OverflowError, OSError):
        return None


def clock(at: float, *, seconds: bool = False, now: datetime | None = None) -> str:
    """A time of today as the clock shows it, of another day with its date."""
    when = local_time(at)
    if when is None:
        return "–"
    form = "%H:%M:%S" if seconds else "%H:%M"
    today = (now or datetime.now()).date()
    return when.strftime(form if when.date() == today else f"%Y-%m-%d {form}")


def short_day(at: float, now: datetime | None = None) -> str:
    """When something began in at most seven cells: the clock today, else month and day, else year and month."""
    when, today = local_time(at), now or datetime.now()
    if when is None or at <= 0:
        return "–"
    if when.date() == today.date():
        return when.strftime("%H:%M")
    return when.strftime("%b %d" if when.year == today.year else "%Y-%m")


def seen_clock(job: AnyJob, *, seconds: bool = True) -> str:
    """When a job was last looked at; empty where it never was."""
    try:
        return clock(datetime.fromisoformat(job.seen_at or "").timestamp(), seconds=seconds)
    except (ValueError, OverflowError, OSError):
        return ""


def watching(tasks: tuple[StoredTask, ...], job: AnyJob) -> StoredTask | None:
    """The open task that follows a job."""
    return next((task for task in tasks if task.kind == WATCH and task.request.get("job") == job.id), None)


def freshness(tasks: tuple[StoredTask, ...], job: AnyJob, *, short: bool = False) -> Span:
    """How old what is shown may be: nothing of a job that has ended, else whether it is followed and as of when.

    Where it is short, without the seconds.
    """
    seen = seen_clock(job, seconds=not short)
    if job.has_ended or not seen:
        return ("", "text.dim")
    task = watching(tasks, job)
    if task is None:
        return (f"not watched · as of {seen}", "state.warning")
    if task.message.startswith("waiting"):
        return (f"service away · as of {seen}", "state.warning")
    return (f"as of {seen}", "text.dim")


def ends(view: JobView, *, short: bool = False) -> str:
    """When a running job may end, or was to end before it was last looked at; empty where nothing says it.

    Where it is short, without how that is known.
    """
    if view.ends_at is None:
        return ""
    if view.ends_at < view.seen_at:
        return "" if view.is_reckoned else f"was to end about {clock(view.ends_at)}"
    return f"ends about {clock(view.ends_at)}" + (" by its pace" if view.is_reckoned and not short else "")


def alarm_mark(alarms: Sequence[JobAlarm]) -> Span:
    """How many alarms ring, with the sign of the worst; empty where none does."""
    if not alarms:
        return ("", "text.dim")
    sign, style = ALARM_SIGNS["error" if any(one.severity == "error" for one in alarms) else "warning"]
    return f"{sign}{len(alarms)}", f"{style} bold"


def simulated_mark(job: AnyJob) -> Line:
    """The loud mark of jobs that the embedded service plays."""
    return [(" SIMULATED", "state.warning bold")] if job.simulated else []


def name_of(job: AnyJob, most: int = 60) -> str:
    """What a person calls a job, else its id, in `most` cells."""
    return one_line(job.name or job.label, most)
