"""The notebook's JSON: a list of predictions, each with the input that was sent; the rest is in the file's name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rft_tui.interchange.foreign import ForeignPrediction, Place, PredictionFormat, UnmappedFields
from rft_tui.interchange.notebook_names import parse_name
from rft_tui.interchange.values import Values, rows_of
from rft_tui.model import Answer, JsonObject, PredictionError, Usage

_EXTRA = ("completion_tokens", "finish_reason", "raw_output", "seed")
"""Fields that are kept beside the answer as they are."""

_MAPPED = frozenset(
    {
        "model_prediction", "input", "reference_answer", "reasoning_tokens_used", "summaries", "score", "error",
        "latency_s", *_EXTRA,
    }
)  # fmt: skip


def _recognises(row: JsonObject) -> bool:
    return "model_prediction" in row and "input" in row


def _read(path: Path, unmapped: UnmappedFields) -> Iterator[ForeignPrediction]:
    for place, row in rows_of(path):
        yield _prediction(path, place, row, unmapped)


def _prediction(path: Path, place: Place, row: JsonObject, unmapped: UnmappedFields) -> ForeignPrediction:
    values = Values(path, place, row)
    item = values.item_row("input")
    if "reference_answer" in row and "reference_answer" not in item:
        item = item | {"reference_answer": row["reference_answer"]}
    error = values.error("error", row.get("finish_reason"))
    if row.get("model_prediction") is None and "model_prediction" in row:
        text = ""
        error = error or PredictionError("other", "the file has no answer for this input")
    else:
        text = values.text("model_prediction")
    extra = {key: row[key] for key in _EXTRA if row.get(key) is not None}
    for key in row:
        if key not in _MAPPED:
            unmapped.see(key)
            extra[key] = row[key]
    answer = Answer(
        text,
        values.summary("summaries"),
        Usage(output_tokens=values.count("completion_tokens"), reasoning_tokens=values.count("reasoning_tokens_used")),
        values.seconds("latency_s"),
        error,
        extra or None,
    )
    return ForeignPrediction(place, item, answer, grade=values.grade("score", error))


NOTEBOOK = PredictionFormat("notebook", _recognises, parse_name, _read)
"""Lists of ``{model_prediction, input, reference_answer}`` with optional tokens, summaries and score."""
