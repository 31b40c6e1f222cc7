"""``rft-tui data export``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.text import counted
from rft_tui.errors import UsageError

if TYPE_CHECKING:
    from rft_tui.model import Prompt
    from rft_tui.store.database import Store
    from rft_tui.store.datasets import StoredDataset

_SHOWN_NOTES = 5


@command
@click.argument("name")
@click.option("--prompt", metavar="P", help="Put a prompt of the workspace, or of a file, in front of the questions.")
@click.option("--developer", is_flag=True, help="The prompt as a developer message instead.")
@click.option("--reinforcement", is_flag=True, help="Rows in the reinforcement shape, whatever shape they came in.")
@click.option(
    "-o", "--output", metavar="FILE", required=True, type=click.Path(path_type=Path), help="The file; - is stdout."
)
def export(calling: Calling, name: str, prompt: str | None, developer: bool, reinforcement: bool, output: Path) -> None:
    """Write a dataset into a file, as it came or rendered.

    Without further options rows are written byte for byte as they stood in their file.
    """
    from rft_tui.cli.choose import choose_prompt
    from rft_tui.datasets.write import write_rows
    from rft_tui.store.datasets import get_dataset

    if developer and prompt is None:
        raise UsageError("--developer is about the prompt", hint="Say which with --prompt P.")
    if prompt is not None and reinforcement:
        raise UsageError("--prompt and --reinforcement do not go together", hint="Choose one of them.")
    workspace = calling.workspace()
    with workspace.store.read() as db:
        dataset = get_dataset(db, name)
    chosen = None if prompt is None else choose_prompt(workspace, prompt)
    notes: dict[str, int] = {}
    rows = _rows(workspace.store, dataset, chosen, notes, as_developer=developer, reinforcement=reinforcement)
    count = sum(calling.raw(row) for row in rows) if str(output) == "-" else write_rows(output, rows)
    for note, times in list(notes.items())[:_SHOWN_NOTES]:
        calling.say(f"{note} ({counted(times, 'row')})")
    if str(output) == "-":
        return
    if calling.as_json:
        calling.emit(
            {
                "dataset": dataset.name,
                "rows": count,
                "file": str(output),
                "prompt": None if chosen is None else {"name": chosen.name, "version": chosen.version},
            }
        )
    else:
        calling.line(f"{output}: {counted(count, 'row')}")


def _rows(
    store: Store,
    dataset: StoredDataset,
    prompt: Prompt | None,
    notes: dict[str, int],
    *,
    as_developer: bool,
    reinforcement: bool,
) -> Iterator[bytes]:
    """The rows as they are to be written; what is to be said of rendered ones is counted in `notes`."""
    from rft_tui.datasets.shape import shape_row
    from rft_tui.datasets.write import rendered_row, shaped_row
    from rft_tui.store.datasets import iter_items
    from rft_tui.tasks.check_data import raw_row, shape_of

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
