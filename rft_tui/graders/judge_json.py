"""JSON objects in texts that models wrote: strict about what JSON is, and never slower than the text is long."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from rft_tui.model import JsonObject

MAX_TRIES = 40
"""Places of a text at which an object is looked for; with it, hostile braces cost no more than so many passes."""


class _Unreadable:
    """Stands for NaN, an infinity, a number beyond all bounds, or a key that was given twice."""


UNREADABLE: Final = _Unreadable()
"""What stands in an object where its text has no value of JSON, or two."""


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for key, _value in pairs:
            if key in seen:
                made[key] = UNREADABLE
            seen.add(key)
    return made


def _integer(digits: str) -> Any:
    return int(digits) if len(digits) <= 400 else UNREADABLE


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=lambda _name: UNREADABLE, parse_int=_integer)


def parse_object(text: str) -> JsonObject | None:
    """The object that a whole text is, blanks around it aside; None where it is anything else."""
    text = text.strip()
    if not text.startswith("{"):
        return None
    found = _decoded(text, 0)
    return found[0] if found is not None and found[1] == len(text) else None


def objects_in(text: str) -> Iterator[JsonObject]:
    """The objects of a text in order, not those inside one another; at most `MAX_TRIES` places are tried."""
    position = 0
    for _try in range(MAX_TRIES):
        position = text.find("{", position)
        if position < 0:
            return
        found = _decoded(text, position)
        if found is None:
            position += 1
        else:
            yield found[0]
            position = found[1]


def _decoded(text: str, start: int) -> tuple[JsonObject, int] | None:
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return (value, end) if isinstance(value, dict) else None
