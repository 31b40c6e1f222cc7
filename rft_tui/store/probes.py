"""Predictions for a probe set: what was judged last, a sample by number, and everything a retest needs of some rows."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from rft_tui.model import Verdict
from rft_tui.store.datasets import fields_of
from rft_tui.store.graders import StoredGrader
from rft_tui.store.grades import Gradable

CHUNK = 500
"""Predictions asked for at once."""

ROUNDS = 20
"""Draws for each prediction of a sample, at the most."""


@dataclass(frozen=True, slots=True)
class Probed:
    """A prediction as graders take it, its reference, and the reviewer's verdict with the version it was given on."""

    gradable: Gradable
    reference: str | None
    verdict: Verdict | None
    verdict_grader: str | None


def recently_judged(db: sqlite3.Connection, scorer: StoredGrader | None, reviewer: str, count: int) -> list[int]:
    """Mistakes that the reviewer gave a verdict of late, and what they called a fault of the grader, newest first.

    They take half of the probe set at the most, so that what nobody has looked at yet is in it too.
    """
    most = (count + 1) // 2
    answers = db.execute(
        "SELECT answer, max(id) AS last FROM (SELECT answer, id FROM verdict_log WHERE reviewer = ?"
        " AND kind = 'verdict' AND answer IS NOT NULL ORDER BY id DESC LIMIT ?) GROUP BY answer ORDER BY last DESC",
        [reviewer, 4 * most],
    ).fetchall()
    found: list[int] = []
    for answer, _last in answers:
        rows = db.execute(
            "SELECT prediction.id FROM prediction JOIN review ON review.reviewer = ? AND review.answer = ?"
            " LEFT JOIN grade ON grade.grader = ? AND grade.prediction = prediction.id"
            " WHERE prediction.answer = ? AND review.verdict IS NOT NULL AND review.verdict <> 'skip'"
            " AND (grade.score < ? OR review.verdict = 'grader') ORDER BY prediction.id LIMIT ?",
            [
                reviewer,
                answer,
                scorer.id if scorer else None,
                answer,
                scorer.rule.high if scorer else 1.0,
                most - len(found),
            ],
        )
        found += [row[0] for row in rows]
        if len(found) >= most:
            break
    return found


def drawn_predictions(db: sqlite3.Connection, count: int, seed: int) -> list[int]:
    """Predictions with an answer, drawn by number: their numbers have hardly any gaps, so few draws miss."""
    low, high = db.execute("SELECT min(id), max(id) FROM prediction").fetchone()
    if low is None:
        return []
    generator = random.Random(seed)  # noqa: S311 - a sample that can be drawn again, not a secret
    if high - low < CHUNK * ROUNDS:
        numbers = list(range(low, high + 1))
        generator.shuffle(numbers)
    else:
        numbers = [generator.randint(low, high) for _ in range(count * ROUNDS)]
    found: dict[int, None] = {}
    for first in range(0, len(numbers), CHUNK):
        wanted = numbers[first : first + CHUNK]
        there = {
            row[0]
            for row in db.execute(
                f"SELECT id FROM prediction WHERE id IN ({','.join('?' * len(wanted))}) AND error_kind IS NULL", wanted
            )
        }
        found.update((number, None) for number in wanted if number in there)
        if len(found) >= count:
            break
    return list(found)[:count]


def read_probed(db: sqlite3.Connection, predictions: Sequence[int], reviewer: str) -> list[Probed]:
    """Some predictions in full, in the order given; those that are gone are left out."""
    read: dict[int, Probed] = {}
    for first in range(0, len(predictions), CHUNK):
        chunk = predictions[first : first + CHUNK]
        rows = db.execute(f"{_ROWS} WHERE prediction.id IN ({','.join('?' * len(chunk))})", [reviewer, *chunk])
        for row in rows:
            prediction, item, run, row_id, run_index, model, output_text, error_kind, error_message = row[:9]
            extra, fields, raw, reference, verdict, version = row[9:]
            gradable = Gradable(
                prediction, item, run, row_id, run_index, model, output_text, error_kind, error_message,
                json.loads(extra) if extra else {}, fields_of(fields, raw),
            )  # fmt: skip
            read[gradable.prediction] = Probed(gradable, reference, Verdict(verdict) if verdict else None, version)
    return [read[prediction] for prediction in predictions if prediction in read]


def items_beginning(db: sqlite3.Connection, beginning: str) -> list[int]:
    """Items whose row ids, in hexadecimal digits, begin so: one for each row id, at most two."""
    rows = db.execute(
        "SELECT min(id) FROM item WHERE row_id >= ? AND row_id < ? GROUP BY row_id LIMIT 2",
        [beginning.lower(), f"{beginning.lower()}g"],
    )
    return [row[0] for row in rows]


def answers_to(db: sqlite3.Connection, row_id: str, limit: int) -> list[tuple[str, int]]:
    """The distinct texts that all runs answered to an item, each with one prediction; the oldest first."""
    rows = db.execute(
        "SELECT answer.output_text, min(prediction.id) AS first FROM item JOIN prediction ON prediction.item = item.id"
        " JOIN answer ON answer.id = prediction.answer WHERE item.row_id = ? AND prediction.error_kind IS NULL"
        " GROUP BY answer.output_text ORDER BY first LIMIT ?",
        [row_id, limit],
    )
    return [(text, prediction) for text, prediction in rows]


_ROWS = """
    SELECT prediction.id, prediction.item, prediction.run, item.row_id, prediction.run_index, run.model,
        answer.output_text, prediction.error_kind, answer.error_message, answer.extra, item_row.fields, item_row.raw,
        item_row.reference, review.verdict, review.verdict_grader
    FROM prediction JOIN run ON run.id = prediction.run JOIN answer ON answer.id = prediction.answer
    JOIN item ON item.id = prediction.item JOIN item_row ON item_row.item = item.id
    LEFT JOIN review ON review.reviewer = ? AND review.answer = prediction.answer"""
