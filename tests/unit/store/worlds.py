"""Small random stores, and a plain Python reading of what a filter and an order mean over them."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from rft_tui.model import Answer, Grade, PredictionError, ScoreRule, Usage, Verdict
from rft_tui.store.filters import CALIBRATION_DIGITS, Selection, Sort
from rft_tui.store.query import Query, Term
from rft_tui.store.review import toggle_mark
from rft_tui.store.verdicts import EventKind, record
from tests.unit.store.building import ME, dataset, give, grader, item, predict, run_key

WORDS = ("sepsis", "100%", "a_b", "axb", "Größe", "漢字", 'say "no"', "it's", "back\\slash", "SEPSIS", "ß", "é", "😀")
TAGS = ("odd", "a_b", "axb", "100%")
TOPICS = ("Medicine", "law_1", "law%1", "5", "")
SCORES = (0.0, 0.25, 0.3, 0.5, 0.8, 0.999, 1.0, 1.5, -0.5)
RUNS = (("m", 1), ("m", 2), ("n n", 1))

_texts = st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join)


@dataclass
class Row:
    """One prediction with everything that a filter may ask of it."""

    item: int
    run: int
    model: str
    run_index: int
    question: str
    reference: str | None
    row_id: str
    topic: str
    answer: Answer
    grade: Grade | None
    base: float | None
    verdict: Verdict | None
    tags: list[str]
    note: str
    corrected: bool
    marked: bool
    prediction: int = 0
    answer_id: int = 0

    @property
    def score(self) -> float | None:
        return self.grade.score if self.grade else None


@dataclass
class World:
    """What a store was filled with, and how it is looked at."""

    rows: list[Row] = field(default_factory=list)
    selection: Selection = field(default_factory=lambda: Selection(None, None, ME))


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """Predictions of up to four items in up to three runs."""
    found: list[Row] = []
    count = draw(st.integers(1, 4))
    for number in range(1, count + 1):
        question = f"{draw(_texts)} {number}"
        reference, topic = draw(st.one_of(st.none(), _texts)), draw(st.sampled_from(TOPICS))
        corrected = draw(st.booleans())
        row_id = item(question, reference, topic=topic).row_id
        for run, (model, index) in enumerate(RUNS, 1):
            if draw(st.integers(0, 4)) == 0:
                continue
            answer = draw(_answers)
            grade = draw(_grades)
            if answer.error is not None and grade is not None:
                grade = Grade(None)
            found.append(
                Row(
                    number, run, model, index, question, reference, row_id, topic, answer, grade,
                    draw(st.one_of(st.none(), st.sampled_from(SCORES))),
                    draw(st.one_of(st.none(), st.sampled_from(list(Verdict)))),
                    draw(st.lists(st.sampled_from(TAGS), unique=True, max_size=2)),
                    draw(st.sampled_from(["", "a note"])), corrected, draw(st.booleans()),
                )
            )  # fmt: skip
    return found


_answers = st.builds(
    lambda text, summary, tokens, failed: Answer(
        "" if failed else text,
        None if failed else summary,
        Usage(reasoning_tokens=tokens),
        error=PredictionError("incomplete", "cut") if failed else None,
    ),
    _texts,
    st.one_of(st.none(), _texts),
    st.one_of(st.none(), st.integers(0, 3)),
    st.integers(0, 5).map(lambda number: number == 0),
)

_grades = st.one_of(
    st.none(),
    st.builds(Grade, st.sampled_from(SCORES), steps=st.lists(_texts.filter(bool), max_size=2).map(tuple)),
    st.builds(Grade, st.sampled_from(SCORES)),
    st.just(Grade(None)),
)

selections = st.builds(
    Selection,
    st.sampled_from([None, (1,), (1, 2), (2, 3), (), (1, 2, 3, 77)]),
    st.sampled_from([1, 1, 1, None]),
    st.just(ME),
    st.sampled_from([ScoreRule(), ScoreRule(-1, 2)]),
    st.sampled_from([0.5, 0.3, 1.0]),
    baseline=st.sampled_from([None, 2]),
)


def fill(db: sqlite3.Connection, given: list[Row]) -> None:
    """Write the rows; each gets the numbers that the store gives it."""
    count = max((row.item for row in given), default=0)
    by_item = {row.item: row for row in given}
    items = [
        item(by_item[number].question, by_item[number].reference, topic=by_item[number].topic)
        if number in by_item
        else item(f"nobody answered {number}")
        for number in range(1, count + 1)
    ]
    mine = dataset(db, "mine", items)
    for number, (model, index) in enumerate(RUNS, 1):
        answers: dict[int, Answer | str] = {row.item - 1: row.answer for row in given if row.run == number}
        run, _added = predict(db, run_key(mine.id, model, index), answers)
        assert run == number
    for row in given:
        row.prediction, row.answer_id = db.execute(
            "SELECT id, answer FROM prediction WHERE run = ? AND item = ?", [row.run, row.item]
        ).fetchone()
    first, base = grader(db), grader(db, "base")
    assert (first.id, base.id) == (1, 2)
    give(db, first, {row.prediction: row.grade for row in given if row.grade is not None})
    give(db, base, {row.prediction: row.base for row in given if row.base is not None})
    for row in given:
        if row.verdict:
            record(db, ME, EventKind.VERDICT, row.verdict, answers=[row.answer_id])
        for tag in row.tags:
            record(db, ME, EventKind.TAG, tag, answers=[row.answer_id])
        if row.note:
            record(db, ME, EventKind.NOTE, row.note, answers=[row.answer_id])
        if row.corrected:
            record(db, ME, EventKind.REFERENCE, "right", row_id=row.row_id)
        if row.marked:
            toggle_mark(db, row.prediction)
        record(db, "somebody else", EventKind.VERDICT, Verdict.BOTH, answers=[row.answer_id])


def holds(text: str | None, needle: str) -> bool:
    """Whether a text holds a needle, ASCII letters alike in either case."""
    return text is not None and needle.translate(_LOWER) in text.translate(_LOWER)


_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class Oracle:
    """Which rows a query keeps, and in which order they stand."""

    def __init__(self, given: list[Row], selection: Selection) -> None:
        self.selection = selection
        runs = selection.runs
        self.rows = [
            row
            for row in given
            if (runs is None or row.run in runs) and (selection.grader is None or row.grade is not None)
        ]
        if selection.grader is None:
            self.rows = [replace(row, grade=None) for row in self.rows]
        if selection.baseline is None:
            self.rows = [replace(row, base=None) for row in self.rows]

    def listed(self, query: Query, sort: Sort, *, descending: bool) -> list[int]:
        """Prediction numbers in their order."""
        kept = [row for row in self.rows if all(self.keeps(row, term) for term in query.terms)]
        return [
            row.prediction for row in sorted(kept, key=lambda row: (*self.rank(row, sort, descending), row.prediction))
        ]

    def keeps(self, row: Row, term: Term) -> bool:
        return self._holds(row, term) is not term.negated

    def scores(self, row: Row) -> list[float]:
        alike = [one for one in self.rows if (one.item, one.model) == (row.item, row.model)]
        return [one.score for one in alike if one.score is not None]

    def flips(self, row: Row) -> bool:
        scores, threshold = self.scores(row), self.selection.threshold
        return bool(scores) and min(scores) < threshold <= max(scores)

    def texts(self, row: Row) -> dict[str, list[str | None]]:
        return {
            "question": [row.question],
            "prediction": [row.answer.output_text],
            "reference": [row.reference],
            "summary": [row.answer.reasoning_summary],
            "steps": ["\n".join(row.grade.steps)] if row.grade else [],
        }

    def _holds(self, row: Row, term: Term) -> bool:
        texts = self.texts(row)
        match term.kind:
            case "text":
                return any(holds(text, term.value) for some in texts.values() for text in some)
            case kind if kind in texts:
                return any(holds(text, term.value) for text in texts[kind])
            case "field":
                return term.name == "topic" and holds(row.topic, term.value)
            case "verdict":
                return row.verdict == term.value if term.value else row.verdict is not None
            case "tag":
                return any(tag.translate(_LOWER) == term.value.translate(_LOWER) for tag in row.tags)
            case "note":
                return bool(row.note)
            case "corrected":
                return row.corrected
            case "marked":
                return row.marked
            case "calibration":
                return row.row_id < CALIBRATION_DIGITS
            case "run":
                return str(row.run_index) == term.value
            case "model":
                return row.model == term.value
            case "errors":
                return row.answer.error is not None if self.selection.grader is None else row.score is None
            case _:
                return (
                    self.selection.grader is not None and row.score is not None and self._scored(row, row.score, term)
                )

    def _scored(self, row: Row, score: float, term: Term) -> bool:
        selection = self.selection
        threshold = selection.threshold
        match term.kind:
            case "mistakes":
                return score < selection.rule.high
            case "pass":
                return score >= threshold
            case "fail":
                return score < threshold
            case "score":
                wanted = float(term.value)
                compared = {"<": score < wanted, "<=": score <= wanted, ">": score > wanted, ">=": score >= wanted}
                return compared.get(term.name, score == wanted)
            case "band":
                return selection.edges.band(score, selection.rule) == term.value
            case "flips":
                return self.flips(row)
            case "allfail":
                return max(self.scores(row)) < threshold
            case "disagree":
                if row.verdict in (Verdict.RIGHT, Verdict.BOTH):
                    return score < threshold
                return row.verdict is Verdict.GRADER or (row.verdict is Verdict.WRONG and score >= threshold)
        raise AssertionError(term)

    def rank(self, row: Row, sort: Sort, descending: bool) -> tuple[float, ...]:
        way = -1 if descending else 1
        score, graded = row.score, self.selection.grader is not None
        match sort:
            case Sort.SCORE if graded:
                return (score is None, 0 if score is None else way * score)
            case Sort.USEFULNESS if graded:
                reviewed = 0 if row.verdict is None else 2 if row.verdict is Verdict.SKIP else 1
                far = 0.0 if score is None else abs(score - self.selection.threshold)
                return (reviewed, not self.flips(row), score is None, far)
            case Sort.DELTA if graded and self.selection.baseline is not None:
                delta = None if score is None or row.base is None else score - row.base
                return (score is None, delta is None, 0 if delta is None else way * delta)
            case Sort.LENGTH:
                return (way * len(row.answer.output_text),)
            case Sort.TOKENS:
                tokens = row.answer.usage.reasoning_tokens
                return (tokens is None, 0 if tokens is None else way * tokens)
            case Sort.RANDOM:
                return (row.prediction * 2654435761 % 2**32,)
            case _:
                return (way * row.item,)
