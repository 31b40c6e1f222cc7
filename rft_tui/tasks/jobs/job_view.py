"""A job as it is looked at: its state, curves, alarms, checkpoints, files, when it may end and what it has cost."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import isfinite
from threading import Lock

from rft_tui.analysis.job_alarms import JobAlarm, job_alarms
from rft_tui.errors import RftError, ServiceError
from rft_tui.job_model import JobCheckpoint, RemoteJob
from rft_tui.model import JsonObject
from rft_tui.providers.backends.reading import read_checkpoint, read_job
from rft_tui.providers.backends.wind_down import HOURLY
from rft_tui.providers.prices import price_of
from rft_tui.providers.profiles import NamedProfile, named_profile
from rft_tui.settings import WorkspaceSettings
from rft_tui.store.event_pages import newest_steps
from rft_tui.store.job_events import checkpoints_of, event_count
from rft_tui.store.job_files import JobFile, job_files, with_sent
from rft_tui.store.jobs import StoredJob, get_job
from rft_tui.tasks.jobs.alarms import reward_range
from rft_tui.tasks.jobs.curves import JobSeries, SeriesCache, curves_for_alarms

PACE_STEPS = 20
"""Newest steps from whose times the end of a job is reckoned where its service does not say it."""


@dataclass(frozen=True, slots=True)
class JobView:
    """Everything that is shown of a job; times in seconds since 1970, `cost` in US dollars.

    `remote` is None until the service has shown it. `is_reckoned` says that `ends_at` follows from the pace of the
    steps, `seen_at` when the job was last looked at. `low` to `high` is the range of the reward.
    """

    job: StoredJob
    remote: RemoteJob | None = None
    series: JobSeries = field(default_factory=JobSeries)
    alarms: tuple[JobAlarm, ...] = ()
    checkpoints: tuple[JobCheckpoint, ...] = ()
    files: tuple[JobFile, ...] = ()
    events: int = 0
    ends_at: float | None = None
    is_reckoned: bool = False
    seen_at: float = 0.0
    cost: float | None = None
    low: float = 0.0
    high: float = 1.0

    @property
    def body(self) -> JsonObject | None:
        """What was sent, else what the service shows."""
        return self.job.request or self.job.remote


class JobReader:
    """Reads one job again and again; curves only as far as they have grown. May be used from several threads."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._cache = SeriesCache(number)
        self._lock = Lock()

    def read(self, db: sqlite3.Connection, settings: WorkspaceSettings, off: Collection[str] = ()) -> JobView:
        """The job as it is in the cache; alarms that are `off` do not ring. Raises UsageError where it is gone."""
        job = get_job(db, self._number)
        with self._lock:
            self._cache.update(db)
            series = self._cache.series()
        remote = _remote(job)
        ends_at, is_reckoned = _end(db, job, remote)
        seen_at = seen_time(job)
        curves = curves_for_alarms(db, job, series, seen_at)
        low, high = reward_range(job)
        return JobView(
            job, remote, series, tuple(job_alarms(replace(curves, span=high - low), off)),
            tuple(_checkpoint(one) for one in checkpoints_of(db, job.id)), _files(db, job, remote),
            event_count(db, job.id), ends_at, is_reckoned, seen_at,
            cost_so_far(job, remote, series, settings), low, high,
        )  # fmt: skip


def cost_so_far(
    job: StoredJob, remote: RemoteJob | None, series: JobSeries, settings: WorkspaceSettings
) -> float | None:
    """What training has cost as far as it is known: billed tokens or hours of steps at a known price; never judges."""
    try:
        profile: NamedProfile | None = named_profile(settings, job.profile)
    except RftError:
        profile = None
    if job.simulated or (profile is not None and profile.is_loopback):
        return 0.0
    if job.method == "reinforcement":
        hourly = HOURLY.get(job.model)
        seconds = sum(value for _step, value in series.step_seconds)
        return None if hourly is None or not seconds else hourly * seconds / 3600
    tokens = trained_tokens(remote)
    price = None if profile is None else price_of(profile, job.model)
    if tokens is None or price is None or not (isfinite(price.training) and price.training >= 0):
        return None
    return tokens * price.training / 1_000_000


def early_end(job: StoredJob, checkpoints: int) -> str:
    """What the state of a job that ended before its last step does not say; empty where there is nothing to add."""
    if job.status == "failed" and checkpoints:
        return f"{checkpoints} checkpoint{'s are' if checkpoints > 1 else ' is'} left and may be usable"
    if job.status == "succeeded" and job.step and job.total_steps and job.step < job.total_steps:
        return f"ended at step {job.step:,} of {job.total_steps:,}; its last events say why"
    return ""


def trained_tokens(remote: RemoteJob | None) -> int | None:
    """The tokens that are billed, as the service says at the end; None before."""
    value = None if remote is None else remote.raw.get("trained_tokens")
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None


def _remote(job: StoredJob) -> RemoteJob | None:
    if job.remote is None:
        return None
    try:
        return read_job(job.remote)
    except ServiceError:
        return None


def _checkpoint(one: JobCheckpoint) -> JobCheckpoint:
    """A checkpoint with its numbers read."""
    try:
        return replace(one, metrics=read_checkpoint(one.raw).metrics)
    except ServiceError:
        return one


def seen_time(job: StoredJob) -> float:
    """When a job was last looked at, in seconds since 1970: how long it has been silent is known up to then."""
    try:
        return datetime.fromisoformat(job.seen_at or "").timestamp()
    except (ValueError, OverflowError, OSError):
        return time.time()


def _end(db: sqlite3.Connection, job: StoredJob, remote: RemoteJob | None) -> tuple[float | None, bool]:
    """When a running job may end, and whether that follows from its pace."""
    if job.status != "running":
        return None, False
    if remote is not None and remote.estimated_finish is not None:
        return remote.estimated_finish, False
    steps = newest_steps(db, job.id, PACE_STEPS)
    if len(steps) < 2 or not job.total_steps:
        return None, False
    (last, last_at), (first, first_at) = steps[0], steps[-1]
    if last <= first or last_at <= first_at:
        return None, False
    return last_at + (last_at - first_at) / (last - first) * max(0, job.total_steps - last), True


def _files(db: sqlite3.Connection, job: StoredJob, remote: RemoteJob | None) -> tuple[JobFile, ...]:
    """The files of a job: those that are kept here, and those that the service names."""
    known = job_files(db, job.id)
    if remote is not None:
        named = [("training", remote.training_file), ("validation", remote.validation_file or "")]
        named += [("result", one) for one in remote.result_files]
        have = {(one.role, one.remote_id) for one in known}
        known += [JobFile(role, one) for role, one in named if one and (role, one) not in have]
    return tuple(with_sent(db, job.service, one) for one in known)
