"""Rows of JSON Lines, or of a list in JSON, as bytes with their places; what they say is for a format to read."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader, FileIO
from pathlib import Path

from rft_tui.datasets.rows import LINE_LIMIT
from rft_tui.errors import InputError
from rft_tui.interchange.foreign import Place, bad_row
from rft_tui.interchange.json_stream import list_parts
from rft_tui.safetext import one_line

_BUFFER = 1024 * 1024
_UTF8_MARK = b"\xef\xbb\xbf"


def raw_rows(path: Path) -> Iterator[tuple[Place, bytes]]:
    """Each row's place and bytes, one held at a time. Raises InputError for a row that is too long to hold."""
    number = 0
    try:
        with BufferedReader(FileIO(path), _BUFFER) as stream:
            head = stream.peek(_BUFFER)[:_BUFFER].removeprefix(_UTF8_MARK).lstrip()
            if head.startswith(b"["):
                for part in list_parts(path, stream):
                    number += 1
                    if part.raw is None:
                        raise _too_long(path, Place(number, part.line))
                    yield Place(number, part.line), part.raw
                return
            line = 0
            while raw := stream.readline(LINE_LIMIT + 1):
                line += 1
                if len(raw) > LINE_LIMIT:
                    raise _too_long(path, Place(number + 1, line))
                if line == 1:
                    raw = raw.removeprefix(_UTF8_MARK)
                if raw.strip():
                    number += 1
                    yield Place(number, line), raw.strip()
    except OSError as error:
        raise InputError(f"{one_line(str(path))}: cannot be read: {error.strerror}") from error


def _too_long(path: Path, place: Place) -> InputError:
    return bad_row(path, place, f"the row has more than {LINE_LIMIT // 1024**2} MB")
