"""Our own plain form: one JSON object a line, with the item's whole row and what a model said to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rft_tui.interchange.foreign import (
    FileClaims,
    ForeignPrediction,
    KnownNames,
    Place,
    PredictionFormat,
    UnmappedFields,
)
from rft_tui.interchange.values import Values, rows_of
from rft_tui.model import Answer, JsonObject, PredictionError, Usage

_EXTRA = ("choices", "finish_reason", "output_tools")
"""Fields that are kept beside the answer as they are; a grader may read the tool calls and choices."""

_MAPPED = frozenset(
    {
        "item", "output_text", "run_index", "model", "effort", "reasoning_summary", "usage", "latency_s", "error",
        "score", "simulated", *_EXTRA,
    }
)  # fmt: skip


def _recognises(row: JsonObject) -> bool:
    return "item" in row and ("output_text" in row or "error" in row)


def _no_claims(_name: str, _known: KnownNames) -> FileClaims | None:
    return None


def _read(path: Path, unmapped: UnmappedFields) -> Iterator[ForeignPrediction]:
    for place, row in rows_of(path):
        yield _prediction(path, place, row, unmapped)


def _prediction(path: Path, place: Place, row: JsonObject, unmapped: UnmappedFields) -> ForeignPrediction:
    values = Values(path, place, row)
    item = values.item_row("item")
    error = values.error("error", row.get("finish_reason"))
    if row.get("output_text") is None and (error is not None or "output_text" in row):
        text = ""
        error = error or PredictionError("other", "the file has no answer for this item")
    else:
        text = values.text("output_text")
    extra = {key: row[key] for key in _EXTRA if row.get(key) is not None}
    for key in row:
        if key not in _MAPPED:
            unmapped.see(key)
            extra[key] = row[key]
    answer = Answer(
        text,
        values.summary("reasoning_summary"),
        _usage(path, place, values, row.get("usage")),
        values.seconds("latency_s"),
        error,
        extra or None,
    )
    return ForeignPrediction(
        place,
        item,
        answer,
        run_index=values.count("run_index", least=1),
        model=values.optional_text("model"),
        effort=values.optional_text("effort"),
        grade=values.grade("score", error),
        simulated=row.get("simulated") is True,
    )


def _usage(path: Path, place: Place, values: Values, usage: Any) -> Usage:
    """Token counts in either naming that services use, with reasoning tokens inside the details or beside them."""
    if usage is None:
        return Usage()
    if not isinstance(usage, dict):
        raise values.wrong("usage", "an object")
    counts = Values(path, place, usage, "usage.")
    reasoning = counts.count("reasoning_tokens")
    for key in ("output_tokens_details", "completion_tokens_details"):
        details = usage.get(key)
        if reasoning is None and isinstance(details, dict):
            reasoning = Values(path, place, details, f"usage.{key}.").count("reasoning_tokens")
    sent, received = counts.count("input_tokens"), counts.count("output_tokens")
    return Usage(
        counts.count("prompt_tokens") if sent is None else sent,
        counts.count("completion_tokens") if received is None else received,
        reasoning,
    )


PLAIN_JSONL = PredictionFormat("jsonl", _recognises, _no_claims, _read)
"""Lines of ``{"item", "output_text"}`` with optional run index, model, summary, usage and score."""
