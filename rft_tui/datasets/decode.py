"""One row of JSON text made into an object, or the one thing that is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn

from rft_tui.datasets.rows import DEPTH_LIMIT, SIGN_LIMIT, RawRow, is_deep, places, row_problem
from rft_tui.model import JsonObject, Problem


class _DuplicateKeyError(ValueError):
    pass


class _NotFiniteError(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _DuplicateKeyError(key)
            seen.add(key)
    return value


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0.0:
        raise _NotFiniteError(text)
    return number


def _constant(text: str) -> NoReturn:
    raise _NotFiniteError(text)


_decode = json.JSONDecoder(object_pairs_hook=_object, parse_float=_finite, parse_constant=_constant).decode
_decode_leniently = json.JSONDecoder().decode


def _place_of_not_finite(text: str) -> str | None:
    for place, value in places(_decode_leniently(text)):
        if isinstance(value, float) and value - value != 0.0:
            return str(place)
    return None


def _is_unpaired(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _text_fault(line: int, raw: bytes, value: JsonObject) -> Problem | None:
    """Look for what JSON text may say and UTF-8 cannot: surrogates that stand alone."""
    if b"\\ud" in raw or b"\\uD" in raw:
        for place, inner in places(value):
            if (isinstance(inner, str) and _is_unpaired(inner)) or _is_unpaired(str(place.key)):
                key = str(place).encode(errors="backslashreplace").decode()
                message = (
                    "the text holds half of a surrogate pair (\\ud800 to \\udfff), which cannot be written as UTF-8"
                )
                return row_problem(line, "lone_surrogate", message, key=key)
    return None


def _value_fault(line: int, text: str, error: ValueError) -> Problem:
    if isinstance(error, _DuplicateKeyError):
        key = str(error).encode(errors="backslashreplace").decode()
        return row_problem(line, "duplicate_key", "the key stands twice in one object; which value counts?", key=key)
    if isinstance(error, _NotFiniteError):
        name = str(error)[:40]
        return row_problem(
            line, "not_a_number", f"{name} is not a JSON number that can be stored", key=_place_of_not_finite(text)
        )
    if isinstance(error, json.JSONDecodeError):
        said = error.msg[:1].lower() + error.msg[1:]
        if error.msg == "Extra data":
            said = "there is more after the first JSON value"
        return row_problem(line, "invalid_json", f"not valid JSON at character {error.pos + 1}: {said}")
    return row_problem(line, "huge_number", "a number has more than 4300 digits")


def decode_row(line: int, raw: bytes, *, cut_off: bool = False) -> RawRow | Problem:
    """The row that some bytes say, or what is wrong with them; `cut_off` when the file ends without a line break here.

    Nothing that bytes can hold makes it raise.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        if cut_off and error.end >= len(raw) and error.reason == "unexpected end of data":
            return row_problem(line, "torn_line", "the last line looks cut off in the middle of a character")
        sign = f"0x{raw[error.start]:02x}"
        return row_problem(line, "invalid_utf8", f"byte {error.start + 1} of the row ({sign}) is not valid UTF-8")
    brackets = raw.count(b"{") + raw.count(b"[")
    if brackets > SIGN_LIMIT:
        return row_problem(line, "too_complex", f"the row holds more than {SIGN_LIMIT:,} lists and objects")
    try:
        value = _decode(text)
    except RecursionError:
        return row_problem(line, "deep_nesting", f"lists and objects are nested more than {DEPTH_LIMIT} deep")
    except ValueError as error:
        if cut_off and isinstance(error, json.JSONDecodeError) and error.msg != "Extra data":
            return row_problem(line, "torn_line", f"the last line looks cut off after character {len(text)}")
        return _value_fault(line, text, error)
    if type(value) is not dict:
        kind = type(value).__name__
        said = {"list": "a list", "str": "a text", "NoneType": "null", "bool": "true or false"}.get(kind, "a number")
        return row_problem(line, "not_object", f"a row must be a JSON object; this is {said}")
    if brackets > DEPTH_LIMIT and is_deep(value):
        return row_problem(line, "deep_nesting", f"lists and objects are nested more than {DEPTH_LIMIT} deep")
    if b"\\u" in raw:
        fault = _text_fault(line, raw, value)
        if fault is not None:
            return fault
    return RawRow(line, raw, value)


def row_text(value: JsonObject) -> bytes:
    """A row as one JSON line: keys in their order, no escapes that are not needed."""
    return _encode(value).encode()


def _make_encode() -> Callable[[JsonObject], str]:
    """The encoder's own C function, made once: half the time that `json.dumps` takes for a row of a kilobyte."""
    encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return encoder.encode
    chunks = make(None, encoder.default, json.encoder.encode_basestring, None, ": ", ", ", False, False, False)
    return lambda value: "".join(chunks(value, 0))


_encode = _make_encode()
