"""Messages as text for a person to read."""

from __future__ import annotations

import json
from typing import Any

from rft_tui.model import JsonObject

_PART_SIGNS = {"image_url": "[image]", "input_image": "[image]", "input_audio": "[audio]", "file": "[file]"}


def content_text(content: Any) -> str:
    """The text of a message's content: a text as it is, parts on lines, an image as ``[image]``."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    lines: list[str] = []
    for part in content:
        if isinstance(part, str):
            lines.append(part)
        elif isinstance(part, dict):
            text = part.get("text", part.get("refusal"))
            lines.append(text if isinstance(text, str) else _PART_SIGNS.get(str(part.get("type")), "[part]"))
    return "\n".join(lines)


def calls_text(message: JsonObject) -> str:
    """The functions that an assistant message calls, each as ``name(arguments)`` on a line."""
    calls = message.get("tool_calls")
    functions = [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    functions.append(message.get("function_call"))
    return "\n".join(
        f"{function.get('name', '')}({function.get('arguments', '')})"
        for function in functions
        if isinstance(function, dict)
    )


def message_text(message: JsonObject) -> str:
    """What one message says: its content, then the functions it calls."""
    return "\n".join(text for text in (content_text(message.get("content")), calls_text(message)) if text)


def question_text(messages: list[JsonObject]) -> str:
    """The text of the messages sent to a model: a single user message's own text, else each after its role."""
    if len(messages) == 1 and messages[0].get("role") == "user":
        content = messages[0].get("content")
        return content if type(content) is str else message_text(messages[0])
    return "\n".join(f"{message.get('role', '')}: {message_text(message)}" for message in messages)


def value_text(value: Any) -> str | None:
    """A field as text: a text as it is, nothing for null, anything else as compact JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
