"""A stored dataset as rows to write: as it came, in the reinforcement shape, or rendered with a prompt."""

from __future__ import annotations

from collections.abc import Iterator

from rft_tui.datasets.shape import shape_row
from rft_tui.datasets.write import rendered_row, shaped_row
from rft_tui.model import Prompt
from rft_tui.store.database import Store
from rft_tui.store.datasets import StoredDataset, iter_items
from rft_tui.tasks.check_data import raw_row, shape_of


def export_rows(
    store: Store,
    dataset: StoredDataset,
    notes: dict[str, int],
    *,
    prompt: Prompt | None = None,
    as_developer: bool = False,
    reinforcement: bool = False,
) -> Iterator[bytes]:
    """The rows as they are to be written; what is to be said of rendered ones is counted in `notes`.

    Without a prompt and without `reinforcement` every row is byte for byte what it was in its file.
    """
    shape = shape_of(dataset)
    with store.read() as db:
        for stored in iter_items(db, dataset.id):
            if prompt is not None:
                row = rendered_row(shape_row(raw_row(stored), shape), prompt, as_developer=as_developer)
                for note in row.notes:
                    notes[note] = notes.get(note, 0) + 1
                yield row.data
            elif reinforcement:
                yield shaped_row(shape_row(raw_row(stored), shape))
            else:
                yield stored.raw
