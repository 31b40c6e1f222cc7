"""One prediction in full for Review: question, reference, answer, grade with steps, all runs of its item."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from rft_tui.errors import UsageError
from rft_tui.model import Grade, JsonObject
from rft_tui.store.datasets import fields_of
from rft_tui.store.filters import Selection
from rft_tui.store.grades import get_grade, runs_clause
from rft_tui.store.steps import beginning, step_of
from rft_tui.store.verdicts import ReviewState, other_states, review_state


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another prediction of the same item, by the same model in the same way, for the strip of runs.

    `step` is the step of the job after which a model was asked that was still learning, None for any other.
    """

    prediction: int
    run_index: int
    score: float | None
    error_kind: str | None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """When an answer was asked, by which run, who answered, and what it cost (None where no price was known).

    `cached` where this prediction took an answer that was there already.
    """

    at: str
    by: int | None
    served_model: str
    cost: float | None
    cached: bool


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """Everything the item pane shows of one prediction; `correction` is the reviewer's own reference, if any.

    `asked` tells how the answer came from a service, None where it was imported. `others` is what other reviewers say
    of it, by their names, once the reviewer has given a verdict: before that it would lead them.
    """

    prediction: int
    answer: int
    item: int
    row_id: str
    dataset: str
    line: int
    run: int
    run_index: int
    model: str
    effort: str
    prompt: str
    simulated: bool
    messages: Sequence[JsonObject]
    question: str
    reference: str | None
    fields: JsonObject
    output_text: str
    summary: str | None
    error_kind: str | None
    error_message: str | None
    reasoning_tokens: int | None
    output_tokens: int | None
    latency_s: float | None
    grade: Grade | None
    baseline_score: float | None
    state: ReviewState
    correction: str | None
    siblings: tuple[Sibling, ...]
    input_tokens: int | None = None
    asked: Asked | None = None
    others: tuple[tuple[str, ReviewState], ...] = ()


def get_review_item(db: sqlite3.Connection, selection: Selection, prediction: int) -> ReviewItem:
    """Read one prediction with all that belongs to it. Raises UsageError if it is gone."""
    row = db.execute(_ITEM, [prediction]).fetchone()
    if row is None:
        raise UsageError(f"there is no prediction {prediction}")
    (
        answer,
        item,
        row_id,
        dataset,
        line,
        run,
        run_index,
        model,
        effort,
        prompt,
        simulated,
        messages,
        question,
        reference,
        fields,
        raw,
        output_text,
        summary,
        error_kind,
        error_message,
        reasoning,
        output,
        latency,
    ) = row[:23]
    input_tokens, asked_at, asked_by, served_model, cost, cached = row[23:]
    asked = Asked(asked_at, asked_by, served_model or "", cost, bool(cached)) if asked_at else None
    grade = None if selection.grader is None else get_grade(db, selection.grader, prediction)
    base = None if selection.baseline is None else get_grade(db, selection.baseline, prediction)
    state = review_state(db, selection.reviewer, answer)
    others = tuple(other_states(db, selection.reviewer, answer)) if state.verdict is not None else ()
    correction = db.execute(
        "SELECT reference FROM correction WHERE reviewer = ? AND row_id = ?", [selection.reviewer, row_id]
    ).fetchone()
    return ReviewItem(
        prediction, answer, item, row_id, dataset, line, run, run_index, model, effort, prompt, bool(simulated),
        json.loads(messages) if messages else [{"role": "user", "content": question}],
        question, reference, fields_of(fields, raw), output_text, summary, error_kind, error_message, reasoning,
        output, latency, grade, base.score if base else None, state,
        correction[0] if correction else None, siblings(db, selection, item, run), input_tokens, asked, others,
    )  # fmt: skip


_ITEM = """
    SELECT prediction.answer, prediction.item, item.row_id, dataset.name, item.line, prediction.run,
        prediction.run_index, run.model, run.effort, coalesce(prompt.name, ''), run.simulated, input.messages,
        input.question, item_row.reference, item_row.fields, item_row.raw, answer.output_text, answer.summary,
        prediction.error_kind, answer.error_message, prediction.reasoning_tokens, prediction.output_tokens,
        prediction.latency_s, prediction.input_tokens, answer.asked_at, answer.asked_by, answer.served_model,
        prediction.cost, prediction.cached
    FROM prediction JOIN run ON run.id = prediction.run JOIN item ON item.id = prediction.item
    JOIN item_row ON item_row.item = item.id JOIN input ON input.id = item.input
    JOIN dataset ON dataset.id = item.dataset JOIN answer ON answer.id = prediction.answer
    LEFT JOIN prompt ON prompt.version = run.prompt WHERE prediction.id = ?"""


def siblings(db: sqlite3.Connection, selection: Selection, item: int, run: int) -> tuple[Sibling, ...]:
    """The item's predictions in all runs of the same model, effort, prompt and parameters, by run index.

    Of a job's evaluation: at all steps, in their order, so that one sees how the answer changed while it learned.
    """
    parameters = db.execute("SELECT parameters FROM run WHERE id = ?", [run]).fetchone()
    at = None if parameters is None else step_of(parameters[0])
    if at is not None:
        return _at_steps(db, selection, item, run, at[0])
    rows = db.execute(
        "SELECT prediction.id, prediction.run_index, grade.score, coalesce(grade.error_kind, prediction.error_kind)"
        " FROM run AS mine JOIN run ON run.dataset = mine.dataset AND run.service = mine.service"
        " AND run.model = mine.model AND run.effort = mine.effort AND run.prompt = mine.prompt"
        " AND run.parameters = mine.parameters JOIN prediction ON prediction.run = run.id AND prediction.item = ?"
        " LEFT JOIN grade ON grade.grader = ? AND grade.prediction = prediction.id"
        " WHERE mine.id = ? ORDER BY run.run_index",
        [item, selection.grader, run],
    )
    return tuple(Sibling(*row) for row in rows)


def _at_steps(db: sqlite3.Connection, selection: Selection, item: int, run: int, job: str) -> tuple[Sibling, ...]:
    rows = db.execute(
        "SELECT run.parameters, prediction.id, prediction.run_index, grade.score,"
        " coalesce(grade.error_kind, prediction.error_kind) FROM run AS mine JOIN run ON run.service = mine.service"
        " JOIN prediction ON prediction.run = run.id AND prediction.item = ?"
        " LEFT JOIN grade ON grade.grader = ? AND grade.prediction = prediction.id"
        " WHERE mine.id = ? AND substr(run.parameters, 1, ?) = ?",
        [item, selection.grader, run, *beginning(job)],
    )
    found = [
        Sibling(prediction, sample, score, error_kind, at[1])
        for parameters, prediction, sample, score, error_kind in rows
        if (at := step_of(parameters)) is not None
    ]
    return tuple(sorted(found, key=lambda one: (one.step or 0, one.run_index)))


def answers_of(db: sqlite3.Connection, predictions: Sequence[int]) -> list[int]:
    """The answers behind some predictions: what verdicts are recorded on."""
    rows = db.execute(
        f"SELECT DISTINCT answer FROM prediction WHERE id IN ({','.join('?' * len(predictions))})", list(predictions)
    )
    return [row[0] for row in rows]


def toggle_mark(db: sqlite3.Connection, prediction: int) -> bool:
    """Mark a prediction, or take its mark away; whether it is marked now."""
    if db.execute("DELETE FROM mark WHERE prediction = ?", [prediction]).rowcount:
        return False
    db.execute("INSERT INTO mark (prediction) VALUES (?)", [prediction])
    return True


def clear_marks(db: sqlite3.Connection) -> int:
    """Take all marks away; how many there were."""
    return db.execute("DELETE FROM mark").rowcount


def graded_runs(db: sqlite3.Connection, grader: int, runs: Sequence[int] | None = None) -> list[int]:
    """Those of the runs in which the version has graded anything."""
    where, values = runs_clause("run.id", runs)
    rows = db.execute(
        f"SELECT run.id FROM run WHERE EXISTS (SELECT 1 FROM prediction JOIN grade ON grade.grader = ?"
        f" AND grade.prediction = prediction.id WHERE prediction.run = run.id){where} ORDER BY run.id",
        [grader, *values],
    )
    return [row[0] for row in rows]


def marked_items(db: sqlite3.Connection, dataset: int) -> list[int]:
    """The items of a dataset that have a marked prediction."""
    rows = db.execute(
        "SELECT DISTINCT item.id FROM mark JOIN prediction ON prediction.id = mark.prediction"
        " JOIN item ON item.id = prediction.item WHERE item.dataset = ? ORDER BY item.position",
        [dataset],
    )
    return [row[0] for row in rows]
