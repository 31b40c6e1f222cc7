"""What ``compare`` and ``report`` read: operands held against each other, and what else was asked of the grader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from rft_tui.cli.choose import known_grader

if TYPE_CHECKING:
    from rft_tui.cli.console import Calling
    from rft_tui.tasks.comparing.by_grader import GraderTable
    from rft_tui.tasks.comparing.comparison import Comparison
    from rft_tui.tasks.comparing.hacking import HackingPanel


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison with all its resampling; `table` where several graders were named, `panel` where it was wanted."""

    comparison: Comparison
    table: GraderTable | None
    panel: HackingPanel | None


def compared_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what is compared and how: ``graders``, ``runs``, ``cluster`` and ``hacking``."""
    for option in reversed((
        click.option(
            "--grader", "graders", metavar="G", multiple=True,
            help="The grader whose scores count (default: the one that graded most); repeat it for models × graders.",
        ),
        click.option("--run", "runs", metavar="R", multiple=True, help="Only these runs: ids or models; repeat it."),
        click.option(
            "--cluster", metavar="FIELD", default="", help="A field of the rows: items that share it go together."
        ),
        click.option(
            "--hacking", is_flag=True,
            help="Look for gains that please the grader only; gold: a second --grader, else verdicts.",
        ),
    )):  # fmt: skip
        function = option(function)
    return function


def read_compared(
    calling: Calling, operands: Sequence[str], graders: Sequence[str], runs: Sequence[str], cluster: str, *,
    hacking: bool,
) -> Compared:  # fmt: skip
    """Compare what was named. The first grader's scores count; the second is gold for signs of hacking."""
    from rft_tui.store.runs import resolve_runs
    from rft_tui.tasks.comparing.comparison import compare, resampled

    workspace = calling.workspace()
    store = workspace.store
    chosen = [known_grader(calling, name) for name in dict.fromkeys(graders)]
    with store.read() as db:
        only = resolve_runs(db, runs) if runs else None
    done = resampled(compare(store, operands, grader=chosen[0] if chosen else None, runs=only, cluster=cluster))
    assert done is not None  # nobody stops it
    table: GraderTable | None = None
    panel: HackingPanel | None = None
    if len(chosen) > 1:
        from rft_tui.tasks.comparing.by_grader import by_grader

        table = by_grader(store, operands, chosen, runs=only, cluster=cluster)
    if hacking:
        from rft_tui.tasks.comparing.hacking import hacking_panel

        gold = chosen[1] if len(chosen) > 1 else None
        panel = hacking_panel(store, done, gold=gold, reviewer=workspace.reviewer)
    return Compared(done, table, panel)
