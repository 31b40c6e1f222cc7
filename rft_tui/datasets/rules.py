"""Rules for one row of each method: what must be there, and whose message comes last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rft_tui.datasets.mapping import RowShape
from rft_tui.datasets.message_rules import CHAT_ROLES, REINFORCEMENT_ROLES, messages_problems
from rft_tui.datasets.rows import RawRow, places, row_problem
from rft_tui.datasets.shape import REFERENCE_KEY, RESERVED_KEYS, generic_messages
from rft_tui.datasets.tool_rules import tools_problems
from rft_tui.model import JsonObject, Problem


def _role(message: Any) -> Any:
    return message.get("role") if isinstance(message, dict) else None


def _reinforcement(row: RawRow) -> Iterator[Problem]:
    messages = row.value.get("messages")
    yield from messages_problems(row.line, messages, REINFORCEMENT_ROLES)
    if isinstance(messages, list) and messages and _role(messages[-1]) != "user":
        key = f"messages[{len(messages) - 1}].role"
        yield row_problem(row.line, "last_role", "the last message must be the user's", key=key)
    if "tools" in row.value:
        yield from tools_problems(row.line, row.value["tools"])


def _supervised(row: RawRow) -> Iterator[Problem]:
    messages = row.value.get("messages")
    yield from messages_problems(row.line, messages, CHAT_ROLES)
    if isinstance(messages, list) and messages:
        roles = [_role(message) for message in messages]
        if "assistant" not in roles:
            said = "there is no assistant message to learn from"
            yield row_problem(row.line, "no_assistant", said, key="messages")
        elif roles[-1] != "assistant":
            key = f"messages[{len(messages) - 1}].role"
            yield row_problem(row.line, "last_role", "the last message must be the assistant's", key=key)
        if "user" not in roles:
            yield row_problem(row.line, "no_user", "no user asks anything", key="messages", severity="warning")
    if "tools" in row.value:
        yield from tools_problems(row.line, row.value["tools"])
    if "functions" in row.value:
        said = "functions is an old form; use tools"
        yield row_problem(row.line, "old_functions", said, key="functions", severity="warning")


def _preference_side(row: RawRow, name: str, old_name: str) -> Iterator[Problem]:
    key = old_name if name not in row.value and old_name in row.value else name
    if key == old_name:
        said = f"{old_name} is an old name; services read {name}"
        yield row_problem(row.line, "old_key", said, key=key, severity="warning")
    side = row.value.get(key)
    if not isinstance(side, list) or not side:
        yield row_problem(row.line, "bad_output", f"{key} must be a list with one assistant message", key=key)
        return
    yield from messages_problems(row.line, side, frozenset({"assistant", "tool"}), key)
    count = sum(1 for message in side if _role(message) == "assistant")
    if count != 1 or _role(side[-1]) != "assistant":
        said = f"{key} needs exactly one assistant message, at its end; it has {count}"
        yield row_problem(row.line, "bad_output", said, key=key)
    for index, message in enumerate(side):
        if isinstance(message, dict) and isinstance(message.get("content"), list):
            said = "an output is text only"
            yield row_problem(row.line, "bad_output", said, key=f"{key}[{index}].content")


def _dpo(row: RawRow) -> Iterator[Problem]:
    given = row.value.get("input")
    if not isinstance(given, dict):
        yield row_problem(row.line, "bad_input", "input must be an object with messages", key="input")
    else:
        messages = given.get("messages")
        yield from messages_problems(row.line, messages, CHAT_ROLES, "input.messages")
        if isinstance(messages, list) and messages and _role(messages[-1]) == "assistant":
            said = "the input must not end with the assistant's message"
            yield row_problem(row.line, "last_role", said, key=f"input.messages[{len(messages) - 1}].role")
        yield from tools_problems(row.line, given.get("tools"), "input.tools")
    yield from _preference_side(row, "preferred_output", "preferred_completion")
    yield from _preference_side(row, "non_preferred_output", "non_preferred_completion")
    preferred = row.value.get("preferred_output")
    if preferred is not None and preferred == row.value.get("non_preferred_output"):
        said = "the preferred and the other output are the same"
        yield row_problem(row.line, "same_outputs", said, key="non_preferred_output", severity="warning")


def _generic(row: RawRow, shape: RowShape) -> Iterator[Problem]:
    mapping, value = shape.mapping, row.value
    name = mapping.messages_field or mapping.prompt_field
    if name is None:
        said = "the row has no messages and no field that looks like a question; say which field it is"
        yield row_problem(row.line, "missing_messages", said, key="messages")
        return
    if name not in value:
        yield row_problem(row.line, "missing_field", "the row has no such field for the question", key=name)
        return
    if mapping.messages_field is None and not isinstance(value[name], list):
        question = value[name]
        if not isinstance(question, str):
            yield row_problem(row.line, "bad_content", "the question must be a text", key=name)
        elif not question.strip():
            yield row_problem(row.line, "empty_content", "the question is empty", key=name)
    else:
        yield from messages_problems(row.line, generic_messages(value, shape), REINFORCEMENT_ROLES | CHAT_ROLES, name)
    if mapping.reference_field is not None and mapping.reference_field not in value:
        said = "the row has no such field for the reference"
        yield row_problem(row.line, "missing_field", said, key=mapping.reference_field, severity="warning")
    for key in RESERVED_KEYS:
        if key in value and key != name:
            said = f"{key} is a reserved name: a grader cannot read the field as item.{key}"
            yield row_problem(row.line, "reserved_key", said, key=key, severity="warning")
    if mapping.reference_field not in (None, REFERENCE_KEY) and REFERENCE_KEY in value:
        said = f"the field is replaced by the reference from {mapping.reference_field!r}"
        yield row_problem(row.line, "replaced_field", said, key=REFERENCE_KEY, severity="warning")


def _nul_warning(row: RawRow) -> Iterator[Problem]:
    for place, inner in places(row.value):
        if isinstance(inner, str) and "\0" in inner:
            said = "the text holds a NUL character"
            yield row_problem(row.line, "nul_character", said, key=str(place), severity="warning")
            return


def _is_plain_reinforcement(value: JsonObject) -> bool:
    """Whether a row is one user message of text with no tools: most are, and need no further look."""
    messages = value.get("messages")
    if type(messages) is not list or len(messages) != 1 or "tools" in value:
        return False
    message = messages[0]
    if type(message) is not dict or len(message) != 2 or message.get("role") != "user":
        return False
    content = message.get("content")
    return type(content) is str and content != "" and not content.isspace()


def row_problems(row: RawRow, shape: RowShape) -> list[Problem]:
    """Everything wrong with one row by itself, errors and warnings; empty for a good row."""
    value = row.value
    if shape.method == "reinforcement":
        problems = [] if _is_plain_reinforcement(value) else list(_reinforcement(row))
    elif shape.method == "supervised":
        problems = list(_supervised(row))
    elif shape.method == "dpo":
        problems = list(_dpo(row))
    else:
        problems = list(_generic(row, shape))
    name = shape.mapping.reference_field
    reference = value.get(name) if name is not None else None
    if type(reference) is str and not reference.strip():
        said = "the reference is empty: every answer contains it, few equal it"
        problems.append(row_problem(row.line, "empty_reference", said, key=name, severity="warning"))
    if b"\\u0000" in row.raw:
        problems.extend(_nul_warning(row))
    return problems
