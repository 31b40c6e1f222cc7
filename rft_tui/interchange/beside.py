"""What stands in a JSON document beside a file of predictions."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

from rft_tui.errors import InputError
from rft_tui.interchange.foreign import Place
from rft_tui.interchange.json_stream import Keys, document_parts
from rft_tui.interchange.loose_json import loose_value
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line


def facts_beside(beside: Path, wanted: Set[Keys]) -> JsonObject:
    """The values of some outermost keys, empty where there is no such file. Raises InputError where it is no JSON."""
    found: JsonObject = {}
    try:
        if beside.is_file():
            with beside.open("rb") as stream:
                for part in document_parts(beside, stream, []):
                    if part.keys in wanted and part.raw is not None:
                        found[part.keys[0]] = loose_value(beside, Place(1, part.line), part.raw)
    except OSError as error:
        raise InputError(f"{one_line(str(beside))}: cannot be read: {error.strerror}") from error
    return found
