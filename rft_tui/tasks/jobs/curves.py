"""The curves of a job out of its series: which number of the service is which curve, whatever it calls it today."""

from __future__ import annotations

import re
import sqlite3
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime

from rft_tui.analysis.job_alarms import JobCurves, Point
from rft_tui.store.evaluation_shares import pattern_shares
from rft_tui.store.event_pages import changed_since
from rft_tui.store.job_events import (
    event_count,
    is_ever_above_zero,
    last_event_at,
    longest_pause,
    series_names,
    series_of,
)
from rft_tui.store.jobs import StoredJob, heard_at

TRAIN_REWARD = ("train_mean_reward", "scores/train_reward_mean", "train_reward_mean")
VALID_REWARD = ("full_valid_mean_reward", "scores/valid_reward_mean", "valid_reward_mean")
TRAIN_LOSS = ("train_loss",)
VALID_LOSS = ("full_valid_loss", "valid_loss")
TRAIN_ACCURACY = ("train_mean_token_accuracy", "train_accuracy")
VALID_ACCURACY = ("full_valid_mean_token_accuracy", "valid_mean_token_accuracy")
COMPLETION_TOKENS = ("completion_tokens_mean",)
REASONING_TOKENS = ("reasoning_tokens_mean",)
STEP_SECONDS = ("timing/step/full_iteration",)
"""Names of each curve; of those that a job has, the one with the most values counts: prose and payload of the services
differ."""

_PLAIN = frozenset(
    TRAIN_REWARD + VALID_REWARD + TRAIN_LOSS + VALID_LOSS + TRAIN_ACCURACY + VALID_ACCURACY + COMPLETION_TOKENS
    + REASONING_TOKENS + STEP_SECONDS
)  # fmt: skip

MOST_POINTS = 20_000
"""Values of a series that are kept in memory, the newest."""

MOST_CURVES = 1000
"""Curves of a job beyond which no further ones of graders are kept in memory; a grader has up to a few dozen."""

_GRADER = re.compile(r"scores/graders/(?P<name>.+)/(?P<part>train|valid)_reward_mean")
_ERROR = re.compile(r"errors/graders/(?P<name>.+)/(?P<part>train|valid)_(?P<kind>\w+?)_mean")
_LATENCY = re.compile(r"timing/graders/(?P<name>.+)/(?P<part>train|valid)_execution_latency_mean")


@dataclass(slots=True)
class GraderCurves:
    """The curves of one (child) grader: rewards, seconds of a call, and the share of its calls that failed by kind.

    Kinds of errors that never happened are left out.
    """

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


class SeriesCache:
    """The series of one job, read once and from then on only as far as new events changed them."""

    def __init__(self, job: int) -> None:
        self._job = job
        self._points: dict[str, list[Point]] = {}
        self._events = 0

    def update(self, db: sqlite3.Connection) -> None:
        """Read what has come in since the last time."""
        count = event_count(db, self._job)
        since = changed_since(db, self._job, self._events) if count != self._events else None
        self._events = count
        if since is None:
            return
        for name in series_names(db, self._job):
            if not _is_known(name):
                continue
            known = self._points.get(name)
            if known is None and name not in _PLAIN and len(self._points) >= MOST_CURVES:
                continue
            if known is None and _ERROR.fullmatch(name) and not is_ever_above_zero(db, self._job, name):
                continue
            begin = since if known else 0
            kept = (known or [])[: bisect_left(known or [], (begin,))]
            self._points[name] = (kept + series_of(db, self._job, name, since=begin, most=MOST_POINTS))[-MOST_POINTS:]

    def series(self) -> JobSeries:
        """The curves as they were at the last update; lists that are never changed afterwards."""
        points = self._points

        def first(choices: tuple[str, ...]) -> list[Point]:
            """That of the names under which most was measured; a service may send a full validation only at the end."""
            return max((points[name] for name in choices if name in points), key=len, default=[])

        series = JobSeries(
            first(TRAIN_REWARD), first(VALID_REWARD), first(TRAIN_LOSS), first(VALID_LOSS), first(TRAIN_ACCURACY),
            first(VALID_ACCURACY), first(COMPLETION_TOKENS), first(REASONING_TOKENS), first(STEP_SECONDS),
        )  # fmt: skip
        for name, values in points.items():
            _sort_in(name, values, series.graders)
        return series


def read_series(db: sqlite3.Connection, job: int) -> JobSeries:
    """The curves of a job as they are in the cache."""
    cache = SeriesCache(job)
    cache.update(db)
    return cache.series()


def curves_for_alarms(db: sqlite3.Connection, job: StoredJob, series: JobSeries, now: float) -> JobCurves:
    """What alarms look at; `now` in seconds since 1970."""
    errors: dict[str, list[Point]] = {}
    for name, grader in series.graders.items():
        for kind, points in grader.errors.items():
            errors[f"{kind} ({name})"] = points
    return JobCurves(
        series.train_reward, series.valid_reward, series.train_loss, series.valid_loss, series.completion_tokens,
        errors, pattern_shares(db, job), longest_pause(db, job.id),
        is_running=job.status == "running",
        silent_s=_silent_s(db, job, now),
    )  # fmt: skip


def _silent_s(db: sqlite3.Connection, job: StoredJob, now: float) -> float:
    """How long a job has been silent at `now`, by this machine's clock alone: the service's may be far from it.

    Where nobody looked when the newest event came, as with an archive, the event's own time has to do.
    """
    try:
        last: float | None = datetime.fromisoformat(heard_at(db, job.id) or "").timestamp()
    except (ValueError, OverflowError, OSError):
        last = last_event_at(db, job.id)
    return 0.0 if last is None else max(0.0, now - last)


def _is_known(name: str) -> bool:
    """Whether a series is one of the curves."""
    return name in _PLAIN or any(kind.fullmatch(name) for kind in (_GRADER, _ERROR, _LATENCY))


def _sort_in(name: str, points: list[Point], graders: dict[str, GraderCurves]) -> None:
    """Put a series of one grader where it belongs."""
    if found := _GRADER.fullmatch(name):
        curves = graders.setdefault(found["name"], GraderCurves())
        if found["part"] == "train":
            curves.train = points
        else:
            curves.valid = points
    elif found := _ERROR.fullmatch(name):
        if found["part"] == "train":
            graders.setdefault(found["name"], GraderCurves()).errors[found["kind"]] = points
    elif (found := _LATENCY.fullmatch(name)) and found["part"] == "train":
        graders.setdefault(found["name"], GraderCurves()).latency = points
