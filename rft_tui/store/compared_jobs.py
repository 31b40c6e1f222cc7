"""What a comparison asks of fine-tuning: the jobs behind compared models, their steps, the inputs they were given."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from rft_tui.store.jobs import StoredJob, get_job, list_jobs
from rft_tui.store.steps import beginning, step_of


def jobs_of_models(db: sqlite3.Connection, asked: Iterable[tuple[str, str]]) -> list[tuple[str, StoredJob]]:
    """The jobs behind some models, each pair once: `asked` has the model and the parameters of each run.

    A model is a job's own, one of its checkpoints', or that of one of its evaluations.
    """
    runs = list(dict.fromkeys(asked))
    if not runs:
        return []
    names = list(dict.fromkeys(model for model, _parameters in runs))
    marks = ",".join("?" * len(names))
    found: dict[tuple[str, int], StoredJob] = {}
    for model, job in db.execute(
        f"SELECT fine_tuned_model, id FROM job WHERE fine_tuned_model IN ({marks})"
        f" UNION SELECT model, job FROM job_checkpoint WHERE model IN ({marks}) ORDER BY 2",
        [*names, *names],
    ):
        found[model, job] = get_job(db, job)
    steps = [(model, at[0]) for model, parameters in runs if (at := step_of(parameters)) is not None]
    by_label = {job.label: job for job in list_jobs(db)} if steps else {}
    for model, label in steps:
        if label in by_label:
            found[model, by_label[label].id] = by_label[label]
    return [(model, job) for (model, _number), job in found.items()]


def runs_at_steps(db: sqlite3.Connection, job: StoredJob) -> dict[int, list[int]]:
    """The runs of a job's evaluations and those that asked its checkpoints, by step."""
    found: dict[int, list[int]] = {}
    for run, parameters in db.execute(
        "SELECT id, parameters FROM run WHERE substr(parameters, 1, ?) = ?", beginning(job.label)
    ):
        at = step_of(parameters)
        if at is not None:
            found.setdefault(at[1], []).append(run)
    for run, step in db.execute(
        "SELECT run.id, job_checkpoint.step FROM job_checkpoint JOIN run ON run.model = job_checkpoint.model"
        " WHERE job_checkpoint.job = ?",
        [job.id],
    ):
        found.setdefault(step, []).append(run)
    return found


def inputs_of_dataset(db: sqlite3.Connection, name: str) -> set[int]:
    """The inputs of a dataset, empty where there is none of the name."""
    rows = db.execute(
        "SELECT item.input FROM item JOIN dataset ON dataset.id = item.dataset WHERE dataset.name = ?", [name]
    )
    return {row[0] for row in rows}
