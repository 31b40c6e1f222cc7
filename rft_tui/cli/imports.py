"""``rft-tui import``."""

from __future__ import annotations

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.text import Column, counted, table
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES

_SHOWN_NOTES = 20


@command
@click.argument("paths", metavar="FILE/FOLDER...", nargs=-1, required=True)
@click.option("--dataset", metavar="D", help="The dataset whose items were answered.")
@click.option("--model", metavar="M", help="The model that answered.")
@click.option("--effort", metavar="E", help="The effort it answered with.")
@click.option("--prompt", metavar="P", help="The prompt in front of the questions: a name, or a file with its text.")
@click.option("--run-index", metavar="N", type=click.IntRange(1), help="The run, from 1.")
@click.option("--grader", metavar="G", help="The name of the grader whose scores come along.")
@click.option(
    "--format", "form", metavar="FORMAT", default="auto", show_default=True, help="notebook, jsonl, or found out."
)
def import_files(
    calling: Calling,
    paths: tuple[str, ...],
    dataset: str | None,
    model: str | None,
    effort: str | None,
    prompt: str | None,
    run_index: int | None,
    grader: str | None,
    form: str,
) -> int:
    """Bring in predictions and grades made elsewhere.

    What the files' names say is read from them; the options override it. A prompt in front of the questions is taken
    off, so that predictions land on the items of the datasets here. The archive of a job (a folder that rft-tui job
    archive has made) comes in whole: the job, its events, and the outputs of its evaluations. All files come in, or
    none. Exit status 1 if predictions were left out because others are stored for the same input and run.
    """
    from rft_tui.interchange.importer import ImportOptions, import_predictions

    workspace = calling.workspace()
    options = ImportOptions(dataset, model, effort, prompt, run_index, grader, form)
    report = import_predictions(workspace.store, paths, options, workspace.prompts_folder)
    for note in report.notes[:_SHOWN_NOTES]:
        calling.say(note)
    if len(report.notes) > _SHOWN_NOTES:
        calling.say(f"and {len(report.notes) - _SHOWN_NOTES} more notes (--json has them all)")
    if calling.as_json:
        calling.emit(report.as_json())
    else:
        columns = [
            Column("run", right=True),
            Column("model"),
            Column("index", right=True),
            Column("predictions", right=True),
        ]
        calling.lines(table(columns, [(one.run, one.model, one.run_index, one.predictions) for one in report.runs]))
        graded = f", {counted(report.grades, 'new grade')}" if report.grades else ""
        calling.line(f"{counted(report.new, 'new prediction')}, {report.known:,} known already{graded}")
        if report.unmapped:
            calling.say(f"kept as extra fields: {', '.join(report.unmapped)}")
    return EXIT_FAILURES if report.left_out else EXIT_DONE
