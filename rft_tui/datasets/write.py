"""Rows back into files: untouched rows byte for byte, rendered rows with the prompt, whole files or nothing."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from rft_tui.datasets.decode import row_text
from rft_tui.datasets.render import render
from rft_tui.datasets.shape import item_row
from rft_tui.errors import InputError
from rft_tui.model import Item, JsonObject, Prompt


class RenderedRow(NamedTuple):
    """A row as one JSON line without the line break, and what is worth saying about how the prompt got there."""

    data: bytes
    notes: tuple[str, ...]


def _stored(item: Item) -> JsonObject:
    try:
        value = json.loads(item.raw)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def rendered_row(item: Item, prompt: Prompt, *, as_developer: bool = False) -> RenderedRow:
    """The row of an item with the prompt in its messages.

    Other keys keep their order and values. A preference row gets the prompt in its input; a row without messages of its
    own (mapped from other fields) is written in the reinforcement shape.
    """
    row = _stored(item)
    given = row.get("input")
    if isinstance(row.get("messages"), list):
        messages, notes = render(prompt, row["messages"], as_developer=as_developer)
        row["messages"] = messages
    elif isinstance(given, dict) and isinstance(given.get("messages"), list):
        messages, notes = render(prompt, given["messages"], as_developer=as_developer)
        row["input"] = given | {"messages": messages}
    else:
        row = item_row(item)
        messages, notes = render(prompt, row["messages"], as_developer=as_developer)
        row["messages"] = messages
    return RenderedRow(row_text(row), notes)


def shaped_row(item: Item) -> bytes:
    """The row of an item in the reinforcement shape, whatever shape it came in, as one JSON line."""
    return row_text(item_row(item))


def write_rows(path: str | Path, rows: Iterable[bytes]) -> int:
    """Write rows as lines of a file and return how many; the file is replaced at the end, or left as it was.

    Every row is followed by one LF: a JSONL file whose rows are all untouched comes out byte for byte as it went in,
    except that a byte order mark and blank lines are left out, CR LF becomes LF, and a missing line break at the end is
    added. Raises InputError where the file cannot be written.
    """
    target = Path(path).resolve()
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
    count = 0
    try:
        with temporary.open("xb", buffering=1024 * 1024) as stream:
            for row in rows:
                stream.write(row)
                stream.write(b"\n")
                count += 1
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            temporary.unlink()
    return count
