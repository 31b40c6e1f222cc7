"""The chat form: a call as a body, and a body as an answer; pure."""

from __future__ import annotations

from collections.abc import Collection

from rft_tui.model import Answer, JsonObject, PredictionError
from rft_tui.providers.calls import ModelCall
from rft_tui.providers.outcomes import outcome
from rft_tui.providers.reading import (
    MOST_CHOICES,
    MalformedError,
    completed,
    cut,
    failed,
    failed_by_word,
    json_object,
    kept,
    name_of,
    object_of,
    objects_of,
    text_of,
    usage_of,
)

PATH = "/chat/completions"
"""Where a call is sent, below the base URL."""

NEW_LIMIT = "max_completion_tokens"
OLD_LIMIT = "max_tokens"

_HELD = {"content", "tool_calls", "function_call", "refusal", "reasoning_content", "reasoning", "audio"}
"""Keys of a message of which at least one is there; a message without any is no empty answer."""

_SAME_NAME = ("temperature", "top_p", "seed", "response_format")


def ignored(call: ModelCall) -> list[str]:
    """Parameters of the call that this form has no place for."""
    return [name for name in ("summary",) if name in call.parameters]


def body_of(call: ModelCall, *, old_limit: bool = False) -> JsonObject:
    """The body of a request; `old_limit` for servers that know the limit of tokens only as ``max_tokens``."""
    body: JsonObject = {"model": call.model, "messages": call.messages}
    body |= {name: call.parameters[name] for name in _SAME_NAME if name in call.parameters}
    if "max_output_tokens" in call.parameters:
        body[OLD_LIMIT if old_limit else NEW_LIMIT] = call.parameters["max_output_tokens"]
    if call.effort:
        body["reasoning_effort"] = call.effort
    if call.tools:
        body["tools"] = call.tools
    if call.service_tier:
        body["service_tier"] = call.service_tier
    return body


def names_new_limit(words: Collection[str]) -> bool:
    """Whether what a service says of a bad request is about the newer name of the limit of tokens."""
    return any(NEW_LIMIT in one for one in words)


def answer_of(body: bytes, call: ModelCall) -> Answer:
    """The answer in a body of status 200; one that cannot be read is an answer with the error ``malformed``."""
    try:
        return read_answer(json_object(body), call)
    except MalformedError as error:
        return failed(outcome("malformed", str(error)))


def read_answer(completion: JsonObject, call: ModelCall) -> Answer:
    """The answer in a chat completion. Raises MalformedError where it is something else.

    The reasoning that local servers send as ``reasoning_content`` or ``reasoning`` is kept as the summary.
    """
    choices = objects_of(completion.get("choices"))[:MOST_CHOICES]
    first = choices[0] if choices else {}
    message: JsonObject = object_of(first.get("message"))
    error = completion.get("error") or first.get("error")
    if error:
        return failed_by_word(error)
    if not message.keys() & _HELD:
        raise MalformedError("the answer has no choices with a message that holds anything")
    text = _text(message)
    reason = name_of(first.get("finish_reason"))
    calls = objects_of(message.get("tool_calls"))
    answer = Answer(
        text,
        text_of(message.get("reasoning_content")) or text_of(message.get("reasoning")) or None,
        usage_of(completion.get("usage")),
        error=_error(reason, text_of(message.get("refusal"))),
    )
    extra: JsonObject = {
        "output_tools": [one for one in map(kept, calls) if one],
        "choices": [one for one in map(kept, choices) if one] if len(choices) > 1 else [],
        "model": name_of(completion.get("model")),
        "response_id": name_of(completion.get("id")),
        "finish_reason": reason,
        "service_tier": name_of(completion.get("service_tier")),
    }
    return completed(answer, extra, call)


def _text(message: JsonObject) -> str:
    """The text of a message. Raises MalformedError where it is there in a form that is not known: not an empty text."""
    content = message.get("content")
    parts = content if isinstance(content, list) else [content or ""]
    text = ""
    for part in parts:
        said = part.get("text", "") if isinstance(part, dict) and part is not content else part
        if not isinstance(said, str):
            raise MalformedError("the answer's content is no text")
        text += said
    return text_of(text)


def _error(reason: str, refusal: str) -> PredictionError | None:
    if reason == "content_filter":
        return PredictionError("content_filter", "the service's filter stopped the answer")
    if reason == "length":
        return PredictionError("incomplete", "the answer ended early: it reached the limit of tokens")
    if refusal:
        return PredictionError("refusal", cut(refusal))
    return None
