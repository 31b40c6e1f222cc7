"""From a job back to a request, and from a request back to what stands in the form."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from rft_tui.errors import UsageError
from rft_tui.identity import grader_version
from rft_tui.job_model import METHODS, JobMethod
from rft_tui.model import JsonObject
from rft_tui.providers.backends.backend import MARK
from rft_tui.providers.backends.hyperparameters import check_hyperparameters
from rft_tui.store.graders import grader_of_version
from rft_tui.store.jobs import StoredJob
from rft_tui.store.prompts import get_prompt
from rft_tui.store.tasks import list_tasks
from rft_tui.tasks.jobs.pilot import SUFFIX
from rft_tui.tasks.jobs.request import PILOT_KEY, DataSource, JobRequest, Wandb, source_of
from rft_tui.tasks.jobs.task_kinds import LAUNCH
from rft_tui.tui.new_job.values import written_pairs
from rft_tui.tui.widgets.form import YES

DIGITS = 12
"""Digits of a version that name it in the form."""

OF_PILOTS = ("n_epochs", "eval_samples")
"""Hyperparameters that a pilot sets to 1, whatever they were."""


def request_of_job(job: StoredJob, db: sqlite3.Connection | None = None) -> JobRequest | None:
    """The request that made a job, or one that would make the like; None where too little is known of it.

    With the cache it is the request as it was kept, with the grader's own spec. Without, and for jobs that came from
    elsewhere, it is read out of the body that was sent, else out of the job as the service shows it: rows that were a
    dataset here are that dataset, others the files at the service.
    """
    if db is not None and (kept := _kept(db, job)) is not None:
        return kept
    body = job.request or job.remote
    method = next((one for one in METHODS if one == job.method), None)
    training = _source(job.dataset, body, "training_file")
    if method is None or training is None:
        return None
    inner = _object(_object(body, "method"), method)
    metadata = {
        str(key): str(value) for key, value in _object(body, "metadata").items() if key not in (MARK, PILOT_KEY)
    }
    suffix = _object(body).get("suffix") or _object(job.remote).get("user_provided_suffix")
    seed = _object(job.request).get("seed")
    return JobRequest(
        profile=job.profile,
        method=method,
        model=job.model,
        training=training,
        validation=_source(job.validation_dataset, body, "validation_file"),
        prompt=_prompt(job, db),
        grader=_grader(job, inner, db) if method == "reinforcement" else None,
        suffix=suffix if isinstance(suffix, str) else "",
        seed=seed if isinstance(seed, int) else None,
        metadata=metadata,
        response_format=inner.get("response_format") if isinstance(inner.get("response_format"), dict) else None,
        wandb=_wandb(body),
        hyperparameters=_hyperparameters(_object(inner, "hyperparameters"), method, job.backend),
        pilot=job.pilot,
    )


def without_pilot(request: JobRequest) -> JobRequest:
    """The real run of a pilot: all rows, and what a pilot sets left to the service again."""
    if not request.pilot:
        return request
    values = {name: value for name, value in request.hyperparameters.items() if name not in OF_PILOTS}
    suffix = request.suffix.removesuffix(SUFFIX).removesuffix("-")
    return replace(request, pilot=False, suffix=suffix, hyperparameters=values)


def form_values(db: sqlite3.Connection, request: JobRequest) -> dict[str, str]:
    """What stands in the form for a request."""
    own = without_pilot(request)
    values = {
        "profile": own.profile,
        "method": own.method,
        "model": own.model,
        "pilot": YES if request.pilot else "",
        "training": own.training.name,
        "validation": own.validation.name if own.validation else "",
        "test": own.test,
        "prompt": own.prompt,
        "as_developer": YES if own.as_developer else "",
        "grader": _named(db, own.grader),
        "response_format": json.dumps(own.response_format, ensure_ascii=False) if own.response_format else "",
        "suffix": own.suffix,
        "seed": "" if own.seed is None else str(own.seed),
        "metadata": written_pairs(own.metadata),
    }
    if own.wandb is not None:
        values |= {"wandb_project": own.wandb.project, "wandb_name": own.wandb.name, "wandb_entity": own.wandb.entity}
        values["wandb_tags"] = ", ".join(own.wandb.tags)
    values |= {name: _number(value) for name, value in own.hyperparameters.items()}
    return {name: value for name, value in values.items() if value}


def _number(value: Any) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _kept(db: sqlite3.Connection, job: StoredJob) -> JobRequest | None:
    """The request that stands with the task that launched a job."""
    for task in list_tasks(db):
        document = task.request.get("request")
        if task.kind == LAUNCH and task.request.get("job") == job.id and isinstance(document, dict):
            return JobRequest.from_json(document)
    return None


def _named(db: sqlite3.Connection, spec: JsonObject | None) -> str:
    """A grader by its name and version, else as JSON: it may have been deleted, or come with a job from elsewhere."""
    if spec is None:
        return ""
    stored = grader_of_version(db, grader_version(spec))
    if stored is None or stored.deleted:
        return json.dumps(spec, ensure_ascii=False)
    return f"{stored.name}@{stored.version[:DIGITS]}"


def _grader(job: StoredJob, inner: JsonObject, db: sqlite3.Connection | None) -> JsonObject | None:
    """The spec as it is stored, else as the service has it."""
    stored = grader_of_version(db, job.grader_version) if db is not None and job.grader_version else None
    sent = inner.get("grader")
    return stored.spec if stored is not None else sent if isinstance(sent, dict) else None


def _prompt(job: StoredJob, db: sqlite3.Connection | None) -> str:
    if not job.prompt:
        return ""
    prompt = get_prompt(db, job.prompt) if db is not None else None
    return f"{prompt.name if prompt else ''}@{job.prompt[:DIGITS]}"


def _source(name: str | None, body: JsonObject | None, key: str) -> DataSource | None:
    """The dataset or file that a job was made from, else its file at the service."""
    file = _object(body).get(key)
    if name and not name.startswith("file-"):
        return source_of(name)
    identity = name or (file if isinstance(file, str) else "")
    return DataSource("remote", identity) if identity else None


def _wandb(body: JsonObject | None) -> Wandb | None:
    """The first integration with Weights and Biases, as it was sent."""
    listed = _object(body).get("integrations")
    for one in listed if isinstance(listed, list) else ():
        made = _object(one, "wandb")
        if isinstance(made.get("project"), str):
            name, entity = (made[key] if isinstance(made.get(key), str) else "" for key in ("name", "entity"))
            tags = made["tags"] if isinstance(made.get("tags"), list) else []
            return Wandb(made["project"], name, entity, tuple(tag for tag in tags if isinstance(tag, str)))
    return None


def _hyperparameters(values: Mapping[str, Any], method: JobMethod, backend: str) -> dict[str, Any]:
    """Those that may be sent again; a service may show others than it takes."""
    kept: dict[str, Any] = {}
    for name, value in values.items():
        try:
            kept |= check_hyperparameters({name: value}, method, backend)
        except UsageError:
            continue
    return {name: value for name, value in kept.items() if value not in ("auto", "default")}


def _object(value: Any, key: str | None = None) -> JsonObject:
    """A value, or one inside it, where it is an object; else an empty one."""
    found = value.get(key) if key is not None and isinstance(value, dict) else value if key is None else None
    return cast("JsonObject", found) if isinstance(found, dict) else {}
