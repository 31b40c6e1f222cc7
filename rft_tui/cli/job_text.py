"""Jobs on the command line: as JSON, and as the lines that people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rft_tui.cli.text import Column, counted, table
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from rft_tui.analysis.job_alarms import JobAlarm
    from rft_tui.job_model import JobCheckpoint, JobEvent
    from rft_tui.store.jobs import StoredJob
    from rft_tui.tasks.jobs.curves import JobSeries
    from rft_tui.tasks.jobs.preflight.findings import Preflight

ALARM_SIGNS = {"warning": "!", "error": "✗"}
LEVEL_SIGNS = {"warn": "! ", "warning": "! ", "error": "✗ "}

HEADLINES = (
    ("train", ("train_mean_reward", "scores/train_reward_mean", "train_loss")),
    ("valid", ("full_valid_mean_reward", "scores/valid_reward_mean", "full_valid_loss", "valid_loss")),
    ("accuracy", ("train_mean_token_accuracy", "train_accuracy")),
    ("tokens", ("completion_tokens_mean",)),
)
"""Numbers of a step that stand on its line: what they are called, and the series of which the first is taken."""

STATUS_NAME = 24
"""Characters of a job's name on its status line."""

LARGEST_FIGURE = 1e9
"""Numbers from here on are written with an exponent."""


def job_json(job: StoredJob) -> JsonObject:
    """One job as scripts read it."""
    document: JsonObject = {
        "job": job.id,
        "remote_id": job.remote_id,
        "backend": job.backend,
        "status": job.status,
        "request": job.request,
        "remote": job.remote,
        **_facts(job),
    }
    return document | ({"simulated": True} if job.simulated else {})


def listed_json(job: StoredJob, alarms: Sequence[JobAlarm], *, live: bool) -> JsonObject:
    """The same in a list: without bodies; `live` says whether its service was asked just now."""
    head: JsonObject = {
        "job": job.id,
        "remote_id": job.remote_id,
        "backend": job.backend,
        "status": job.status,
        "live": live,
        **_facts(job),
        "alarms": [alarm_json(one) for one in alarms],
    }
    return head | ({"simulated": True} if job.simulated else {})


def _facts(job: StoredJob) -> JsonObject:
    return {
        "name": job.name,
        "profile": job.profile,
        "service": job.service,
        "method": job.method,
        "model": job.model,
        "fine_tuned_model": job.fine_tuned_model,
        "dataset": job.dataset,
        "validation": job.validation_dataset,
        "grader_version": job.grader_version,
        "pilot": job.pilot,
        "step": job.step,
        "total_steps": job.total_steps,
        "message": job.message,
        "archive": job.archive,
        "created_at": job.created_at,
        "seen_at": job.seen_at,
    }


def alarm_json(alarm: JobAlarm) -> JsonObject:
    """One alarm as scripts read it."""
    return asdict(alarm)


def alarm_line(alarm: JobAlarm) -> str:
    """One alarm in words, with what to do."""
    return f"{ALARM_SIGNS[alarm.severity]} step {alarm.step}: {alarm.message}. {alarm.hint}"


def finding_lines(found: Preflight) -> list[str]:
    """Pre-flight as a list of signs, with what to do where there is something."""
    lines: list[str] = []
    for one in found.findings:
        lines.append(f"{one.sign} {one.title}: {one.message}")
        if one.hint and one.state != "ok":
            lines.append(f"    {one.hint}")
    return lines


def clock(at: float) -> str:
    """The time of day on this machine."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%H:%M:%S")


def moment(stored: str | None) -> str:
    """A stored time as the clock on this machine shows it."""
    if not stored:
        return "never"
    try:
        return datetime.fromisoformat(stored).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError):
        return one_line(stored, 30)


def figures(metrics: Mapping[str, float]) -> str:
    """The numbers of a step that tell most."""
    found = ((name, next((metrics[one] for one in series if one in metrics), None)) for name, series in HEADLINES)
    parts = [f"{name} {_figure(value, 0 if name == 'tokens' else 3)}" for name, value in found if value is not None]
    errors = sum(
        value for name, value in metrics.items() if name.startswith("errors/") and name.endswith("_error_count")
    )
    return "  ".join([*parts, counted(round(min(errors, LARGEST_FIGURE)), "grader error")] if errors >= 1 else parts)


def _figure(value: float, places: int) -> str:
    """A number of a step; one that is too large to be one is not written out."""
    return f"{value:.{places}f}" if abs(value) < LARGEST_FIGURE else f"{value:.4g}"


def where(job: StoredJob) -> str:
    """Through which profile a job is at which service, in words."""
    if job.service == "simulated":
        return f"the embedded simulated service, through the profile {one_line(job.profile, 40)}"
    form = "" if job.backend == "openai" else f" ({one_line(job.backend, 40)})"
    return f"{one_line(job.service, 100)}{form}, through the profile {one_line(job.profile, 40)}"


def steps(step: int | None, total: int | None) -> str:
    """``step 12/40``; empty where there is none yet."""
    if step is None:
        return ""
    return f"step {step:,}/{total:,}" if total else f"step {step:,}"


def event_line(event: JobEvent) -> str:
    """An event on one line: its time, and the numbers of a step, else its message."""
    said = figures(event.metrics) if event.type == "metrics" and event.step is not None else ""
    text = f"{steps(event.step, event.total_steps)}  {said}" if said else one_line(event.message, 300)
    return f"{clock(event.at)}  {LEVEL_SIGNS.get(event.level, '')}{text}"


def event_json(remote_id: str, raw: JsonObject, *, simulated: bool) -> JsonObject:
    """An event as its service gave it, with the keys that every event has."""
    usual: JsonObject = {
        "id": remote_id,
        "created_at": None,
        "level": "info",
        "type": "message",
        "message": "",
        "data": None,
    }
    return usual | raw | ({"simulated": True} if simulated else {})


def ends_about(job: StoredJob) -> str:
    """When the service thinks that a job ends; empty where it does not say."""
    at = (job.remote or {}).get("estimated_finish")
    if job.has_ended or isinstance(at, bool) or not isinstance(at, int | float) or not 0 < at < 2**33:
        return ""
    moment_then = datetime.fromtimestamp(at, UTC).astimezone()
    return (
        f"ends about {moment_then:%H:%M}"
        if abs(at - datetime.now(UTC).timestamp()) < 43_200
        else (f"ends about {moment_then:%Y-%m-%d %H:%M}")
    )


def status_line(job: StoredJob, latest: str = "", trouble: str = "") -> str:
    """How a job stands, on one line; what matters most stands first, where a narrow terminal does not cut it off."""
    name = one_line(job.name, STATUS_NAME) if job.name else f"job {job.id}"
    parts = ["SIMULATED" if job.simulated else "", job.status, steps(job.step, job.total_steps), latest]
    if trouble:
        parts.insert(1, f"as of {moment(job.seen_at)[-8:]}, {trouble}")
    parts += [ends_about(job), name]
    return " · ".join(part for part in parts if part)


def alarm_mark(alarms: Sequence[JobAlarm]) -> str:
    """How many alarms ring, with the sign of the worst; empty where none does."""
    worst = "error" if any(one.severity == "error" for one in alarms) else "warning"
    return f"{ALARM_SIGNS[worst]}{len(alarms)}" if alarms else ""


def job_table(jobs: Sequence[StoredJob], live: set[int], alarms: Mapping[int, Sequence[JobAlarm]]) -> list[str]:
    """Jobs as a table; where the service was not asked just now, it says as of when a line is."""
    columns = [
        Column("job", right=True), Column("name", limit=28), Column("id", limit=34), Column("method"),
        Column("model", limit=28), Column("status"), Column("alarms"), Column("step", right=True),
        Column("as of"), Column("profile"), Column("message", limit=48), Column(""),
    ]  # fmt: skip
    rows = [
        (
            job.id, job.name, job.remote_id, job.method, job.model, job.status, alarm_mark(alarms.get(job.id, ())),
            None if job.step is None else f"{job.step:,}/{job.total_steps:,}" if job.total_steps else job.step,
            "now" if job.id in live else moment(job.seen_at), job.profile, job.message,
            "SIMULATED" if job.simulated else "",
        )
        for job in jobs
    ]  # fmt: skip
    return table(columns, rows)


def summary_json(series: JobSeries) -> JsonObject:
    """Each curve of a job in a few numbers."""
    return {name: made for name, points in _curves(series) if (made := _summary(points)) is not None}


def _curves(series: JobSeries) -> list[tuple[str, Sequence[tuple[int, float]]]]:
    plain: list[tuple[str, Sequence[tuple[int, float]]]] = [
        ("train_reward", series.train_reward),
        ("valid_reward", series.valid_reward),
        ("train_loss", series.train_loss),
        ("valid_loss", series.valid_loss),
        ("train_accuracy", series.train_accuracy),
        ("valid_accuracy", series.valid_accuracy),
        ("completion_tokens", series.completion_tokens),
        ("reasoning_tokens", series.reasoning_tokens),
        ("step_seconds", series.step_seconds),
    ]
    for name, grader in series.graders.items():
        plain += [(f"train_reward/{name}", grader.train), (f"valid_reward/{name}", grader.valid)]
        plain += [(f"{kind}/{name}", points) for kind, points in grader.errors.items()]
    return plain


def _summary(points: Sequence[tuple[int, float]]) -> JsonObject | None:
    if not points:
        return None
    values = [value for _step, value in points]
    return {"first": values[0], "last": values[-1], "least": min(values), "most": max(values), "step": points[-1][0]}


def summary_lines(series: JobSeries, *, simulated: bool = False) -> list[str]:
    """The same as lines; seconds of simulated steps are those of a real one, which is said."""
    columns = [Column("curve"), *(Column(name, right=True) for name in ("first", "least", "most", "last", "at step"))]
    rows = [
        (
            _curve_name(name, simulated=simulated),
            *(f"{made[one]:.4g}" for one in ("first", "least", "most", "last")),
            made["step"],
        )
        for name, points in _curves(series)
        if (made := _summary(points)) is not None
    ]
    return table(columns, rows) if rows else []


def _curve_name(name: str, *, simulated: bool) -> str:
    return (
        "step seconds (as a real step; compressed here)"
        if simulated and name == "step_seconds"
        else name.replace("_", " ")
    )


def checkpoint_lines(checkpoints: Sequence[JobCheckpoint]) -> list[str]:
    """Checkpoints as a table."""
    columns = [Column("step", right=True), Column("checkpoint", limit=90), Column("numbers", limit=60)]
    return table(columns, [(one.step, one.model, figures(one.metrics)) for one in checkpoints])
