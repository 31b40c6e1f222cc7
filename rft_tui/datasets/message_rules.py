"""Rules for one message: its role, its content, its weight. Sources: the data formats in the services' guides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rft_tui.datasets.rows import row_problem
from rft_tui.datasets.tool_rules import call_problems
from rft_tui.model import JsonObject, Problem

REINFORCEMENT_ROLES = frozenset({"developer", "user", "assistant", "tool"})
"""Roles of a reinforcement row; `system` is read as well, with a warning."""

CHAT_ROLES = frozenset({"system", "user", "assistant", "tool", "function"})
"""Roles of a supervised or preference row; `developer` is read as well, with a warning."""

_UNUSUAL_ROLES = {
    "system": ("system_role", "the role system is not supported everywhere for this method; use developer"),
    "developer": ("developer_role", "the role developer is not documented for this method; use system"),
}

IMAGE_LIMIT = 10
"""Images that one row may hold."""

_DETAILS = (None, "low", "high", "auto")


def _image_problem(line: int, place: str, part: JsonObject, role: Any) -> Problem | None:
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, dict) else None
    if role == "assistant":
        return row_problem(line, "bad_content_part", "an assistant message holds no images", key=place)
    if not isinstance(image, dict) or not isinstance(url, str) or not url.startswith(("https://", "http://", "data:")):
        said = "an image part needs image_url.url, a web address or a data address"
        return row_problem(line, "bad_content_part", said, key=f"{place}.image_url")
    if image.get("detail") not in _DETAILS:
        said = "detail is low, high or auto"
        return row_problem(line, "bad_content_part", said, key=f"{place}.image_url.detail")
    return None


def _part_problem(line: int, place: str, part: Any, role: Any) -> Problem | None:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "image_url":
        return _image_problem(line, place, part, role)
    if kind in ("text", "refusal"):
        text = part.get(kind)
        if not isinstance(text, str):
            return row_problem(line, "bad_content_part", f"a {kind} part needs {kind}, a text", key=f"{place}.{kind}")
        return None if text.strip() else row_problem(line, "empty_content", "the part is empty", key=f"{place}.{kind}")
    if kind in ("input_audio", "audio", "file", "input_file"):
        said = "audio and files cannot be in the data, only text and images"
        return row_problem(line, "bad_content_part", said, key=place)
    said = 'a content part is an object of "type": "text" or "image_url"'
    return row_problem(line, "bad_content_part", said, key=place)


def _content_problems(line: int, place: str, message: JsonObject) -> Iterator[Problem]:
    content = message.get("content")
    key = f"{place}.content"
    role = message.get("role")
    calls = role == "assistant" and (message.get("tool_calls") or message.get("function_call"))
    if content is None or content == "" or content == []:
        if not calls:
            yield row_problem(line, "empty_content", "the message has no content", key=key)
    elif isinstance(content, str):
        if not content.strip():
            yield row_problem(line, "empty_content", "the content is only blanks", key=key)
    elif isinstance(content, list):
        for index, part in enumerate(content):
            problem = _part_problem(line, f"{key}[{index}]", part, role)
            if problem is not None:
                yield problem
    else:
        yield row_problem(line, "bad_content", "the content must be a text or a list of parts", key=key)


def message_problems(line: int, place: str, message: Any, roles: frozenset[str]) -> Iterator[Problem]:
    """What is wrong with the message that stands at a place such as ``messages[0]``."""
    if not isinstance(message, dict):
        yield row_problem(line, "bad_message", "a message must be an object with role and content", key=place)
        return
    role = message.get("role")
    if not isinstance(role, str) or role not in roles:
        if isinstance(role, str) and role in _UNUSUAL_ROLES:
            kind, said = _UNUSUAL_ROLES[role]
            yield row_problem(line, kind, said, key=f"{place}.role", severity="warning")
        else:
            said = f"the role must be one of {', '.join(sorted(roles))}"
            yield row_problem(line, "bad_role", said, key=f"{place}.role")
    yield from _content_problems(line, place, message)
    if "weight" in message:
        weight = message["weight"]
        if role != "assistant":
            said = "only assistant messages carry a weight"
            yield row_problem(line, "bad_weight", said, key=f"{place}.weight")
        elif isinstance(weight, bool) or weight not in (0, 1):
            yield row_problem(line, "bad_weight", "the weight is 0 or 1", key=f"{place}.weight")
    if "name" in message and not isinstance(message["name"], str | None):
        yield row_problem(line, "bad_message", "the name of a speaker must be a text", key=f"{place}.name")
    yield from call_problems(line, place, message)


def _is_plain(message: Any, roles: frozenset[str]) -> bool:
    """Whether a message is a text of an allowed role and nothing else: most are, and need no further look."""
    if type(message) is not dict or len(message) != 2:
        return False
    content = message.get("content")
    role = message.get("role")
    return type(content) is str and content != "" and not content.isspace() and type(role) is str and role in roles


def messages_problems(line: int, messages: Any, roles: frozenset[str], key: str = "messages") -> Iterator[Problem]:
    """What is wrong with a list of messages, apart from which role must stand where."""
    if messages is None:
        yield row_problem(line, "missing_messages", "the row has no messages", key=key)
        return
    if not isinstance(messages, list):
        yield row_problem(line, "bad_messages", "messages must be a list", key=key)
        return
    if not messages:
        yield row_problem(line, "empty_messages", "the list of messages is empty", key=key)
        return
    images = 0
    for index, message in enumerate(messages):
        if _is_plain(message, roles) and message["role"] != "tool":
            continue
        yield from message_problems(line, f"{key}[{index}]", message, roles)
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list):
            images += sum(1 for part in content if isinstance(part, dict) and part.get("type") == "image_url")
    if images > IMAGE_LIMIT:
        said = f"the row has {images} images; at most {IMAGE_LIMIT} are taken"
        yield row_problem(line, "too_many_images", said, key=key)
