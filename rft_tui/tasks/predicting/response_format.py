"""The response format of a file: a whole one, or a JSON schema alone."""

from __future__ import annotations

import json
from pathlib import Path

from rft_tui.errors import InputError
from rft_tui.model import JsonObject
from rft_tui.providers.reading import DEEPEST, kept

SCHEMA_LIMIT = 1024 * 1024
"""Bytes of a schema file that is read."""


def load_response_format(path: Path) -> JsonObject:
    """The response format in chat form; a schema alone gets the file's name. Raises InputError."""
    try:
        if path.stat().st_size > SCHEMA_LIMIT:
            raise InputError(f"{path.name}: larger than {SCHEMA_LIMIT // 1024} kB")
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name}: not readable as JSON: {error}") from error
    if not isinstance(document, dict):
        raise InputError(f"{path.name}: a JSON schema is an object")
    if (storable := kept(document)) is None:
        raise InputError(f"{path.name}: nested more than {DEEPEST} deep")
    if storable != document:
        raise InputError(f"{path.name}: it holds a number or a character that JSON cannot carry, such as NaN")
    if document.get("type") in ("json_schema", "json_object", "text"):
        return document
    name = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "_-") else "_" for sign in path.stem)[:64]
    return {"type": "json_schema", "json_schema": {"name": name or "answer", "schema": document, "strict": True}}
