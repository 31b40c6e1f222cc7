"""Dataset files brought into the store: one pass, one transaction, all or nothing unless bad rows are to be skipped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from rft_tui.datasets.items import ItemStream, LoadedItem, load_items
from rft_tui.datasets.mapping import FieldMapping, Method
from rft_tui.errors import UsageError
from rft_tui.model import Item, Problem
from rft_tui.store.database import Store
from rft_tui.store.datasets import StoredDataset, add_dataset

KEPT_PROBLEMS = 1000
"""Problems of a dataset that the store keeps for its list; `data check` lists them all."""


@dataclass(frozen=True, slots=True)
class DataImport:
    """What came in: the dataset, its problems in the order of the file, rows skipped, and what was guessed."""

    dataset: StoredDataset
    problems: tuple[Problem, ...]
    skipped: int
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The document of ``data import --json``."""
        return {
            "dataset": self.dataset.name,
            "id": self.dataset.id,
            "rows": self.dataset.rows,
            "skipped": self.skipped,
            "problems": [asdict(problem) for problem in self.problems],
            "notes": list(self.notes),
        }


def import_dataset(
    store: Store,
    path: str | Path,
    name: str | None = None,
    *,
    mapping: FieldMapping | None = None,
    method: Method | None = None,
    skip_bad: bool = False,
) -> DataImport:
    """Read, check and store a dataset file; its name is the file's without the ending unless one is given.

    Rules that look at the whole file at more than a glance (near duplicates, leakage) belong to `data check`. Raises
    InputError where a row is bad and bad rows are not to be skipped, UsageError where a dataset of the name holds other
    rows; the store is then as it was.
    """
    path = Path(path)
    name = path.stem if name is None else name
    if not name.strip() or "\0" in name:
        raise UsageError("a dataset needs a name", hint="Give one with --name NAME.")
    stream = ItemStream(path, method=method, mapping=mapping)
    problems: list[Problem] = []
    entries = load_items(stream, skip_bad=skip_bad)
    first = next(entries)
    shape = stream.shape
    with store.bulk_write() as db:
        dataset = add_dataset(
            db,
            name,
            _items(chain([first], entries), problems),
            source=str(path),
            method=shape.method if shape is not None else "generic",
            mapping=asdict(shape.mapping) if shape is not None else None,
            problems=problems,
        )
    return DataImport(dataset, tuple(problems), stream.skipped, shape.notes if shape is not None else ())


def _items(entries: Iterator[LoadedItem | Problem], problems: list[Problem]) -> Iterator[tuple[int, Item]]:
    """The items of a stream; its problems are put aside."""
    for entry in entries:
        if isinstance(entry, LoadedItem):
            yield entry
        elif len(problems) < KEPT_PROBLEMS:
            problems.append(entry)
