"""``rft-tui grader parity``."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from rft_tui.cli import text
from rft_tui.cli.choose import choose_spec, simulated_mark
from rft_tui.cli.console import Calling, command
from rft_tui.cli.text import Column, counted, table
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, ServiceError, UsageError
from rft_tui.model import GradeError, JsonObject
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from rft_tui.graders.engine import LocalGrader
    from rft_tui.providers.hosted_graders import HostedGrade
    from rft_tui.providers.profiles import NamedProfile
    from rft_tui.store.grades import Gradable
    from rft_tui.tasks.parity import ParityReport, ParityRow
    from rft_tui.workspace import Workspace

_SHOWN_DIFFERENCES = 20


@command
@click.argument("name", metavar="G")
@click.option("--run", "runs", metavar="R", multiple=True, help="A run's id, or a model (all its runs); repeat it.")
@click.option("--predictions", metavar="FILE", multiple=True, help="Predictions from a file or folder, not stored.")
@click.option(
    "--items", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Most predictions that are graded."
)
@click.option("--seed", type=int, default=42, show_default=True, help="Which predictions are drawn.")
@click.option("--profile", metavar="P", help="The service (default: the workspace's).")
def parity(
    calling: Calling,
    name: str,
    runs: tuple[str, ...],
    predictions: tuple[str, ...],
    items: int,
    seed: int,
    profile: str | None,
) -> int:
    """Compare a grader here with the same one at a service, on a sample of predictions.

    Scores count as equal within 0.000001, or where the grader asks a model, within 0.05 of its range. Exit status 1 if
    some differ, 3 if the service refuses or has no such endpoint any more.
    """
    from rft_tui.graders.engine import compile_grader
    from rft_tui.providers.profiles import named_profile

    if bool(runs) == bool(predictions):
        raise UsageError("say what to grade", hint="--run with an id or a model, or --predictions with a file.")
    grader = compile_grader(choose_spec(calling, name))
    workspace = calling.workspace()
    service = named_profile(workspace.settings, profile)
    drawn, mark = _drawn(calling, workspace, runs, predictions, items, seed)
    if not calling.as_json:
        calling.say(f"grading {counted(len(drawn), 'prediction')} at {service.name}, then here")
    report = _compared(workspace, grader, drawn, service, profile)
    if service.is_simulated:
        mark = {"simulated": True}
    if calling.as_json:
        calling.emit(_document(grader, service.name, report) | mark)
    else:
        _show(calling, grader, service.name, report, simulated=bool(mark))
    return EXIT_FAILURES if report.differences else EXIT_DONE


def _drawn(
    calling: Calling, workspace: Workspace, runs: tuple[str, ...], files: tuple[str, ...], items: int, seed: int
) -> tuple[list[Gradable], JsonObject]:
    """The sample, and the mark of what the simulated service answered."""
    from rft_tui.interchange.gradable import read_gradable
    from rft_tui.store.grades import iter_gradable
    from rft_tui.store.runs import resolve_runs
    from rft_tui.tasks.parity import sample_predictions

    mark: JsonObject = {}
    if files:
        notes: list[str] = []
        drawn = sample_predictions(read_gradable(files, notes=notes), items, seed)
        for note in notes:
            calling.say(note)
    else:
        with workspace.store.read() as db:
            chosen = resolve_runs(db, runs)
            mark = simulated_mark(db, chosen)
            drawn = sample_predictions(iter_gradable(db, chosen), items, seed)
    if not drawn:
        raise UsageError("there are no answers to grade", hint="Predictions with errors alone cannot be compared.")
    return drawn, mark


def _compared(
    workspace: Workspace, grader: LocalGrader, drawn: list[Gradable], profile: NamedProfile, judge_profile: str | None
) -> ParityReport:
    from rft_tui.graders.registry import models_asked
    from rft_tui.tasks.judging.in_process import judge_for
    from rft_tui.tasks.parity import compare_grades

    validated, hosted = asyncio.run(_ask(workspace, grader, drawn, profile))
    needs_judge = bool(models_asked(grader.spec))
    with judge_for(workspace, judge_profile) if needs_judge else nullcontext() as judge:
        report = compare_grades(grader, drawn, validated, hosted, judge=judge)
        if judge is not None and judge.stopped is not None:
            raise judge.stopped
    return report


async def _ask(
    workspace: Workspace, grader: LocalGrader, drawn: list[Gradable], profile: NamedProfile
) -> tuple[bool | None, list[HostedGrade | ServiceError]]:
    from rft_tui.providers.service import ModelService
    from rft_tui.tasks.parity import hosted_grades

    async with ModelService(profile, folder=workspace.store.path.parent) as service:
        return await hosted_grades(service, grader.spec, drawn)


def _document(grader: LocalGrader, profile: str, report: ParityReport) -> JsonObject:
    return {
        "grader": {"name": grader.name, "type": grader.type, "version": grader.version},
        "profile": profile,
        "compared": len(report.rows),
        "equal": report.equal,
        "tolerance": report.tolerance,
        "validated": report.validated,
        "tokens": report.tokens,
        "notes": list(report.notes),
        "differences": [_row_json(row) for row in report.differences],
    }


def _row_json(row: ParityRow) -> JsonObject:
    hosted = row.hosted
    return {
        "item": row.gradable.row_id,
        "run_index": row.gradable.run_index,
        "model": row.gradable.model,
        "status": row.status,
        "local": row.local.score,
        "hosted": None if hosted is None else hosted.reward,
        "difference": row.difference,
        "sub_differences": dict(row.sub_differences),
        "local_error": _error_json(row.local.error),
        "hosted_errors": [_error_json(error) for error in hosted.errors] if hosted is not None else [],
        "failure": row.failure or None,
    }


def _error_json(error: GradeError | None) -> JsonObject | None:
    return None if error is None else {"kind": error.kind, "message": error.message}


def _show(calling: Calling, grader: LocalGrader, profile: str, report: ParityReport, *, simulated: bool) -> None:
    where = f"{profile} (SIMULATED)" if simulated else profile
    calling.line(f"{grader.name}@{grader.version[:4]} ({grader.type}) here and at {where}")
    calling.line(
        f"  {report.equal:,} of {counted(len(report.rows), 'prediction')} equal (scores within {report.tolerance:g})"
    )
    calling.lines([f"  {note}" for note in report.notes])
    if not report.differences:
        return
    columns = [
        Column("item"), Column("model"), Column("index", right=True), Column("here", right=True),
        Column("there", right=True), Column("difference", right=True), Column("why"),
    ]  # fmt: skip
    calling.line()
    calling.lines(table(columns, [_cells(row) for row in report.differences[:_SHOWN_DIFFERENCES]]))
    if len(report.differences) > _SHOWN_DIFFERENCES:
        calling.say(f"and {len(report.differences) - _SHOWN_DIFFERENCES:,} more differences (--json has them all)")


def _cells(row: ParityRow) -> tuple[object, ...]:
    there = None if row.hosted is None else row.hosted.reward
    return (
        row.gradable.row_id[:8],
        one_line(row.gradable.model, 30),
        row.gradable.run_index,
        "–" if row.local.score is None else text.score(row.local.score),
        "–" if there is None else text.score(there),
        "–" if row.difference is None else f"{row.difference:+.4g}",
        one_line(_why(row), 120),
    )


def _why(row: ParityRow) -> str:
    """What a person should know of a row beside its scores."""
    if row.failure:
        return f"no answer: {row.failure}"
    errors = [("here", row.local.error), ("there", row.hosted.error if row.hosted is not None else None)]
    said = [f"{where} {error.kind}: {error.message}" for where, error in errors if error is not None]
    return "; ".join(said) or ", ".join(f"{name} {value:+.4g}" for name, value in row.sub_differences.items())
