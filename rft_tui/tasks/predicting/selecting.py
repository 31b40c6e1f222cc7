"""The items of a dataset that a person chose."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator

from rft_tui.datasets.split import FieldFilter
from rft_tui.errors import UsageError
from rft_tui.store.datasets import StoredDataset, iter_items
from rft_tui.store.items_listing import items_holding
from rft_tui.store.review import marked_items
from rft_tui.tasks.predicting.requests import ItemChoice


def choose_items(db: sqlite3.Connection, dataset: StoredDataset, choice: ItemChoice) -> list[int] | None:
    """The numbers of the chosen items in the order of the dataset; None for all of them.

    Raises UsageError for a condition that cannot be read, and where nothing is left.
    """
    if choice.is_all:
        return None
    for name, number in (("sample", choice.sample), ("limit", choice.limit)):
        if number is not None and number < 1:
            raise UsageError(f"the {name} must be at least 1, not {number}")
    kept = list(_kept(db, dataset, choice))
    if choice.sample is not None and choice.sample < len(kept):
        chosen = set(random.Random(choice.seed).sample(range(len(kept)), choice.sample))  # noqa: S311 - a sample
        kept = [item for position, item in enumerate(kept) if position in chosen]
    kept = kept[: choice.limit]
    if not kept:
        raise UsageError(
            f"no item of {dataset.name!r} is left to ask", hint="Loosen the conditions, or mark predictions in Review."
        )
    return kept


def _kept(db: sqlite3.Connection, dataset: StoredDataset, choice: ItemChoice) -> Iterator[int]:
    filters = [FieldFilter.parse(text) for text in choice.where]
    allowed: set[int] | None = None
    if choice.contains:
        allowed = set(items_holding(db, dataset.id, choice.contains))
    if choice.marked:
        marked = set(marked_items(db, dataset.id))
        allowed = marked if allowed is None else allowed & marked
    if not filters:
        rows = db.execute("SELECT id FROM item WHERE dataset = ? ORDER BY position", [dataset.id])
        yield from (row[0] for row in rows if allowed is None or row[0] in allowed)
        return
    for item in iter_items(db, dataset.id):
        if (allowed is None or item.id in allowed) and all(one.passes(item.fields) for one in filters):
            yield item.id
