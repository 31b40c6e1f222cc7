"""Dataset files brought into the store: one pass, one transaction, all or nothing unless bad rows are to be skipped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from rft_tui.datasets.mapping import FieldMapping, Method
from rft_tui.errors import UsageError
from rft_tui.model import Problem
from rft_tui.store.database import Store
from rft_tui.store.datasets import ItemRecord, StoredDataset, add_records
from rft_tui.tasks.reading import Batch, Reading

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
    problems: list[Problem] = []
    reading = Reading(path, method, mapping, skip_bad)
    batches = reading.batches()
    first = next(batches)
    with store.bulk_write() as db:
        dataset = add_records(
            db,
            name,
            _records(chain([first], batches), problems),
            source=str(path),
            method=reading.method,
            mapping=reading.mapping,
            problems=problems,
        )
    return DataImport(dataset, tuple(problems), reading.skipped, reading.notes)


def _records(batches: Iterator[Batch], problems: list[Problem]) -> Iterator[ItemRecord]:
    """The records of all batches; their problems are put aside."""
    for batch in batches:
        problems.extend(batch.problems[: max(0, KEPT_PROBLEMS - len(problems))])
        yield from batch.records
