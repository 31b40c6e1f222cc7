"""What a comparison reads: for each item of some runs its scores under a grader version, lengths and tokens.

Items are told apart by their row id and runs by their *draw*, so that a row that stands in two datasets, or twice in
one, counts once with each answer it got.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from rft_tui.store.datasets import fields_of
from rft_tui.store.grades import runs_clause

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
    db: sqlite3.Connection,
    grader: int,
    draws: Mapping[int, int],
    rows: Mapping[int, ComparedRow],
    without: Set[int] = frozenset(),
) -> dict[str, AnsweredItem]:
    """What the runs (the keys of `draws`, which says the draw of each) said to each row, scored by a version.

    By row id; rows that none of the runs answered are not there, nor are the items `without`.
    """
    by_row: dict[str, AnsweredItem] = {}
    by_item: dict[int, AnsweredItem] = {}
    for run in sorted(draws):
        draw = draws[run]
        for item, prediction, length, reasoning, score, passed, error in db.execute(_ANSWERS_OF_RUN, [grader, run]):
            answered = by_item.get(item)
            if answered is None:
                if item in without:
                    continue
                answered = by_item[item] = by_row.setdefault(rows[item].row_id, AnsweredItem())
            if draw in answered.scores:
                continue
            if score is None or not -LARGEST <= score <= LARGEST:
                if score is not None:
                    answered.errors[draw] = BOUNDLESS
                elif error:
                    answered.errors[draw] = error
                elif error is not None:
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


_ANSWERS_OF_RUN = (
    "SELECT prediction.item, prediction.id, prediction.length, prediction.reasoning_tokens, grade.score, grade.passed,"
    " CASE WHEN grade.score IS NULL THEN"
    " coalesce(grade.error_kind, prediction.error_kind, CASE WHEN grade.prediction IS NULL THEN '' END) END"
    " FROM prediction LEFT JOIN grade ON grade.grader = ? AND grade.prediction = prediction.id"
    " WHERE prediction.run = ? ORDER BY prediction.item"
)
"""One query for each run, so that no row has to name its run; the error of what is not graded is empty."""


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


def rows_of_items(db: sqlite3.Connection, items: Sequence[int]) -> frozenset[str]:
    """The row ids of some items."""
    found: set[str] = set()
    for begun in range(0, len(items), CHUNK):
        chunk = items[begun : begun + CHUNK]
        rows = db.execute(f"SELECT row_id FROM item WHERE id IN ({','.join('?' * len(chunk))})", chunk)
        found.update(row for (row,) in rows)
    return frozenset(found)


def rows_of_list(db: sqlite3.Connection, name: str) -> frozenset[str]:
    """The row ids of the items whose predictions are kept in a list; none where there is no such list."""
    rows = db.execute(
        "SELECT DISTINCT item.row_id FROM kept_list JOIN prediction ON prediction.id = kept_list.prediction"
        " JOIN item ON item.id = prediction.item WHERE kept_list.name = ?",
        [name],
    )
    return frozenset(row for (row,) in rows)


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


def deleted_graders(db: sqlite3.Connection, runs: Sequence[int] | None = None) -> list[str]:
    """The deleted versions, ``NAME@HASH``; `runs` leaves those that have a score of one of them."""
    where, values = runs_clause("prediction.run", runs)
    rows = db.execute(
        "SELECT name || '@' || substr(version, 1, 4) FROM grader WHERE deleted AND (? OR EXISTS ("
        "SELECT 1 FROM prediction CROSS JOIN grade ON grade.grader = grader.id AND grade.prediction = prediction.id"
        f" AND grade.score IS NOT NULL WHERE 1{where})) ORDER BY id",
        [runs is None, *values],
    )
    return [row[0] for row in rows]


def error_counts(db: sqlite3.Connection, runs: Sequence[int]) -> tuple[int, dict[str, int]]:
    """How many predictions some runs have, and how many of them have no score but an error, by its kind.

    An error of a grade counts where no version that is there has a score of the prediction.
    """
    where, values = runs_clause("prediction.run", runs)
    rows = db.execute(
        "SELECT coalesce(error_kind, (SELECT CASE WHEN count(grade.score) THEN NULL ELSE min(grade.error_kind) END"
        " FROM grader CROSS JOIN grade ON grade.grader = grader.id AND grade.prediction = prediction.id"
        f" WHERE NOT grader.deleted)) AS kind, count(*) FROM prediction WHERE 1{where} GROUP BY kind",
        values,
    ).fetchall()
    return sum(count for _kind, count in rows), {kind: count for kind, count in rows if kind is not None}


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
