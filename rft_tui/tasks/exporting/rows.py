"""The columns of an exported list, and the list as JSON Lines and as CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rft_tui.datasets.decode import row_text
from rft_tui.model import BandEdges, JsonObject, ScoreRule
from rft_tui.safetext import shown
from rft_tui.store.exported import ExportedPrediction

if TYPE_CHECKING:
    from rft_tui.store.graders import StoredGrader

COLUMNS: dict[str, type] = {
    "prediction": int, "dataset": str, "line": int, "item": str, "run": int, "run_index": int, "model": str,
    "effort": str, "prompt": str, "grader": str, "grader_version": str, "score": float, "passed": bool, "band": str,
    "sub_scores": str, "verdict": str, "tags": str, "note": str, "question": str, "output_text": str,
    "reasoning_summary": str, "reference": str, "corrected_reference": str, "error_kind": str, "error_message": str,
    "input_tokens": int, "output_tokens": int, "reasoning_tokens": int, "latency_s": float, "simulated": bool,
}  # fmt: skip
"""The columns in their order with the kind of what stands in them; JSON Lines has lists and objects of their own."""

FORMULA_SIGNS = frozenset("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
"""Signs with which a cell begins that a spreadsheet may run."""


@dataclass(frozen=True, slots=True)
class Reading:
    """By which grader rows are read, and how its scores are; no grader where nothing has graded."""

    grader: StoredGrader | None
    threshold: float

    @property
    def rule(self) -> ScoreRule:
        """How scores are read."""
        return ScoreRule() if self.grader is None else self.grader.rule

    def passed(self, one: ExportedPrediction) -> bool | None:
        """Whether a prediction passes, by the grader's own word or by the threshold; None without a score."""
        if one.row.score is None:
            return None
        return one.row.score >= self.threshold if one.passed is None else one.passed


def record(one: ExportedPrediction, reading: Reading) -> JsonObject:
    """One prediction as a row of every column, with tags and sub-scores as they are."""
    row, grader, rule = one.row, reading.grader, reading.rule
    return {
        "prediction": row.prediction, "dataset": one.dataset, "line": one.line, "item": one.row_id, "run": row.run,
        "run_index": row.run_index, "model": row.model, "effort": one.effort, "prompt": one.prompt,
        "grader": grader.name if grader else None, "grader_version": grader.version if grader else None,
        "score": row.score, "passed": reading.passed(one),
        "band": None if row.score is None else BandEdges().band(row.score, rule).value,
        "sub_scores": one.sub_scores, "verdict": row.verdict.value if row.verdict else None, "tags": list(row.tags),
        "note": one.note, "question": one.question, "output_text": one.output_text, "reasoning_summary": one.summary,
        "reference": one.reference, "corrected_reference": one.correction, "error_kind": row.error_kind,
        "error_message": one.error_message, "input_tokens": one.input_tokens, "output_tokens": one.output_tokens,
        "reasoning_tokens": one.reasoning_tokens, "latency_s": one.latency_s, "simulated": one.simulated,
    }  # fmt: skip


def whole(one: ExportedPrediction, reading: Reading) -> JsonObject:
    """One prediction as a line of a predictions file: every column, and the item's row, usage and error for an import.

    `item` is the whole row here, as everywhere in such files; its id is `item_id`.
    """
    usage = {
        "input_tokens": one.input_tokens, "output_tokens": one.output_tokens, "reasoning_tokens": one.reasoning_tokens,
    }  # fmt: skip
    return record(one, reading) | {
        "item": one.item(),
        "item_id": one.row_id,
        "usage": usage,
        "error": None if one.error is None else {"kind": one.error[0], "message": one.error[1]},
    }


def flat(made: JsonObject) -> JsonObject:
    """A row whose every cell is a text, a number, or empty: tags by line, sub-scores as JSON."""
    sub_scores = made["sub_scores"]
    return made | {
        "tags": "\n".join(made["tags"]),
        "sub_scores": json.dumps(sub_scores, ensure_ascii=False) if sub_scores else None,
    }


def jsonl_lines(records: Iterable[JsonObject]) -> Iterator[bytes]:
    """The rows as JSON, texts exactly as they are."""
    for one in records:
        yield row_text(one)


def csv_lines(records: Iterable[JsonObject]) -> Iterator[bytes]:
    """The rows as CSV with a header, each one record, which may have line breaks inside.

    A text that a spreadsheet may run begins with an apostrophe; control signs are shown.
    """
    yield _csv(list(COLUMNS))
    for one in records:
        cells = flat(one)
        yield _csv([_cell(cells[name]) for name in COLUMNS])


def _csv(cells: list[Any]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().removesuffix("\n").encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value
    text = shown(value)
    return f"'{text}" if {text[:1], text.lstrip()[:1]} & FORMULA_SIGNS else text
