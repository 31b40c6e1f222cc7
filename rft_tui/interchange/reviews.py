"""What people said of predictions elsewhere, written to the verdict log under their names, once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from rft_tui.interchange.foreign import ForeignReview
from rft_tui.interchange.review_log import TEXT_LIMIT
from rft_tui.safetext import storable
from rft_tui.store.verdicts import EventKind, record

ORIGIN = "imported:"
"""How the reviewers of imported reviews begin, so that none of them is taken for a person here."""


def add_reviews(db: sqlite3.Connection, prediction: int, reviews: Iterable[ForeignReview]) -> int:
    """Write reviews of a prediction to the log; how many events are new.

    What the same reviewer said before of the same answer stays as it is, also where it was taken back since.
    """
    (answer,) = db.execute("SELECT answer FROM prediction WHERE id = ?", [prediction]).fetchone()
    new = 0
    notes: dict[str, list[str]] = {}
    for review in reviews:
        reviewer = ORIGIN + storable(review.reviewer)
        if review.note:
            notes.setdefault(reviewer, []).append(storable(review.note))
        if review.verdict is not None:
            new += _say(db, answer, reviewer, EventKind.VERDICT, review.verdict.value)
    for reviewer, texts in notes.items():
        new += _say(db, answer, reviewer, EventKind.NOTE, "\n".join(dict.fromkeys(texts))[:TEXT_LIMIT])
    return new


def _say(db: sqlite3.Connection, answer: int, reviewer: str, kind: EventKind, value: str) -> int:
    known = db.execute(
        "SELECT 1 FROM verdict_log WHERE answer = ? AND reviewer = ? AND kind = ? AND value = ?",
        [answer, reviewer, kind, value],
    ).fetchone()
    if known is not None:
        return 0
    record(db, reviewer, kind, value, answers=[answer])
    return 1
