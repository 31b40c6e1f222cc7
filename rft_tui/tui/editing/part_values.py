"""The values of small parts as a person types them, and back."""

from __future__ import annotations

import json
from typing import Any

from rft_tui.errors import UsageError
from rft_tui.graders.document import Part
from rft_tui.graders.kinds import is_number
from rft_tui.graders.sampling import SAMPLING, SamplingParameter
from rft_tui.safetext import one_line

WRITTEN = ("text", "python", "formula")
"""Kinds of parts that are written in an editor of their own."""

_NO_JSON = object()


def value_text(value: Any) -> str:
    """A part's value as a person types it: texts as they are, short lists with commas, the rest as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(_is_plain_word(one) for one in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def _is_plain_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value == value.strip() and not set(value) & set(',"[]\n')


def sampling_of(part: Part) -> SamplingParameter | None:
    """What is known of a part that is a sampling parameter; None for any other."""
    return SAMPLING.get(str(part.path[-1])) if part.kind == "sampling" else None


def typed_value(part: Part, text: str) -> Any:
    """The value that a person typed for a part. Raises UsageError that says what it must be."""
    known = sampling_of(part)
    if part.kind in (*WRITTEN, "field") or (known is None and isinstance(part.value, str)):
        return text
    stripped = text.strip()
    if part.kind == "labels" and not stripped.startswith("["):
        return [word.strip() for word in stripped.split(",") if word.strip()]
    value = stripped if known is not None and known.words else _read(stripped)
    if part.kind == "number":
        fits, wanted = is_number(value), "a number"
    elif part.kind == "labels":
        fits = isinstance(value, list) and all(isinstance(one, str) for one in value)
        wanted = "labels with commas between them"
    elif known is not None:
        fits, wanted = value is not _NO_JSON and known.fits(value), known.limits
    else:
        fits, wanted = value is not _NO_JSON, "JSON"
    if not fits:
        raise UsageError(f"{part.label} must be {wanted}, not {one_line(text, 40)!r}")
    return value


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _NO_JSON
