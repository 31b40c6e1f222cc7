"""Samples out of inspect's logs, one at a time: from the ZIP archive, whole or in chunks, and from a JSON document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rft_tui.datasets.rows import LINE_LIMIT
from rft_tui.errors import InputError
from rft_tui.interchange.foreign import Place, bad_row
from rft_tui.interchange.json_stream import document_parts
from rft_tui.interchange.loose_json import loose_object, loose_value
from rft_tui.interchange.zip_members import ZipMembers
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

_HEADER = "header.json"
_START = "_journal/start.json"
_WHOLE = re.compile(r"samples/.+_epoch_([0-9]{1,9})\.json", re.DOTALL)
_SHELL = re.compile(r"(samples/.+_epoch_([0-9]{1,9})/)sample\.json", re.DOTALL)
_CHUNK = re.compile(r"([0-9]{1,12})\.json")
_HEADER_KEYS = frozenset({("version",), ("status",), ("eval",), ("plan",), ("invalidated",)})
_UNREAD = frozenset({"events", "events_data", "messages", "store", "timelines"})
_ATTACHMENT = "attachment://"
_MOST_CHUNK_BYTES = 4 * LINE_LIMIT


class Sample(NamedTuple):
    """A sample with its place and its bytes; attachments are not yet put in their places."""

    place: Place
    value: JsonObject
    raw: bytes


def is_archive(head: bytes) -> bool:
    """Whether a file that begins so may be an archive."""
    return head.startswith(b"PK\x03\x04")


def read_header(path: Path) -> JsonObject:
    """What a log says of all its samples. Raises InputError where it is no log."""
    with path.open("rb") as stream:
        archive = is_archive(stream.read(4))
    if not archive:
        found: JsonObject = {}
        with path.open("rb") as stream:
            for part in document_parts(path, stream, [("samples",)]):
                if part.keys == ("samples",) and "eval" in found:
                    break
                if part.keys in _HEADER_KEYS and part.raw is not None:
                    found[part.keys[0]] = loose_value(path, Place(1, part.line), part.raw)
        return found
    with ZipMembers(path) as members:
        names = members.names
        name = next((one for one in (_HEADER, _START) if one in names), None)
        if name is None:
            raise InputError(f"{one_line(str(path))}: the archive is no log of inspect; it has no {_HEADER}")
        return loose_object(path, Place(1, 1, name), members.read(name))


def read_samples(path: Path) -> Iterator[Sample]:
    """The samples of a log, those of an archive by their epoch. Raises InputError at the first that cannot be read."""
    with path.open("rb") as stream:
        if is_archive(stream.read(4)):
            yield from _archived(path)
            return
        stream.seek(0)
        number = 0
        for part in document_parts(path, stream, [("samples",)]):
            if part.keys == ("samples",):
                number += 1
                place = Place(number, part.line)
                if part.raw is None:
                    raise bad_row(path, place, f"the sample has more than {LINE_LIMIT // 1024**2} MB")
                if part.raw != b"null":
                    yield Sample(place, loose_object(path, place, part.raw, unread=_UNREAD), part.raw)


def _archived(path: Path) -> Iterator[Sample]:
    with ZipMembers(path) as members:
        names = members.names
        found: list[tuple[int, str, str]] = []
        for name in names:
            if whole := _WHOLE.fullmatch(name):
                found.append((int(whole[1]), name, ""))
            elif shell := _SHELL.fullmatch(name):
                found.append((int(shell[2]), name, shell[1]))
        chunks = _chunks(names, {folder for _epoch, _name, folder in found if folder})
        for number, (_epoch, name, folder) in enumerate(sorted(found, key=lambda one: one[0]), 1):
            place = Place(number, number, name)
            raw = members.read(name)
            value = loose_object(path, place, raw, unread=_UNREAD)
            if folder:
                value |= _sequences(path, members, number, chunks.get(folder, []))
            yield Sample(place, value, raw)


def _chunks(names: list[str], folders: set[str]) -> dict[str, list[str]]:
    """The members that hold metadata and attachments of samples in chunks, each list in the order of the chunks."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        folder, _, last = name.rpartition("/")
        if last == "metadata.json" and f"{folder}/" in folders:
            found.setdefault(f"{folder}/", []).append((0, name))
        owner, _, kind = folder.rpartition("/")
        match = _CHUNK.fullmatch(last)
        if kind == "attachments" and match and f"{owner}/" in folders:
            found.setdefault(f"{owner}/", []).append((int(match[1]), name))
    return {folder: [name for _start, name in sorted(members)] for folder, members in found.items()}


def _sequences(path: Path, members: ZipMembers, number: int, names: list[str]) -> JsonObject:
    """What stands beside the sample in members of its own: metadata, and attachments by their index."""
    found: JsonObject = {}
    attachments: dict[str, Any] = {}
    size = 0
    for name in names:
        raw = members.read(name)
        size += len(raw)
        place = Place(number, number, name)
        if size > _MOST_CHUNK_BYTES:
            raise bad_row(path, place, f"the sample's attachments have more than {_MOST_CHUNK_BYTES // 1024**2} MB")
        if name.endswith("/metadata.json"):
            found["metadata"] = loose_object(path, place, raw)
            continue
        value = loose_value(path, place, raw)
        if not isinstance(value, list):
            raise bad_row(path, place, "it must be a list of texts")
        start = int(name.rpartition("/")[2].removesuffix(".json"))
        attachments |= {str(start + place_in): text for place_in, text in enumerate(value)}
    if attachments:
        found["attachments"] = attachments
    return found


class Attachments:
    """The texts of a sample that stand elsewhere in it, put back in their places; `LINE_LIMIT` characters at most.

    One text may be named any number of times, so a small sample could say an endless one.
    """

    def __init__(self, path: Path, place: Place, texts: JsonObject) -> None:
        self._path = path
        self._place = place
        self._texts = texts
        self._left = LINE_LIMIT

    def resolve(self, value: Any) -> Any:
        """The value with texts for every ``attachment://`` name. Raises InputError where they are too long."""
        if isinstance(value, str):
            return self._text(value) if value.startswith(_ATTACHMENT) else value
        if isinstance(value, list):
            return [self.resolve(one) for one in value]
        if isinstance(value, dict):
            return {key: self.resolve(one) for key, one in value.items()}
        return value

    def _text(self, name: str) -> str:
        text = self._texts.get(name.removeprefix(_ATTACHMENT))
        if not isinstance(text, str):
            return name
        self._left -= len(text)
        if self._left < 0:
            raise bad_row(self._path, self._place, f"its attachments make more than {LINE_LIMIT // 1024**2} MB of text")
        return text
