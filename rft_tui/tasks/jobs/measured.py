"""What an earlier job took here, for each row and epoch, so that the next one can be foretold."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from rft_tui.errors import UsageError
from rft_tui.model import SIMULATED_PREFIX, JsonObject
from rft_tui.providers.backends.hyperparameters import number_of
from rft_tui.store.datasets import get_dataset
from rft_tui.store.job_events import series_names, series_of
from rft_tui.store.jobs import StoredJob, list_jobs
from rft_tui.tasks.jobs.pilot import PILOT_ROWS
from rft_tui.tasks.jobs.request import JobRequest

STEP_SECONDS = "timing/step/full_iteration"
"""The series of a step's whole time in seconds."""

_TOKENS = "model_graders_token_usage/"
_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of one earlier job for one training row and epoch: seconds, and judge tokens in and out by model.

    `compute` is its compute multiplier, None where the service chose.
    """

    label: str
    rows: int
    epochs: float
    compute: float | None
    seconds: float | None
    judge_tokens: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def measured_job(db: sqlite3.Connection, request: JobRequest, *, simulated: bool) -> Measured | None:
    """The newest job of the same base and method that can be measured, one with the same grader before others.

    None where no such job has known rows, epochs and step times. Simulated jobs foretell simulated ones only.
    """
    jobs = [
        job
        for job in list_jobs(db)
        if job.method == request.method
        and base_name(job.model) == base_name(request.model)
        and job.simulated == simulated
    ]
    jobs.sort(key=lambda job: job.grader_version != request.grader_version)
    for job in jobs[:_LOOKED_AT]:
        if (measured := _measured(db, job)) is not None:
            return measured
    return None


def base_name(model: str) -> str:
    """A base model's name without the mark that the embedded service puts before it when it shows a job."""
    return model.removeprefix(SIMULATED_PREFIX)


def _measured(db: sqlite3.Connection, job: StoredJob) -> Measured | None:
    values = _hyperparameters(job)
    epochs, rows = number_of(values, "n_epochs"), _rows(db, job)
    times = [value for _step, value in series_of(db, job.id, STEP_SECONDS) if value > 0]
    if epochs is None or not rows or not times:
        return None
    steps = max(job.total_steps or 0, len(times))
    scale = steps / len(times) / (rows * epochs)
    tokens: dict[str, tuple[float, float]] = {}
    for name in series_names(db, job.id):
        model, _, kind = name.removeprefix(_TOKENS).rpartition("/")
        if name.startswith(_TOKENS) and kind in ("train_prompt_tokens", "train_completion_tokens"):
            total = sum(value for _step, value in series_of(db, job.id, name)) * scale
            before = tokens.get(model, (0.0, 0.0))
            tokens[model] = (total, before[1]) if kind == "train_prompt_tokens" else (before[0], total)
    label = f"the pilot {job.label}" if job.pilot else f"the job {job.label}"
    return Measured(label, rows, epochs, number_of(values, "compute_multiplier"), sum(times) * scale, tokens)


def _hyperparameters(job: StoredJob) -> JsonObject:
    """What the service filled in, else what was sent."""
    for body in (job.remote, job.request):
        method = (body or {}).get("method")
        inner = method.get(job.method) if isinstance(method, dict) else None
        values = inner.get("hyperparameters") if isinstance(inner, dict) else None
        if isinstance(values, dict):
            return values
    return {}


def _rows(db: sqlite3.Connection, job: StoredJob) -> int:
    """Rows that a job was trained on; 0 where they were not a dataset of this workspace."""
    if job.dataset is None:
        return 0
    try:
        rows = get_dataset(db, job.dataset).rows
    except UsageError:
        return 0
    return min(rows, PILOT_ROWS["train"]) if job.pilot else rows
