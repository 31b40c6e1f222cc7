"""A row of a file made into an item: what the model is asked, the reference, and the fields a grader reads."""

from __future__ import annotations

import json
from typing import Any

from rft_tui.datasets.conversation import calls_text, content_text, question_text, value_text
from rft_tui.datasets.mapping import RowShape
from rft_tui.datasets.rows import RawRow
from rft_tui.identity import canonical_json, content_hash, row_id
from rft_tui.model import Item, JsonObject

RESERVED_KEYS = ("messages", "tools")
"""Keys of a row that are no ``item.*`` fields."""

REFERENCE_KEY = "reference_answer"
"""The field under which a grader finds the reference of a row that was mapped or derived."""


def as_messages(value: Any) -> Any:
    """Messages that stand in a cell as JSON text, or as they are."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _item(messages: list[JsonObject], tools: Any, fields: JsonObject, reference: str | None, raw: bytes) -> Item:
    messages_text = canonical_json(messages)
    tools_text = canonical_json(tools) if tools else None
    of_input = content_hash("input", messages_text, tools_text or "")
    return Item(
        of_input, row_id(of_input, fields), question_text(messages), reference, messages_text, tools_text, fields, raw
    )


def answer_text(message: JsonObject) -> str:
    """What an assistant message answers: its text, or the functions it calls."""
    return content_text(message.get("content")) or calls_text(message)


def _reinforcement(row: RawRow, shape: RowShape) -> Item:
    value = row.value
    fields = {key: inner for key, inner in value.items() if key not in RESERVED_KEYS}
    name = shape.mapping.reference_field
    reference = value_text(fields.get(name)) if name is not None else None
    return _item(value["messages"], value.get("tools"), fields, reference, row.raw)


def _supervised(row: RawRow) -> Item:
    value = row.value
    messages = value["messages"]
    answer = answer_text(messages[-1])
    fields = {key: inner for key, inner in value.items() if key not in RESERVED_KEYS}
    fields.setdefault(REFERENCE_KEY, answer)
    return _item(messages[:-1], value.get("tools"), fields, answer, row.raw)


def _dpo(row: RawRow) -> Item:
    value = row.value
    preferred = value.get("preferred_output", value.get("preferred_completion"))
    answer = answer_text(preferred[-1]) if preferred else None
    fields = {key: inner for key, inner in value.items() if key != "input"}
    fields.setdefault(REFERENCE_KEY, answer)
    return _item(value["input"]["messages"], value["input"].get("tools"), fields, answer, row.raw)


def generic_messages(value: JsonObject, shape: RowShape) -> Any:
    """The messages of a mapped row: its own, or its question as one user message."""
    mapping = shape.mapping
    if mapping.messages_field is not None:
        return as_messages(value.get(mapping.messages_field))
    content = value.get(mapping.prompt_field or "")
    if isinstance(content, list):
        return content
    return [{"role": "user", "content": content}]


def _generic(row: RawRow, shape: RowShape) -> Item:
    value, mapping = row.value, shape.mapping
    used = {mapping.prompt_field, mapping.reference_field, mapping.messages_field, *RESERVED_KEYS}
    kept = value if mapping.other_fields is None else mapping.other_fields
    fields = {key: value[key] for key in kept if key in value and key not in used}
    reference = None
    if mapping.reference_field is not None and mapping.reference_field in value:
        fields[REFERENCE_KEY] = value[mapping.reference_field]
        reference = value_text(value[mapping.reference_field])
    messages = generic_messages(value, shape)
    if messages[-1].get("role") == "assistant":
        answer = answer_text(messages[-1])
        messages = messages[:-1]
        reference = answer if reference is None else reference
        fields.setdefault(REFERENCE_KEY, answer)
    return _item(messages, as_messages(value.get("tools")), fields, reference, row.raw)


def shape_row(row: RawRow, shape: RowShape) -> Item:
    """The item of a row that broke no rule of its shape (`rules.row_problems` found no error).

    Reinforcement rows keep their fields; a supervised row's last message and a preference row's preferred answer become
    the reference, also as ``reference_answer`` where the row has no such field; a mapped row's reference is renamed to
    ``reference_answer``. The bytes of the row are kept whatever the shape.
    """
    if shape.method == "reinforcement":
        return _reinforcement(row, shape)
    if shape.method == "supervised":
        return _supervised(row)
    if shape.method == "dpo":
        return _dpo(row)
    return _generic(row, shape)


def item_row(item: Item) -> JsonObject:
    """The item as a row in the reinforcement shape: messages, tools where it has any, then its fields."""
    row: JsonObject = {"messages": json.loads(item.messages)}
    if item.tools is not None:
        row["tools"] = json.loads(item.tools)
    return row | {key: value for key, value in item.fields.items() if key not in RESERVED_KEYS}
