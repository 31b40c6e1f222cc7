"""What is known of a job beside its figures: who made it from what, its hyperparameters, metadata and integrations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rft_tui.model import JsonObject
from rft_tui.safetext import one_line
from rft_tui.tasks.jobs.job_view import JobView
from rft_tui.tui.paint import Line, fit, wrap_line
from rft_tui.tui.screens.jobs.words import clock, ends, seen_clock, status_span, steps_of

LABEL = 18
"""Cells of the names."""

MOST_PAIRS = 64
"""Pairs of metadata or hyperparameters that are shown."""


def details(view: JobView, width: int) -> list[Line]:
    """Every fact as name and value, then metadata."""
    lines: list[Line] = []
    if view.job.simulated:
        lines.append([("SIMULATED", "state.warning bold"), (": the embedded service plays this job", "text.dim")])
    for name, value in _facts(view):
        if value:
            lines += fact(name, value, width)
    for title, pairs in (("hyperparameters", hyperparameters(view)), ("metadata", _metadata(view))):
        if pairs:
            lines += [[], [(title, "text.normal bold")]]
            for name, value in pairs:
                lines += fact(name, value, width)
    return lines


def fact(name: str, value: str, width: int, style: str = "text.normal", label: int = LABEL) -> list[Line]:
    """One name and its value, wrapped beside it."""
    parts = wrap_line([(one_line(value, 2000), style)], max(8, width - label))
    return [
        [(fit(one_line(name, 60) if place == 0 else "", label - 1) + " ", "text.dim"), *part]
        for place, part in enumerate(parts)
    ]


def _facts(view: JobView) -> Iterator[tuple[str, str]]:
    job, remote = view.job, view.remote
    yield "id", job.remote_id or f"none yet (job {job.id} here)"
    yield "name", job.name
    yield "status", f"{status_span(job.status)[0]} {steps_of(job)}".strip()
    yield "message", job.message
    yield "method", job.method + (" · pilot" if job.pilot else "")
    yield "base model", job.model
    yield "model", job.fine_tuned_model or ""
    yield "profile", f"{job.profile} at {job.service}"
    yield "training", _data(job.dataset, "" if remote is None else remote.training_file)
    yield "validation", _data(job.validation_dataset, "" if remote is None else remote.validation_file or "")
    yield "grader version", job.grader_version or ""
    yield "prompt version", job.prompt
    if remote is not None:
        yield "created", clock(remote.created_at) if remote.created_at else ""
        yield "ended", clock(remote.finished_at) if remote.finished_at else ""
        yield "evaluation", remote.eval_id or ""
        yield "seed", str(remote.raw.get("seed", "")) if remote.raw.get("seed") is not None else ""
    yield "end", ends(view)
    yield "last looked at", seen_clock(job)
    yield "archive", job.archive or ""


def _data(dataset: str | None, file_id: str) -> str:
    return " · ".join(part for part in (dataset or "", file_id) if part)


def hyperparameters(view: JobView) -> list[tuple[str, str]]:
    """What the service filled in, else what was sent."""
    for body in (view.job.remote, view.job.request):
        held = inside(inside(inside(body, "method"), view.job.method), "hyperparameters")
        if held:
            return [(str(name), str(value)) for name, value in list(held.items())[:MOST_PAIRS]]
    return []


def _metadata(view: JobView) -> list[tuple[str, str]]:
    if view.remote is not None:
        return list(view.remote.metadata.items())[:MOST_PAIRS]
    sent = inside(view.job.request, "metadata")
    return [(str(name), str(value)) for name, value in list(sent.items())[:MOST_PAIRS]]


def inside(value: Any, key: str) -> JsonObject:
    """The object under a key of an object; empty where there is none."""
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}
