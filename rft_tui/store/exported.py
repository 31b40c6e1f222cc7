"""The predictions of a Review list with everything that goes into a file, read in pages."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rft_tui.model import JsonObject
from rft_tui.store.datasets import fields_of
from rft_tui.store.listing import Listing, ReviewRow
from rft_tui.store.review_rows import PAGE


@dataclass(frozen=True, slots=True)
class ExportedPrediction:
    """One row of the list and what is behind it. `passed` is the grader's own word, None where it has none.

    `simulated` says that the answer or the grade came from the embedded service; `error` is what the answer itself
    says went wrong, by kind and message, where `error_message` may be the grader's.
    """

    row: ReviewRow
    row_id: str
    input_id: str
    dataset: str
    line: int
    effort: str
    prompt: str
    question: str
    messages: str | None
    tools: str | None
    output_text: str
    summary: str | None
    reference: str | None
    correction: str | None
    note: str
    passed: bool | None
    sub_scores: JsonObject
    error_message: str | None
    calls_tools: bool
    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    latency_s: float | None
    simulated: bool
    error: tuple[str, str] | None = None
    stored_fields: str | None = None
    raw: bytes = b"{}"

    def item(self) -> JsonObject:
        """The item's row as models and graders read it, by which an import finds the item again."""
        messages = json.loads(self.messages) if self.messages else [{"role": "user", "content": self.question}]
        row: JsonObject = {"messages": messages}
        if self.tools:
            row["tools"] = json.loads(self.tools)
        return row | fields_of(self.stored_fields, self.raw)


def iter_exported(db: sqlite3.Connection, listing: Listing) -> Iterator[ExportedPrediction]:
    """The predictions of a listing in its order, without those that another process takes away meanwhile."""
    selection = listing.request.selection
    for first in range(0, listing.count, PAGE):
        rows = listing.page(first, min(PAGE, listing.count - first))
        marks = ",".join("?" * len(rows))
        found = db.execute(
            f"{_EXPORTED} ({marks})",
            [selection.grader, selection.grader, selection.reviewer, selection.reviewer,
             *(row.prediction for row in rows)],
        )  # fmt: skip
        texts = {one[0]: one[1:] for one in found}
        yield from (_exported(row, texts[row.prediction]) for row in rows if row.prediction in texts)


def _exported(row: ReviewRow, columns: tuple[Any, ...]) -> ExportedPrediction:
    passed, sub_scores, error, calls_tools, *figures, simulated, error_kind, said, fields, raw = columns[14:]
    values: Any = [
        *columns[:14], None if passed is None else bool(passed), json.loads(sub_scores) if sub_scores else {}, error,
        bool(calls_tools), *figures, bool(simulated), None if error_kind is None else (error_kind, said or ""), fields,
        raw,
    ]  # fmt: skip
    return ExportedPrediction(row, *values)


_EXPORTED = """
    SELECT prediction.id, item.row_id, input.hash, dataset.name, item.line, run.effort, coalesce(prompt.name, ''),
        input.question, input.messages, input.tools, answer.output_text, answer.summary, item_row.reference,
        correction.reference, ifnull(review.note, ''), grade.passed, grade_detail.sub_scores,
        ifnull(grade_detail.error_message, answer.error_message), json_extract(answer.extra, '$.output_tools') <> '[]',
        prediction.input_tokens, prediction.output_tokens, prediction.reasoning_tokens, prediction.latency_s,
        run.simulated OR ifnull(grade_detail.simulated, 0), prediction.error_kind, answer.error_message,
        item_row.fields, item_row.raw
    FROM prediction JOIN answer ON answer.id = prediction.answer JOIN item ON item.id = prediction.item
    JOIN input ON input.id = item.input JOIN dataset ON dataset.id = item.dataset
    JOIN item_row ON item_row.item = item.id JOIN run ON run.id = prediction.run
    LEFT JOIN prompt ON prompt.version = run.prompt
    LEFT JOIN grade ON grade.grader = ? AND grade.prediction = prediction.id
    LEFT JOIN grade_detail ON grade_detail.grader = ? AND grade_detail.prediction = prediction.id
    LEFT JOIN review ON review.reviewer = ? AND review.answer = prediction.answer
    LEFT JOIN correction ON correction.reviewer = ? AND correction.row_id = item.row_id
    WHERE prediction.id IN"""
