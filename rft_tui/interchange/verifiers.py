"""Results of verifiers: `results.jsonl` with `metadata.json` beside it, and the episodes of `traces.jsonl`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rft_tui.interchange.beside import facts_beside
from rft_tui.interchange.foreign import (
    ForeignPrediction,
    Place,
    PredictionFormat,
    UnmappedFields,
    bad_row,
    no_claims,
)
from rft_tui.interchange.loose_json import loose_object
from rft_tui.interchange.messages import asked, last_answer, said
from rft_tui.interchange.raw_rows import raw_rows
from rft_tui.interchange.scores import MOST_SCORES, failed_grade, grade_of
from rft_tui.interchange.usages import object_in, seconds_in, usage_in
from rft_tui.interchange.verifiers_traces import is_episode, trace_predictions
from rft_tui.model import Answer, Grade, JsonObject, PredictionError
from rft_tui.safetext import one_line

_MAPPED = frozenset(
    {
        "example_id", "prompt", "completion", "answer", "info", "task", "reward", "metrics", "timing", "error",
        "error_chain", "long_error_chain", "token_usage", "is_completed", "is_truncated", "stop_condition", "tool_defs",
    }
)  # fmt: skip
_METADATA = frozenset({("model",), ("sampling_args",), ("env_id",)})
_OPTIONS = frozenset({"reasoning_effort", "n", "extra_body"})


def _recognises(row: JsonObject) -> bool:
    return {"prompt", "completion", "reward"} <= row.keys() or is_episode(row)


def _read(path: Path, unmapped: UnmappedFields) -> Iterator[ForeignPrediction]:
    metadata = facts_beside(path.with_name("metadata.json"), _METADATA)
    for place, raw in raw_rows(path):
        value = loose_object(path, place, raw)
        if is_episode(value):
            yield from trace_predictions(path, place, value, raw, unmapped)
        else:
            yield _prediction(path, place, value, raw, metadata, unmapped)


def _prediction(
    path: Path, place: Place, value: JsonObject, raw: bytes, metadata: JsonObject, unmapped: UnmappedFields
) -> ForeignPrediction:
    messages = asked(value.get("prompt"))
    if messages is None:
        raise bad_row(path, place, "prompt must be a text or a list of messages")
    metrics = object_in(value.get("metrics"))
    flat = {key for key, inner in value.items() if key in metrics and inner == metrics[key]}
    unmapped.rest(value, _MAPPED | flat)
    row: JsonObject = {"messages": messages}
    if value.get("answer") not in (None, ""):
        row["reference_answer"] = value["answer"]
    row |= {key: value[key] for key in ("info", "task") if value.get(key)}
    if value.get("tool_defs"):
        row["tools"] = value["tool_defs"]
    answer = _answer(value)
    options = object_in(metadata.get("sampling_args"))
    effort = options.get("reasoning_effort")
    model = metadata.get("model")
    return ForeignPrediction(
        place,
        row,
        answer,
        model=model if isinstance(model, str) else None,
        effort=effort if isinstance(effort, str) else None,
        grades=_grades(value, metrics, answer.error),
        parameters={key: inner for key, inner in options.items() if key not in _OPTIONS and inner is not None},
        subset=str(metadata.get("env_id") or ""),
        raw=raw,
    )


def _answer(value: JsonObject) -> Answer:
    completion = value.get("completion")
    last = {"content": completion} if isinstance(completion, str) else last_answer(completion)
    message = said(last or {})
    error = _error(value, message.text, message.calls)
    timing = object_in(value.get("timing"))
    latency = seconds_in(object_in(timing.get("model")).get("duration"))
    if latency is None:
        generation = object_in(timing.get("generation")).get("duration")
        latency = seconds_in(timing.get("generation_ms"), 0.001) if generation is None else seconds_in(generation)
    extra: JsonObject = {
        "output_tools": message.calls,
        "example_id": value.get("example_id"),
        "stop_condition": value.get("stop_condition"),
        "is_truncated": value.get("is_truncated") or None,
    }
    extra = {key: inner for key, inner in extra.items() if inner not in (None, [])}
    return Answer(message.text, message.reasoning, usage_in(value.get("token_usage")), latency, error, extra or None)


def _error(value: JsonObject, text: str, calls: list[JsonObject]) -> PredictionError | None:
    error: Any = value.get("error")
    if error:
        if isinstance(error, dict):
            kind, message = error.get("error"), error.get("message") or error.get("error_chain_repr")
            error = ": ".join(str(one) for one in (kind, message or value.get("error_chain")) if one)
        return PredictionError("other", one_line(str(error), 2000))
    if not text and not calls:
        cut = bool(value.get("is_truncated"))
        return PredictionError("incomplete" if cut else "other", "the file has no answer for this example")
    return None


def _grades(value: JsonObject, metrics: JsonObject, error: PredictionError | None) -> dict[str, Grade]:
    """The reward and every metric; a rollout that failed has no score, though the file says 0."""
    scores = {"reward": value.get("reward")} | {
        one_line(name, 100): score for name, score in list(metrics.items())[:MOST_SCORES] if name
    }
    return {name: failed_grade(error) if error else grade_of(score) for name, score in scores.items()}


VERIFIERS = PredictionFormat("verifiers", _recognises, no_claims, _read)
"""Results of verifiers in both forms, with the reward and every metric as graders."""
