"""The formats that predictions may come in, one line each, and which one a file is in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rft_tui.datasets.read import read_rows
from rft_tui.datasets.rows import RawRow
from rft_tui.errors import InputError, UsageError
from rft_tui.interchange.foreign import PredictionFormat
from rft_tui.interchange.notebook import NOTEBOOK
from rft_tui.interchange.plain_jsonl import PLAIN_JSONL
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

AUTO = "auto"
"""The name that means: find the format out."""

FORMATS: dict[str, PredictionFormat] = {one.name: one for one in (NOTEBOOK, PLAIN_JSONL)}
"""Every format by its name on the command line."""


def format_named(name: str) -> PredictionFormat | None:
    """The format of a name, None for `AUTO`. Raises UsageError naming the formats."""
    if name == AUTO:
        return None
    if name not in FORMATS:
        raise UsageError(f"there is no format {name!r}", hint=f"One of {', '.join((AUTO, *FORMATS))}.")
    return FORMATS[name]


def first_row(path: Path) -> JsonObject | None:
    """The first row of a file; None where it has none. Raises InputError where it cannot be read."""
    for entry in read_rows(path):
        if isinstance(entry, RawRow):
            return entry.value
        if entry.severity == "error":
            where = f", line {entry.line}" if entry.line else ""
            raise InputError(f"{one_line(str(path))}{where}: {entry.message}")
    return None


def detect_format(row: JsonObject, formats: Sequence[PredictionFormat] | None = None) -> PredictionFormat | None:
    """The format whose rows look like this one, None where none does."""
    return next((one for one in formats or FORMATS.values() if one.recognises(row)), None)
