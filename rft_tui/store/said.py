"""What a reviewer says of predictions, with what the grader version on screen had said when the verdict was given."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rft_tui.model import Grade, ScoreRule, Verdict

CHUNK = 500
"""Predictions asked for at once."""


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict with its note; `seen` is the grade on screen, read by `rule`; None where it is not known."""

    prediction: int
    run: int
    verdict: Verdict
    note: str
    seen: Grade | None
    rule: ScoreRule


def iter_said(db: sqlite3.Connection, reviewer: str, predictions: Sequence[int] | None = None) -> Iterator[Said]:
    """The verdicts of a reviewer on some predictions (None: on all), without an order that means anything."""
    if predictions is None:
        yield from _said(db.execute(_SAID, [reviewer]))
        return
    for begun in range(0, len(predictions), CHUNK):
        chunk = predictions[begun : begun + CHUNK]
        marks = ",".join("?" * len(chunk))
        yield from _said(db.execute(f"{_SAID} AND prediction.id IN ({marks})", [reviewer, *chunk]))


def _said(rows: sqlite3.Cursor) -> Iterator[Said]:
    for prediction, run, verdict, note, score, passed, low, high, threshold in rows:
        seen = None if score is None else Grade(score, None if passed is None else bool(passed))
        rule = ScoreRule() if low is None else ScoreRule(low, high, threshold)
        yield Said(prediction, run, Verdict(verdict), note, seen, rule)


_SAID = """
    SELECT prediction.id, prediction.run, review.verdict, review.note, grade.score, grade.passed, grader.low,
        grader.high, grader.pass_threshold
    FROM review JOIN prediction ON prediction.answer = review.answer
    LEFT JOIN grader ON grader.version = review.verdict_grader
    LEFT JOIN grade ON grade.grader = grader.id AND grade.prediction = prediction.id
    WHERE review.reviewer = ? AND review.verdict IS NOT NULL AND review.verdict <> 'skip'"""
