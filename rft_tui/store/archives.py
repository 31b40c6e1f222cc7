"""Archive folders: what their files are called, and files that are whole or can be added to, whatever ends a write.

A file is written beside its place and moved there, or it is JSON Lines to which whole lines are added; a line that was
cut off by a kill is taken away when the file is opened again.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rft_tui.datasets.decode import decode_row
from rft_tui.datasets.jsonl import read_jsonl
from rft_tui.datasets.rows import SIGN_LIMIT, RawRow
from rft_tui.errors import InputError, StoreError
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line
from rft_tui.store.database import Store

FOLDER = "archives"
"""The folder of the workspace in which archives lie."""

JOB, REQUEST, GRADER, PROMPT = "job.json", "request.json", "grader.json", "prompt.json"
EVENTS, CHECKPOINTS, FILES = "events.jsonl", "checkpoints.jsonl", "files.json"
RESULTS, EVALUATIONS, RUNS = "results", "evals", "runs.jsonl"
"""What the files and folders of an archive are called."""

DOCUMENTS = frozenset({JOB, REQUEST, GRADER, PROMPT, EVENTS, CHECKPOINTS, FILES})
"""The files that lie on top of an archive's folder."""

LONGEST_LINE = 16 * 2**20
"""Bytes of one output item, event or checkpoint that are kept."""

MOST_BYTES = 8 * 10**9
"""Bytes of one file of an archive."""

LARGEST_DOCUMENT = 64 * 2**20
"""Bytes of a document that are read."""

LONGEST_NAME = 80
"""Characters of a file's name that are taken from an id."""

BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """What a file holds: its bytes, their SHA-256 in hexadecimal, and its lines where it is JSON Lines."""

    size: int
    sha256: str
    lines: int | None = None


def archives_folder(store: Store) -> Path:
    """Where the archives of a cache's workspace lie."""
    return store.path.parent.parent / FOLDER


def safe_name(text: str) -> str:
    """A text as a file's name: what is not plain is replaced, and the hash of the whole is put behind it."""
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:LONGEST_NAME].strip(".-")
    if cleaned == text:
        return cleaned
    return f"{cleaned or 'x'}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}"


def disk_error(path: Path, error: OSError) -> StoreError:
    """What a person is told where a file cannot be written or read."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(
            f"{path}: the disk is full; what was archived before is kept",
            hint="Free some space and archive again: only what is missing is fetched.",
        )
    return StoreError(f"{path}: {error.strerror or error}", hint="Check the folder, its permissions and the disk.")


def write_whole(path: Path, parts: Iterable[bytes]) -> Written:
    """Put a file in its place in one step, or leave what was there. Raises StoreError."""
    beside = path.with_name(f".{os.urandom(8).hex()}.part")
    digest, size, lines = hashlib.sha256(), 0, 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("xb") as stream:
                for part in parts:
                    stream.write(part)
                    digest.update(part)
                    size, lines = size + len(part), lines + part.count(b"\n")
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise disk_error(path, error) from error
    return Written(size, digest.hexdigest(), lines if path.suffix == ".jsonl" else None)


def write_json(path: Path, value: Any) -> Written:
    """Put a JSON document in its place, readable for people. Raises StoreError."""
    return write_whole(path, [json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "replace") + b"\n"])


def line_of(value: JsonObject) -> bytes:
    """An object as one line of JSON Lines."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def measure(path: Path) -> Written:
    """What a file holds, read in blocks. Raises StoreError."""
    digest, size, lines = hashlib.sha256(), 0, 0
    try:
        with path.open("rb") as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
                size, lines = size + len(block), lines + block.count(b"\n")
    except OSError as error:
        raise disk_error(path, error) from error
    return Written(size, digest.hexdigest(), lines if path.suffix == ".jsonl" else None)


def read_lines(path: Path) -> Iterator[RawRow]:
    """The objects of a file of JSON Lines with their lines (from 1) and bytes, one held at a time.

    Raises InputError naming file and line at the first that cannot be read, StoreError.
    """
    try:
        with path.open("rb") as stream:
            for entry in read_jsonl(stream, line_limit=LONGEST_LINE):
                if isinstance(entry, RawRow):
                    yield entry
                elif entry.severity == "error":
                    raise bad_line(path, entry.line or 1, entry.message)
    except OSError as error:
        raise disk_error(path, error) from error


def read_document(path: Path) -> JsonObject:
    """The object in a file. Raises InputError where there is none, or one that is too large, StoreError."""
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_DOCUMENT + 1)
    except OSError as error:
        raise disk_error(path, error) from error
    if len(data) > LARGEST_DOCUMENT:
        raise InputError(f"{one_line(str(path))}: the file has more than {LARGEST_DOCUMENT:,} bytes")
    found = decode_row(1, data)
    if isinstance(found, RawRow):
        return found.value
    raise InputError(f"{one_line(str(path))}: {found.message}")


def bad_line(path: Path, line: int, message: str) -> InputError:
    """The error for a line of an archive that is not what it should be."""
    return InputError(
        f"{one_line(str(path))}, line {line}: {message}",
        hint="The file was changed or damaged; put it aside and archive the job again.",
    )


class LineLog:
    """A file of JSON Lines to which objects with ids are added, each once; a context manager.

    `count` and `last_id` tell how far it is; `left_out` counts entries that were too large to keep. Entering raises
    InputError for a line that is none, StoreError where the disk does not do it; a last line that was cut off is taken
    away.
    """

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self.path = path
        self.count = 0
        self.last_id = ""
        self.size = 0
        self.left_out = 0
        self._most_bytes = most_bytes
        self._known: set[int] = set()
        self._digest = hashlib.sha256()
        self._stream: io.FileIO | None = None

    def __enter__(self) -> Self:
        return self if self._stream is not None else self.open()

    def open(self) -> Self:
        """Open the file and see how far it is, as entering does."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = io.FileIO(self.path, "a+")
            try:
                self._take_away_torn_line()
                self._count_lines()
            except BaseException:
                self._stream.close()
                raise
        except OSError as error:
            raise disk_error(self.path, error) from error
        return self

    def _count_lines(self) -> None:
        for entry in read_lines(self.path):
            remote_id = entry.value.get("id")
            if not isinstance(remote_id, str):
                raise bad_line(self.path, entry.line, "the entry has no id")
            self.count, self.last_id = self.count + 1, remote_id
            self._known.add(hash(remote_id))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()

    def add(self, entries: Sequence[JsonObject]) -> int:
        """Add those that are not there yet, all with one write; how many. Raises StoreError, also beyond the limit."""
        assert self._stream is not None
        fresh: list[bytes] = []
        last = self.last_id
        for entry in entries:
            remote_id = entry.get("id")
            if not isinstance(remote_id, str) or hash(remote_id) in self._known:
                continue
            line = line_of(entry)
            if len(line) > LONGEST_LINE or line.count(b"{") + line.count(b"[") > SIGN_LIMIT:
                self.left_out += 1
                continue
            self._known.add(hash(remote_id))
            fresh.append(line)
            last = remote_id
        data = b"".join(fresh)
        if self.size + len(data) > self._most_bytes:
            raise StoreError(
                f"{self.path}: the file would have more than {self._most_bytes:,} bytes", hint="What is there is kept."
            )
        try:
            self._write(data)
        except OSError as error:
            raise disk_error(self.path, error) from error
        self._digest.update(data)
        self.size += len(data)
        self.count, self.last_id = self.count + len(fresh), last
        return len(fresh)

    @property
    def written(self) -> Written:
        """What the file holds now."""
        return Written(self.size, self._digest.hexdigest(), self.count)

    def _write(self, data: bytes) -> None:
        """Write all of it; where that fails, nothing of it stays."""
        assert self._stream is not None
        done = 0
        try:
            while done < len(data):
                done += self._stream.write(data[done:])
        except OSError:
            self._stream.truncate(self.size)
            raise

    def _take_away_torn_line(self) -> None:
        """Measure the whole lines, and let the file end behind the last."""
        assert self._stream is not None
        self._stream.seek(0)
        rest = hashlib.sha256()
        end = at = 0
        while block := self._stream.read(BLOCK):
            cut = block.rfind(b"\n") + 1
            if cut:
                rest.update(block[:cut])
                self._digest = rest.copy()
                end = at + cut
            rest.update(block[cut:])
            at += len(block)
        if end < at:
            self._stream.truncate(end)
        self.size = end
