"""One JSON document read part by part: lists inside it come element by element, so that size costs no memory."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from rft_tui.datasets.rows import LINE_LIMIT
from rft_tui.errors import InputError
from rft_tui.safetext import one_line

HEAD = 64 * 1024
"""Bytes of a file by which its form is told."""

_CHUNK = 256 * 1024
_KEY_LIMIT = 64 * 1024
_BLANK = re.compile(rb"[ \t\r\n]*")
_RUN = re.compile(rb'(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)
_TEXT_REST = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_SCALAR = re.compile(rb'[^\s,:{}\[\]"]*')
_UTF8_MARK = b"\xef\xbb\xbf"

Keys = tuple[str, ...]


class Part(NamedTuple):
    """A value of a document: the keys that lead to it, the line where it begins, its bytes; None where it is too long.

    Elements of a list that is read one by one have the list's keys.
    """

    keys: Keys
    line: int
    raw: bytes | None


class _TornError(Exception):
    """The document ends, or goes on, where JSON does not."""


class _Cursor:
    """A place in a stream of JSON text."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._data = stream.read(_CHUNK).removeprefix(_UTF8_MARK)
        self._at = 0
        self.line = 1

    def sign(self) -> bytes:
        """The next byte that is not blank, not passed over; empty at the end."""
        while True:
            match = _BLANK.match(self._data, self._at)
            end = match.end() if match else self._at
            self.line += self._data.count(b"\n", self._at, end)
            self._at = end
            if end < len(self._data):
                return self._data[end : end + 1]
            if not self._more():
                return b""

    def take(self, expected: bytes) -> None:
        """Pass over a sign that must stand here."""
        if self.sign() != expected:
            raise _TornError
        self._at += 1

    def end(self) -> None:
        """Nothing may follow."""
        if self.sign():
            raise _TornError

    def value(self, limit: int) -> bytes | None:
        """The bytes of the whole value that begins here, None where they are more than `limit`."""
        first = self.sign()
        parts: list[bytes] = []
        size = 0
        ends = self._composite() if first in (b'"', b"{", b"[") else self._scalar()
        for piece in ends:
            size += len(piece)
            self.line += piece.count(b"\n")
            if size <= limit:
                parts.append(piece)
        if size == 0:
            raise _TornError
        return b"".join(parts) if size <= limit else None

    def _more(self) -> bool:
        self._data = self._stream.read(_CHUNK)
        self._at = 0
        return bool(self._data)

    def _scalar(self) -> Iterator[bytes]:
        while True:
            match = _SCALAR.match(self._data, self._at)
            end = match.end() if match else self._at
            yield self._data[self._at : end]
            self._at = end
            if end < len(self._data) or not self._more():
                return

    def _composite(self) -> Iterator[bytes]:
        """The pieces of a text, list or object up to the sign that closes it."""
        depth, inside, escaped = 0, self._data[self._at : self._at + 1] == b'"', False
        skip = int(inside)
        while True:
            position = self._at + skip
            while position < len(self._data):
                if inside:
                    position, escaped, inside = _after_text(self._data, position, escaped)
                else:
                    match = _RUN.match(self._data, position)
                    position = match.end() if match else position
                    sign = self._data[position : position + 1]
                    inside = sign == b'"'
                    depth += (sign in b"{[") - (sign in b"}]") if sign and not inside else 0
                    position += len(sign)
                if depth == 0 and not inside:
                    yield self._data[self._at : position]
                    self._at = position
                    return
            yield self._data[self._at :]
            skip = 0
            if not self._more():
                raise _TornError


def _after_text(data: bytes, position: int, escaped: bool) -> tuple[int, bool, bool]:
    """Where a text ends that is open at a position, whether an escape is open there, and whether the text still is."""
    if escaped:
        position += 1
    match = _TEXT_REST.match(data, position)
    position = match.end() if match else position
    sign = data[position : position + 1]
    return position + len(sign), sign == b"\\", sign != b'"'


def document_parts(path: Path, stream: BinaryIO, lists: Collection[Keys], *, limit: int = LINE_LIMIT) -> Iterator[Part]:
    """The values of the object in a stream, in their order: the elements of `lists` one by one, all others whole.

    `limit` is the most bytes of one value. Raises InputError where the document is cut off or no JSON.
    """
    cursor = _Cursor(stream)
    yield from _checked(path, cursor, _object(cursor, (), frozenset(lists), limit))


def list_parts(path: Path, stream: BinaryIO, *, limit: int = LINE_LIMIT) -> Iterator[Part]:
    """The elements of the list in a stream, one by one. Raises InputError where it is cut off or no JSON."""
    cursor = _Cursor(stream)
    yield from _checked(path, cursor, _elements(cursor, (), limit))


def _checked(path: Path, cursor: _Cursor, parts: Iterator[Part]) -> Iterator[Part]:
    try:
        yield from parts
        cursor.end()
    except _TornError:
        said = f"line {cursor.line}: the document is cut off, or no JSON"
        raise InputError(
            f"{one_line(str(path))}, {said}", hint="Nothing was imported; correct the file first."
        ) from None
    except OSError as error:
        raise InputError(f"{one_line(str(path))}: cannot be read to its end: {error.strerror}") from error


def _object(cursor: _Cursor, keys: Keys, lists: frozenset[Keys], limit: int) -> Iterator[Part]:
    cursor.take(b"{")
    if cursor.sign() == b"}":
        cursor.take(b"}")
        return
    while True:
        here = (*keys, _key(cursor))
        cursor.take(b":")
        sign = cursor.sign()
        if here in lists and sign == b"[":
            yield from _elements(cursor, here, limit)
        elif sign == b"{" and any(one[: len(here)] == here for one in lists):
            yield from _object(cursor, here, lists, limit)
        else:
            line = cursor.line
            yield Part(here, line, cursor.value(limit))
        if cursor.sign() == b",":
            cursor.take(b",")
            continue
        cursor.take(b"}")
        return


def _key(cursor: _Cursor) -> str:
    raw = cursor.value(_KEY_LIMIT) if cursor.sign() == b'"' else None
    try:
        key = json.loads(raw or b"")
    except ValueError:
        raise _TornError from None
    return str(key)


def _elements(cursor: _Cursor, keys: Keys, limit: int) -> Iterator[Part]:
    cursor.take(b"[")
    if cursor.sign() == b"]":
        cursor.take(b"]")
        return
    while True:
        cursor.sign()
        line = cursor.line
        yield Part(keys, line, cursor.value(limit))
        if cursor.sign() == b",":
            cursor.take(b",")
            continue
        cursor.take(b"]")
        return


def head_keys(head: bytes) -> frozenset[str]:
    """The keys at the two outer levels of the document that begins so, as far as these bytes show them."""
    cursor = _Cursor(io.BytesIO(head))
    found: set[str] = set()
    with suppress(_TornError):
        _note_keys(cursor, "", found)
    return frozenset(found)


def _note_keys(cursor: _Cursor, prefix: str, found: set[str]) -> None:
    cursor.take(b"{")
    while cursor.sign() == b'"':
        key = _key(cursor)
        found.add(prefix + key)
        cursor.take(b":")
        if not prefix and cursor.sign() == b"{":
            _note_keys(cursor, f"{key}.", found)
        else:
            cursor.value(0)
        if cursor.sign() == b",":
            cursor.take(b",")
    cursor.take(b"}")
