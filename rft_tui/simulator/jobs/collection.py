"""All jobs of a simulated service: created, listed, paused, resumed, cancelled, and computed for the present moment."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from rft_tui.model import JsonObject
from rft_tui.simulator.files import FileStore
from rft_tui.simulator.jobs.bodies import checked_job
from rft_tui.simulator.jobs.curves import gain, padding
from rft_tui.simulator.jobs.events import event_json, place_of
from rft_tui.simulator.jobs.plan import ORGANIZATION
from rft_tui.simulator.jobs.record import JobLog
from rft_tui.simulator.jobs.rows import Rows, RowsCache, read_rows
from rft_tui.simulator.jobs.scenarios import HEALTHY
from rft_tui.simulator.jobs.schedule import Action, Control, Schedule, schedule
from rft_tui.simulator.jobs.settling import Length, settle
from rft_tui.simulator.jobs.shown import Job, checkpoints_json, job_json, result_csv
from rft_tui.simulator.jobs.tuned import Tuned
from rft_tui.simulator.models import PREFIX, answered_name
from rft_tui.simulator.paging import Row, page, window
from rft_tui.simulator.recorded import Recordings
from rft_tui.simulator.rejection import RequestError

MOST_JOBS = 500
MOST_ACTIONS = 200

_TUNED = re.compile(rf"ft:.+:{ORGANIZATION}:[^:]*:(?P<job>[0-9a-f]+)(?::ckpt-step-(?P<step>[0-9]{{1,8}}))?")
_POSSIBLE: dict[Control, tuple[str, ...]] = {
    "pause": ("running",),
    "resume": ("paused",),
    "cancel": ("validating_files", "queued", "running", "paused"),
}
"""The statuses in which something can be done to a job."""


@dataclass(frozen=True, slots=True)
class JobSettings:
    """How jobs go unless they say otherwise: how many seconds one takes, its scenario, the time, where to keep it."""

    seconds: float = 45.0
    scenario: str = HEALTHY
    clock: Callable[[], float] = time.time
    folder: Path | None = None


class Jobs:
    """The jobs of a service, bounded in number; safe to use from several threads."""

    def __init__(self, files: FileStore, settings: JobSettings, recordings: Recordings | None = None) -> None:
        self._files = files
        self._recordings = recordings or Recordings()
        self._settings = settings
        self._lock = Lock()
        self._log = JobLog(settings.folder)
        self._jobs = {job.plan.job_id: job for job in self._log.read()}
        self._rows = RowsCache()

    def now(self) -> float:
        """The time of the service's clock, in seconds since 1970."""
        return self._settings.clock()

    def create(self, body: Any) -> JsonObject:
        """Begin a job; its files are read and its models measured, which may take seconds. Raises RequestError."""
        asked = checked_job(body)
        paths = {
            key: self._training_path(asked[key], key) for key in ("training_file", "validation_file") if asked.get(key)
        }
        base, shown_model = self._base(asked["model"])
        settings = self._settings
        length = Length(settings.seconds, settings.scenario, self.now)
        plan = settle(asked, base, paths["training_file"], paths.get("validation_file"), length, self._recordings)
        with self._lock:
            if len(self._jobs) >= MOST_JOBS:
                message = (
                    f"The simulated service keeps no more than {MOST_JOBS} jobs; empty the folder it keeps them in."
                )
                raise RequestError(message, code="storage_full")
            job = Job(
                1 + max((one.number for one in self._jobs.values()), default=0), {**asked, "model": shown_model}, plan
            )
            self._log.write(job)
            self._jobs[plan.job_id] = job
        return self.shown(job)

    def _training_path(self, file_id: str, param: str) -> Path:
        try:
            stored = self._files.get(file_id)
        except RequestError:
            message = f"invalid {param}: {file_id[:100]}"
            raise RequestError(message, param=param, code="file_not_found") from None
        if stored.purpose != "fine-tune":
            message = f"The file has the purpose {stored.purpose}; a job needs files with the purpose fine-tune."
            raise RequestError(message, param=param, code="invalid_file_purpose")
        return stored.path

    def _base(self, asked: str) -> tuple[str, str]:
        """The model at the root of a fine-tune, and the name that the job shows."""
        name = asked.removeprefix(PREFIX)
        tuned = self.tuned(name)
        return (answered_name(asked), answered_name(asked)) if tuned is None else (tuned.base, name)

    def get(self, job_id: str) -> Job:
        """A job. Raises RequestError."""
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None:
            message = f"Could not find fine tune: {job_id[:100]}"
            raise RequestError(message, status=404, param="fine_tuning_job_id", code="fine_tune_not_found")
        return job

    def all(self) -> list[Job]:
        """Every job, the newest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def laid(self, job: Job) -> Schedule:
        """The schedule of a job; kept until somebody does something to it."""
        laid = job.laid
        if laid is None:
            laid = job.laid = schedule(job.plan, tuple(job.actions))
        return laid

    def shown(self, job: Job) -> JsonObject:
        """A job as it is now."""
        return job_json(job, self.laid(job), self.now())

    def listed(self, query: JsonObject) -> JsonObject:
        """A page of the jobs, the newest first, with the metadata that the query asks for. Raises RequestError."""
        rows = [Row(job.plan.job_id, partial(self.shown, job)) for job in self.all() if _has_metadata(job, query)]
        shown = page(rows, query, most=100, default=20)
        return {key: shown[key] for key in ("object", "data", "has_more")}

    def control(self, job_id: str, kind: Control) -> JsonObject:
        """Do something to a job. Raises RequestError where its status does not allow it."""
        job = self.get(job_id)
        with self._lock:
            now = max([self.now(), *(one.at for one in job.actions[-1:])])
            status = schedule(job.plan, tuple(job.actions)).status(now)
            if status not in _POSSIBLE[kind]:
                message = f"Cannot {kind} a job with status '{status}'."
                raise RequestError(message, param="fine_tuning_job_id", code="invalid_job_status")
            if len(job.actions) >= MOST_ACTIONS:
                raise RequestError(f"The job was paused and resumed more than {MOST_ACTIONS} times.")
            job.actions.append(Action(kind, now))
            try:
                self._log.write(job)
            except RequestError:
                job.actions.pop()
                raise
            job.laid = None
        return job_json(job, self.laid(job), now)

    def events(self, job_id: str, query: JsonObject) -> JsonObject:
        """A page of the events, the newest first. Raises RequestError."""
        job = self.get(job_id)
        laid = self.laid(job)
        count = laid.count(self.now())

        def after(given: str) -> int:
            place = place_of(job.plan, given)
            return count if place is None else max(0, count - place)

        begin, end = window(query, count, after, most=100, default=20)
        places = range(count - 1 - begin, count - 1 - end, -1)
        data = [event_json(job.plan, job.files, laid.happenings[place], place) for place in places]
        return {"object": "list", "data": data, "has_more": end < count}

    def checkpoints(self, job_id: str, query: JsonObject) -> JsonObject:
        """A page of the checkpoints that are kept, the newest first. Raises RequestError."""
        job = self.get(job_id)
        made = checkpoints_json(job, self.laid(job), self.now())
        rows = [Row(one["id"], partial(dict, one)) for one in made]
        return {"first_id": None, "last_id": None, **page(rows, query, most=100, default=10)}

    def result_file(self, file_id: str) -> tuple[JsonObject, bytes] | None:
        """The file object and the content of a result file; None where the id names none."""
        job = next((one for one in self.all() if one.result_file == file_id), None)
        if job is None or self.laid(job).status(self.now()) != "succeeded":
            return None
        laid = self.laid(job)
        content = result_csv(job.plan, laid.steps_done(laid.end))
        shown = {
            "id": file_id,
            "object": "file",
            "bytes": len(content),
            "created_at": int(laid.end),
            "filename": "step_metrics.csv",
            "purpose": "fine-tune-results",
            "status": "processed",
        }
        return shown, content

    def models(self) -> list[tuple[str, int]]:
        """The fine-tuned models and when each was made."""
        now = self.now()
        shown = [job_json(job, self.laid(job), now) for job in self.all()]
        return [(one["fine_tuned_model"], one["finished_at"]) for one in shown if one["fine_tuned_model"]]

    def tuned(self, name: str) -> Tuned | None:
        """The model that a name means, None for any name but that of a fine-tune. Raises RequestError."""
        found = _TUNED.fullmatch(name.removeprefix(PREFIX))
        if found is None:
            return None
        with self._lock:
            job = self._jobs.get(f"ftjob-simulated-{found['job']}")
        step = int(found["step"]) if found["step"] else None
        if job is None or job.plan.model(step) != name.removeprefix(PREFIX) or not self._has_model(job, step):
            message = f"The model '{name[:200]}' does not exist or you do not have access to it."
            raise RequestError(message, status=404, param="model", code="model_not_found")
        return self.at_step(job, job.plan.steps if step is None else step)

    def _has_model(self, job: Job, step: int | None) -> bool:
        laid, now = self.laid(job), self.now()
        if step is None:
            return laid.status(now) == "succeeded" and laid.reached("kept", now) is None
        if laid.status(now) == "failed" and laid.reached("blocked", now):
            return False
        return step in [one["step_number"] for one in checkpoints_json(job, laid, now)]

    def at_step(self, job: Job, step: int) -> Tuned:
        """The model of a job after a step."""
        plan = job.plan
        done = step / plan.steps
        return Tuned(plan.base, gain(plan.scenario, done), padding(plan.scenario, done), plan.seed, self.rows(job))

    def rows(self, job: Job) -> Rows:
        """The rows of a job's files, without those of files that are gone."""

        def read() -> Rows:
            training, validation = (self._path(one) for one in job.files)
            return read_rows(training, validation, job.asked["method"]["type"])

        return self._rows.of(job.plan.job_id, read)

    def _path(self, file_id: str | None) -> Path | None:
        try:
            return None if file_id is None else self._files.get(file_id).path
        except RequestError:
            return None


def _has_metadata(job: Job, query: JsonObject) -> bool:
    """Whether a job has the metadata that a query names as ``metadata[KEY]=VALUE``, or none for ``metadata=null``."""
    metadata = job.asked.get("metadata") or {}
    if query.get("metadata") == "null":
        return not metadata
    wanted = {key[9:-1]: value for key, value in query.items() if key.startswith("metadata[") and key.endswith("]")}
    return all(metadata.get(key) == value for key, value in wanted.items())
