"""The item pane of Review for what two operands answered: both predictions and both reasoning summaries, stacked.

It stands where a list of changes is read, which holds of each item the baseline's prediction and the other's behind it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from rft_tui.safetext import one_line
from rft_tui.store.filters import Selection
from rft_tui.store.query import Query
from rft_tui.store.review import ReviewItem, get_review_item
from rft_tui.tui.comparing.signs import color
from rft_tui.tui.markdown import render_markdown
from rft_tui.tui.paint import Line, fit, wrap_line, wrap_text
from rft_tui.tui.screens.review_item import (
    ANSWER_LINES,
    LABEL,
    ItemView,
    band_style,
    diff_lines,
    question_lines,
    score_lines,
    short_score,
    state_lines,
)
from rft_tui.tui.word_diff import word_diff

WORDS = ("baseline", "compared")
"""What the two operands are called here: which of several was compared stands in its name."""

LISTS = ("regressions", "improvements")
"""The kept lists whose predictions come in pairs."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What the baseline (`first`) and the other operand answered to one item."""

    first: ReviewItem
    second: ReviewItem


def read_pair(db: sqlite3.Connection, query: Query, selection: Selection, item: ReviewItem) -> Pair | None:
    """The pair that a prediction belongs to in the list that is read; None where it has no fellow there."""
    name = next((term.value for term in query.terms if term.kind == "list" and term.value in LISTS), None)
    if name is None:
        return None
    rows = db.execute(_FELLOWS, [name, item.row_id]).fetchall()
    predictions = [int(row[0]) for row in rows]
    if item.prediction not in predictions or len(predictions) < len(LISTS):
        return None
    place = predictions.index(item.prediction)
    fellow = predictions[place + 1] if place == 0 else predictions[0]
    other = get_review_item(db, selection, fellow)
    return Pair(item, other) if place == 0 else Pair(other, item)


_FELLOWS = """
    SELECT kept_list.prediction FROM kept_list JOIN prediction ON prediction.id = kept_list.prediction
    JOIN item ON item.id = prediction.item WHERE kept_list.name = ? AND item.row_id = ? ORDER BY kept_list.position"""


def compose_pair(pair: Pair, current: int, view: ItemView, width: int) -> list[Line]:
    """All lines of the pane; the one that keys are about is marked, and its score and verdict stand below."""
    here = pair.first if pair.first.prediction == current else pair.second
    lines = [*question_lines(here, view, width), []]
    if here.reference is not None:
        left, _right = word_diff(here.reference, here.output_text)
        lines += _labelled([("reference", "text.dim")], diff_lines(left, width - LABEL, "(empty)"))
        if here.correction is not None:
            lines += _labelled([("corrected", "text.dim")], wrap_text(here.correction, width - LABEL, "verdict.label"))
    for number, item in enumerate((pair.first, pair.second)):
        lines += [[], _head(number, item, item is here, view, width), *_answer(item, view, width)]
    for number, item in enumerate((pair.first, pair.second)):
        lines += [[], *_reasoning(number, item, view, width)]
    lines += [[], *score_lines(here, view, width), [], *state_lines(here, width)]
    return lines


def _head(number: int, item: ReviewItem, is_here: bool, view: ItemView, width: int) -> Line:
    """Whose answer it is, and its score."""
    score = None if item.grade is None else item.grade.score
    kind = item.error_kind or (item.grade.error.kind if item.grade is not None and item.grade.error else None)
    parts = [item.model, *([item.effort] if item.effort not in ("", "none", "default") else [])]
    parts += [*([item.prompt] if item.prompt else []), f"run {item.run_index}"]
    name = one_line(" · ".join(parts), max(8, width - LABEL - 8))
    return [
        ("▸" if is_here else " ", "text.accent bold"),
        (fit(WORDS[number], LABEL - 1), f"{color(number)} bold"),
        (f"{short_score(score, kind)}  ", f"{band_style(score, view)} bold"),
        (name, "text.normal bold" if is_here else "text.normal"),
    ]


def _answer(item: ReviewItem, view: ItemView, width: int) -> list[Line]:
    """The prediction, words that differ from the reference marked; or its error."""
    room = width - LABEL
    if item.error_kind:
        said = one_line(f"{item.error_kind}: {item.error_message or ''}".rstrip(": "), 400)
        return _labelled([("error", "text.dim")], wrap_line([(f"✗ {said}", "state.bad")], room))
    if item.reference is None or view.raw:
        lines = wrap_text(item.output_text, room, limit=ANSWER_LINES) if item.output_text.strip() else []
        return _labelled([("prediction", "text.dim")], lines or [[("(empty answer)", "text.faint")]])
    _left, right = word_diff(item.reference, item.output_text)
    return _labelled([("prediction", "text.dim")], diff_lines(right, room, "(empty answer)"))


def _reasoning(number: int, item: ReviewItem, view: ItemView, width: int) -> list[Line]:
    """The reasoning summary, or that there is none."""
    tokens = "" if item.reasoning_tokens is None else f"   {item.reasoning_tokens:,} tokens"
    head: Line = [
        (WORDS[number], f"{color(number)} bold"),
        (" reasoning", "text.dim"),
        (tokens, "text.faint"),
    ]
    if not item.summary:
        return [[*head, ("   no summary", "text.faint")]]
    body = wrap_text(item.summary, width) if view.raw else render_markdown(item.summary, width)
    return [head, *body]


def _labelled(label: Line, lines: list[Line]) -> list[Line]:
    """Lines behind a label."""
    text, style = label[0]
    return [[(fit(text if number == 0 else "", LABEL), style), *line] for number, line in enumerate(lines)]
