"""``rft-tui grader diff``."""

from __future__ import annotations

import click

from rft_tui.cli import text
from rft_tui.cli.choose import choose_grader, simulated_mark
from rft_tui.cli.console import Calling, command
from rft_tui.cli.run import SUMMARY_COLUMNS, summary_cells, summary_json
from rft_tui.cli.text import Column, counted, table
from rft_tui.errors import EXIT_DONE, UsageError

_SHOWN_FLIPS = 20


@command
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--run", "runs", metavar="R", multiple=True, help="Only these runs: ids or model names; repeat it.")
@click.option("--threshold", type=float, help="Where a grader without a rule passes (default: half its range).")
def diff(calling: Calling, first: str, second: str, runs: tuple[str, ...], threshold: float | None) -> int:
    """Compare two graders, or two versions of one, on all cached predictions.

    A and B are stored names, NAME@HASH or files. What one of them has not graded yet is graded now.
    """
    from rft_tui.store.runs import resolve_runs
    from rft_tui.tasks.diff_graders import diff_graders

    workspace = calling.workspace()
    a, b = choose_grader(workspace, first), choose_grader(workspace, second)
    with workspace.store.read() as db:
        chosen = resolve_runs(db, runs) if runs else None
        mark = simulated_mark(db, chosen)
        if db.execute("SELECT 1 FROM prediction LIMIT 1").fetchone() is None:
            raise UsageError("there are no predictions to compare on", hint="Bring some in: rft-tui import FILE.")
    done = diff_graders(workspace.store, a, b, chosen, threshold=threshold, progress=calling.progress("graded"))
    with workspace.store.read() as db:
        mark |= simulated_mark(db, chosen, a.id) | simulated_mark(db, chosen, b.id)
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
