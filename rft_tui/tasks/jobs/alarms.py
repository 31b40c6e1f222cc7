"""The alarms of a job in the cache, read with the range of its own grader."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace

from rft_tui.analysis.job_alarms import JobAlarm, job_alarms
from rft_tui.graders.spec import score_rule
from rft_tui.store.jobs import StoredJob
from rft_tui.tasks.jobs.curves import JobSeries, curves_for_alarms, read_series


def alarms_of(
    db: sqlite3.Connection, job: StoredJob, series: JobSeries | None = None, now: float | None = None
) -> list[JobAlarm]:
    """The alarms that ring on a job as it is in the cache; `now` in seconds since 1970."""
    at = time.time() if now is None else now
    curves = curves_for_alarms(db, job, series or read_series(db, job.id), at)
    return job_alarms(replace(curves, span=span_of(job)))


def span_of(job: StoredJob) -> float:
    """How wide the range of the job's grader is."""
    low, high = reward_range(job)
    return high - low


def reward_range(job: StoredJob) -> tuple[float, float]:
    """The range of the job's grader; 0 to 1 where there is none, or none that can be read."""
    if job.grader is None:
        return 0.0, 1.0
    try:
        rule = score_rule(job.grader)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return 0.0, 1.0
    return (rule.low, rule.high) if rule.high > rule.low else (0.0, 1.0)
