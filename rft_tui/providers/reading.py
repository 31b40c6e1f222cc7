"""Reading what a service sent: JSON of any shape becomes plain, bounded, storable values, or a plain error."""

from __future__ import annotations

import json
from dataclasses import replace
from math import isfinite
from typing import Any

from rft_tui.model import Answer, JsonObject, PredictionError, Usage
from rft_tui.providers.calls import ModelCall
from rft_tui.providers.outcomes import EXCERPT, Outcome, classify_code, excerpt
from rft_tui.safetext import one_line, storable

DEEPEST = 100
"""Levels of nesting that are kept of a model's own JSON; what lies deeper is left to the raw body."""

MOST_CHOICES = 128
"""Most choices of one answer that are kept."""

LONGEST_NAME = 200
"""Characters of an id, a model's name or another word of the service that are kept."""

LARGEST_COUNT = 2**40
"""Beyond it nothing is a number of tokens; the sum over millions of answers still fits into 64 bits."""


class MalformedError(ValueError):
    """A body that is not what the service's reference says; its text is safe to show."""


def json_object(body: bytes) -> JsonObject:
    """The object in a body. Raises MalformedError with a short excerpt."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedError(f"not readable as JSON: {excerpt(body)}" if body else "the answer is empty") from None
    if not isinstance(value, dict):
        raise MalformedError(f"not a JSON object: {excerpt(body)}")
    return value


def text_of(value: Any) -> str:
    """A text as it can be stored; empty for anything else."""
    return storable(value) if isinstance(value, str) else ""


def name_of(value: Any) -> str:
    """An id, a name or another word of the service on one line, of a length that may be kept with every answer."""
    return one_line(value, LONGEST_NAME) if isinstance(value, str) else ""


def objects_of(value: Any) -> list[JsonObject]:
    """The objects of a list; empty for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def object_of(value: Any) -> JsonObject:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def count_of(value: Any) -> int | None:
    """A number of tokens, None for anything that cannot be one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST_COUNT else None


def number_of(value: Any) -> float | None:
    """A finite number, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def usage_of(value: Any) -> Usage:
    """Token counts in the words of Responses or of chat, whichever are there."""
    usage = object_of(value)
    taken_in = object_of(usage.get("input_tokens_details") or usage.get("prompt_tokens_details"))
    given_out = object_of(usage.get("output_tokens_details") or usage.get("completion_tokens_details"))
    return Usage(
        count_of(usage.get("input_tokens", usage.get("prompt_tokens"))),
        count_of(usage.get("output_tokens", usage.get("completion_tokens"))),
        count_of(given_out.get("reasoning_tokens")),
        count_of(taken_in.get("cached_tokens")),
    )


def kept(value: Any) -> Any:
    """A JSON value made storable, or None where it is nested too deep; NaN and infinities become null."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return json.loads(storable(json.dumps(value, ensure_ascii=False)), parse_constant=lambda _name: None)
    return None


def asked_json(call: ModelCall) -> bool:
    """Whether a response format asks for JSON."""
    kind = object_of(call.parameters.get("response_format")).get("type")
    return kind in ("json_schema", "json_object")


def parsed_output(text: str) -> Any:
    """The JSON of an answer's text, None where it is none."""
    try:
        return kept(json.loads(text))
    except (ValueError, RecursionError):
        return None


def failed(found: Outcome) -> Answer:
    """An answer that is an error."""
    return Answer("", error=PredictionError(found.kind, found.message))


def failed_by_word(said: Any) -> Answer:
    """An answer that carries the service's own error in spite of a good status: an object, or words alone."""
    error = said if isinstance(said, dict) else {"message": said}
    return failed(classify_code(one_line(text_of(error.get("code")), 100), text_of(error.get("message"))))


def completed(answer: Answer, extra: JsonObject, call: ModelCall) -> Answer:
    """The answer with what else is kept of it: only keys that hold something, and its JSON where that was asked for."""
    if asked_json(call) and answer.error is None and answer.output_text:
        value = parsed_output(answer.output_text)
        if value is not None:
            extra["output_json"] = value
    extra = {name: value for name, value in extra.items() if value not in (None, "", [], {})}
    return replace(answer, extra=extra or None)


def cut(text: str) -> str:
    """A service's words, short enough for an error."""
    return one_line(text, EXCERPT)
