"""The formats that predictions may come in, one line each, and which one a file is in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rft_tui.datasets.read import read_rows
from rft_tui.datasets.rows import RawRow
from rft_tui.errors import InputError, UsageError
from rft_tui.interchange.foreign import PredictionFormat
from rft_tui.interchange.inspect_log import INSPECT
from rft_tui.interchange.json_stream import HEAD, head_keys
from rft_tui.interchange.lm_eval import LM_EVAL
from rft_tui.interchange.loose_json import loose_object
from rft_tui.interchange.notebook import NOTEBOOK
from rft_tui.interchange.openai_evals import OPENAI_EVALS
from rft_tui.interchange.plain_jsonl import PLAIN_JSONL
from rft_tui.interchange.promptfoo import PROMPTFOO
from rft_tui.interchange.raw_rows import raw_rows
from rft_tui.interchange.verifiers import VERIFIERS
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

_LOOSE = frozenset({"not_a_number", "lone_surrogate", "duplicate_key"})
"""Kinds of problems that only some formats refuse."""

AUTO = "auto"
"""The name that means: find the format out."""

FORMATS: dict[str, PredictionFormat] = {
    one.name: one
    for one in (
        NOTEBOOK,
        INSPECT,
        PROMPTFOO,
        LM_EVAL,
        VERIFIERS,
        OPENAI_EVALS,
        PLAIN_JSONL,
    )
}
"""Every format by its name on the command line."""


def format_named(name: str) -> PredictionFormat | None:
    """The format of a name, None for `AUTO`. Raises UsageError naming the formats."""
    if name == AUTO:
        return None
    if name not in FORMATS:
        raise UsageError(f"there is no format {name!r}", hint=f"One of {', '.join((AUTO, *FORMATS))}.")
    return FORMATS[name]


def opened_by(path: Path) -> PredictionFormat | None:
    """The format of a file that is no list of rows, by its first bytes; None where it may be one.

    Raises InputError where the file cannot be read.
    """
    try:
        if not path.is_file():
            return None
        with path.open("rb") as stream:
            head = stream.read(HEAD)
    except OSError as error:
        raise InputError(f"{one_line(str(path))}: cannot be read: {error.strerror}") from error
    keys = head_keys(head)
    return next((one for one in FORMATS.values() if one.opens(path, head, keys)), None)


def first_row(path: Path) -> JsonObject | None:
    """The first row of a file; None where it has none. Raises InputError where it cannot be read.

    A number that JSON does not have, as other programs write it, is no reason to refuse the file.
    """
    for entry in read_rows(path):
        if isinstance(entry, RawRow):
            return entry.value
        if entry.kind in _LOOSE:
            for place, raw in raw_rows(path):
                return loose_object(path, place, raw)
        if entry.severity == "error":
            where = f", line {entry.line}" if entry.line else ""
            raise InputError(f"{one_line(str(path))}{where}: {entry.message}")
    return None


def detect_format(row: JsonObject, formats: Sequence[PredictionFormat] | None = None) -> PredictionFormat | None:
    """The format whose rows look like this one, None where none does."""
    return next((one for one in formats or FORMATS.values() if one.recognises(row)), None)
