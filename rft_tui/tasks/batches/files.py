"""The files of batches on this machine: lines to send, written whole before anything is sent, and answers that came."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rft_tui.errors import StoreError
from rft_tui.providers.batch import BatchLimits, FileLine, iter_lines, read_line
from rft_tui.providers.secrets import Secrets
from rft_tui.store.batches import BatchLine

FOLDER = "batches"
"""The folder beside the cache in which the files lie while they are needed."""

GROUP_LINES, GROUP_BYTES = 200, 4 * 2**20
"""How many answers are stored together: so many lines, or as few as make up so many bytes."""


def file_name(task: int, mark: str) -> str:
    """The name of a batch's file, here and at the service."""
    return f"rft-tui-{task}-{mark}.jsonl"


class PartFile:
    """A file of lines in the making; it gets its name when it is whole, so that what bears the name is complete."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: list[BatchLine] = []
        self.size = 0
        self._unfinished = path.with_suffix(".part")
        with _said(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._unfinished.open("wb")

    def fits(self, line: bytes, limits: BatchLimits) -> bool:
        """Whether one more line stays within the limits."""
        return len(self.lines) < limits.lines and self.size + len(line) <= limits.size

    def add(self, line: bytes, stored: BatchLine) -> None:
        """Write one line; it gets the next number."""
        with _said(self.path):
            self._file.write(line)
        self.size += len(line)
        self.lines.append(replace(stored, number=len(self.lines) + 1))

    def finish(self) -> None:
        """Let the file be complete, also after a loss of power."""
        with _said(self.path):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._unfinished.replace(self.path)

    def discard(self) -> None:
        """Throw away what was written."""
        with suppress(OSError):
            self._file.close()
        self._unfinished.unlink(missing_ok=True)


@dataclass(slots=True)
class Answers:
    """Lines of one file of answers that were read together; `unreadable` counts those that say nothing."""

    lines: list[FileLine]
    unreadable: int = 0


def iter_answers(path: Path, secrets: Secrets) -> Iterator[Answers]:
    """A file of answers in groups; a key that a service repeats is cut out before anything is read."""
    with _said(path), path.open("rb") as file:
        group, size = Answers([]), 0
        for raw in iter_lines(file):
            size += len(raw or b"")
            line = None if raw is None else read_line(secrets.cut_from(raw))
            if line is None:
                group.unreadable += 1
            else:
                group.lines.append(line)
            if len(group.lines) + group.unreadable >= GROUP_LINES or size >= GROUP_BYTES:
                yield group
                group, size = Answers([]), 0
        if group.lines or group.unreadable:
            yield group


def sweep(folder: Path, task: int, marks: Collection[str]) -> None:
    """Remove files of a task that no batch needs any more; those of these marks stay."""
    kept = {file_name(task, mark) for mark in marks}
    for path in folder.glob(f"rft-tui-{task}-*"):
        if path.name not in kept:
            path.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """A file that cannot be written or read, in words."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path}: {error.strerror or error}", hint="Free some space or mend the disk; rft-tui task resume goes on."
        ) from error
