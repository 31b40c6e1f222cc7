"""Parts and samples of a stored dataset: drawn by content, normalised if asked, stored as datasets of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from rft_tui.datasets.normalise import Step, normalise_row
from rft_tui.datasets.shape import shape_row
from rft_tui.datasets.split import FieldFilter, sample_rows, split_rows
from rft_tui.model import Item, JsonObject
from rft_tui.store.database import Store
from rft_tui.store.datasets import StoredDataset, add_dataset, iter_items
from rft_tui.tasks.check_data import raw_row, shape_of


@dataclass(frozen=True, slots=True)
class _Row:
    """What drawing needs to know of an item."""

    input_id: str
    row_id: str
    fields: JsonObject


@dataclass(frozen=True, slots=True)
class SplitReport:
    """The datasets that were made, in the order they were named, and what is to be said."""

    parts: tuple[StoredDataset, ...]
    notes: tuple[str, ...]


def split_dataset(
    store: Store,
    dataset: StoredDataset,
    sizes: Mapping[str, int],
    *,
    seed: int,
    where: FieldFilter | None = None,
    steps: Sequence[Step] = (),
) -> SplitReport:
    """Draw parts of the named sizes and store each as a dataset of its name, all or none.

    The filter sees the rows as they are; the steps then change what was drawn. Raises UsageError for sizes below 1 and
    where a part's name is taken by other rows.
    """
    split = split_rows(_rows(store, dataset, where), sizes, seed=seed, where=where)
    places = {name: set(part) for name, part in split.parts.items()}
    with store.write() as db:
        shape = shape_of(dataset)
        parts = [
            add_dataset(
                db,
                name,
                enumerate((item for _line, item in drawn_items(store, dataset, chosen, steps)), 1),
                source=f"{dataset.name}, seed {seed}",
                method=shape.method,
                mapping=asdict(shape.mapping),
            )
            for name, chosen in places.items()
            if chosen
        ]
    empty = tuple(f"{name}: no rows were left for it, so it was not made" for name, part in places.items() if not part)
    return SplitReport(tuple(parts), split.notes + empty)


def sample_dataset(
    store: Store,
    dataset: StoredDataset,
    size: int,
    *,
    seed: int,
    where: FieldFilter | None = None,
    steps: Sequence[Step] = (),
) -> list[tuple[int, Item]]:
    """At most `size` different items that pass the filter, in the order of the dataset, with their lines."""
    chosen = set(sample_rows(_rows(store, dataset, where), size, seed=seed, where=where))
    return list(drawn_items(store, dataset, chosen, steps))


def _rows(store: Store, dataset: StoredDataset, where: FieldFilter | None) -> list[_Row]:
    with store.read() as db:
        return [
            _Row(item.input_id, item.row_id, item.fields if where is not None else {})
            for item in iter_items(db, dataset.id)
        ]


def drawn_items(
    store: Store, dataset: StoredDataset, chosen: set[int], steps: Sequence[Step]
) -> Iterator[tuple[int, Item]]:
    """The items at the chosen places, after the steps, with the lines they had."""
    shape = shape_of(dataset)
    for stored in iter_items(store.connection(), dataset.id):
        if stored.position in chosen:
            yield stored.line, shape_row(normalise_row(raw_row(stored), steps), shape)
