"""``rft-tui grader diff``."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from rft_tui.cli import text
from rft_tui.cli.choose import choose_grader, simulated_mark
from rft_tui.cli.console import Calling, command
from rft_tui.cli.run import SUMMARY_COLUMNS, summary_cells, summary_json
from rft_tui.cli.text import Column, counted, table
from rft_tui.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from rft_tui.store.graders import StoredGrader

_SHOWN_FLIPS = 20


@command
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--run", "runs", metavar="R", multiple=True, help="Only these runs: ids or model names; repeat it.")
@click.option("--threshold", type=float, help="Where a grader without a rule passes (default: half its range).")
def diff(calling: Calling, first: str, second: str, runs: tuple[str, ...], threshold: float | None) -> int:
    """Compare two graders, or two versions of one, on all cached predictions.

    A and B are stored names, NAME@HASH or files. What one of them has not graded yet is graded now, but no judge is
    asked: rft-tui grade asks, and says the cost first.
    """
    from rft_tui.store.runs import resolve_runs
    from rft_tui.tasks.retesting.consequences import consequences

    workspace = calling.workspace()
    a, b = choose_grader(workspace, first), choose_grader(workspace, second)
    with workspace.store.read() as db:
        chosen = resolve_runs(db, runs) if runs else None
        mark = simulated_mark(db, chosen)
        if db.execute("SELECT 1 FROM prediction LIMIT 1").fetchone() is None:
            raise UsageError("there are no predictions to compare on", hint="Bring some in: rft-tui import FILE.")
    found = consequences(workspace.store, a, b, chosen, threshold=threshold, progress=calling.progress("graded"))
    assert found is not None  # nobody stops it
    done = found.diff
    with workspace.store.read() as db:
        mark |= simulated_mark(db, chosen, a.id) | simulated_mark(db, chosen, b.id)
        not_graded = {name: _unjudged(db, one, chosen) for name, one in (("a", a), ("b", b))}
    for one, count in zip((a, b), not_graded.values(), strict=True):
        if count:
            calling.tell(
                f"{one.label} asks a model and has not graded {counted(count, 'prediction')}; to ask:"
                f" rft-tui grade --grader {shlex.quote(f'{one.name}@{one.version[:8]}')} --run R"
            )
    if calling.as_json:
        flips = [
            {
                "item": flip.row_id,
                "run_index": flip.run_index,
                "before": flip.before,
                "after": flip.after,
                "passed_before": flip.passed_before,
                "passed_after": flip.passed_after,
                "run": flip.run,
                "model": flip.model,
                "prediction": flip.prediction,
            }
            for flip in done.flips
        ]
        figures = {
            "changed": done.changed,
            "left_out": done.left_out,
            "not_graded": not_graded,
            "mean_difference": done.mean_difference,
            "a": summary_json(a, done.before),
            "b": summary_json(b, done.after),
        }
        calling.emit({"compared": done.compared, "flips": flips, **figures, **mark})
        return EXIT_DONE
    calling.lines(table(SUMMARY_COLUMNS, [summary_cells(a, done.before), summary_cells(b, done.after)]))
    up = sum(flip.passed_after for flip in done.flips)
    left_out = f", {counted(done.left_out, 'prediction')} left out (no score)" if done.left_out else ""
    calling.line()
    calling.line(
        f"{counted(done.compared, 'prediction')} compared, {counted(done.changed, 'score')} changed; {up:,} now pass,"
        f" {len(done.flips) - up:,} now fail{left_out}"
    )
    columns = [
        Column("prediction", right=True), Column("model"), Column("index", right=True),
        Column("before", right=True), Column("after", right=True), Column("now"),
    ]  # fmt: skip
    rows = [
        (
            one.prediction,
            one.model,
            one.run_index,
            text.score(one.before),
            text.score(one.after),
            "passes" if one.passed_after else "fails",
        )
        for one in done.flips[:_SHOWN_FLIPS]
    ]
    if rows:
        calling.line()
        calling.lines(table(columns, rows))
    if len(done.flips) > _SHOWN_FLIPS:
        calling.say(f"and {len(done.flips) - _SHOWN_FLIPS:,} more flips (--json has them all)")
    return EXIT_DONE


def _unjudged(db: sqlite3.Connection, grader: StoredGrader, runs: Sequence[int] | None) -> int:
    """How many answers of the runs only a judge could grade by a version."""
    from rft_tui.graders.registry import models_asked
    from rft_tui.store.grades import count_unjudged

    return 0 if grader.is_external or not models_asked(grader.spec) else count_unjudged(db, grader.id, runs)
