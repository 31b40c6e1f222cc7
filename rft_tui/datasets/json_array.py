"""A JSON array file, read element by element: one is held at a time, and a bad one does not stop the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from rft_tui.datasets.decode import decode_row, row_text
from rft_tui.datasets.rows import LINE_LIMIT, RawRow, row_problem
from rft_tui.model import Problem

_CHUNK = 256 * 1024
_OPEN_LIMIT = 10_000
_OUTSIDE = re.compile(rb'["{}\[\],\n]')
_INSIDE = re.compile(rb'["\\\n]')


class _Element(NamedTuple):
    line: int
    data: bytes
    size: int
    closes: bool


class _Splitter:
    """Cuts the bytes of an array at its own commas, knowing only strings and brackets.

    A line break ends a string, since JSON has none inside strings, so one missing quote spoils one line; a closing
    bracket closes what was left open inside it.
    """

    def __init__(self, line: int, limit: int) -> None:
        self.line = line
        self.rest = b""
        self._limit = limit
        self._open = bytearray()
        self._in_string = False
        self._escaped = False
        self._start_line = line
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[_Element]:
        """The elements that end within the chunk; with the one that closes the array `rest` is what follows it."""
        position = int(self._escaped and not chunk.startswith(b"\n"))
        self._escaped = False
        begin = 0
        while match := (_INSIDE if self._in_string else _OUTSIDE).search(chunk, position):
            sign = match.group()
            position = match.end()
            if sign == b"\n":
                self.line += 1
                self._in_string = False
            elif self._in_string:
                if sign == b'"':
                    self._in_string = False
                elif position == len(chunk):
                    self._escaped = True
                else:
                    position += chunk[position : position + 1] != b"\n"
            elif sign == b'"':
                self._in_string = True
            elif self._cuts(sign):
                self._keep(chunk[begin : position - 1])
                begin = position
                self.rest = chunk[position:] if sign == b"]" else b""
                yield self.take(closes=sign == b"]")
        self._keep(chunk[begin:])

    def take(self, *, closes: bool = False) -> _Element:
        """What was gathered since the last cut, from its first byte that is not blank."""
        data = b"".join(self._parts)
        bare = data.lstrip()
        line = self._start_line + data.count(b"\n", 0, len(data) - len(bare))
        element = _Element(line, bare.rstrip(), self._size, closes)
        self._parts, self._size, self._start_line = [], 0, self.line
        return element

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self._limit:
            self._parts.append(part)

    def _cuts(self, sign: bytes) -> bool:
        if sign == b",":
            return not self._open
        if sign in b"{[":
            if len(self._open) < _OPEN_LIMIT:
                self._open += sign
            return False
        opener = self._open.rfind(b"{" if sign == b"}" else b"[")
        if opener >= 0:
            del self._open[opener:]
        return opener < 0 and sign == b"]"


def _row(element: _Element, limit: int, *, cut_off: bool = False) -> RawRow | Problem:
    if element.size > limit:
        said = f"the element has {element.size:,} bytes; at most {limit // (1024 * 1024)} MB are read"
        return row_problem(element.line, "line_too_long", said)
    if not element.data:
        return row_problem(element.line, "invalid_json", "nothing stands before a comma of the array")
    row = decode_row(element.line, element.data, cut_off=cut_off)
    if isinstance(row, RawRow) and (b"\n" in element.data or b"\r" in element.data):
        return RawRow(row.line, row_text(row.value), row.value)
    return row


def _skip_to_array(stream: BinaryIO) -> tuple[int, bytes]:
    line = 1
    while chunk := stream.read(_CHUNK):
        bare = chunk.lstrip()
        line += chunk.count(b"\n", 0, len(chunk) - len(bare))
        if bare:
            return line, bare[1:]
    return line, b""


def _is_blank(rest: bytes, stream: BinaryIO) -> bool:
    while not rest.strip():
        rest = stream.read(_CHUNK)
        if not rest:
            return True
    return False


def read_json_array(stream: BinaryIO, *, line_limit: int = LINE_LIMIT) -> Iterator[RawRow | Problem]:
    """The elements of a stream that starts with ``[``, each at the line where it begins, and the problems on the way.

    An element on one line keeps its bytes; one over several lines is written anew as one line.
    """
    line, chunk = _skip_to_array(stream)
    splitter = _Splitter(line, line_limit)
    first = True
    while chunk or (chunk := stream.read(_CHUNK)):
        for element in splitter.feed(chunk):
            empty_array = first and element.closes and not element.data and element.size <= line_limit
            if not empty_array:
                yield _row(element, line_limit)
            first = False
            if element.closes:
                if not _is_blank(splitter.rest, stream):
                    yield row_problem(splitter.line, "trailing_content", "there is more after the end of the array")
                return
        chunk = b""
    last = splitter.take()
    if last.data or last.size > line_limit:
        yield _row(last, line_limit, cut_off=True)
    yield row_problem(splitter.line, "unclosed_array", "the array is not closed; the file looks cut off")
