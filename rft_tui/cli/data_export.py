"""``rft-tui data export``."""

from __future__ import annotations

from pathlib import Path

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.text import counted
from rft_tui.errors import UsageError

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
    from rft_tui.tasks.export_data import export_rows

    if developer and prompt is None:
        raise UsageError("--developer is about the prompt", hint="Say which with --prompt P.")
    if prompt is not None and reinforcement:
        raise UsageError("--prompt and --reinforcement do not go together", hint="Choose one of them.")
    workspace = calling.workspace()
    with workspace.store.read() as db:
        dataset = get_dataset(db, name)
    chosen = None if prompt is None else choose_prompt(workspace, prompt)
    if dataset.source and str(output) != "-" and output.exists() and output.resolve() == Path(dataset.source).resolve():
        raise UsageError(f"{output} is the file that {name} came from", hint="Name another file; it is not replaced.")
    notes: dict[str, int] = {}
    rows = export_rows(
        workspace.store, dataset, notes, prompt=chosen, as_developer=developer, reinforcement=reinforcement
    )
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
