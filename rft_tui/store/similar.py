"""Mistakes like this one, for tagging in one action: found by content, over the narrow tables."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from rft_tui.store.datasets import SNIPPET
from rft_tui.store.filters import Selection
from rft_tui.store.grades import runs_clause


@dataclass(frozen=True, slots=True)
class SimilarGroup:
    """Predictions that share something with one prediction, itself included; `label` says what."""

    label: str
    predictions: tuple[int, ...]


MOST = 5000
"""Predictions in a group at the most."""


def similar_groups(db: sqlite3.Connection, selection: Selection, prediction: int) -> list[SimilarGroup]:
    """What the prediction may be grouped with, the closest kinship first; groups of one are left out."""
    row = db.execute(
        "SELECT prediction.snippet, prediction.length, prediction.error_kind, item.reference, item.input"
        " FROM prediction JOIN item ON item.id = prediction.item WHERE prediction.id = ?",
        [prediction],
    ).fetchone()
    if row is None:
        return []
    snippet, length, error_kind, reference, question = row
    where, values = runs_clause("prediction.run", selection.runs)
    found: list[SimilarGroup] = []

    def add(label: str, condition: str, *bound: object) -> None:
        rows = db.execute(
            "SELECT prediction.id FROM prediction JOIN item ON item.id = prediction.item LEFT JOIN grade"
            " ON grade.grader = ? AND grade.prediction = prediction.id"
            f" WHERE {condition}{where} AND (grade.score IS NULL OR grade.score < ?) ORDER BY prediction.id LIMIT ?",
            [selection.grader, *bound, *values, selection.rule.high, MOST],
        )
        predictions = tuple(one[0] for one in rows)
        if len(predictions) > 1 and all(predictions != other.predictions for other in found):
            found.append(SimilarGroup(label, predictions))

    if error_kind:
        add(f"the same error: {error_kind}", "prediction.error_kind = ?", error_kind)
        return found
    answer = "lower(prediction.snippet) = lower(?)"
    if length > SNIPPET:  # the snippet may be a beginning that other answers share
        answer += f" AND prediction.length = {int(length)}"
    add("the same answer to the same question", f"item.input = ? AND {answer}", question, snippet)
    add("the same question, whatever was answered", "item.input = ?", question)
    add("the same answer where the same reference was wanted", f"{answer} AND item.reference = ?", snippet, reference)
    add("the same answer to any question", answer, snippet)
    add("the same reference answer", "item.reference = ?", reference)
    return found
