"""The form of a new run filled so that a job's model is asked as its base was: same rows, prompt, effort and runs."""

from __future__ import annotations

import json
import re
import sqlite3

from rft_tui.safetext import one_line
from rft_tui.store.datasets import list_datasets
from rft_tui.store.jobs import StoredJob
from rft_tui.store.prompts import get_prompt
from rft_tui.tui.new_job.again import request_of_job
from rft_tui.tui.screens.job_details import inside
from rft_tui.tui.widgets.form import YES

_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def run_values(db: sqlite3.Connection, job: StoredJob, model: str) -> dict[str, str]:
    """Values of the form; what is not known of a job is left to what the form proposes."""
    asked = request_of_job(job, db)
    held = inside(inside(job.request or job.remote, "method"), job.method)
    effort = inside(held, "hyperparameters").get("reasoning_effort")
    values = {
        "dataset": job.validation_dataset or "",
        "profile": job.profile,
        "models": model,
        "efforts": effort if isinstance(effort, str) and effort not in ("default", "auto") else "",
    }
    if job.prompt and (prompt := get_prompt(db, job.prompt)) is not None:
        values["prompt"] = f"{prompt.name}@{job.prompt[:12]}"
    if asked is not None and asked.as_developer:
        values["as_developer"] = YES
    if form := inside(held, "response_format"):
        values["response_format"] = json.dumps(form)
    if runs := _runs_of_base(db, job):
        values["runs"] = str(runs)
    return {name: value for name, value in values.items() if value}


def validation_missing(db: sqlite3.Connection, job: StoredJob) -> str:
    """Why the rows that a job was validated on cannot be asked here; empty where they can."""
    name = job.validation_dataset
    if not name:
        return "the job does not say which rows it was validated on; choose some"
    if any(one.name == name for one in list_datasets(db)):
        return ""
    return f"the job's validation data, {one_line(name, 60)}, is no dataset here; import it in Data, or choose another"


def _runs_of_base(db: sqlite3.Connection, job: StoredJob) -> int:
    """How often the base was asked each row of the validation dataset with the job's prompt; 0 where it was not."""
    rows = db.execute(
        "SELECT run.model, max(run.run_index) FROM run JOIN dataset ON dataset.id = run.dataset"
        " WHERE dataset.name = ? AND run.prompt = ? AND run.source IS NULL GROUP BY run.model",
        [job.validation_dataset, job.prompt],
    )
    wanted = _DATED.sub("", job.model)
    return max((count for model, count in rows if _DATED.sub("", model) == wanted), default=0)
