"""What follows a job: its model asked as its base was, on the rows it was validated on, graded by its own grader."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rft_tui.errors import UsageError
from rft_tui.model import SIMULATED_PREFIX, JsonObject
from rft_tui.safetext import one_line
from rft_tui.store.database import Store
from rft_tui.store.datasets import list_datasets
from rft_tui.store.graders import StoredGrader
from rft_tui.store.job_events import checkpoints_of
from rft_tui.store.job_graders import grader_of_job, keep_grader_of_job
from rft_tui.store.jobs import StoredJob
from rft_tui.store.prompts import get_prompt
from rft_tui.tasks.jobs.task_kinds import LAUNCH
from rft_tui.tasks.predicting.requests import PredictRequest

_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")

_UNSET = ("", "default", "auto")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A request for a job's model; `runs` in it is 0 where the base was not asked, `missing` says what is not here.

    `grader` grades it afterwards; None where the job has none that works here, which `ungraded` says.
    """

    request: PredictRequest
    missing: str = ""
    grader: StoredGrader | None = None
    ungraded: str = ""


def follow_up(store: Store, job: StoredJob, model: str) -> FollowUp:
    """The run that follows a job for one of its models: rows, prompt, effort and N as its base was asked.

    The job's own grader version is kept here if it was not yet; nothing is written otherwise. Raises StoreError.
    """
    with store.read() as db:
        grader, ungraded = grader_of_job(db, job), ""
    if grader is None:
        with store.write() as db:
            grader, ungraded = _own_grader(db, job)
    with store.read() as db:
        held = _inside(_inside(job.request or job.remote, "method"), job.method)
        runs, base_effort = _asked_of_base(db, job)
        effort = _inside(held, "hyperparameters").get("reasoning_effort")
        form = _inside(held, "response_format")
        prompt = get_prompt(db, job.prompt) if job.prompt else None
        request = PredictRequest(
            dataset=job.validation_dataset or "",
            models=(model,),
            profile=job.profile,
            efforts=(effort if isinstance(effort, str) and effort not in _UNSET else base_effort,),
            prompt="" if prompt is None else f"{prompt.name}@{job.prompt[:12]}",
            as_developer=_as_developer(db, job),
            runs=runs,
            parameters={"response_format": form} if form else {},
            then_grade="" if grader is None else grader.version,
        )
        return FollowUp(request, _missing(db, job), grader, ungraded)


class BesideBase(NamedTuple):
    """Ids of the runs of a job's base and of one of its models on the job's validation rows; empty where there are
    none."""

    base: tuple[int, ...]
    own: tuple[int, ...]


def beside_base(db: sqlite3.Connection, job: StoredJob, model: str) -> BesideBase:
    """The runs by which a model of a job is held against its base: the same rows, prompt and, of the base, effort."""
    asked = _asked(db, job)
    own = [one for one in asked if one.model.removeprefix(SIMULATED_PREFIX) == model.removeprefix(SIMULATED_PREFIX)]
    of_base = _of_base(asked, job)
    effort = max((one.effort for one in own), key=lambda one: sum(each.effort == one for each in own), default="")
    alike = [one for one in of_base if one.effort == effort]
    return BesideBase(tuple(one.run for one in alike or of_base), tuple(one.run for one in own))


def models_of(db: sqlite3.Connection, job: StoredJob) -> list[tuple[int | None, str]]:
    """The models that a job has made with their steps, the finished one (step None) first, then the newest first."""
    finished = [(None, job.fine_tuned_model)] if job.fine_tuned_model else []
    found = [(one.step, one.model) for one in checkpoints_of(db, job.id) if one.model]
    found.sort(key=lambda one: -(one[0] or 0))
    return [*finished, *(one for one in found if one[1] != job.fine_tuned_model)]


def _own_grader(db: sqlite3.Connection, job: StoredJob) -> tuple[StoredGrader | None, str]:
    """The job's grader, kept now if it was not; else None and why."""
    try:
        return keep_grader_of_job(db, job), ""
    except UsageError as error:
        return None, error.message


def _missing(db: sqlite3.Connection, job: StoredJob) -> str:
    """Why the rows that a job was validated on cannot be asked here; empty where they can."""
    name = job.validation_dataset
    if not name:
        return "the job does not say which rows it was validated on; choose some"
    if any(one.name == name for one in list_datasets(db)):
        return ""
    return f"the job's validation data, {one_line(name, 60)}, is no dataset here; import it in Data, or choose another"


class _Asked(NamedTuple):
    """A run on the rows that a job was validated on, with the job's prompt."""

    run: int
    model: str
    effort: str
    number: int


def _asked(db: sqlite3.Connection, job: StoredJob) -> list[_Asked]:
    """The runs made here on the validation rows with the job's prompt, the oldest first."""
    rows = db.execute(
        "SELECT run.id, run.model, run.effort, run.run_index FROM run"
        " JOIN dataset ON dataset.id = run.dataset"
        " WHERE dataset.name = ? AND run.prompt = ? AND run.source IS NULL ORDER BY run.id",
        [job.validation_dataset, job.prompt],
    )
    return [_Asked(int(run), str(model), str(effort or ""), int(number)) for run, model, effort, number in rows]


def _of_base(asked: Sequence[_Asked], job: StoredJob) -> list[_Asked]:
    """Those of them that asked the base of a job."""
    marked = job.model.startswith(SIMULATED_PREFIX)
    wanted = _base(job.model, marked=marked)
    return [one for one in asked if _base(one.model, marked=marked) == wanted]


def _asked_of_base(db: sqlite3.Connection, job: StoredJob) -> tuple[int, str]:
    """How often the base was asked each validation row with the job's prompt, and at which effort; 0 where never."""
    return max(((one.number, one.effort) for one in _of_base(_asked(db, job), job)), default=(0, ""))


def _base(model: str, *, marked: bool) -> str:
    """A base model's name without its date; where the embedded service trained it, also without its mark."""
    return _DATED.sub("", model.removeprefix(SIMULATED_PREFIX) if marked else model)


def _as_developer(db: sqlite3.Connection, job: StoredJob) -> bool:
    """Whether the prompt went as a developer message, as the request says that stands with the job's launch."""
    row = db.execute(
        "SELECT json_extract(request, '$.request.as_developer') FROM task"
        " WHERE kind = ? AND json_extract(request, '$.job') = ? ORDER BY id DESC LIMIT 1",
        [LAUNCH, job.id],
    ).fetchone()
    return row is not None and row[0] == 1


def _inside(value: Any, key: str) -> JsonObject:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
