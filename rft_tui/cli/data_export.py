"""``rft-tui data export``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.text import counted
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, UsageError
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from rft_tui.model import Prompt
    from rft_tui.store.corrections import DatasetChange
    from rft_tui.store.datasets import StoredDataset
    from rft_tui.tasks.labels.changes import ChangePlan, Refused

_SHOWN_NOTES = 5


@command
@click.argument("name")
@click.option("--prompt", metavar="P", help="Put a prompt of the workspace, or of a file, in front of the questions.")
@click.option("--developer", is_flag=True, help="The prompt as a developer message instead.")
@click.option("--reinforcement", is_flag=True, help="Rows in the reinforcement shape, whatever shape they came in.")
@click.option("--corrected", is_flag=True, help="With the corrected references of Review in their rows.")
@click.option("--reviewer", "reviewers", metavar="R", multiple=True, help="Only what these said; repeat it.")
@click.option("--exclude-suspects", is_flag=True, help="Without rows that were called wrong and not corrected.")
@click.option("--exclude", metavar="FILTER", help="Without rows that have a prediction which a Review filter fits.")
@click.option(
    "-o", "--output", metavar="FILE", required=True, type=click.Path(path_type=Path), help="The file; - is stdout."
)
def export(
    calling: Calling,
    name: str,
    prompt: str | None,
    developer: bool,
    reinforcement: bool,
    corrected: bool,
    reviewers: tuple[str, ...],
    exclude_suspects: bool,
    exclude: str | None,
    output: Path,
) -> int:
    """Write a dataset into a file, as it came, rendered, or with its corrected references.

    Without further options rows are written byte for byte as they stood in their file; with --corrected all rows are
    but those whose reference a reviewer has corrected. Exit status 1 if a correction could not be made.
    """
    from rft_tui.cli.choose import choose_prompt
    from rft_tui.store.datasets import get_dataset

    changing = corrected or exclude_suspects or exclude is not None
    rendering = prompt is not None or reinforcement
    if developer and prompt is None:
        raise UsageError("--developer is about the prompt", hint="Say which with --prompt P.")
    if prompt is not None and reinforcement:
        raise UsageError("--prompt and --reinforcement do not go together", hint="Choose one of them.")
    if changing and rendering:
        hint = f"Make a dataset first: rft-tui data correct {shlex.quote(one_line(name))} --as NEW."
        raise UsageError("corrected rows are written as they stand", hint=hint)
    if reviewers and not (corrected or exclude_suspects):
        raise UsageError("--reviewer is about corrections", hint="Say --corrected.")
    workspace = calling.workspace()
    with workspace.store.read() as db:
        dataset = get_dataset(db, name)
    chosen = None if prompt is None else choose_prompt(workspace, prompt)
    if dataset.source and str(output) != "-" and output.exists() and output.resolve() == Path(dataset.source).resolve():
        raise UsageError(f"{output} is the file that {name} came from", hint="Name another file; it is not replaced.")
    if changing:
        from rft_tui.cli.data_labels import change_plan

        plan = change_plan(
            calling, dataset, reviewers, corrected=corrected, without_suspects=exclude_suspects, without=exclude
        )
        return _export_changed(calling, dataset, plan, output)
    return _export_rows(calling, dataset, chosen, output, developer=developer, reinforcement=reinforcement)


def _export_rows(
    calling: Calling,
    dataset: StoredDataset,
    chosen: Prompt | None,
    output: Path,
    *,
    developer: bool,
    reinforcement: bool,
) -> int:
    """Write the rows as they came, or rendered; what is odd about that is told."""
    from rft_tui.datasets.write import write_rows
    from rft_tui.tasks.export_data import export_rows

    notes: dict[str, int] = {}
    rows = export_rows(
        calling.workspace().store, dataset, notes, prompt=chosen, as_developer=developer, reinforcement=reinforcement
    )
    count = sum(calling.raw(row) for row in rows) if str(output) == "-" else write_rows(output, rows)
    for note, times in list(notes.items())[:_SHOWN_NOTES]:
        calling.say(f"{note} ({counted(times, 'row')})")
    if str(output) == "-":
        return EXIT_DONE
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
    return EXIT_DONE


def _export_changed(calling: Calling, dataset: StoredDataset, plan: ChangePlan, output: Path) -> int:
    """Write the rows with what was changed; what was not is told."""
    from rft_tui.cli.data_labels import change_json, refused_json, say_refused
    from rft_tui.datasets.write import write_rows
    from rft_tui.tasks.labels.changes import changed_rows

    changes: list[DatasetChange] = []
    refused: list[Refused] = []

    def rows() -> Iterator[bytes]:
        for row in changed_rows(calling.workspace().store, dataset, plan):
            if row.change is not None:
                changes.append(row.change)
            if row.refused is not None:
                refused.append(row.refused)
            if row.raw is not None:
                yield row.raw

    to_stdout = str(output) == "-"
    count = sum(calling.raw(row) for row in rows()) if to_stdout else write_rows(output, rows())
    say_refused(calling, refused)
    if calling.as_json and not to_stdout:
        calling.emit(
            {
                "dataset": dataset.name,
                "rows": count,
                "file": str(output),
                "prompt": None,
                "changes": [change_json(one) for one in changes],
                "refused": [refused_json(one) for one in refused],
            }
        )
    elif not to_stdout:
        calling.line(f"{output}: {counted(count, 'row')}, {counted(len(changes), 'change')}")
    return EXIT_FAILURES if refused else EXIT_DONE
