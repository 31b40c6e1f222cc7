"""What a comparison reads: for each item of some runs its scores under a grader version, lengths and tokens.

Items are told apart by their row id and runs by their *draw*, so that a row that stands in two datasets, or twice in
one, counts once with each answer it got.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rft_tui.store.datasets import fields_of
from rft_tui.store.grades import runs_clause
from rft_tui.store.jobs import StoredJob, get_job, list_jobs
from rft_tui.store.steps import beginning, step_of

CHUNK = 500
"""Items or predictions asked for at once."""

LARGEST = 1e90
"""How far from 0 a score may lie; beyond, sums of squares are no numbers, and it counts as an error."""

BOUNDLESS = "boundless_score"
"""The kind of that error."""

LONGEST = 20_000
"""Characters of a text that are read."""


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A row that is compared: where it stands first, what its input is called here, and its question's beginning."""

    row_id: str
    input: int
    dataset: int
    line: int
    question: str


@dataclass(slots=True)
class AnsweredItem:
    """What an operand's runs said to one item.

    `scores` are by draw; `predictions`, `lengths` (characters) and `reasoning` (tokens, None where a service did not
    say) stand in the same order. `errors` are the kinds of errors by draw, of predictions and of grades. `ungraded`
    counts predictions that the version has not graded. `passed` counts grades that passed, `ruled` those with a rule.
    """

    scores: dict[int, float] = field(default_factory=dict)
    predictions: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    reasoning: list[int | None] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)
    ungraded: int = 0
    passed: int = 0
    ruled: int = 0


@dataclass(frozen=True, slots=True)
class ComparedRows:
    """Rows by item number, and the row ids that stand twice in one dataset."""

    rows: dict[int, ComparedRow]
    repeated: frozenset[str]


def compared_rows(db: sqlite3.Connection, runs: Sequence[int]) -> ComparedRows:
    """The rows of the datasets of some runs; those with one row id share one object."""
    where, values = runs_clause("run.id", runs)
    rows: dict[int, ComparedRow] = {}
    first: dict[str, ComparedRow] = {}
    again: set[tuple[str, int]] = set()
    repeated: set[str] = set()
    for item, *row in db.execute(
        "SELECT id, row_id, input, dataset, line, question FROM item WHERE dataset IN"
        f" (SELECT dataset FROM run WHERE 1{where}) ORDER BY id",
        values,
    ):
        one = ComparedRow(*row)
        known = first.setdefault(one.row_id, one)
        rows[item] = known
        if known is not one:
            if one.dataset == known.dataset or (one.row_id, one.dataset) in again:
                repeated.add(one.row_id)
            again.add((one.row_id, one.dataset))
    return ComparedRows(rows, frozenset(repeated))


def read_operand(
    db: sqlite3.Connection, grader: int, draws: Mapping[int, int], rows: Mapping[int, ComparedRow]
) -> dict[str, AnsweredItem]:
    """What the runs (the keys of `draws`, which says the draw of each) said to each row, scored by a version.

    By row id; rows that none of the runs answered are not there.
    """
    where, values = runs_clause("prediction.run", list(draws))
    by_row: dict[str, AnsweredItem] = {}
    by_item: dict[int, AnsweredItem] = {}
    for item, run, prediction, length, reasoning, error, graded, score, passed in db.execute(
        "SELECT prediction.item, prediction.run, prediction.id, prediction.length, prediction.reasoning_tokens,"
        " coalesce(grade.error_kind, prediction.error_kind), grade.prediction, grade.score, grade.passed"
        " FROM prediction LEFT JOIN grade ON grade.grader = ? AND grade.prediction = prediction.id"
        f" WHERE 1{where} ORDER BY prediction.run, prediction.item",
        [grader, *values],
    ):
        answered = by_item.get(item)
        if answered is None:
            answered = by_item[item] = by_row.setdefault(rows[item].row_id, AnsweredItem())
        draw = draws[run]
        if draw in answered.scores:
            continue
        if score is None or not -LARGEST <= score <= LARGEST:
            error = BOUNDLESS if score is not None else error
            if error is not None:
                answered.errors[draw] = error
            elif graded is None:
                answered.ungraded += 1
            continue
        if answered.errors:
            answered.errors.pop(draw, None)
        answered.scores[draw] = score
        answered.predictions.append(prediction)
        answered.lengths.append(length)
        answered.reasoning.append(reasoning)
        if passed is not None:
            answered.ruled += 1
            answered.passed += passed
    return by_row


def dataset_names(db: sqlite3.Connection, datasets: Iterable[int]) -> dict[int, str]:
    """The names of some datasets."""
    wanted = sorted(set(datasets))
    marks = ",".join("?" * len(wanted))
    return dict(db.execute(f"SELECT id, name FROM dataset WHERE id IN ({marks})", wanted).fetchall())


def field_of_rows(db: sqlite3.Connection, row_ids: Sequence[str], name: str) -> dict[str, str]:
    """The text of a field of some rows; those without the field, or with null in it, are left out."""
    found: dict[str, str] = {}
    for begun in range(0, len(row_ids), CHUNK):
        chunk = row_ids[begun : begun + CHUNK]
        for row_id, fields, raw in db.execute(
            "SELECT item.row_id, item_row.fields, item_row.raw FROM item JOIN item_row ON item_row.item = item.id"
            f" WHERE item.row_id IN ({','.join('?' * len(chunk))})",
            chunk,
        ):
            if row_id not in found:
                value = fields_of(fields, raw or b"{}").get(name)
                if value is not None:
                    found[row_id] = value if isinstance(value, str) else repr(value)
    return found


@dataclass(frozen=True, slots=True)
class RunName:
    """What a run goes by, without its figures."""

    id: int
    model: str
    effort: str
    prompt: str
    prompt_name: str


def run_names(db: sqlite3.Connection) -> list[RunName]:
    """All runs, in the order of the run list."""
    rows = db.execute(
        "SELECT run.id, run.model, run.effort, run.prompt, coalesce(prompt.name, '') FROM run"
        " LEFT JOIN prompt ON prompt.version = run.prompt"
        " ORDER BY run.dataset, run.model, run.effort, run.prompt, run.parameters, run.run_index"
    )
    return [RunName(*row) for row in rows]


def graded_counts(db: sqlite3.Connection, runs: Sequence[int], *, most: int | None = None) -> dict[int, dict[int, int]]:
    """How many predictions of each of some runs each version has a score of: by version, then by run.

    Beyond `most` predictions (None: never) only about so many of them are looked at, evenly spread.
    """
    where, values = runs_clause("prediction.run", runs)
    step = 1
    if most is not None:
        total = db.execute(f"SELECT count(*) FROM prediction WHERE 1{where}", values).fetchone()[0]
        step = max(1, total // most) | 1  # an odd step meets all of a few runs that were written in turns
    found = {}
    for (grader,) in db.execute("SELECT id FROM grader WHERE NOT deleted").fetchall():
        rows = db.execute(
            "SELECT prediction.run, count(*) FROM prediction CROSS JOIN grade ON grade.grader = ?"
            " AND grade.prediction = prediction.id AND grade.score IS NOT NULL"
            f" WHERE prediction.id % ? = 0{where} GROUP BY prediction.run",
            [grader, step, *values],
        )
        if counts := dict(rows.fetchall()):
            found[grader] = counts
    return found


def jobs_of_models(db: sqlite3.Connection, models: Mapping[str, str]) -> dict[str, StoredJob]:
    """The jobs that made some models: `models` has the parameters of a run of each, by the name of the model.

    A model is a job's own, one of its checkpoints', or that of one of its evaluations.
    """
    if not models:
        return {}
    names = list(models)
    marks = ",".join("?" * len(names))
    found: dict[str, StoredJob] = {}
    for model, job in db.execute(
        f"SELECT fine_tuned_model, id FROM job WHERE fine_tuned_model IN ({marks})"
        f" UNION SELECT model, job FROM job_checkpoint WHERE model IN ({marks}) ORDER BY 2",
        [*names, *names],
    ):
        found[model] = get_job(db, job)
    by_label: dict[str, StoredJob] | None = None
    for model, parameters in models.items():
        at = step_of(parameters)
        if at is None or model in found:
            continue
        by_label = {job.label: job for job in list_jobs(db)} if by_label is None else by_label
        if at[0] in by_label:
            found[model] = by_label[at[0]]
    return found


def inputs_of_dataset(db: sqlite3.Connection, name: str) -> set[int]:
    """The inputs of a dataset, empty where there is none of the name."""
    rows = db.execute(
        "SELECT item.input FROM item JOIN dataset ON dataset.id = item.dataset WHERE dataset.name = ?", [name]
    )
    return {row[0] for row in rows}


@dataclass(frozen=True, slots=True)
class AnswerText:
    """An answer with what it answers, each text cut at `LONGEST` characters; "" where there is no reference."""

    prediction: int
    row_id: str
    text: str
    question: str
    reference: str


def iter_answer_texts(db: sqlite3.Connection, predictions: Sequence[int]) -> Iterator[AnswerText]:
    """The texts of some predictions, without an order that means anything."""
    for begun in range(0, len(predictions), CHUNK):
        chunk = predictions[begun : begun + CHUNK]
        for row in db.execute(
            "SELECT prediction.id, item.row_id, substr(answer.output_text, 1, ?1), substr(input.question, 1, ?1),"
            " ifnull(substr(item_row.reference, 1, ?1), '') FROM prediction"
            " JOIN answer ON answer.id = prediction.answer JOIN item ON item.id = prediction.item"
            " JOIN input ON input.id = item.input JOIN item_row ON item_row.item = item.id"
            f" WHERE prediction.id IN ({','.join('?' * len(chunk))})",
            [LONGEST, *chunk],
        ):
            yield AnswerText(*row)


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
