"""The Responses form: a call as a body, and a body as an answer; pure."""

from __future__ import annotations

from typing import Any

from rft_tui.model import Answer, JsonObject, PredictionError
from rft_tui.providers.calls import ModelCall
from rft_tui.providers.outcomes import outcome
from rft_tui.providers.reading import (
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

PATH = "/responses"
"""Where a call is sent, below the base URL."""

_SAME_NAME = ("temperature", "top_p", "max_output_tokens")


def ignored(call: ModelCall) -> list[str]:
    """Parameters of the call that this form has no place for."""
    return [name for name in ("seed",) if name in call.parameters]


def body_of(call: ModelCall) -> JsonObject:
    """The body of a request; nothing is kept by the service, and only what the call says is sent."""
    body: JsonObject = {"model": call.model, "input": input_items(call.messages), "store": False}
    body |= {name: call.parameters[name] for name in _SAME_NAME if name in call.parameters}
    reasoning = {"effort": call.effort, "summary": call.parameters.get("summary", "")}
    reasoning = {name: value for name, value in reasoning.items() if value}
    if reasoning:
        body["reasoning"] = reasoning
    form = call.parameters.get("response_format")
    if isinstance(form, dict):
        body["text"] = {"format": _flat(form, "json_schema")}
    if call.tools:
        body["tools"] = [_flat(tool, "function") for tool in call.tools]
    if call.service_tier:
        body["service_tier"] = call.service_tier
    return body


def input_items(messages: list[JsonObject]) -> list[JsonObject]:
    """Messages in chat form as input items: calls of tools and their results become items of their own."""
    items: list[JsonObject] = []
    for message in messages:
        role = message.get("role", "user")
        if role in ("tool", "function"):
            output = message.get("content")
            items.append(
                {
                    "type": "function_call_output",
                    "call_id": message.get("tool_call_id") or message.get("name") or "",
                    "output": output if isinstance(output, str) else _joined(output),
                }
            )
            continue
        content = message.get("content")
        if content not in (None, "", []) or not message.get("tool_calls"):
            items.append({"role": role, "content": _content(content, role)})
        items += [_function_call(one) for one in objects_of(message.get("tool_calls"))]
    return items


def answer_of(body: bytes, call: ModelCall) -> Answer:
    """The answer in a body of status 200; one that cannot be read is an answer with the error ``malformed``."""
    try:
        return read_answer(json_object(body), call)
    except MalformedError as error:
        return failed(outcome("malformed", str(error)))


def read_answer(response: JsonObject, call: ModelCall) -> Answer:
    """The answer in a response object. Raises MalformedError where it is something else."""
    error, status = response.get("error"), response.get("status")
    if status == "failed" or error:
        return failed_by_word(error)
    if not isinstance(response.get("output"), list):
        raise MalformedError("the answer has no list of outputs")
    output = objects_of(response["output"])
    if len(output) < len(response["output"]):
        raise MalformedError("the answer's outputs are no objects")
    texts, refusals = _texts(output)
    summaries = [
        text_of(part.get("text"))
        for item in output
        if item.get("type") == "reasoning"
        for part in objects_of(item.get("summary"))
    ]
    reason = name_of(object_of(response.get("incomplete_details")).get("reason"))
    calls = [_chat_call(item) for item in output if item.get("type") == "function_call"]
    answer = Answer(
        "".join(texts),
        "\n\n".join(one for one in summaries if one) or None,
        usage_of(response.get("usage")),
        error=_error(status, reason, refusals),
    )
    extra: JsonObject = {
        "output_tools": [one for one in map(kept, calls) if one],
        "model": name_of(response.get("model")),
        "response_id": name_of(response.get("id")),
        "finish_reason": reason or name_of(status),
        "service_tier": name_of(response.get("service_tier")),
    }
    return completed(answer, extra, call)


def _error(status: Any, reason: str, refusals: list[str]) -> PredictionError | None:
    if reason == "content_filter":
        return PredictionError("content_filter", "the service's filter stopped the answer")
    if status == "incomplete":
        return PredictionError("incomplete", f"the answer ended early: {cut(reason) or 'no reason was given'}")
    if refusals:
        return PredictionError("refusal", cut("".join(refusals)) or "the model refused")
    if status in ("queued", "in_progress", "cancelled", "expired"):
        return PredictionError("malformed", f"the answer is not there: its status is {status}")
    return None


def _texts(output: list[JsonObject]) -> tuple[list[str], list[str]]:
    texts: list[str] = []
    refusals: list[str] = []
    for item in output:
        content = item.get("content") if item.get("type", "message") == "message" else None
        if content is not None and not isinstance(content, list):
            raise MalformedError("the answer's message has no list of parts")
        for part in objects_of(content):
            if part.get("type") == "output_text":
                if not isinstance(part.get("text"), str):
                    raise MalformedError("a text of the answer is no text")
                texts.append(text_of(part["text"]))
            elif part.get("type") == "refusal":
                refusals.append(text_of(part.get("refusal")))
    return texts, refusals


def _content(content: Any, role: Any) -> Any:
    if not isinstance(content, list):
        return content if isinstance(content, str) else ""
    return [_part(part, role) for part in objects_of(content)]


def _part(part: JsonObject, role: Any) -> JsonObject:
    """A part of a message; one of a kind that is not known goes as it is, so that the service can say what is wrong."""
    kind = part.get("type")
    if kind == "text":
        return {"type": "output_text" if role == "assistant" else "input_text", "text": part.get("text", "")}
    if kind == "image_url":
        image = part.get("image_url")
        image = image if isinstance(image, dict) else {"url": image}
        return {"type": "input_image", "image_url": image.get("url"), "detail": image.get("detail", "auto")}
    if kind == "file":
        return {"type": "input_file", **object_of(part.get("file"))}
    return part


def _joined(content: Any) -> str:
    return "".join(text_of(part.get("text")) for part in objects_of(content))


def _flat(form: JsonObject, inner: str) -> JsonObject:
    """A tool or a format with the inner object's keys beside its type; one that is flat already stays."""
    nested = form.get(inner)
    return {"type": form.get("type", inner), **nested} if isinstance(nested, dict) else dict(form)


def _function_call(call: JsonObject) -> JsonObject:
    function = object_of(call.get("function"))
    return {
        "type": "function_call",
        "call_id": call.get("id") or "",
        "name": function.get("name") or "",
        "arguments": function.get("arguments") or "",
    }


def _chat_call(item: JsonObject) -> JsonObject:
    return {
        "id": item.get("call_id") or item.get("id") or "",
        "type": "function",
        "function": {"name": item.get("name") or "", "arguments": item.get("arguments") or ""},
    }
