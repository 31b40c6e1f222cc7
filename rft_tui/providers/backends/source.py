"""A file that is to be sent: what it holds, seen once before it goes, and pieces of it that are read where they lie."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO, TYPE_CHECKING

from rft_tui.errors import InputError
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from typing_extensions import Buffer

MOST_BYTES = 8 * 10**9
"""Bytes of the largest file that a service takes, in parts."""

BLOCK = 1 << 20

LONGEST_STEM = 60
"""Characters of a file's own name that stand in its name at the service."""

Told = Callable[[int, int], None]
"""Told how many bytes of how many are done."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file as it was when it was read: its hashes in hexadecimal, and by what a later change is seen.

    `name` is what it is called at the service: its own name with the beginning of its hash, so that the same name and
    size there mean the same bytes.
    """

    path: Path
    name: str
    size: int
    sha256: str
    md5: str
    state: tuple[int, int, int, int]

    def check(self, file: IO[bytes]) -> None:
        """Raise InputError where an open file is not what was read."""
        if _state(os.fstat(file.fileno())) != self.state:
            raise self.changed()

    def changed(self) -> InputError:
        """What a person is told where the file is not what it was."""
        return InputError(
            f"{self.path}: the file was changed while it was being sent",
            hint="Start again once nothing writes to it any more.",
        )

    def open(self) -> IO[bytes]:
        """The file, open for reading. Raises InputError where it is gone or has changed."""
        try:
            file = self.path.open("rb")
        except OSError as error:
            raise _unreadable(self.path, error) from error
        try:
            self.check(file)
        except BaseException:
            file.close()
            raise
        return file


async def read_source(path: Path, told: Told, *, name: str = "") -> FileSource:
    """Read a file once, in a thread, for its hashes; `name` is used in place of its own. Raises InputError."""
    loop, stop = asyncio.get_running_loop(), Event()

    def tell(done: int, total: int) -> None:
        loop.call_soon_threadsafe(told, done, total)

    try:
        return await asyncio.to_thread(_read, path, tell, stop, name or path.name)
    finally:
        stop.set()


def _read(path: Path, told: Told, stop: Event, name: str) -> FileSource:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path}: this is no file that can be sent", hint="Name a file of JSON Lines.")
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            size = found.st_size
            if not 0 < size <= MOST_BYTES:
                said = "is empty" if size == 0 else f"has {size:,} bytes; a service takes {MOST_BYTES:,}"
                raise InputError(f"{path}: the file {said}", hint="Send a file with the rows of a dataset.")
            sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
            done = 0
            while not stop.is_set() and (block := file.read(BLOCK)):
                sha256.update(block)
                md5.update(block)
                done += len(block)
                told(min(done, size), size)
            digest = sha256.hexdigest()
            source = FileSource(path, _name(name, digest), size, digest, md5.hexdigest(), _state(found))
            source.check(file)
    except OSError as error:
        raise _unreadable(path, error) from error
    if done != size:
        raise source.changed()
    return source


class Window(io.RawIOBase):
    """A piece of an open file that reads like a file of its own; many may lie over the same one.

    With `told` it says how far it has been read; `digest` is the SHA-256 of what was read, where that was from its
    beginning to its end.
    """

    def __init__(self, file: IO[bytes], start: int, size: int, told: Callable[[int], None] | None = None) -> None:
        super().__init__()
        self._file = file
        self._start = start
        self._size = size
        self._told = told
        self._at = 0
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """The hash of what was read since the reader last stood at the beginning."""
        return self._hash.hexdigest()

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be sent from its beginning again."""
        return True

    def tell(self) -> int:
        """Where the reader stands."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; at the beginning, what was read so far is forgotten."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = min(max(0, base + offset), self._size)
        if self._at == 0:
            self._hash = hashlib.sha256()
        return self._at

    def readinto(self, buffer: Buffer) -> int:
        """Read as much as fits and is there."""
        view = memoryview(buffer).cast("B")
        block = os.pread(self._file.fileno(), min(len(view), self._size - self._at), self._start + self._at)
        view[: len(block)] = block
        self._at += len(block)
        self._hash.update(block)
        if self._told is not None:
            self._told(self._at)
        return len(block)


def _state(found: os.stat_result) -> tuple[int, int, int, int]:
    """What changes with a file's content."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _name(name: str, digest: str) -> str:
    """A name that any service takes, with the beginning of the hash where it is not in it already."""
    path = Path(name)
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-.")[:LONGEST_STEM] or "file"
    suffix = path.suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", path.suffix) else ".jsonl"
    return f"{stem}{suffix}" if digest[:12] in stem else f"{stem}-{digest[:12]}{suffix}"


def _unreadable(path: Path, error: OSError) -> InputError:
    said = one_line(error.strerror or str(error), 200)
    return InputError(f"{path}: the file cannot be read ({said})", hint="Check the path and its permissions.")
