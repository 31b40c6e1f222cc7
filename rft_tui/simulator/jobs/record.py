"""The little log from which every job is computed again after a restart: one small file for each job."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rft_tui.model import JsonObject
from rft_tui.settings import write_atomically
from rft_tui.simulator.jobs.curves import Anchors
from rft_tui.simulator.jobs.plan import Plan, shown_graders
from rft_tui.simulator.jobs.schedule import Action
from rft_tui.simulator.jobs.shown import Job
from rft_tui.simulator.rejection import RequestError

MOST_JOB_BYTES = 1_000_000
"""Bytes of one job: many times what a grader takes."""

_DERIVED = ("graders",)


def job_record(job: Job) -> bytes:
    """A job as it is kept. Raises RequestError where it is too large."""
    plan = {key: value for key, value in asdict(job.plan).items() if key not in _DERIVED}
    kept = {"number": job.number, "asked": job.asked, "plan": plan, "actions": [list(one) for one in job.actions]}
    encoded = json.dumps(kept).encode()
    if len(encoded) > MOST_JOB_BYTES:
        raise RequestError(f"The job is larger than {MOST_JOB_BYTES} bytes.", status=413)
    return encoded


class JobLog:
    """Jobs in a folder; nothing is kept without one."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def write(self, job: Job) -> None:
        """Keep a job as it is now. Raises RequestError where that fails."""
        encoded = job_record(job)
        if self._folder is None:
            return
        try:
            write_atomically(self._folder / f"{job.plan.job_id}.json", encoded)
        except OSError as error:
            message = f"The simulated service cannot keep the job: {error.strerror}"
            raise RequestError(message, status=500, kind="server_error") from error

    def read(self) -> Iterator[Job]:
        """The jobs that are kept, the oldest first; files that hold none are passed over."""
        found = [] if self._folder is None else [_job(path) for path in self._folder.glob("ftjob-*.json")]
        yield from sorted((job for job in found if job is not None), key=lambda job: job.number)


def _job(path: Path) -> Job | None:
    try:
        if path.stat().st_size > MOST_JOB_BYTES:
            return None
        kept: Any = json.loads(path.read_bytes())
        asked: JsonObject = kept["asked"]
        plan = planned(asked, kept["plan"])
        return Job(kept["number"], asked, plan, [Action(kind, at) for kind, at in kept["actions"]])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def planned(asked: JsonObject, settled: JsonObject) -> Plan:
    """A plan from what was settled, with the graders of the request."""
    method = asked["method"]
    graders = shown_graders(method["reinforcement"]["grader"]) if method["type"] == "reinforcement" else ()
    if (kept := settled.get("anchors")) is not None:
        levels, final = kept
        settled = {**settled, "anchors": Anchors(tuple((float(base), float(best)) for base, best in levels), final)}
    return Plan(**settled, graders=graders)
