"""Files of output items read into rows: in pieces that are bounded in number and bytes, with what cannot be read told.

How an item of a service is read is handed in by whoever knows services.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from rft_tui.errors import ServiceError
from rft_tui.job_model import EvaluationOutput
from rft_tui.model import JsonObject
from rft_tui.store.archives import read_lines
from rft_tui.store.evaluations import CHUNK, Place, PlacedOutput, place_outputs

CHUNK_BYTES = 8 * 2**20
"""Bytes of the items of one piece, but for one that has more by itself."""

ReadOutput: TypeAlias = Callable[[JsonObject], EvaluationOutput]
"""Reads an output item; raises ServiceError for one that says nothing."""


def output_rows(paths: Sequence[Path], read: ReadOutput) -> Iterator[JsonObject]:
    """The rows that the items of some files were asked with. Raises InputError, StoreError."""
    for path in paths:
        for entry in read_lines(path):
            try:
                yield read(entry.value).row
            except ServiceError:
                continue


def placed_chunks(
    paths: Sequence[Path], read: ReadOutput, place: Place, unread: list[str]
) -> Iterator[list[PlacedOutput]]:
    """The items of one step, whose files are these, piece by piece; where one cannot be read is put into `unread`.

    Raises InputError naming file and line, StoreError.
    """
    samples: Counter[str] = Counter()
    chunk: list[PlacedOutput] = []
    size = 0
    for path in paths:
        for entry in read_lines(path):
            try:
                output = read(entry.value)
            except ServiceError as error:
                unread.append(f"{path.name}, line {entry.line}: {error.message}")
                continue
            chunk += place_outputs([output], place, samples)
            size += len(entry.raw)
            if len(chunk) >= CHUNK or size >= CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
    if chunk:
        yield chunk
