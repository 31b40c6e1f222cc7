"""A dataset file as batches of records ready to store, read in another process where that is faster."""

from __future__ import annotations

import marshal
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any, NamedTuple

from rft_tui.datasets.items import ItemStream, LoadedItem, load_items
from rft_tui.datasets.mapping import FieldMapping, Method
from rft_tui.errors import InputError, RftError
from rft_tui.model import JsonObject, Problem
from rft_tui.store.datasets import ItemRecord, item_record
from rft_tui.tasks.read_ahead import can_read_ahead, read_ahead

BATCH = 500
"""Rows in a batch."""


class Batch(NamedTuple):
    """Some records, and the problems found among their rows."""

    records: list[ItemRecord]
    problems: list[Problem]


class Reading:
    """One pass over a file: `method`, `mapping`, `notes` are known after the first batch, `skipped` after the last."""

    def __init__(self, path: Path, method: Method | None, mapping: FieldMapping | None, skip_bad: bool) -> None:
        self._stream = ItemStream(path, method=method, mapping=mapping)
        self._path = path
        self._skip_bad = skip_bad
        self.method = "generic"
        self.mapping: JsonObject | None = None
        self.notes: tuple[str, ...] = ()
        self.skipped = 0

    def batches(self) -> Iterator[Batch]:
        """The file in batches; at least one. Raises InputError as `load_items` does."""
        size = self._path.stat().st_size if self._path.is_file() else 0
        messages = self._messages()
        with closing(read_ahead(messages) if can_read_ahead(size) else messages) as received:
            try:
                for message in received:
                    yield self._received(marshal.loads(message))  # noqa: S302 - made by our own fork
            except EOFError as error:
                raise InputError(
                    f"{self._path}: reading it has ended before the last row", hint="Is there enough memory?"
                ) from error

    def _received(self, message: dict[str, Any]) -> Batch:
        if "error" in message:
            raise InputError(message["error"], hint=message["hint"])
        self.method, self.mapping = message["method"], message["mapping"]
        self.notes, self.skipped = tuple(message["notes"]), message["skipped"]
        records = [ItemRecord._make(record) for record in message["records"]]
        return Batch(records, [Problem(*problem) for problem in message["problems"]])

    def _messages(self) -> Generator[bytes, None, None]:
        """The batches as bytes, whichever process makes them."""
        records: list[tuple[Any, ...]] = []
        problems: list[tuple[Any, ...]] = []
        try:
            for entry in load_items(self._stream, skip_bad=self._skip_bad):
                if isinstance(entry, LoadedItem):
                    records.append(tuple(item_record(entry.line, entry.item)))
                else:
                    problems.append(astuple(entry))
                if len(records) >= BATCH:
                    yield self._message(records, problems)
                    records, problems = [], []
        except RftError as error:
            yield marshal.dumps({"error": error.message, "hint": error.hint})
            return
        yield self._message(records, problems)

    def _message(self, records: list[tuple[Any, ...]], problems: list[tuple[Any, ...]]) -> bytes:
        shape = self._stream.shape
        return marshal.dumps(
            {
                "records": records,
                "problems": problems,
                "method": shape.method if shape is not None else "generic",
                "mapping": asdict(shape.mapping) if shape is not None else None,
                "notes": list(shape.notes) if shape is not None else [],
                "skipped": self._stream.skipped,
            }
        )
