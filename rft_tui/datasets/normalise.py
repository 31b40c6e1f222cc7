"""Small changes to the text of a field, asked for by name; a row that they do not change keeps its bytes."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rft_tui.datasets.decode import row_text
from rft_tui.datasets.rows import RawRow

StepName = Literal["lowercase", "strip", "collapse_blanks", "nfc"]
"""The changes there are."""


def _collapse(text: str) -> str:
    return " ".join(text.split())


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


STEPS: dict[StepName, Callable[[str], str]] = {
    "lowercase": str.lower,
    "strip": str.strip,
    "collapse_blanks": _collapse,
    "nfc": _nfc,
}
"""What each change does to a text."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change to one field; a list of texts is changed text by text, anything else stays."""

    name: StepName
    field: str


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [change(inner) if isinstance(inner, str) else inner for inner in value]
    return value


def normalise_row(row: RawRow, steps: Sequence[Step]) -> RawRow:
    """The row after the steps, in their order; the very same row where nothing changes, keys in their order else."""
    value = row.value
    for step in steps:
        if step.field in value:
            before = value[step.field]
            after = _changed(before, STEPS[step.name])
            if after != before:
                value = value | {step.field: after}
    return row if value is row.value else RawRow(row.line, row_text(value), value)
