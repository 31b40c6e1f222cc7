"""``POST /v1/chat/completions``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rft_tui.model import JsonObject
from rft_tui.simulator import checks
from rft_tui.simulator.checks import Rule, by_type, check_body, either, list_of, or_null, table
from rft_tui.simulator.models import answered_name
from rft_tui.simulator.rejection import RequestError
from rft_tui.simulator.replies import Question, Reply, reply, tokens_of
from rft_tui.simulator.shared_rules import (
    COMMON,
    EFFORT,
    FUNCTION_KEYS,
    JSON_FORMAT,
    MOST_TOOLS,
    SCHEMA_KEYS,
    TEXT_FORMAT,
    Asked,
    check_reasoning,
    schema_of,
    used_tier,
)

_TEXT_PART = table({"type": checks.one_of("text"), "text": checks.text}, "type", "text")
_REFUSAL_PART = table({"type": checks.one_of("refusal"), "refusal": checks.text}, "type", "refusal")
_IMAGE = table({"url": checks.text, "detail": checks.one_of("auto", "low", "high")}, "url")
_AUDIO = table({"data": checks.text, "format": checks.one_of("wav", "mp3")}, "data", "format")
_USER_PART = by_type(
    {
        "text": _TEXT_PART,
        "image_url": table({"type": checks.text, "image_url": _IMAGE}, "type", "image_url"),
        "input_audio": table({"type": checks.text, "input_audio": _AUDIO}, "type", "input_audio"),
    }
)
_TEXTS: Rule = either((str, checks.anything), (list, list_of(_TEXT_PART, 1)))
_CALL = table({"name": checks.text, "arguments": checks.text}, "name", "arguments")
_TOOL_CALL = table({"id": checks.text, "type": checks.one_of("function"), "function": _CALL}, "id", "type", "function")
_SPOKEN = either((str, checks.anything), (list, list_of(by_type({"text": _TEXT_PART, "refusal": _REFUSAL_PART}), 1)))


def _message(role: str, content: Rule, **others: Rule) -> Rule:
    needed = () if role == "assistant" else ("content",)
    return table({"role": checks.text, "content": content, "name": checks.text, **others}, "role", *needed)


_MESSAGE = by_type(
    {
        "developer": _message("developer", _TEXTS),
        "system": _message("system", _TEXTS),
        "user": _message("user", either((str, checks.anything), (list, list_of(_USER_PART, 1)))),
        "assistant": _message(
            "assistant", or_null(_SPOKEN), refusal=or_null(checks.text), tool_calls=list_of(_TOOL_CALL)
        ),
        "tool": table({"role": checks.text, "content": _TEXTS, "tool_call_id": checks.text}, "content", "tool_call_id"),
    },
    key="role",
)
FORMAT: Rule = by_type(
    {
        "text": TEXT_FORMAT,
        "json_object": JSON_FORMAT,
        "json_schema": table({"type": checks.text, "json_schema": table(SCHEMA_KEYS, "name")}, "json_schema"),
    }
)
"""The form of an answer, as chat completions and jobs name it."""
_TOOL = table({"type": checks.one_of("function"), "function": table(FUNCTION_KEYS, "name")}, "type", "function")
_CHOICE = either(
    (str, checks.one_of("none", "auto", "required")),
    (
        dict,
        table(
            {"type": checks.one_of("function"), "function": table({"name": checks.text}, "name")}, "type", "function"
        ),
    ),
)

BODY: Rule = table(
    {
        **COMMON,
        "messages": list_of(_MESSAGE, 1),
        "reasoning_effort": EFFORT,
        "response_format": FORMAT,
        "seed": or_null(checks.whole(-(2**63) + 1024, 2**63 - 1024)),
        "max_completion_tokens": or_null(checks.whole(1)),
        "max_tokens": or_null(checks.whole(1)),
        "frequency_penalty": or_null(checks.number(-2, 2)),
        "presence_penalty": or_null(checks.number(-2, 2)),
        "stop": or_null(either((str, checks.anything), (list, list_of(checks.text, 1, 4)))),
        "n": or_null(checks.whole(1, 1)),
        "tools": list_of(_TOOL, 0, MOST_TOOLS),
        "tool_choice": _CHOICE,
        "parallel_tool_calls": checks.flag,
    },
    "model",
    "messages",
)
"""What a request may hold."""


def texts_of(content: Any) -> Iterator[str]:
    """The texts of a message's content in either API's form."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        yield from (part["text"] for part in content if isinstance(part.get("text"), str))


def answer(body: Any, asked: Asked) -> JsonObject:
    """The completion for a request. Raises RequestError."""
    checked = check_body(body, BODY)
    question = _question(checked, asked)
    said = reply(question, asked.recordings)
    return {
        "id": asked.id_of("chatcmpl"),
        "object": "chat.completion",
        "created": asked.now,
        "model": question.model,
        "choices": [_choice(said, asked)],
        "usage": {
            "prompt_tokens": question.input_tokens,
            "completion_tokens": said.output_tokens,
            "total_tokens": question.input_tokens + said.output_tokens,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": said.reasoning_tokens, "audio_tokens": 0},
        },
        "service_tier": used_tier(checked.get("service_tier")),
        "system_fingerprint": "fp_simulated",
    }


def _question(body: JsonObject, asked: Asked) -> Question:
    model = answered_name(body["model"])
    effort = body.get("reasoning_effort") or ""
    check_reasoning(model, effort, body, "reasoning_effort")
    form = body.get("response_format")
    messages = body["messages"]
    users = [message for message in messages if message["role"] == "user"]
    return Question(
        model=model,
        text="\n".join(texts_of(users[-1]["content"])) if users else "",
        input_tokens=sum(3 + tokens_of(text) for one in messages for text in texts_of(one.get("content"))),
        run_index=asked.run_index,
        effort=effort,
        limit=body.get("max_completion_tokens") or body.get("max_tokens"),
        schema=schema_of(form, (form or {}).get("json_schema")),
        function=_function(body),
        fault=asked.fault,
        tuned=asked.tunes(model),
    )


def _function(body: JsonObject) -> tuple[str, JsonObject] | None:
    """The function that must be called, None where the model is free; it then never calls one."""
    functions = {tool["function"]["name"]: tool["function"].get("parameters") or {} for tool in body.get("tools", ())}
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        named = choice["function"]["name"]
        if named not in functions:
            raise RequestError("Tool choice names no function of tools.", param="tool_choice", code="invalid_value")
        return named, functions[named]
    return next(iter(functions.items()), None) if choice == "required" else None


def _choice(said: Reply, asked: Asked) -> JsonObject:
    message: JsonObject = {
        "role": "assistant",
        "content": None if said.refusal or said.function else said.text or "",
        "refusal": said.refusal or None,
        "annotations": [],
    }
    finish = "length" if said.truncated else "stop"
    if said.function is not None:
        name, arguments = said.function
        call = {"id": f"call_{asked.mark}", "type": "function", "function": {"name": name, "arguments": arguments}}
        message["tool_calls"] = [call]
        finish = "tool_calls"
    return {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
