"""Runs of a job's evaluation: what in their parameters tells the job and the step after which a model was asked."""

from __future__ import annotations

import json

from rft_tui.identity import canonical_json


def parameters_at(job: str, step: int) -> str:
    """The parameters of the run of a job's step: what tells it from every other, beside dataset and model."""
    return canonical_json({"job": job, "step": step})


def step_of(parameters: str) -> tuple[str, int] | None:
    """The job and the step of a run, None for runs that belong to no evaluation of a job."""
    if not parameters.startswith('{"job":'):
        return None
    value = json.loads(parameters)
    job, step = value.get("job"), value.get("step")
    return (job, step) if isinstance(job, str) and isinstance(step, int) else None


def beginning(job: str) -> tuple[int, str]:
    """The length and the text of what the parameters of all runs of a job's evaluation begin with."""
    text = canonical_json({"job": job})[:-1] + ',"step":'
    return len(text), text
