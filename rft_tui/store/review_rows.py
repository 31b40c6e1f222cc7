"""The rows of a Review list with their long texts, for scripts: read in pages, one query a page."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rft_tui.store.filters import Selection
from rft_tui.store.listing import Listing, ReviewRow

PAGE = 500
"""Rows read at once."""


@dataclass(frozen=True, slots=True)
class ListedPrediction:
    """One row of the list, and the texts behind it; `correction` is the reviewer's own reference."""

    row: ReviewRow
    row_id: str
    dataset: str
    output_text: str
    reference: str | None
    note: str
    error_message: str | None
    correction: str | None


def beginnings(db: sqlite3.Connection, predictions: Sequence[int]) -> dict[int, tuple[str, str]]:
    """How the answers and the references of some predictions begin, by prediction."""
    marks = ", ".join("?" * len(predictions))
    rows = db.execute(
        "SELECT prediction.id, prediction.snippet, substr(ifnull(item_row.reference, ''), 1, 200) FROM prediction"
        f" LEFT JOIN item_row ON item_row.item = prediction.item WHERE prediction.id IN ({marks})",
        list(predictions),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def iter_listed(db: sqlite3.Connection, listing: Listing, limit: int | None = None) -> Iterator[ListedPrediction]:
    """The rows of a listing in its order, at most `limit` of them; without those that another process takes away."""
    count = listing.count if limit is None else min(limit, listing.count)
    for first in range(0, count, PAGE):
        rows = listing.page(first, min(PAGE, count - first))
        texts = _texts(db, listing.request.selection, rows)
        yield from (ListedPrediction(row, *texts[row.prediction]) for row in rows if row.prediction in texts)


def _texts(
    db: sqlite3.Connection, selection: Selection, rows: list[ReviewRow]
) -> dict[int, tuple[str, str, str, str | None, str, str | None, str | None]]:
    found = db.execute(
        "SELECT prediction.id, item.row_id, dataset.name, answer.output_text, item_row.reference,"
        " ifnull(review.note, ''), ifnull(grade_detail.error_message, answer.error_message), correction.reference"
        " FROM prediction JOIN answer ON answer.id = prediction.answer JOIN item ON item.id = prediction.item"
        " JOIN dataset ON dataset.id = item.dataset JOIN item_row ON item_row.item = item.id"
        " LEFT JOIN grade_detail ON grade_detail.grader = ? AND grade_detail.prediction = prediction.id"
        " LEFT JOIN review ON review.reviewer = ? AND review.answer = prediction.answer"
        " LEFT JOIN correction ON correction.reviewer = ? AND correction.row_id = item.row_id"
        f" WHERE prediction.id IN ({','.join('?' * len(rows))})",
        [selection.grader, selection.reviewer, selection.reviewer, *(row.prediction for row in rows)],
    )
    return {row[0]: row[1:] for row in found}
