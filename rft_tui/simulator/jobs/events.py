"""Events of a simulated job, made from what happens in it when somebody asks for them."""

from __future__ import annotations

from rft_tui.model import JsonObject
from rft_tui.simulator.jobs.metrics import metrics, step_message
from rft_tui.simulator.jobs.plan import Plan
from rft_tui.simulator.jobs.schedule import Happening

SAFETY_CATEGORIES = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "self-harm", "self-harm/instructions",
    "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic", "illicit", "illicit/violent",
)  # fmt: skip
"""What models are checked for."""

BLOCKED_CATEGORY = "illicit"

_MESSAGES = {
    "created": ("info", "Created fine-tuning job: {job}"),
    "validated": ("info", "Files validated, moving job to queued state"),
    "started": ("info", "Fine-tuning job started"),
    "paused": ("info", "Fine-tuning job paused at step {step}"),
    "resumed": ("info", "Fine-tuning job resumed, moving job to queued state"),
    "restarted": ("info", "Fine-tuning job goes on from step {step}"),
    "checkpoint": ("info", "Checkpoint created at step {step} with Snapshot ID: {checkpoint}"),
    "snapshot": ("info", "Checkpoint created at step {step} with Snapshot ID: {checkpoint}"),
    "broke": ("error", "Training stopped after step {step}: an internal error occurred."),
    "kept": ("warn", "The newest checkpoint was kept as the result of the job."),
    "model": ("info", "New fine-tuned model created: {model}"),
    "completed": ("info", "The job has successfully completed"),
    "failed": ("error", "The job failed."),
    "cancelled": ("info", "The job was cancelled"),
}

_PREFIX = "ftevent-simulated-"


def event_id(plan: Plan, place: int) -> str:
    """The id of the event at a place, counted from the first."""
    return f"{_PREFIX}{plan.short_id}-{place}"


def place_of(plan: Plan, given: str) -> int | None:
    """The place of an event by its id; None for the id of something else."""
    beginning = f"{_PREFIX}{plan.short_id}-"
    place = given.removeprefix(beginning)
    return (
        int(place) if given.startswith(beginning) and place.isascii() and place.isdigit() and len(place) < 9 else None
    )


def event_json(plan: Plan, files: tuple[str, str | None], happening: Happening, place: int) -> JsonObject:
    """One event; `files` are the training and the validation file."""
    level, kind, message, data = _said(plan, files, happening)
    return {
        "object": "fine_tuning.job.event",
        "id": event_id(plan, place),
        "created_at": int(happening.at),
        "level": level,
        "message": message,
        "type": kind,
        "data": data,
    }


def _said(plan: Plan, files: tuple[str, str | None], happening: Happening) -> tuple[str, str, str, JsonObject]:
    """Level, type, message and data of an event."""
    match happening.kind:
        case "step":
            data = metrics(plan, happening.step)
            return "info", "metrics", step_message(plan, data), data
        case "validating":
            message = f"Validating training file: {files[0]}"
            return "info", "message", message + (f" and validation file: {files[1]}" if files[1] else ""), {}
        case "files refused":
            error = plan.files_error or {}
            return "error", "message", f"The job failed: {error.get('message')}", {}
        case "checked" | "blocked":
            blocked = [BLOCKED_CATEGORY] if happening.kind == "blocked" else []
            passed = f"{len(SAFETY_CATEGORIES) - len(blocked)}/{len(SAFETY_CATEGORIES)}"
            message = f"Moderation checks for snapshot {plan.model()} passed: {passed}."
            data = {"blocked": bool(blocked), "results": {one: one not in blocked for one in SAFETY_CATEGORIES}}
            return "error" if blocked else "info", "moderation_checks", message, data
        case kind:
            level, message = _MESSAGES[kind]
            said = message.format(
                job=plan.job_id, step=happening.step, model=plan.model(), checkpoint=plan.model(happening.step)
            )
            return level, "message", said, {}
