"""Conversations of other programs in the words of chat: roles, texts, tool calls; and what an answer consists of."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from rft_tui.interchange.loose_json import LooseError, held_value
from rft_tui.model import JsonObject

ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})

_MOST_CHOICES = 1000
"""Choices that are looked for in a question; of more it is taken not to say them."""


class Said(NamedTuple):
    """What an answering message holds: its text, its reasoning, and the tools it calls, in chat form."""

    text: str
    reasoning: str | None
    calls: list[JsonObject]


def asked_text(text: str) -> list[JsonObject]:
    """A question as the messages that a model was asked."""
    return [{"role": "user", "content": text}]


def asked(value: Any) -> list[JsonObject] | None:
    """A question, or a conversation, as messages in chat form; None where the value is neither."""
    if isinstance(value, str):
        return asked_text(value)
    if not isinstance(value, list) or not value:
        return None
    messages = [_message(one) for one in value if isinstance(one, dict)]
    return messages if len(messages) == len(value) else None


def with_choices(messages: list[JsonObject], choices: Any) -> list[JsonObject]:
    """A conversation with what there was to choose from behind its last question, unless the question says it.

    Without it questions that differ only in their choices would be one, and a reference of ``B`` would mean nothing.
    """
    texts = [one for one in choices if isinstance(one, str) and one] if isinstance(choices, list) else []
    place = next((n for n in range(len(messages) - 1, -1, -1) if messages[n].get("role") == "user"), None)
    if not texts or place is None:
        return messages
    content = messages[place].get("content")
    parts = content if isinstance(content, list) else [content]
    question = "\n".join(_text(one) for one in parts)
    if len(texts) <= _MOST_CHOICES and all(one in question for one in texts):
        return messages
    shown = "\n".join(f"{_letter(number)}) {one}" for number, one in enumerate(texts))
    if isinstance(content, str):
        changed: Any = f"{content}\n\n{shown}"
    else:
        changed = [*(one for one in parts if one is not None), {"type": "text", "text": shown}]
    return [*messages[:place], messages[place] | {"content": changed}, *messages[place + 1 :]]


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else str(number + 1)


def asked_json(text: str) -> list[JsonObject]:
    """A prompt as messages: a JSON list of messages as such, any other text as a question."""
    if text.lstrip().startswith("["):
        try:
            value = held_value(text.encode())
        except LooseError:
            value = None
        if isinstance(value, list) and all(isinstance(one, dict) and one.get("role") in ROLES for one in value):
            return asked(value) or asked_text(text)
    return asked_text(text)


def said(message: JsonObject) -> Said:
    """What an assistant's message says."""
    content = message.get("content")
    parts = content if isinstance(content, list) else [content]
    texts = [text for one in parts if (text := _text(one))]
    thoughts = [one for one in (message.get("reasoning_content"), message.get("reasoning")) if isinstance(one, str)]
    thoughts = thoughts[:1] + [thought for one in parts if (thought := _thought(one))]
    calls = message.get("tool_calls")
    made = [_call(one) for one in calls if isinstance(one, dict)] if isinstance(calls, list) else []
    return Said("".join(texts), "\n\n".join(thoughts) or None, made)


def last_answer(messages: Any) -> JsonObject | None:
    """The last message of the assistant, None where there is none."""
    found = [one for one in messages if isinstance(one, dict)] if isinstance(messages, list) else []
    return next((one for one in reversed(found) if one.get("role") == "assistant"), None)


def _message(message: JsonObject) -> JsonObject:
    content = message.get("content")
    if isinstance(content, list):
        parts = [part for one in content if (part := _part(one)) is not None]
        plain = all(part.get("type") == "text" and isinstance(part.get("text"), str) for part in parts)
        content = "".join(part["text"] for part in parts) if plain and len(parts) < 2 else parts
    made: JsonObject = {"role": message.get("role", "user"), "content": content}
    calls = message.get("tool_calls")
    if isinstance(calls, list) and calls:
        made["tool_calls"] = [_call(one) for one in calls if isinstance(one, dict)]
    for key in ("tool_call_id", "name"):
        if isinstance(message.get(key), str):
            made[key] = message[key]
    return made


def _part(part: Any) -> JsonObject | None:
    """A part of a message's content in chat form; None for reasoning, which no model is asked."""
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if not isinstance(part, dict) or part.get("type") == "reasoning":
        return None
    if isinstance(part.get("text"), str):
        return {"type": "text", "text": part["text"]}
    if isinstance(part.get("image"), str):
        return {"type": "image_url", "image_url": {"url": part["image"]}}
    return part


def _text(part: Any) -> str:
    if isinstance(part, str):
        return part
    text = part.get("text") if isinstance(part, dict) and part.get("type") != "reasoning" else None
    return text if isinstance(text, str) else ""


def _thought(part: Any) -> str:
    """A reasoning part: its summary where there is one, else the reasoning itself."""
    if not isinstance(part, dict) or part.get("type") != "reasoning":
        return ""
    return next((one for key in ("summary", "reasoning") if isinstance(one := part.get(key), str) and one), "")


def _call(call: JsonObject) -> JsonObject:
    """A tool call in chat form."""
    function = call.get("function")
    if isinstance(function, dict):
        return call
    name = function if isinstance(function, str) else call.get("name")
    arguments = call.get("arguments")
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
    return {"id": call.get("id"), "type": "function", "function": {"name": name, "arguments": text}}
