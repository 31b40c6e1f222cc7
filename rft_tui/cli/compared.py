"""What ``compare`` and ``report`` read: operands held against each other, and what else was asked of the grader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
