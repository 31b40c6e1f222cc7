"""What ``compare`` and ``report`` read: operands held against each other, and what else was asked of the grader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from rft_tui.cli.choose import known_grader
from rft_tui.errors import UsageError
from rft_tui.words import counted

if TYPE_CHECKING:
    from rft_tui.cli.console import Calling
    from rft_tui.tasks.comparing.by_grader import GraderTable
    from rft_tui.tasks.comparing.comparison import Comparison
    from rft_tui.tasks.comparing.hacking import HackingPanel


PAGE = 1000
"""Predictions of a filter that are read at once."""

_OF_ANY_RUN = frozenset({"verdict", "tag", "note", "corrected", "list", "marked"})
"""Conditions that say something of an item whichever run they were met in."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say."""

    graders: tuple[str, ...]
    runs: tuple[str, ...]
    datasets: tuple[str, ...]
    exclude: str | None
    cluster: str
    hacking: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison with all its resampling; `table` where several graders were named, `panel` where it was wanted."""

    comparison: Comparison
    table: GraderTable | None
    panel: HackingPanel | None


def compared_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what is compared and how; the command gets them as the keywords of `Asked`."""
    for option in reversed((
        click.option(
            "--grader", "graders", metavar="G", multiple=True,
            help="The grader whose scores count (default: the one that graded most); repeat it for models × graders.",
        ),
        click.option("--run", "runs", metavar="R", multiple=True, help="Only these runs: ids or models; repeat it."),
        click.option("--dataset", "datasets", metavar="D", multiple=True, help="Only runs on this dataset; repeat it."),
        click.option(
            "--exclude", metavar="FILTER",
            help="Say the numbers once more without the items that a Review filter finds, such as list:suspects.",
        ),
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


def read_compared(calling: Calling, operands: Sequence[str], asked: Asked) -> Compared:
    """Compare what was named. The first grader's scores count; the second is gold for signs of hacking."""
    from rft_tui.tasks.comparing.comparison import compare, resampled

    workspace = calling.workspace()
    store = workspace.store
    chosen = [known_grader(calling, name) for name in dict.fromkeys(asked.graders)]
    only, cluster = _only(calling, asked), asked.cluster
    done = resampled(compare(store, operands, grader=chosen[0] if chosen else None, runs=only, cluster=cluster))
    assert done is not None  # nobody stops it
    if asked.exclude is not None:
        done = _with_second_line(calling, done, asked.exclude)
    table: GraderTable | None = None
    panel: HackingPanel | None = None
    if len(chosen) > 1:
        from rft_tui.tasks.comparing.by_grader import by_grader

        table = by_grader(store, operands, chosen, runs=only, cluster=cluster)
    if asked.hacking:
        from rft_tui.tasks.comparing.hacking import hacking_panel

        gold = chosen[1] if len(chosen) > 1 else None
        panel = hacking_panel(store, done, gold=gold, reviewer=workspace.reviewer)
    return Compared(done, table, panel)


def _only(calling: Calling, asked: Asked) -> list[int] | None:
    """The runs that the options leave; None for all. Raises UsageError where they leave none."""
    from rft_tui.store.datasets import get_dataset
    from rft_tui.store.runs import resolve_runs

    with calling.workspace().store.read() as db:
        runs = resolve_runs(db, asked.runs) if asked.runs else None
        if not asked.datasets:
            return runs
        names = list(dict.fromkeys(asked.datasets))
        wanted = {get_dataset(db, name).id for name in names}
        found = db.execute("SELECT id, dataset FROM run ORDER BY id").fetchall()
    only = [run for run, dataset in found if dataset in wanted and (runs is None or run in runs)]
    if not only:
        which = "of these runs is" if asked.runs else "run is"
        raise UsageError(f"no {which} on {', '.join(names)!s:.80}", hint="rft-tui run list shows the runs.")
    return only


def _with_second_line(calling: Calling, comparison: Comparison, said: str) -> Comparison:
    """The comparison with its figures without the items that a filter finds, and a note on how many these are."""
    from rft_tui.tasks.comparing.comparison import Note
    from rft_tui.tasks.comparing.without import row_ids, without_items

    store = calling.workspace().store
    without = without_items(comparison, said, row_ids(store, _found(calling, comparison, said)))
    found = counted(without.items, "item")
    if not without.items:
        note = Note("excluded", f"{said} finds none of these items: there is nothing to leave out")
    elif not without.left:
        note = Note("excluded", f"{said} finds all items: nothing is left without them", is_warning=True)
    else:
        left = (
            f"the numbers without {'it' if without.items == 1 else 'them'} are those of {counted(without.left, 'item')}"
        )
        note = Note("excluded", f"{found} found by {said} {'counts' if without.items == 1 else 'count'} above; {left}")
    notes = (note, *comparison.notes) if note.is_warning else (*comparison.notes, note)
    return replace(comparison, notes=notes, without=without if without.items else None)


def _found(calling: Calling, comparison: Comparison, said: str) -> list[int]:
    """The items with a prediction that a filter fits: of any run where a person or a list says it, else of these."""
    from rft_tui.cli.review_filter import ReviewFilter, chosen_list, run_list, selection_of
    from rft_tui.store.filters import Sort

    options = ReviewFilter(
        runs=(), grader=None, mistakes=False, band=None, verdict=None, tag=None, words=None, query=said, sort=None,
        descending=False,
    )  # fmt: skip
    chosen = chosen_list(calling, options)
    terms = chosen.request.query.terms
    if not terms:
        raise UsageError("--exclude with an empty filter would leave nothing", hint="Say what to leave out.")
    runs = sorted({run for one in comparison.operands for run in one.operand.run_ids})
    grader = comparison.operands[0].operand.grader
    everywhere = any(term.kind in _OF_ANY_RUN and not term.negated for term in terms)
    selection = selection_of(calling.workspace(), grader, None if everywhere else runs)
    listing = run_list(calling, replace(chosen.request, selection=selection, sort=Sort.ITEM))
    try:
        return list({row.item: 0 for first in range(0, listing.count, PAGE) for row in listing.page(first, PAGE)})
    finally:
        listing.close()
