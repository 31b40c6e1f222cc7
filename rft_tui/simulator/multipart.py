"""Reading ``multipart/form-data`` that lies in a file: where its parts are, without loading them."""

from __future__ import annotations

import mmap
import re
from email.message import Message
from pathlib import Path
from typing import NamedTuple

from rft_tui.simulator.rejection import RequestError

MOST_PARTS = 16
MOST_HEADER_BYTES = 8_192

_PARAMETER = re.compile(r';\s*(name|filename)="((?:[^"\\]|\\.){0,1000})"')


class Part(NamedTuple):
    """A field of a form: its content lies from `start` to `end` in the file."""

    name: str
    filename: str
    start: int
    end: int


def boundary_of(content_type: str) -> bytes:
    """The boundary that a content type names. Raises RequestError."""
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_boundary()
    if message.get_content_type() != "multipart/form-data" or not boundary or len(boundary) > 200:
        raise RequestError("This endpoint takes multipart/form-data with a boundary.")
    return boundary.encode("ascii", "replace")


def read_parts(path: Path, boundary: bytes) -> list[Part]:
    """The parts of a form that was written to a file. Raises RequestError where it is no such form."""
    delimiter = b"--" + boundary
    if path.stat().st_size == 0:
        raise RequestError("The form is empty.")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[: len(delimiter)] != delimiter:
            raise RequestError("The form does not begin with its boundary.")
        parts: list[Part] = []
        at = len(delimiter)
        while data[at : at + 2] == b"\r\n":
            headers_end = data.find(b"\r\n\r\n", at, at + MOST_HEADER_BYTES)
            end = data.find(b"\r\n" + delimiter, headers_end + 2)
            if headers_end < 0 or end < 0 or len(parts) == MOST_PARTS:
                raise RequestError("The form cannot be read.")
            found = dict(_PARAMETER.findall(data[at:headers_end].decode("utf-8", "replace")))
            parts.append(Part(found.get("name", ""), found.get("filename", ""), headers_end + 4, end))
            at = end + 2 + len(delimiter)
        if data[at : at + 2] != b"--":
            raise RequestError("The form ends too early.")
    return parts


def part_text(path: Path, part: Part, most: int = 1_000) -> str:
    """The text of a short field. Raises RequestError where it is longer."""
    if part.end - part.start > most:
        raise RequestError(f"The field '{part.name[:40]}' is too long.", param=part.name[:40])
    with path.open("rb") as file:
        file.seek(part.start)
        return file.read(max(0, part.end - part.start)).decode("utf-8", "replace")


def copy_part(path: Path, part: Part, target: Path) -> None:
    """Write a field's content to a file of its own."""
    with path.open("rb") as source, target.open("wb") as file:
        source.seek(part.start)
        left = part.end - part.start
        while left > 0 and (block := source.read(min(left, 1 << 20))):
            file.write(block)
            left -= len(block)
