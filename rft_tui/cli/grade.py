"""``rft-tui grade``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from rft_tui.cli import text
from rft_tui.cli.amounts import MONEY
from rft_tui.cli.choose import choose_grader, choose_spec, simulated_mark
from rft_tui.cli.console import Calling, command
from rft_tui.cli.grade_by_model import Judging, file_judge, grade_by_model
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, UsageError
from rft_tui.model import Grade, JsonObject
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from rft_tui.store.grades import Gradable
    from rft_tui.store.summary import ScoreSummary

_SHOWN_ERRORS = 5


@command
@click.option(
    "--grader", "name", metavar="G", required=True, help="A stored name (its newest version), NAME@HASH or a JSON file."
)
@click.option("--run", "runs", metavar="R", multiple=True, help="A run's id, or a model (all its runs); repeat it.")
@click.option("--predictions", metavar="FILE", multiple=True, help="Predictions from a file or folder, not stored.")
@click.option(
    "--item-timeout", metavar="S", type=click.FloatRange(min=0, min_open=True), default=120.0, show_default=True,
    help="Seconds that one call of a python grader may take.",
)  # fmt: skip
@click.option("--summary", is_flag=True, help="With --json: figures only, without the grades.")
@click.option("--profile", metavar="P", default="", help="The service that a model grader asks.")
@click.option("--concurrency", metavar="C", type=click.IntRange(min=1), help="Most questions to a judge in flight.")
@click.option("--spend-cap", metavar="X", type=MONEY, help="US dollars for a judge.")
@click.option("--detach", is_flag=True, help="With a model grader: do not wait, the work goes on in the background.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def grade(
    calling: Calling,
    name: str,
    runs: tuple[str, ...],
    predictions: tuple[str, ...],
    item_timeout: float,
    summary: bool,
    profile: str,
    concurrency: int | None,
    spend_cap: float | None,
    detach: bool,
    yes: bool,
) -> int:
    """Grade the predictions of runs or of a file.

    A model grader asks a service through a profile, in the background, and outlives the terminal; what a judge answered
    is never asked twice.

    What this version of the grader has graded already is not graded again. Exit status 1 if some grades are errors; an
    error is never a score of 0.
    """
    if bool(runs) == bool(predictions):
        raise UsageError("say what to grade", hint="--run with an id or a model, or --predictions with a file.")
    judging = Judging(profile, concurrency, spend_cap, detach=detach, yes=yes)
    if runs:
        return _grade_runs(calling, name, runs, item_timeout, judging, summary=summary)
    return _grade_files(calling, name, predictions, item_timeout, judging, summary=summary)


def _grade_runs(
    calling: Calling, name: str, runs: tuple[str, ...], item_timeout: float, judging: Judging, *, summary: bool
) -> int:
    from rft_tui.graders.registry import models_asked
    from rft_tui.store.grade_rows import iter_grades
    from rft_tui.store.runs import resolve_runs
    from rft_tui.tasks.grade import grade_runs

    workspace = calling.workspace()
    with workspace.store.read() as db:
        chosen = resolve_runs(db, runs)
    grader = choose_grader(calling, name)
    judged = None
    if models_asked(grader.spec):
        judged = grade_by_model(calling, workspace, grader, chosen, item_timeout, judging)
        if judged is None:
            return EXIT_DONE
        done = judged.report
    else:
        done = grade_runs(
            workspace.store, grader, chosen, item_timeout_s=item_timeout, progress=calling.progress("graded")
        )
    head = {"name": grader.name, "type": grader.type, "version": grader.version}
    with workspace.store.read() as db:
        mark = simulated_mark(db, chosen, grader.id)
    if not calling.as_json:
        with workspace.store.read() as db:
            errors = _errors(row.grade for row in iter_grades(db, grader.id, chosen)) if done.errors else Counter()
        _show(calling, head, done.summary, done.cached, errors, simulated=bool(mark))
        return EXIT_FAILURES if judged is not None and judged.missing else _exit_code(done.summary)
    document = _document(head, done.summary, done.cached) | ({} if judged is None else judged.as_json())
    if not summary:
        with workspace.store.read() as db:
            document["grades"] = [
                grade_json(row.row_id, row.run_index, row.grade)
                | {"run": row.run, "model": row.model, "prediction": row.prediction}
                for row in iter_grades(db, grader.id, chosen)
            ]
    calling.emit(document | mark)
    return EXIT_FAILURES if judged is not None and judged.missing else _exit_code(done.summary)


def _grade_files(
    calling: Calling, name: str, files: tuple[str, ...], item_timeout: float, judging: Judging, *, summary: bool
) -> int:
    from rft_tui.graders.engine import compile_grader
    from rft_tui.interchange.gradable import read_gradable
    from rft_tui.store.file_grades import FileGrades
    from rft_tui.tasks.grade import BATCH, grade_predictions
    from rft_tui.tasks.tally import Tally

    workspace = calling.workspace_or_none()
    grader = compile_grader(choose_spec(calling, name) if workspace is None else choose_grader(calling, name).spec)
    notes: list[str] = []
    rows: list[tuple[str, int]] = []
    grades: dict[int, Grade] = {}
    fresh: list[tuple[Gradable, Grade]] = []
    with ExitStack() as stack:
        known = None if workspace is None else stack.enter_context(FileGrades(workspace.store.path.parent))

        def to_grade() -> Iterator[Gradable]:
            for gradable in read_gradable(files, notes=notes):
                rows.append((gradable.row_id, gradable.run_index))
                grade = None if known is None else known.get(grader.version, gradable)
                if grade is None:
                    yield gradable
                else:
                    grades[gradable.prediction] = grade

        judge = stack.enter_context(file_judge(calling, workspace, grader.spec, judging))
        show = calling.progress("graded")
        for gradable, grade in grade_predictions(
            grader, to_grade(), item_timeout_s=item_timeout, judge=judge, stop=None if judge is None else judge.stop
        ):
            grades[gradable.prediction] = grade
            fresh.append((gradable, grade))
            if known is not None and len(fresh) % BATCH == 0:
                known.keep(grader.version, fresh[-BATCH:])
                show(len(grades), len(rows))
        if known is not None and len(fresh) % BATCH:
            known.keep(grader.version, fresh[-(len(fresh) % BATCH) :])
        if judge is not None and judge.stopped is not None:
            raise judge.stopped
    for note in notes:
        calling.say(note)
    tally = Tally(grader.rule)
    for number, (row_id, _run_index) in enumerate(rows, 1):
        tally.add(row_id, grades[number])
    figures, cached = tally.summary(), len(rows) - len(fresh)
    head = {"name": grader.name, "type": grader.type, "version": grader.version}
    simulated = any(use.simulated for one in grades.values() for use in one.judged)
    if not calling.as_json:
        _show(calling, head, figures, cached, _errors(iter(grades.values())), simulated=simulated)
        return _exit_code(figures)
    document = _document(head, figures, cached)
    if not summary:
        document["grades"] = [
            grade_json(row_id, run_index, grades[number]) for number, (row_id, run_index) in enumerate(rows, 1)
        ]
    calling.emit(document | ({"simulated": True} if simulated else {}))
    return _exit_code(figures)


def grade_json(row_id: str, run_index: int, grade: Grade) -> JsonObject:
    """One grade as scripts read it."""
    document: JsonObject = {
        "item": row_id,
        "run_index": run_index,
        "score": grade.score,
        "passed": grade.passed,
        "sub_scores": dict(grade.sub_scores),
        "error": None if grade.error is None else {"kind": grade.error.kind, "message": grade.error.message},
    }
    document |= {"steps": list(grade.steps)} if grade.steps else {}
    return document | ({"judged": [asdict(use) for use in grade.judged]} if grade.judged else {})


def _document(head: JsonObject, summary: ScoreSummary, cached: int) -> JsonObject:
    return {
        "grader": head,
        "scored": summary.scored,
        "errors": summary.errors,
        "cached": cached,
        "mean": summary.mean.mean,
        "se": summary.mean.standard_error,
        "pass_rate": summary.pass_rate,
        "mistakes": summary.mistakes,
        **summary.as_json(),
    }


def _exit_code(summary: ScoreSummary) -> int:
    return EXIT_FAILURES if summary.errors else EXIT_DONE


def _errors(grades: Iterator[Grade]) -> Counter[tuple[str, str]]:
    return Counter((one.error.kind, one_line(one.error.message, 200)) for one in grades if one.error is not None)


def _show(
    calling: Calling,
    head: JsonObject,
    summary: ScoreSummary,
    cached: int,
    errors: Counter[tuple[str, str]],
    *,
    simulated: bool,
) -> None:
    calling.say(f"{cached:,} of {summary.graded:,} were graded before" if cached else "nothing was graded before")
    mark = "  SIMULATED" if simulated else ""
    calling.line(f"{head['name']}@{head['version'][:4]} ({head['type']}){mark}")
    calling.line(f"  mean      {text.mean(summary)} over {text.counted(summary.mean.items, 'item')}")
    if summary.pass_rate is not None:
        calling.line(f"  passed    {summary.passed:,} of {summary.scored:,} ({text.share(summary.pass_rate)})")
    calling.line(f"  mistakes  {summary.mistakes:,} of {summary.scored:,}: {text.bands(summary)}")
    calling.line(f"  errors    {summary.errors:,}")
    for (kind, message), count in errors.most_common(_SHOWN_ERRORS):
        calling.line(f"    {count:,} × {kind}: {message}")
    if len(errors) > _SHOWN_ERRORS:
        calling.line(f"    and {len(errors) - _SHOWN_ERRORS:,} other errors")
