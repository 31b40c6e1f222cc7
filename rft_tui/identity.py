"""Identity by content: canonical JSON and the hashes made from it.

Nothing in the product is identified by its position in a file. An item's *input id* covers its messages and tools, its
*row id* adds every other field; a grader version and a prompt version are hashes of their canonical content.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from json import encoder
from typing import Any

encode_string: Callable[[str], str] = encoder.encode_basestring
"""One text as canonical JSON."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=True, sort_keys=True, separators=(",", ":"))


def _make_encode() -> Callable[[Any], str]:
    """The encoder's own C function, made once instead of at every call: half the time on rows of a kilobyte."""
    make: Any = getattr(encoder, "c_make_encoder", None)
    if make is None:
        return _ENCODER.encode
    chunks = make(None, _ENCODER.default, encode_string, None, ":", ",", True, False, True)

    def encode(value: Any) -> str:
        if isinstance(value, str):
            return encode_string(value)
        return "".join(chunks(value, 0))

    return encode


_encode = _make_encode()

ID_BYTES = 16
"""Bytes kept of a SHA-256: 128 bits make an accidental clash among 10^12 rows less likely than 10^-14."""


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no blanks, no escapes that are not needed."""
    return _encode(value)


def content_hash(*parts: str) -> str:
    """The hash of some parts, kept apart from one another by their lengths; 32 hexadecimal digits."""
    text = "".join([f"{len(part)}:{part}" for part in parts])
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[: 2 * ID_BYTES]


def input_id(messages: Any, tools: Any = None) -> str:
    """The identity of what a model is asked: messages and tools, without any prompt."""
    return content_hash("input", _encode(messages), _encode(tools) if tools else "")


def row_id(of_input: str, fields: Mapping[str, Any]) -> str:
    """The identity of a whole row: its input and all its other fields."""
    return content_hash("row", of_input, _encode(fields))


def grader_version(spec: Mapping[str, Any]) -> str:
    """The identity of a grading rule: the hash of its canonical JSON, whatever order its keys came in."""
    return content_hash("grader", _encode(spec))


def prompt_version(text: str, examples: Any = None) -> str:
    """The identity of a prompt: its text and its worked examples."""
    return content_hash("prompt", text, _encode(examples) if examples else "")
