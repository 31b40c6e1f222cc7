"""A Review filter as SQL: every condition runs on narrow tables and indexes, long text through the search tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rft_tui.model import Band, BandEdges, ScoreRule, Verdict
from rft_tui.safetext import storable
from rft_tui.store.database import LONGEST_NUMBER
from rft_tui.store.query import Query, Term
from rft_tui.store.search import like_operand, predictions_holding
from rft_tui.store.verdicts import clean_tag

CALIBRATION_DIGITS = "33"
"""Items whose row id begins below these hexadecimal digits are the calibration sample: 51 of 256, about every fifth."""


class Sort(StrEnum):
    """The orders of the Review list."""

    SCORE = "score"
    USEFULNESS = "usefulness"
    DELTA = "delta"
    ITEM = "item"
    LENGTH = "length"
    TOKENS = "tokens"
    RANDOM = "random"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Selection:
    """What Review looks at: some runs (None: all), one grader version, and how its scores are read.

    `threshold` is where the pass line stands on the screen; `baseline` the version that Δ is measured against.
    """

    runs: tuple[int, ...] | None
    grader: int | None
    reviewer: str
    rule: ScoreRule = field(default_factory=ScoreRule)
    threshold: float = 0.5
    edges: BandEdges = field(default_factory=BandEdges)
    baseline: int | None = None


@dataclass(slots=True)
class Statement:
    """A SELECT under construction: tables joined so far, conditions, and their values in order.

    `kept_list` names the list that rows are taken from: it stands first, so that a short one costs nothing among a
    million predictions.
    """

    selection: Selection
    conditions: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    joins: dict[str, tuple[str, list[Any]]] = field(default_factory=dict)
    kept_list: str | None = None

    def join(self, name: str) -> str:
        """Join a table once, by the name of its alias."""
        if name not in self.joins:
            if name == "item":
                self.join("prediction")
            values: list[Any] = [self.selection.reviewer] if name in ("review", "correction") else []
            if name == "review":
                self.join("prediction")
            if name == "correction":
                self.join("item")
            if name == "run":
                self.join("prediction")
            self.joins[name] = (_JOINS[name], values)
        return name

    def where(self, condition: str, *values: Any) -> None:
        """Add a condition."""
        self.conditions.append(condition)
        self.values += [storable(value) if isinstance(value, str) else value for value in values]

    def sql(self, columns: str, tail: str = "", tail_values: Sequence[Any] = ()) -> tuple[str, list[Any]]:
        """The statement and its values. Rows come from `grade` where there is a grader, else `prediction`."""
        selection = self.selection
        values: list[Any] = []
        joins = dict(self.joins)
        if selection.grader is None:
            source = "prediction"
            joins.pop("prediction", None)
        else:
            source = "grade"
        first = "" if self.kept_list is None else "kept_list CROSS JOIN "
        text = f"SELECT {columns} FROM {first}{source}"
        for clause, join_values in joins.values():
            text += f" {clause}"
            values += join_values
        conditions = list(self.conditions)
        base: list[Any] = []
        if selection.grader is not None:
            conditions.insert(0, "grade.grader = ?")
            base.append(selection.grader)
        if selection.runs is not None:
            conditions.insert(len(base), f"{source}.run IN ({','.join('?' * len(selection.runs))})")
            base += selection.runs
        if self.kept_list is not None:
            conditions.append(f"kept_list.name = ? AND kept_list.prediction = {self.prediction}")
            tail_values = [storable(self.kept_list), *tail_values]
        if conditions:
            text += " WHERE " + " AND ".join(conditions)
        return f"{text} {tail}".rstrip(), [*values, *base, *self.values, *tail_values]

    @property
    def prediction(self) -> str:
        """The column that holds the prediction's number."""
        return "prediction.id" if self.selection.grader is None else "grade.prediction"

    @property
    def item(self) -> str:
        """The column that holds the item's number."""
        return "prediction.item" if self.selection.grader is None else "grade.item"


_RUN_GROUP = (
    "(SELECT run.id AS run, min(alike.id) AS first FROM run JOIN run AS alike ON alike.dataset = run.dataset"
    " AND alike.service = run.service AND alike.model = run.model AND alike.effort = run.effort"
    " AND alike.prompt = run.prompt AND alike.parameters = run.parameters GROUP BY run.id) AS run_group"
)
"""Every run with the first of the runs that differ from it in their run index only."""

_JOINS = {
    "run_group": f"JOIN {_RUN_GROUP} ON run_group.run = grade.run",
    "prediction": "JOIN prediction ON prediction.id = grade.prediction",
    "item": "JOIN item ON item.id = prediction.item",
    "run": "JOIN run ON run.id = prediction.run",
    "review": "LEFT JOIN review ON review.reviewer = ? AND review.answer = prediction.answer",
    "correction": "LEFT JOIN correction ON correction.reviewer = ? AND correction.row_id = item.row_id",
}


def filtered(selection: Selection, query: Query) -> Statement:
    """The statement that keeps what the query asks for."""
    statement = Statement(selection)
    for term in query.terms:
        outer, outer_values = statement.conditions, statement.values
        statement.conditions, statement.values = [], []
        _add_term(statement, term)
        inner, values = " AND ".join(statement.conditions), statement.values
        statement.conditions, statement.values = outer, outer_values
        if inner:
            statement.where(f"NOT ifnull({inner}, 0)" if term.negated else f"({inner})", *values)
    return statement


def _add_term(statement: Statement, term: Term) -> None:
    selection = statement.selection
    graded = selection.grader is not None
    match term.kind:
        case "text":
            statement.where(*_text(statement, None, term.value))
        case "question" | "prediction" | "reference" | "summary" | "steps":
            statement.where(*_text(statement, term.kind, term.value))
        case "field":
            operand, escape = like_operand(term.value)
            statement.where(f"{statement.item} IN ({_FIELD}{escape})", *_paths(term.name), operand)
        case "verdict" if term.value:
            statement.join("review")
            statement.where("review.verdict = ?", term.value)
        case "verdict":
            statement.join("review")
            statement.where("review.verdict IS NOT NULL")
        case "tag":
            statement.join("review")
            operand, escape = like_operand(f"\n{clean_tag(term.value)}\n")
            statement.where(f"char(10) || review.tags || char(10) LIKE ?{escape}", operand)
        case "note":
            statement.join("review")
            statement.where("review.note <> ''")
        case "corrected":
            statement.join("correction")
            statement.where("correction.reference IS NOT NULL")
        case "list" if not term.negated and statement.kept_list in (None, term.value):
            statement.kept_list = term.value
        case "list":
            statement.where(f"+{statement.prediction} IN (SELECT prediction FROM kept_list WHERE name = ?)", term.value)
        case "marked":
            statement.where(f"{statement.prediction} IN (SELECT prediction FROM mark)")
        case "calibration":
            statement.join("item")
            statement.where("item.row_id < ?", CALIBRATION_DIGITS)
        case "run":
            statement.join("prediction")
            is_number = term.value.isdecimal() and len(term.value) <= LONGEST_NUMBER
            statement.where("prediction.run_index = ?", int(term.value) if is_number else -1)
        case "model":
            statement.join("run")
            statement.where("run.model = ?", term.value)
        case "errors" if not graded:
            statement.where("prediction.error_kind IS NOT NULL")
        case "errors":
            statement.where("grade.score IS NULL")
        case _ if not graded:
            statement.where("0")
        case _:
            _add_score_term(statement, term)


def _add_score_term(statement: Statement, term: Term) -> None:
    """Conditions on scores; `sort_score` is infinite for errors, so none of these holds for an error."""
    selection = statement.selection
    rule, threshold = selection.rule, selection.threshold
    match term.kind:
        case "mistakes":
            statement.where("grade.sort_score < ?", rule.high)
        case "pass":
            statement.where("grade.score >= ?", threshold)
        case "fail":
            statement.where("grade.sort_score < ?", threshold)
        case "score":
            statement.where(f"grade.score {term.name} ?", float(term.value))
        case "band":
            low, high = band_limits(Band(term.value), selection.edges, rule)
            statement.where("grade.score >= ? AND grade.score < ?", low, high)
        case "flips":
            statement.join("run_group")
            statement.where(
                f"(grade.item, run_group.first) IN ({_by_item(selection)} HAVING min(score) < ? AND max(score) >= ?)",
                *_by_item_values(selection),
                threshold,
                threshold,
            )
        case "allfail":
            statement.join("run_group")
            statement.where(
                f"(grade.item, run_group.first) IN ({_by_item(selection)} HAVING max(score) < ?)",
                *_by_item_values(selection),
                threshold,
            )
        case "disagree":
            statement.join("review")
            statement.where(
                "(review.verdict IN (?, ?) AND grade.score < ? OR review.verdict = ? AND grade.score >= ?"
                " OR review.verdict = ?)",
                Verdict.RIGHT,
                Verdict.BOTH,
                threshold,
                Verdict.WRONG,
                threshold,
                Verdict.GRADER,
            )


def band_limits(band: Band, edges: BandEdges, rule: ScoreRule) -> tuple[float, float]:
    """From which score (included) to which (excluded) a band reaches."""
    span = rule.high - rule.low
    formatting, partial = rule.low + edges.formatting * span, rule.low + edges.partial * span
    infinite = float("inf")
    return {
        Band.FULL: (rule.high, infinite),
        Band.FORMATTING: (formatting, rule.high),
        Band.PARTIAL: (partial, formatting),
        Band.OFF_BASE: (-infinite, partial),
    }[band]


def _by_item(selection: Selection) -> str:
    """Items of a group of runs, to be followed by HAVING: what one model does says nothing of another."""
    runs = "" if selection.runs is None else f" AND grade.run IN ({','.join('?' * len(selection.runs))})"
    return (
        f"SELECT grade.item, run_group.first FROM grade JOIN {_RUN_GROUP} ON run_group.run = grade.run"
        f" WHERE grade.grader = ? AND grade.score IS NOT NULL{runs} GROUP BY grade.item, run_group.first"
    )


def _by_item_values(selection: Selection) -> list[Any]:
    return [selection.grader, *(selection.runs or ())]


_FIELD = (
    "SELECT item FROM (SELECT item, ifnull(fields, CAST(raw AS TEXT)) AS row FROM item_row) WHERE CASE WHEN"
    " json_valid(row) THEN CAST(ifnull(json_extract(row, ?), json_extract(row, ?)) AS TEXT) END LIKE ?"
)


def _paths(name: str) -> tuple[str, str]:
    """The key of a row as JSON paths: as it is read, and as a writer of plain ASCII spells it."""
    name = name.replace('"', "").replace("\\", "")
    return f'$."{name}"', f'$."{json.dumps(name)[1:-1]}"'


def _text(statement: Statement, name: str | None, needle: str) -> tuple[Any, ...]:
    found, values = predictions_holding(name, needle, statement.selection.grader)
    return (f"+{statement.prediction} IN ({found})", *values)


def ordering(statement: Statement, sort: Sort, *, descending: bool) -> tuple[str, list[Any]]:
    """The ORDER BY clause of a sort and its values; ties always fall in the order of the predictions."""
    selection = statement.selection
    way = "DESC" if descending else "ASC"
    graded = selection.grader is not None
    values: list[Any] = []
    match sort:
        case Sort.LIST if statement.kept_list is not None:
            key = f"kept_list.position {way}"
        case Sort.SCORE if graded and descending:
            key = "grade.sort_score = 9e999, grade.sort_score DESC"
        case Sort.SCORE if graded:
            key = "grade.sort_score"
        case Sort.USEFULNESS if graded:
            statement.join("review")
            statement.join("run_group")
            key, values = _usefulness(selection)
        case Sort.DELTA if graded and selection.baseline is not None:
            key = (
                "grade.score IS NULL, (SELECT grade.score - base.score FROM grade AS base"
                f" WHERE base.grader = ? AND base.prediction = grade.prediction) {way} NULLS LAST"
            )
            values = [selection.baseline]
        case Sort.LENGTH:
            statement.join("prediction")
            key = f"prediction.length {way}"
        case Sort.TOKENS:
            statement.join("prediction")
            key = f"prediction.reasoning_tokens {way} NULLS LAST"
        case Sort.RANDOM:
            key = f"({statement.prediction} * 2654435761) % 4294967296"
        case _:
            key = f"{statement.item} {way}"
    return f"ORDER BY {key}, {statement.prediction}", values


def _usefulness(selection: Selection) -> tuple[str, list[Any]]:
    """What to look at first: not reviewed, then items whose runs disagree, then scores close to the pass line.

    Skipped predictions stand at the end of the queue.
    """
    key = (
        "CASE WHEN review.verdict IS NULL THEN 0 WHEN review.verdict = 'skip' THEN 2 ELSE 1 END,"
        f" (grade.item, run_group.first) NOT IN ({_by_item(selection)} HAVING min(score) < ? AND max(score) >= ?),"
        " grade.score IS NULL, abs(grade.score - ?)"
    )
    threshold = selection.threshold
    return key, [*_by_item_values(selection), threshold, threshold, threshold]
