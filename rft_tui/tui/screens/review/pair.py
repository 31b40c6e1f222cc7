"""The item pane of Review for what two operands answered: both predictions and both reasoning summaries, stacked.

It stands where a list of changes is read. Of models and runs the list holds for each item the baseline's prediction and
the other's behind it; of grader versions one prediction, and what stands stacked is how each version scored it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from rft_tui.model import ScoreRule
from rft_tui.safetext import one_line
from rft_tui.store.filters import Selection
from rft_tui.store.graders import StoredGrader, get_grader
from rft_tui.store.query import Query
from rft_tui.store.review import ReviewItem, get_review_item
from rft_tui.tui.comparing.signs import color
from rft_tui.tui.markdown import render_markdown
from rft_tui.tui.paint import Line, fit, wrap_line, wrap_text
from rft_tui.tui.screens.review.item import (
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

LISTS = ("regressions", "improvements")
"""The kept lists whose predictions come in pairs."""

LONGEST_NAME = 40
"""Characters of an operand's name."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What the baseline (`first`) and the other operand (`second`) answered to one item, and how they are called.

    With a `grader` both are the same prediction: `first` has the score of this version, `second` that of the one that
    Review shows.
    """

    first: ReviewItem
    second: ReviewItem
    names: tuple[str, str]
    grader: StoredGrader | None = None


def read_pair(db: sqlite3.Connection, query: Query, selection: Selection, item: ReviewItem) -> Pair | None:
    """The pair that a prediction belongs to in the list that is read; None where it has no fellow there."""
    name = next((term.value for term in query.terms if term.kind == "list" and term.value in LISTS), None)
    if name is None:
        return None
    rows = db.execute(_FELLOWS, [name, item.row_id]).fetchall()
    predictions = [int(row[0]) for row in rows]
    if item.prediction not in predictions:
        return None
    if len(predictions) < len(LISTS):
        return _of_versions(db, selection, item)
    place = predictions.index(item.prediction)
    fellow = predictions[place + 1] if place == 0 else predictions[0]
    other = get_review_item(db, selection, fellow)
    first, second = (item, other) if place == 0 else (other, item)
    return Pair(first, second, _names(first, second))


def _of_versions(db: sqlite3.Connection, selection: Selection, item: ReviewItem) -> Pair | None:
    """The same prediction as two grader versions scored it; None where Review shows one version only."""
    if selection.baseline is None or selection.grader is None:
        return None
    before, after = get_grader(db, selection.baseline), get_grader(db, selection.grader)
    if before is None or after is None:
        return None
    first = get_review_item(db, replace(selection, grader=before.id, baseline=None), item.prediction)
    names = one_line(before.label, LONGEST_NAME), one_line(after.label, LONGEST_NAME)
    return Pair(first, item, names, before)


def _names(first: ReviewItem, second: ReviewItem) -> tuple[str, str]:
    """What tells the two apart: the model, else effort, prompt, or run; of several the first that differs."""
    for of_first, of_second in zip(_settings(first), _settings(second), strict=True):
        if of_first != of_second:
            return one_line(of_first, LONGEST_NAME), one_line(of_second, LONGEST_NAME)
    return f"run {first.run_index}", f"run {second.run_index}"


def _settings(item: ReviewItem) -> tuple[str, str, str]:
    return item.model, f"effort {item.effort or 'default'}", item.prompt or "no prompt"


_FELLOWS = """
    SELECT kept_list.prediction FROM item CROSS JOIN prediction ON prediction.item = item.id
    CROSS JOIN kept_list ON kept_list.prediction = prediction.id AND kept_list.name = ?
    WHERE item.row_id = ? ORDER BY kept_list.position"""


def compose_pair(pair: Pair, current: int, view: ItemView, width: int) -> list[Line]:
    """All lines of the pane; the one that keys are about is marked, and its score and verdict stand below."""
    here = pair.second if pair.grader is not None or pair.second.prediction == current else pair.first
    lines = [*question_lines(here, view, width), []]
    if here.reference is not None:
        left, _right = word_diff(here.reference, here.output_text)
        lines += _labelled([("reference", "text.dim")], diff_lines(left, width - LABEL, "(empty)"))
        if here.correction is not None:
            lines += _labelled([("corrected", "text.dim")], wrap_text(here.correction, width - LABEL, "verdict.label"))
    if pair.grader is not None:
        lines += [*_answer(here, view, width), *_both_scores(pair, pair.grader.rule, view, width)]
        return [*lines, [], *_reasoning("", 1, here, view, width), [], *state_lines(here, width)]
    for number, item in enumerate((pair.first, pair.second)):
        lines += [[], _head(pair, number, item is here, view, width), *_answer(item, view, width)]
    for number, item in enumerate((pair.first, pair.second)):
        lines += [[], *_reasoning(pair.names[number], number, item, view, width)]
    lines += [[], *score_lines(here, view, width), [], *state_lines(here, width)]
    return lines


def _both_scores(pair: Pair, rule: ScoreRule, view: ItemView, width: int) -> list[Line]:
    """How each grader version scored the prediction, one below the other; `rule` is the baseline's."""
    lines: list[Line] = []
    views = replace(view, rule=rule, threshold=rule.shown_threshold), view
    for number, item in enumerate((pair.first, pair.second)):
        role = "  baseline" if number == 0 else ""
        head: Line = [(pair.names[number], f"{color(number)} bold"), (role, "text.dim")]
        own = replace(views[number], grader_name=pair.names[number])
        lines += [[], head, *score_lines(item, own, width)]
    return lines


def _head(pair: Pair, number: int, is_here: bool, view: ItemView, width: int) -> Line:
    """Whose answer it is, and its score; the first is the baseline."""
    item = pair.second if number else pair.first
    score = None if item.grade is None else item.grade.score
    kind = item.error_kind or (item.grade.error.kind if item.grade is not None and item.grade.error else None)
    name = fit(pair.names[number], min(len(pair.names[number]), max(LABEL - 1, width // 2)))
    settings = [*([item.effort] if item.effort not in ("", "none", "default") else [])]
    parts = [part for part in (item.model, *settings, item.prompt, f"run {item.run_index}") if part]
    parts = [part for part in parts if part != pair.names[number]]
    beside = " · ".join([*parts, *(["baseline"] if number == 0 else [])])
    return [
        ("▸" if is_here else " ", "text.accent bold"),
        (name, f"{color(number)} bold"),
        (f"  {short_score(score, kind)}", f"{band_style(score, view)} bold"),
        (f"  {one_line(beside, max(8, width - len(name) - 9))}", "text.normal" if is_here else "text.dim"),
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


def _reasoning(name: str, number: int, item: ReviewItem, view: ItemView, width: int) -> list[Line]:
    """The reasoning summary of the one of that name, or that there is none."""
    tokens = "" if item.reasoning_tokens is None else f"   {item.reasoning_tokens:,} tokens"
    head: Line = [
        (f"{name} " if name else "", f"{color(number)} bold"),
        ("reasoning", "text.dim"),
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
