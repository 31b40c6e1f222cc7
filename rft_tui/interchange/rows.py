"""The item inside a foreign row: whatever shape it came in, brought to messages and fields."""

from __future__ import annotations

from pathlib import Path

from rft_tui.datasets.mapping import choose_shape
from rft_tui.datasets.plain import fields_of_row
from rft_tui.datasets.rows import RawRow
from rft_tui.datasets.rules import row_problems
from rft_tui.datasets.shape import item_row, shape_row
from rft_tui.identity import input_id, row_id
from rft_tui.interchange.foreign import Place, bad_row
from rft_tui.model import JsonObject


def _has_messages(row: JsonObject) -> bool:
    messages = row.get("messages")
    return isinstance(messages, list) and bool(messages) and all(isinstance(message, dict) for message in messages)


def _reads_plainly(row: JsonObject) -> bool:
    """Whether the messages are exactly what a model was asked: none of them is an answer to learn from."""
    return _has_messages(row) and row["messages"][-1].get("role") != "assistant"


def plain_row(path: Path, place: Place, row: JsonObject) -> JsonObject:
    """The row with the messages that a model was asked and the fields beside them.

    A supervised, preference or mapped row is brought to that shape as a dataset import does it, so that both lead to
    the same item. Raises InputError where no question can be found.
    """
    if _reads_plainly(row):
        return row
    shape = choose_shape([row])
    raw = RawRow(place.line, b"", row)
    fault = next((problem for problem in row_problems(raw, shape) if problem.severity == "error"), None)
    if fault is not None:
        key = f"{fault.key}: " if fault.key else ""
        raise bad_row(path, place, f"the item cannot be read: {key}{fault.message}")
    return item_row(shape_row(raw, shape))


def input_of(row: JsonObject) -> str:
    """The input id of a plain row."""
    return input_id(row["messages"], row.get("tools") or None)


def row_of(of_input: str, row: JsonObject) -> str:
    """The row id of a plain row."""
    return row_id(of_input, fields_of_row(row))
