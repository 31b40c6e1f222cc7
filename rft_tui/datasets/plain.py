"""Rows in the plain shape, messages and fields beside them: their identity, their reference, and the item of one."""

from __future__ import annotations

from rft_tui.datasets.decode import row_text
from rft_tui.datasets.mapping import FieldMapping, RowShape, guess_field
from rft_tui.datasets.rows import RawRow
from rft_tui.datasets.shape import REFERENCE_KEY, RESERVED_KEYS, shape_row
from rft_tui.model import Item, JsonObject

_REFERENCE_NAMES = ("reference_answer", "reference", "ground_truth", "answer", "target", "label")


def item_of(row: JsonObject) -> Item:
    """The item of a plain row, with the row written anew as its bytes."""
    return shape_row(RawRow(0, row_text(row), row), RowShape("reinforcement", FieldMapping(None, reference_key(row))))


def reference_key(row: JsonObject) -> str | None:
    """The field that holds the reference answer, None where none looks like it."""
    return REFERENCE_KEY if REFERENCE_KEY in row else guess_field(fields_of_row(row), _REFERENCE_NAMES)


def fields_of_row(row: JsonObject) -> JsonObject:
    """The fields that a grader reads as ``item.*``."""
    return {key: value for key, value in row.items() if key not in RESERVED_KEYS}
