"""``rft-tui import``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.text import Column, counted, table
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from rft_tui.interchange.importer import ImportReport
    from rft_tui.workspace import Workspace

_SHOWN_NOTES = 20

_HOSTED = "openai-evals"

_FORMATS = "auto/notebook/inspect/promptfoo/lm-eval/verifiers/openai-evals/jsonl"


@command
@click.argument("paths", metavar="FILE/FOLDER...", nargs=-1)
@click.option("--dataset", metavar="D", help="The dataset whose items were answered.")
@click.option("--model", metavar="M", help="The model that answered.")
@click.option("--effort", metavar="E", help="The effort it answered with.")
@click.option("--prompt", metavar="P", help="The prompt in front of the questions: a name, or a file with its text.")
@click.option("--run-index", metavar="N", type=click.IntRange(1), help="The run, from 1.")
@click.option("--grader", metavar="G", help="The name of the grader whose scores come along.")
@click.option("--format", "form", metavar=_FORMATS, default="auto", show_default=True, help="What wrote the files.")
@click.option(
    "--eval", "eval_id", metavar="ID", default="", help="Fetch a hosted eval's output items, instead of files."
)
@click.option("--run-id", "eval_runs", metavar="ID", multiple=True, help="With --eval: this run only; may be repeated.")
@click.option("--profile", metavar="P", default="", help="With --eval: the profile that leads to the service.")
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
    eval_id: str,
    eval_runs: tuple[str, ...],
    profile: str,
) -> int:
    """Bring in predictions and grades made elsewhere.

    What the files' names say is read from them; the options override it. A prompt in front of the questions is taken
    off, so that predictions land on the items of the datasets here. Results of inspect, promptfoo, lm-eval, verifiers
    and hosted evals are known by their content; each of their scorers becomes a grader. --eval fetches a hosted eval
    into the folder evals/ first. The archive of a job (a folder that rft-tui job archive has made) comes in whole: the
    job, its events, and the outputs of its evaluations. All files come in, or none. Exit status 1 if predictions were
    left out because others are stored for the same input and run.
    """
    from rft_tui.interchange.importer import ImportOptions, import_predictions

    if bool(paths) == bool(eval_id):
        raise UsageError(
            "name files or folders, or a hosted eval with --eval", hint="See rft-tui import --help for both."
        )
    if not eval_id and (eval_runs or profile):
        raise UsageError("--run-id and --profile belong to --eval")
    workspace = calling.workspace()
    named: list[str | Path] = list(paths)
    if eval_id:
        if form not in ("auto", _HOSTED):
            raise UsageError(f"--eval brings output items of a hosted eval, not {form}")
        named, form = [*_fetched(calling, workspace, eval_id, eval_runs, profile)], _HOSTED
    options = ImportOptions(dataset, model, effort, prompt, run_index, grader, form)
    report = import_predictions(workspace.store, named, options, workspace.prompts_folder)
    _say(calling, report)
    return EXIT_FAILURES if report.left_out else EXIT_DONE


def _fetched(calling: Calling, workspace: Workspace, eval_id: str, runs: tuple[str, ...], profile: str) -> list[Path]:
    """The files that a hosted eval was fetched to."""
    import asyncio

    from rft_tui.interchange.hosted_evals import fetch_eval
    from rft_tui.providers.profiles import named_profile

    asked = named_profile(workspace.settings, profile or None)
    calling.status(f"asking {asked.name} for {eval_id} …")
    cache = workspace.store.path.parent
    return asyncio.run(fetch_eval(asked, cache, workspace.folder, eval_id, runs, calling.status))


def _say(calling: Calling, report: ImportReport) -> None:
    for note in report.notes[:_SHOWN_NOTES]:
        calling.say(note)
    if len(report.notes) > _SHOWN_NOTES:
        calling.say(f"and {len(report.notes) - _SHOWN_NOTES} more notes (--json has them all)")
    if calling.as_json:
        calling.emit(report.as_json())
        return
    columns = [
        Column("run", right=True),
        Column("model"),
        Column("index", right=True),
        Column("predictions", right=True),
    ]
    calling.lines(table(columns, [(one.run, one.model, one.run_index, one.predictions) for one in report.runs]))
    graded = f", {counted(report.grades, 'new grade')}" if report.grades else ""
    reviewed = f", {counted(report.reviews, 'new review')}" if report.reviews else ""
    calling.line(f"{counted(report.new, 'new prediction')}, {report.known:,} known already{graded}{reviewed}")
    if report.unmapped:
        calling.say(f"kept as extra fields: {', '.join(report.unmapped)}")
