"""``POST /v1/responses``."""

from __future__ import annotations

from typing import Any

from rft_tui.model import JsonObject
from rft_tui.simulator import checks
from rft_tui.simulator.chat import texts_of
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

_DETAIL = checks.one_of("low", "high", "auto", "original")
_INPUT_PART = by_type(
    {
        "input_text": table({"type": checks.text, "text": checks.text}, "text"),
        "input_image": table(
            {
                "type": checks.text,
                "image_url": or_null(checks.text),
                "file_id": or_null(checks.text),
                "detail": _DETAIL,
            },
            "detail",
        ),
    }
)
_MESSAGE = table(
    {
        "type": checks.one_of("message"),
        "role": checks.one_of("user", "assistant", "system", "developer"),
        "content": either((str, checks.anything), (list, list_of(_INPUT_PART))),
    },
    "role",
    "content",
)
_STATUS = checks.one_of("in_progress", "completed", "incomplete")
_CALL = table(
    {
        "type": checks.text,
        "id": checks.text,
        "call_id": checks.text,
        "name": checks.text,
        "arguments": checks.text,
        "status": _STATUS,
    },
    "call_id",
    "name",
    "arguments",
)
_CALL_ID = checks.text_up_to(64)


def _call_id(value: Any, path: str) -> None:
    _CALL_ID(value, path)
    if not value:
        raise checks.wrong(path, "a string of 1 to 64 characters")


_CALL_OUTPUT = table(
    {"type": checks.text, "call_id": _call_id, "output": checks.text_up_to(10_485_760)}, "call_id", "output"
)
_ITEM = by_type({"message": _MESSAGE, "function_call": _CALL, "function_call_output": _CALL_OUTPUT}, default="message")
_FORMAT = by_type(
    {
        "text": TEXT_FORMAT,
        "json_object": JSON_FORMAT,
        "json_schema": table({"type": checks.text, **SCHEMA_KEYS}, "name", "schema"),
    }
)
_TOOL = table(
    {
        **FUNCTION_KEYS,
        "type": checks.one_of("function"),
        "description": or_null(checks.text),
        "parameters": or_null(checks.json_object),
    },
    "type",
    "name",
    "parameters",
    "strict",
)
_CHOICE = either(
    (str, checks.one_of("none", "auto", "required")),
    (dict, table({"type": checks.one_of("function"), "name": checks.text}, "type", "name")),
)
_SUMMARY = or_null(checks.one_of("auto", "concise", "detailed"))

BODY: Rule = table(
    {
        **COMMON,
        "input": either((str, checks.anything), (list, list_of(_ITEM, 1))),
        "instructions": or_null(checks.text),
        "reasoning": or_null(table({"effort": EFFORT, "summary": _SUMMARY, "generate_summary": _SUMMARY})),
        "text": table({"format": _FORMAT, "verbosity": or_null(checks.one_of("low", "medium", "high"))}),
        "max_output_tokens": or_null(checks.whole(16)),
        "tools": list_of(_TOOL, 0, MOST_TOOLS),
        "tool_choice": _CHOICE,
        "parallel_tool_calls": or_null(checks.flag),
        "truncation": or_null(checks.one_of("auto", "disabled")),
        "include": or_null(list_of(checks.one_of("reasoning.encrypted_content"))),
        "background": checks.refused,
        "previous_response_id": checks.refused,
        "conversation": checks.refused,
        "prompt": checks.refused,
    },
    "model",
    "input",
)
"""What a request may hold."""


def answer(body: Any, asked: Asked) -> JsonObject:
    """The response for a request. Raises RequestError."""
    checked = check_body(body, BODY)
    reasoning = checked.get("reasoning") or {}
    question = _question(checked, reasoning, asked)
    said = reply(question, asked.recordings)
    wants_summary = reasoning.get("summary") or reasoning.get("generate_summary")
    return {
        "id": asked.id_of("resp"),
        "object": "response",
        "created_at": asked.now,
        "completed_at": None if said.truncated else asked.now,
        "status": "incomplete" if said.truncated else "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if said.truncated else None,
        "model": question.model,
        "output": list(_output(said, asked, said.summary if wants_summary else "")),
        "usage": {
            "input_tokens": question.input_tokens,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": said.output_tokens,
            "output_tokens_details": {"reasoning_tokens": said.reasoning_tokens},
            "total_tokens": question.input_tokens + said.output_tokens,
        },
        **_echoed(checked, reasoning),
    }


def _question(body: JsonObject, reasoning: JsonObject, asked: Asked) -> Question:
    model = answered_name(body["model"])
    effort = reasoning.get("effort") or ""
    check_reasoning(model, effort, body, "reasoning.effort")
    form = body.get("text", {}).get("format")
    given = body["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    users = [item for item in items if item.get("role") == "user"]
    texts = [text for item in items for text in texts_of(item.get("content") or item.get("output"))]
    return Question(
        model=model,
        text="\n".join(texts_of(users[-1]["content"])) if users else "",
        input_tokens=sum(3 + tokens_of(text) for text in [*texts, body.get("instructions") or ""]),
        run_index=asked.run_index,
        effort=effort,
        limit=body.get("max_output_tokens"),
        schema=schema_of(form, form),
        function=_function(body),
        fault=asked.fault,
        tuned=asked.tunes(model),
    )


def _function(body: JsonObject) -> tuple[str, JsonObject] | None:
    """The function that must be called, None where the model is free; it then never calls one."""
    functions = {tool["name"]: tool.get("parameters") or {} for tool in body.get("tools", ())}
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        if choice["name"] not in functions:
            raise RequestError("Tool choice names no function of tools.", param="tool_choice", code="invalid_value")
        return choice["name"], functions[choice["name"]]
    return next(iter(functions.items()), None) if choice == "required" else None


def _output(said: Reply, asked: Asked, summary: str) -> list[JsonObject]:
    """The output items: reasoning where there was some, then the message or the call."""
    items: list[JsonObject] = []
    if said.reasoning_tokens or summary:
        parts = [{"type": "summary_text", "text": summary}] if summary else []
        items.append({"id": f"rs-simulated-{asked.mark}", "type": "reasoning", "summary": parts})
    status = "incomplete" if said.truncated else "completed"
    if said.function is not None:
        name, arguments = said.function
        call = {"id": f"fc_{asked.mark}", "type": "function_call", "call_id": f"call_{asked.mark}"}
        items.append({**call, "name": name, "arguments": arguments, "status": status})
    elif said.text is not None:
        part: JsonObject = {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}
        if said.refusal:
            part = {"type": "refusal", "refusal": said.refusal}
        message = {"id": f"msg-simulated-{asked.mark}", "type": "message", "role": "assistant", "status": status}
        items.append({**message, "content": [part]})
    return items


def _echoed(body: JsonObject, reasoning: JsonObject) -> JsonObject:
    """What an answer repeats of the request, with the service's defaults."""
    temperature, top_p = body.get("temperature"), body.get("top_p")
    return {
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "metadata": body.get("metadata") or {},
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "previous_response_id": None,
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "service_tier": used_tier(body.get("service_tier")),
        "store": body.get("store") is not False,
        "temperature": 1.0 if temperature is None else temperature,
        "text": {"format": {"type": "text"}, **body.get("text", {})},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools", []),
        "top_p": 1.0 if top_p is None else top_p,
        "truncation": body.get("truncation") or "disabled",
    }
