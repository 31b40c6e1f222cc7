"""What inspect's scorers and the people who edited their scores said of a sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rft_tui.interchange.foreign import ForeignReview, UnmappedFields
from rft_tui.interchange.scores import MOST_SCORES, grade_of, number_in, single_scores, step
from rft_tui.interchange.usages import object_in
from rft_tui.model import Grade, JsonObject, Verdict
from rft_tui.safetext import one_line

_UNCHANGED = "UNCHANGED"
_MAPPED = frozenset({"value", "answer", "explanation", "history"})
_EDIT = frozenset({"value", "answer", "explanation", "provenance", "reason"})
_NOTE = 2000


def read_scores(scores: JsonObject, unmapped: UnmappedFields) -> Iterator[tuple[str, Grade]]:
    """Each scorer's grade before any edit, composite values one by one."""
    for name, score in list(scores.items())[:MOST_SCORES]:
        first = _before_edits(object_in(score) if isinstance(score, dict) else {"value": score})
        unmapped.rest(first, _MAPPED, "scores.*.")
        steps = step("explanation", first.get("explanation")) + step("answer", first.get("answer"))
        for single, value in single_scores(name, first.get("value")):
            yield single, grade_of(value, steps=steps)


def read_reviews(scores: JsonObject, unmapped: UnmappedFields) -> Iterator[ForeignReview]:
    """The edits of scores, as what their authors said: a note, and a verdict where the score can only be a yes or no.

    Of other scores it is not known from where on they are good.
    """
    for name, score in list(scores.items())[:MOST_SCORES]:
        history = object_in(score).get("history")
        decides = _decides(_before_edits(object_in(score)).get("value"))
        for edit in history[:MOST_SCORES] if isinstance(history, list) else ():
            provenance = object_in(object_in(edit).get("provenance"))
            author = provenance.get("author")
            if isinstance(author, str) and author.strip():
                unmapped.rest(edit, _EDIT, "scores.*.history.")
                yield _review(name, edit, author, provenance.get("reason"), decides=decides)


def _decides(value: Any) -> bool:
    """Whether a score is one of two: right or wrong."""
    return number_in(value) in (0.0, 1.0)


def _review(name: str, edit: JsonObject, author: str, reason: Any, *, decides: bool) -> ForeignReview:
    value = edit.get("value")
    edited = number_in(value) if decides and _decides(value) else None
    verdict = None if edited is None else Verdict.RIGHT if edited else Verdict.WRONG
    said = f"{name}: score set to {value}" if value not in (None, _UNCHANGED) else f"{name}: edited"
    explanation = edit.get("explanation")
    parts = [said, *(one for one in (explanation, reason) if isinstance(one, str) and one not in ("", _UNCHANGED))]
    return ForeignReview(one_line(author, 100), verdict, one_line("; ".join(parts), _NOTE), name)


def _before_edits(score: JsonObject) -> JsonObject:
    """The score as the scorer gave it: the first entry of a history that has edits of people in it."""
    history = score.get("history")
    entries = [one for one in history if isinstance(one, dict)] if isinstance(history, list) else []
    first = next((one for one in entries if not one.get("provenance")), None)
    if first is None or len(entries) < 2:
        return score
    return score | {key: inner for key, inner in first.items() if inner != _UNCHANGED}
