"""Identity by content: canonical JSON and the hashes made from it.

Nothing in the product is identified by its position in a file. An item's *input id* covers its messages and tools, its
*row id* adds every other field; a grader version and a prompt version are hashes of their canonical content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=True, sort_keys=True, separators=(",", ":")).encode

ID_BYTES = 16
"""Bytes kept of a SHA-256: 128 bits make an accidental clash among 10^12 rows less likely than 10^-14."""


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no blanks, no escapes that are not needed."""
    return _encode(value)


def content_hash(*parts: str | bytes) -> str:
    """The hash of some parts, kept apart from one another; 32 hexadecimal digits."""
    digest = sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()[: 2 * ID_BYTES]


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
