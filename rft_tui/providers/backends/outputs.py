"""Runs of a job's evaluation and their output items out of the service's JSON: bounded values, nothing is trusted.

What a service leaves open is read as it was seen: graders' names end in a UUID, `sample.input` may be empty, and an
error may be an empty object.
"""

from __future__ import annotations

import re
from typing import Any

from rft_tui.errors import ServiceError
from rft_tui.job_model import EvaluationOutput, EvaluationResult, EvaluationRun
from rft_tui.model import Answer, JsonObject, PredictionError
from rft_tui.providers.calls import ModelCall
from rft_tui.providers.chat import read_answer
from rft_tui.providers.outcomes import outcome
from rft_tui.providers.reading import (
    MalformedError,
    count_of,
    failed,
    failed_by_word,
    name_of,
    number_of,
    object_of,
    objects_of,
    text_of,
)
from rft_tui.safetext import one_line

MOST_RESULTS = 100
"""Graders of one output that are read."""

LONGEST_STEP = 2000
"""Characters of a grader's reasons that are kept."""

_STEP = re.compile(r"step[ _-]*(?P<number>[0-9]{1,9})", re.IGNORECASE)

_UUID = re.compile(r"-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


def read_evaluation_run(value: Any) -> EvaluationRun:
    """A run. Raises ServiceError with the outcome ``malformed`` where it has no id."""
    raw = object_of(value)
    remote_id = name_of(raw.get("id"))
    if not remote_id:
        raise ServiceError("the service showed a run of an evaluation without an id", outcome="malformed")
    name = name_of(raw.get("name"))
    found = _STEP.fullmatch(name.strip())
    total = count_of(object_of(raw.get("result_counts")).get("total"))
    return EvaluationRun(
        remote_id, name, int(found["number"]) if found else None, name_of(raw.get("status")), total, raw
    )


def read_output(value: Any, response_format: JsonObject | None = None) -> EvaluationOutput:
    """An output item; `response_format` is the job's, so that an answer in JSON is read as such.

    Raises ServiceError with the outcome ``malformed`` where it does not say what was asked.
    """
    raw = object_of(value)
    sample = object_of(raw.get("sample"))
    row = _row(object_of(raw.get("datasource_item")), objects_of(sample.get("input")))
    results = tuple(_result(one) for one in objects_of(raw.get("results"))[:MOST_RESULTS])
    parameters = {"response_format": response_format} if response_format else {}
    call = ModelCall("", row["messages"], parameters=parameters)
    return EvaluationOutput(name_of(raw.get("id")), row, _answer(sample, call), results)


def plain_name(name: str) -> str:
    """A grader's name without the UUID that the service puts behind it."""
    return _UUID.sub("", name) or name


def _row(row: JsonObject, asked: list[JsonObject]) -> JsonObject:
    """The row of a dataset that was asked."""
    inner = row.get("item")
    if "messages" not in row and isinstance(inner, dict) and "messages" in inner:
        row = inner
    messages = objects_of(row.get("messages"))
    if not messages or len(messages) != len(row["messages"]):
        messages = asked
    if not messages:
        raise ServiceError("an output item does not say what was asked", outcome="malformed")
    return {**row, "messages": messages}


def _answer(sample: JsonObject, call: ModelCall) -> Answer:
    """What the model said, read as a chat answer is, so that errors have the same kinds."""
    error = sample.get("error")
    if isinstance(error, dict):
        error = error if any(error.values()) else None
    if error:
        return failed_by_word(error)
    said = objects_of(sample.get("output"))
    messages = [one for one in said if one.get("role") == "assistant"] or said
    if not messages:
        return Answer("", error=PredictionError("other", "the service shows no answer"))
    usage = dict(object_of(sample.get("usage")))
    if "prompt_tokens_details" not in usage and "cached_tokens" in usage:
        usage["prompt_tokens_details"] = {"cached_tokens": usage["cached_tokens"]}
    choice = {"message": messages[-1], "finish_reason": sample.get("finish_reason")}
    try:
        return read_answer({"choices": [choice], "model": sample.get("model"), "usage": usage}, call)
    except MalformedError as malformed:
        return failed(outcome("malformed", str(malformed)))


def _result(raw: JsonObject) -> EvaluationResult:
    score, passed = number_of(raw.get("score")), raw.get("passed")
    name = plain_name(name_of(raw.get("name"))) or "grader"
    return EvaluationResult(name, score, passed if isinstance(passed, bool) else None, tuple(_steps(raw)))


def _steps(raw: JsonObject) -> list[str]:
    """What a grader said of its score: a label and a reason where there are such, and what its model answered."""
    steps = [f"{key}: {one_line(text, LONGEST_STEP)}" for key in ("label", "reason") if (text := text_of(raw.get(key)))]
    sample = object_of(raw.get("sample"))
    said = [text_of(one.get("content")) for one in objects_of(sample.get("output"))[:MOST_RESULTS]]
    return steps + [one_line(text, LONGEST_STEP) for text in said if text]
