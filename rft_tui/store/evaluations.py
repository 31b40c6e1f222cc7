"""Outputs of a job's evaluation as runs and predictions: one run for each step and sample, on the items by content.

What makes such a run are the job and the step, in the run's parameters; so the outputs of one item at all steps are
found together, however they came here.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from rft_tui.datasets.plain import fields_of_row, item_of
from rft_tui.datasets.render import take_off
from rft_tui.identity import input_id, row_id
from rft_tui.job_model import EvaluationOutput
from rft_tui.model import JsonObject, Prompt
from rft_tui.safetext import one_line
from rft_tui.store.answers import note_served_model
from rft_tui.store.datasets import add_records, append_records, get_dataset, item_record
from rft_tui.store.evaluation_grades import ResultGraders, grades_of
from rft_tui.store.grades import add_grades
from rft_tui.store.inputs import dataset_named, items_with, prediction_of
from rft_tui.store.jobs import StoredJob
from rft_tui.store.prompts import get_prompt, list_prompts
from rft_tui.store.runs import RunKey, add_predictions, ensure_run
from rft_tui.store.steps import beginning, parameters_at, step_of
from rft_tui.store.wanted import want_items

CHUNK = 200
"""Outputs that one transaction takes."""

MOST_LOOKED_AT = 5000
"""Rows by which it is decided where outputs belong."""

MOST_PROMPTS = 50
"""Prompts that are tried on the rows."""

EFFORT_UNKNOWN = "default"


class Place(NamedTuple):
    """Where the outputs of a job belong: a dataset (None: one of their own), and the prompt that their rows carry."""

    dataset: int | None
    prompt: Prompt | None


class PlacedOutput(NamedTuple):
    """An output with its row without the prompt, the row's identities, and which sample of the row it is, from 1."""

    output: EvaluationOutput
    row: JsonObject
    input_id: str
    row_id: str
    prompt: str
    sample: int


@dataclass(frozen=True, slots=True)
class AddedOutputs:
    """What some outputs brought: predictions new, known, and left out since others stand there; new grades."""

    new: int = 0
    known: int = 0
    left_out: int = 0
    grades: int = 0

    def __add__(self, other: AddedOutputs) -> AddedOutputs:
        return AddedOutputs(
            self.new + other.new, self.known + other.known, self.left_out + other.left_out, self.grades + other.grades
        )


def model_at(job: StoredJob, step: int) -> str:
    """How the model after a step is called; names of steps sort as the steps do."""
    return one_line(f"{job.label}:step-{step:04d}", 200)


def place_outputs(outputs: Iterable[EvaluationOutput], place: Place, samples: Counter[str]) -> Iterator[PlacedOutput]:
    """Outputs of one step with their rows' identities; `samples` counts those of each row so far."""
    for output in outputs:
        row, prompt = _without(output.row, place.prompt)
        of_input = input_id(row["messages"], row.get("tools") or None)
        identity = row_id(of_input, fields_of_row(row))
        samples[identity] += 1
        yield PlacedOutput(output, row, of_input, identity, prompt, samples[identity])


def choose_place(db: sqlite3.Connection, job: StoredJob, rows: Iterable[JsonObject]) -> Place:
    """Where outputs with these rows belong: where earlier ones are, else in a dataset that has every one of the rows.

    Of several the job's own validation dataset goes before the others, a small one before a large one. A prompt that
    the rows carry comes off: the job's own, or another that is kept here.
    """
    earlier = db.execute(
        "SELECT run.dataset, run.prompt FROM run WHERE run.service = ? AND substr(run.parameters, 1, ?) = ? LIMIT 1",
        [job.service, *beginning(job.label)],
    ).fetchone()
    if earlier is not None:
        return Place(earlier[0], get_prompt(db, earlier[1]) if earlier[1] else _own_prompt(db, job))
    looked_at = list(islice(rows, MOST_LOOKED_AT))
    for prompt in _ways(db, job):
        having: set[int] | None = None
        for given in looked_at:
            row, version = _without(given, prompt)
            found = _datasets_with_row(db, row) if prompt is None or version else set()
            having = found if having is None else having & found
            if not having:
                break
        if having:
            sizes = {one: get_dataset(db, one) for one in having}
            best = min(having, key=lambda one: (sizes[one].name != job.validation_dataset, sizes[one].rows, one))
            return Place(best, prompt)
    return Place(None, _own_prompt(db, job))


def add_outputs(
    db: sqlite3.Connection, job: StoredJob, step: int, place: Place, outputs: Sequence[PlacedOutput]
) -> AddedOutputs:
    """Store outputs of one step; what is there already is never changed, so the same ones add nothing.

    Safe to do again where the transaction was not committed.
    """
    graders = ResultGraders(db, job)
    done = AddedOutputs()
    by_run: dict[int, list[int]] = {}
    grades = []
    for one in outputs:
        dataset, item = _item(db, job, place, one)
        key = RunKey(
            dataset, job.profile, job.service, model_at(job, step), _effort(job), one.prompt, one.sample,
            parameters_at(job.label, step),
        )  # fmt: skip
        run = ensure_run(db, key, source=f"evaluation of {job.label}, step {step}", simulated=job.simulated)
        added = add_predictions(db, run, key, [(item, one.input_id, one.output.answer)])
        done += AddedOutputs(added.new, added.known, added.differing)
        if added.differing:
            continue
        by_run.setdefault(run, []).append(item)
        note_served_model(db, run, (one.output.answer.extra or {}).get("model"))
        prediction = prediction_of(db, run, item)
        grades += [(grader, (prediction, item, run, grade)) for grader, grade in grades_of(graders, one.output)]
    for run, items in by_run.items():
        want_items(db, run, items, is_new=True)
    for grader in dict.fromkeys(grader for grader, _grade in grades):
        new = add_grades(db, grader, [grade for one, grade in grades if one == grader])
        done += AddedOutputs(grades=new)
    return done


def runs_of_job(db: sqlite3.Connection, job: StoredJob) -> list[tuple[int, int, int]]:
    """The runs of a job's evaluation: step, sample and number, in that order."""
    found = []
    for run, parameters, sample in db.execute(
        "SELECT id, parameters, run_index FROM run WHERE service = ? AND substr(parameters, 1, ?) = ?",
        [job.service, *beginning(job.label)],
    ):
        at = step_of(parameters)
        if at is not None:
            found.append((at[1], sample, run))
    return sorted(found)


def _ways(db: sqlite3.Connection, job: StoredJob) -> Iterator[Prompt | None]:
    """How rows may be read: as they stand, without the job's own prompt, without another."""
    yield None
    own = _own_prompt(db, job)
    if own is not None:
        yield own
    for prompt in list_prompts(db)[-MOST_PROMPTS:]:
        if own is None or prompt.version != own.version:
            yield prompt


def _own_prompt(db: sqlite3.Connection, job: StoredJob) -> Prompt | None:
    return get_prompt(db, job.prompt) if job.prompt else None


def _without(row: JsonObject, prompt: Prompt | None) -> tuple[JsonObject, str]:
    """A row without a prompt, and the prompt's version, empty where the row does not carry it."""
    bare = None if prompt is None else take_off(prompt, row["messages"])
    return (row, "") if prompt is None or not bare else (row | {"messages": bare}, prompt.version)


def _datasets_with_row(db: sqlite3.Connection, row: JsonObject) -> set[int]:
    of_input = input_id(row["messages"], row.get("tools") or None)
    found = db.execute(
        "SELECT item.dataset FROM input JOIN item ON item.input = input.id WHERE input.hash = ? AND item.row_id = ?",
        [of_input, row_id(of_input, fields_of_row(row))],
    )
    return {one[0] for one in found}


def _item(db: sqlite3.Connection, job: StoredJob, place: Place, one: PlacedOutput) -> tuple[int, int]:
    """The dataset and the item that an output belongs to; a row that has none gets one in the job's own dataset."""
    for dataset in dict.fromkeys((place.dataset, _own_dataset(db, job))):
        standing = [] if dataset is None else items_with(db, one.input_id, dataset)
        found = next((item for item in standing if item.row_id == one.row_id), None)
        if found is not None:
            return found.dataset, found.item
    own = _own_dataset(db, job) or _new_dataset(db, job)
    rows = get_dataset(db, own).rows
    append_records(db, own, [item_record(rows + 1, item_of(one.row))])
    item = next(item for item in items_with(db, one.input_id, own) if item.row_id == one.row_id)
    return own, item.item


def _origin(job: StoredJob) -> str:
    return f"evaluation of {job.label} at {job.service}"


def _own_dataset(db: sqlite3.Connection, job: StoredJob) -> int | None:
    """The dataset that was made of the rows of a job's evaluation, None where there is none yet."""
    row = db.execute("SELECT id FROM dataset WHERE source = ? LIMIT 1", [_origin(job)]).fetchone()
    return None if row is None else int(row[0])


def _new_dataset(db: sqlite3.Connection, job: StoredJob) -> int:
    base = one_line(f"{job.name or job.label} validation", 100)
    name, number = base, 1
    while dataset_named(db, name):
        number += 1
        name = f"{base}-{number}"
    return add_records(db, name, [], source=_origin(job)).id


def _effort(job: StoredJob) -> str:
    """The reasoning effort that the job was made with, as far as it says one."""
    at: object = job.remote or job.request or {}
    for key in ("method", "reinforcement", "hyperparameters", "reasoning_effort"):
        at = at.get(key) if isinstance(at, dict) else None
    return at if isinstance(at, str) and at not in ("auto", "") and len(at) <= 40 else EFFORT_UNKNOWN
