"""A pilot: the same job on a few rows for one epoch, the cheap look for reward hacking before the real run."""

from __future__ import annotations

from dataclasses import replace

from rft_tui.datasets.limits import Part
from rft_tui.tasks.jobs.request import LONGEST_SUFFIX, JobRequest

PILOT_ROWS: dict[Part, int] = {"train": 32, "validation": 16}
"""Rows of a pilot: a seeded sample of each part, or all where there are no more."""

PILOT_SEED = 42
"""The seed of the sample where the request has none."""

SUFFIX = "pilot"


def pilot_of(request: JobRequest) -> JobRequest:
    """The pilot of a request: few rows, one epoch, one answer for each validation row; marked in suffix and metadata.

    Everything else stays, so that what the pilot shows holds for the real run. A pilot is its own pilot.
    """
    if request.pilot:
        return request
    values = dict(request.hyperparameters) | {"n_epochs": 1}
    if request.method == "reinforcement":
        values["eval_samples"] = 1
    return replace(request, pilot=True, suffix=_suffix(request.suffix), hyperparameters=values)


def _suffix(suffix: str) -> str:
    return f"{suffix[: LONGEST_SUFFIX - len(SUFFIX) - 1]}-{SUFFIX}" if suffix else SUFFIX


def pilot_words(request: JobRequest) -> str:
    """What the switch does, in one sentence."""
    rows = f"{PILOT_ROWS['train']} training and {PILOT_ROWS['validation']} validation rows"
    drawn = f"drawn with seed {pilot_seed(request)}"
    samples = ", one answer for each validation row" if request.method == "reinforcement" else ""
    whole = [one.label for one in (request.training, request.validation) if one is not None and one.kind == "remote"]
    but = f"; {' and '.join(whole)} at the service cannot be cut down and is used whole" if whole else ""
    return f"A pilot: {rows}, {drawn}, one epoch{samples}; its suffix ends with {SUFFIX}{but}."


def pilot_seed(request: JobRequest) -> int:
    """The seed by which a pilot's rows are drawn: the job's own, so that it can be repeated."""
    return PILOT_SEED if request.seed is None else request.seed
