"""Another reference put into a row: where the reference stands depends on the shape that the row was read in."""

from __future__ import annotations

import json
from typing import Any

from rft_tui.datasets.conversation import value_text
from rft_tui.datasets.decode import decode_row, row_text
from rft_tui.datasets.mapping import RowShape
from rft_tui.datasets.shape import REFERENCE_KEY, as_messages, generic_messages, shape_row
from rft_tui.model import Item, JsonObject, Problem


class NotPossibleError(Exception):
    """A row that cannot hold another reference; the text says why."""


def with_reference(raw: bytes, line: int, shape: RowShape, reference: str) -> Item:
    """The item of a row with another reference; its input, its other fields and the order of its keys stay.

    A reference that is no text takes one that reads as JSON of its own kind. Raises NotPossibleError.
    """
    before = shape_row(_decoded(raw, line), shape)
    row = json.loads(raw)
    if shape.method == "supervised":
        _answer(row["messages"], reference)
        _beside(row, before.reference, reference)
    elif shape.method == "dpo":
        name = "preferred_output" if "preferred_output" in row else "preferred_completion"
        _answer(row.get(name), reference)
        _beside(row, before.reference, reference)
    elif shape.mapping.reference_field is not None:
        name = shape.mapping.reference_field
        row[name] = _like(row.get(name), reference)
    elif shape.method == "generic":
        _generic_answer(row, shape, reference)
    else:
        raise NotPossibleError("the dataset has no field for references")
    try:
        written = row_text(row)
    except (ValueError, RecursionError):
        raise NotPossibleError("the new reference says what JSON cannot hold") from None
    after = shape_row(_decoded(written, line), shape)
    if after.input_id != before.input_id or after.reference is None:
        raise NotPossibleError("the question would change with it")
    return after


def _decoded(raw: bytes, line: int) -> Any:
    row = decode_row(line, raw)
    if isinstance(row, Problem):
        raise NotPossibleError(row.message)
    return row


def _like(before: Any, reference: str) -> Any:
    """The reference in the kind of value that stood there: a text, or what its JSON says."""
    if before is None or isinstance(before, str):
        return reference
    try:
        value = json.loads(reference)
    except (ValueError, RecursionError):
        value = None
    if type(value) is type(before) or (_is_number(value) and _is_number(before)):
        return value
    raise NotPossibleError(f"its reference is {_kind(before)}, and the new one does not read as one")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    names = {bool: "true or false", dict: "a JSON object", list: "a JSON list"}
    return names.get(type(value), "a number")


def _answer(messages: Any, reference: str) -> None:
    """Put the reference in place of what the last message says."""
    last = messages[-1] if isinstance(messages, list) and messages else None
    if not isinstance(last, dict) or not isinstance(last.get("content"), str) or last.get("tool_calls"):
        raise NotPossibleError("its reference is no plain message")
    last["content"] = reference


def _beside(row: JsonObject, before: str | None, reference: str) -> None:
    """The same where the reference stands a second time, in the field that graders read."""
    if REFERENCE_KEY in row and value_text(row[REFERENCE_KEY]) == before:
        row[REFERENCE_KEY] = _like(row[REFERENCE_KEY], reference)


def _generic_answer(row: JsonObject, shape: RowShape, reference: str) -> None:
    name = shape.mapping.messages_field or shape.mapping.prompt_field or ""
    messages = generic_messages(row, shape)
    if not messages or messages[-1].get("role") != "assistant":
        raise NotPossibleError("the dataset has no field for references")
    _answer(messages, reference)
    row[name] = json.dumps(messages, ensure_ascii=False) if as_messages(row[name]) is not row[name] else messages
