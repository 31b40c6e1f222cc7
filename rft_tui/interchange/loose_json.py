"""JSON that other programs wrote: NaN and infinities become null, nothing that bytes can hold makes it raise but one.

Python programs write ``NaN`` where there is no score; such a value must neither stop an import nor become a number.
"""

from __future__ import annotations

import json
import re
from math import isfinite
from pathlib import Path
from typing import Any

from rft_tui.datasets.rows import DEPTH_LIMIT, SIGN_LIMIT, is_deep
from rft_tui.interchange.foreign import Place, bad_row
from rft_tui.model import JsonObject
from rft_tui.safetext import storable

_MAYBE_INFINITE = re.compile(rb"[eE]\+?[0-9]{3}|[0-9]{300}")
_HALF_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")


class LooseError(ValueError):
    """What keeps bytes from being a value that can be held."""


def _no_constant(_name: str) -> None:
    return None


def _finite(text: str) -> float | None:
    number = float(text)
    return number if isfinite(number) else None


_decode = json.JSONDecoder(parse_constant=_no_constant).decode
_decode_large = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite).decode


def loose_value(path: Path, place: Place, raw: bytes, *, unread: frozenset[str] = frozenset()) -> Any:
    """The value that some bytes say. Raises InputError naming file and place where they are no JSON to be held.

    `unread` are keys whose values nobody looks into, so that they may be nested as deeply as the parser bears.
    """
    try:
        return held_value(raw, unread=unread)
    except LooseError as error:
        raise bad_row(path, place, str(error)) from None


def held_value(raw: bytes, *, unread: frozenset[str] = frozenset()) -> Any:
    """The same for bytes that stand in no place of a file. Raises LooseError saying why there is no value."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise LooseError(f"byte {error.start + 1} is not valid UTF-8") from None
    brackets = raw.count(b"{") + raw.count(b"[")
    if brackets > SIGN_LIMIT:
        raise LooseError(f"it holds more than {SIGN_LIMIT:,} lists and objects")
    deep = f"lists and objects are nested more than {DEPTH_LIMIT} deep"
    try:
        value = (_decode_large if _MAYBE_INFINITE.search(raw) else _decode)(text)
    except RecursionError:
        raise LooseError(deep) from None
    except json.JSONDecodeError as error:
        said = error.msg[:1].lower() + error.msg[1:]
        raise LooseError(f"not valid JSON at character {error.pos + 1}: {said}") from None
    except ValueError:
        raise LooseError("a number has more than 4300 digits") from None
    if brackets > DEPTH_LIMIT and is_deep(_read_part(value, unread)):
        raise LooseError(deep)
    if _HALF_PAIR.search(raw):
        value = json.loads(storable(json.dumps(value, ensure_ascii=False)))
    return value


def _read_part(value: Any, unread: frozenset[str]) -> Any:
    if unread and isinstance(value, dict):
        value = {key: inner for key, inner in value.items() if key not in unread}
    return [value]


def loose_object(path: Path, place: Place, raw: bytes, *, unread: frozenset[str] = frozenset()) -> JsonObject:
    """The object that some bytes say. Raises InputError where they say something else."""
    value = loose_value(path, place, raw, unread=unread)
    if not isinstance(value, dict):
        raise bad_row(path, place, "it must be a JSON object")
    return value
