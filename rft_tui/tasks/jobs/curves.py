"""The curves of a job out of its series: which number of the service is which curve, whatever it calls it today."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, field

from rft_tui.analysis.job_alarms import JobCurves, Point
from rft_tui.store.job_events import last_event_at, series_names, series_of
from rft_tui.store.jobs import StoredJob

TRAIN_REWARD = ("train_mean_reward", "scores/train_reward_mean", "train_reward_mean")
VALID_REWARD = ("full_valid_mean_reward", "scores/valid_reward_mean", "valid_reward_mean")
TRAIN_LOSS = ("train_loss",)
VALID_LOSS = ("full_valid_loss", "valid_loss")
TRAIN_ACCURACY = ("train_mean_token_accuracy", "train_accuracy")
VALID_ACCURACY = ("full_valid_mean_token_accuracy", "valid_mean_token_accuracy")
COMPLETION_TOKENS = ("completion_tokens_mean",)
REASONING_TOKENS = ("reasoning_tokens_mean",)
STEP_SECONDS = ("timing/step/full_iteration",)
"""Names of each curve; the first that a job has counts. Prose and payload of the services differ."""

_GRADER = re.compile(r"scores/graders/(?P<name>.+)/(?P<part>train|valid)_reward_mean")
_ERROR = re.compile(r"errors/graders/(?P<name>.+)/(?P<part>train|valid)_(?P<kind>\w+?)_mean")
_LATENCY = re.compile(r"timing/graders/(?P<name>.+)/(?P<part>train|valid)_execution_latency_mean")


@dataclass(slots=True)
class GraderCurves:
    """The curves of one (child) grader: rewards, seconds of a call, and the share of its calls that failed by kind."""

    train: list[Point] = field(default_factory=list)
    valid: list[Point] = field(default_factory=list)
    latency: list[Point] = field(default_factory=list)
    errors: dict[str, list[Point]] = field(default_factory=dict)


@dataclass(slots=True)
class JobSeries:
    """Every curve of a job by what it is; empty lists where the service did not send any."""

    train_reward: list[Point] = field(default_factory=list)
    valid_reward: list[Point] = field(default_factory=list)
    train_loss: list[Point] = field(default_factory=list)
    valid_loss: list[Point] = field(default_factory=list)
    train_accuracy: list[Point] = field(default_factory=list)
    valid_accuracy: list[Point] = field(default_factory=list)
    completion_tokens: list[Point] = field(default_factory=list)
    reasoning_tokens: list[Point] = field(default_factory=list)
    step_seconds: list[Point] = field(default_factory=list)
    graders: dict[str, GraderCurves] = field(default_factory=dict)


def read_series(db: sqlite3.Connection, job: int) -> JobSeries:
    """The curves of a job as they are in the cache."""
    names = series_names(db, job)
    known = set(names)

    def first(choices: tuple[str, ...]) -> list[Point]:
        return next((series_of(db, job, name) for name in choices if name in known), [])

    series = JobSeries(
        first(TRAIN_REWARD), first(VALID_REWARD), first(TRAIN_LOSS), first(VALID_LOSS), first(TRAIN_ACCURACY),
        first(VALID_ACCURACY), first(COMPLETION_TOKENS), first(REASONING_TOKENS), first(STEP_SECONDS),
    )  # fmt: skip
    for name in names:
        _read_grader(db, job, name, series.graders)
    return series


def curves_for_alarms(db: sqlite3.Connection, job: StoredJob, series: JobSeries, now: float) -> JobCurves:
    """What alarms look at; `now` in seconds since 1970."""
    errors: dict[str, list[Point]] = {}
    for name, grader in series.graders.items():
        for kind, points in grader.errors.items():
            errors[f"{kind} ({name})"] = points
    last = last_event_at(db, job.id)
    return JobCurves(
        series.train_reward, series.valid_reward, series.train_loss, series.valid_loss, series.completion_tokens,
        errors, {}, series.step_seconds, is_running=job.status == "running",
        silent_s=0.0 if last is None else max(0.0, now - last),
    )  # fmt: skip


def _read_grader(db: sqlite3.Connection, job: int, name: str, graders: dict[str, GraderCurves]) -> None:
    """Put a series of one grader where it belongs."""
    if found := _GRADER.fullmatch(name):
        curves = graders.setdefault(found["name"], GraderCurves())
        (curves.train if found["part"] == "train" else curves.valid)[:] = series_of(db, job, name)
    elif found := _ERROR.fullmatch(name):
        if found["part"] == "train":
            graders.setdefault(found["name"], GraderCurves()).errors[found["kind"]] = series_of(db, job, name)
    elif (found := _LATENCY.fullmatch(name)) and found["part"] == "train":
        graders.setdefault(found["name"], GraderCurves()).latency = series_of(db, job, name)
