"""``rft-tui data correct`` and ``changes``: datasets made from others with corrected references."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.review_filter import grader_at_home, selection_of
from rft_tui.cli.reviewers import check_reviewers
from rft_tui.cli.text import Column, counted, table
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, UsageError
from rft_tui.model import JsonObject

if TYPE_CHECKING:
    from rft_tui.store.corrections import DatasetChange
    from rft_tui.store.datasets import StoredDataset
    from rft_tui.tasks.labels.changes import ChangePlan, Refused
    from rft_tui.tasks.labels.correcting import CorrectedDataset

_SHOWN_REFUSED = 5

_WITHOUT_SCORES = frozenset(
    {
        "verdict", "tag", "note", "corrected", "list", "marked", "calibration", "run", "model", "field", "question",
        "prediction", "reference", "summary",
    }
)  # fmt: skip
"""Conditions that are the same whichever grader a list is read by."""


@command
@click.argument("name")
@click.option("--as", "new_name", metavar="NEW", required=True, help="The name of the new dataset.")
@click.option("--reviewer", "reviewers", metavar="R", multiple=True, help="Only what these said; repeat it.")
@click.option("--exclude-suspects", is_flag=True, help="Leave out rows that were called wrong and not corrected.")
@click.option("--exclude", metavar="FILTER", help="Leave out rows with a prediction that a Review filter fits.")
def correct(
    calling: Calling, name: str, new_name: str, reviewers: tuple[str, ...], exclude_suspects: bool, exclude: str | None
) -> int:
    """Make a new dataset with the corrected references, and keep the list of what was changed.

    All other rows stay byte for byte. Predictions, verdicts and the grades of unchanged rows come along; graders that
    run here grade the changed ones at once, and no judge is asked. Exit status 1 if a correction could not be made.
    """
    from rft_tui.store.datasets import get_dataset
    from rft_tui.tasks.labels.correcting import correct_dataset

    store = calling.workspace().store
    with store.read() as db:
        dataset = get_dataset(db, name)
    plan = change_plan(calling, dataset, reviewers, without_suspects=exclude_suspects, without=exclude)
    made = correct_dataset(store, dataset, new_name, plan, progress=calling.progress("graded"))
    if calling.as_json:
        calling.emit(_corrected_json(made, dataset))
    else:
        _show_corrected(calling, made)
    return EXIT_FAILURES if made.refused or any(one.problem for one in made.graders) else EXIT_DONE


@command
@click.argument("name")
def changes(calling: Calling, name: str) -> None:
    """Show what was changed in a dataset that rft-tui data correct has made: line, who, when, old, new."""
    from rft_tui.store.corrections import get_changes
    from rft_tui.store.datasets import get_dataset

    with calling.workspace().store.read() as db:
        dataset = get_dataset(db, name)
        found = get_changes(db, dataset.id)
    if calling.as_json:
        calling.emit(
            {"dataset": dataset.name, "source": dataset.source, "changes": [change_json(one) for one in found]}
        )
    elif found:
        calling.lines(_change_lines(found))
        calling.say(f"Lines are those of {dataset.source}.")
    else:
        calling.say(f"{dataset.name} was not made by correcting another dataset.")


def change_plan(
    calling: Calling,
    dataset: StoredDataset,
    reviewers: Sequence[str],
    *,
    corrected: bool = True,
    without_suspects: bool = False,
    without: str | None = None,
) -> ChangePlan:
    """What the options ask to change in a dataset; what is odd about a filter is told. Raises UsageError."""
    from rft_tui.cli.review_filter import ReviewFilter, chosen_list, run_list
    from rft_tui.store.filters import Sort
    from rft_tui.store.runs import runs_of
    from rft_tui.tasks.labels.changes import plan_changes

    check_reviewers(calling, reviewers)
    items: set[int] = set()
    if without is not None:
        options = ReviewFilter((), None, False, None, None, None, None, without, None, False)
        chosen = chosen_list(calling, options)
        if not chosen.request.query.terms:
            raise UsageError("--exclude with an empty filter would leave nothing", hint="Say what to leave out.")
        with calling.workspace().store.read() as db:
            runs = runs_of(db, dataset.id)
        by_scores = any(term.kind not in _WITHOUT_SCORES for term in chosen.request.query.terms)
        stored = grader_at_home(calling, None, runs) if by_scores else None
        selection = selection_of(calling.workspace(), stored, runs)
        listing = run_list(calling, replace(chosen.request, selection=selection, sort=Sort.ITEM))
        try:
            for first in range(0, listing.count, 1000):
                items.update(row.item for row in listing.page(first, 1000))
        finally:
            listing.close()
    return plan_changes(
        calling.workspace().store,
        dataset,
        reviewers=reviewers or None,
        corrected=corrected,
        without_suspects=without_suspects,
        without=frozenset(items),
    )


def change_json(one: DatasetChange) -> JsonObject:
    """A change as commands give it."""
    return {
        "line": one.line, "change": one.kind, "reviewer": one.reviewer or None, "at": one.at, "before": one.before,
        "after": one.after, "item": one.row_id, "new_item": one.new_row_id,
    }  # fmt: skip


def refused_json(one: Refused) -> JsonObject:
    """A correction that was not made as commands give it."""
    return {"line": one.line, "reviewers": list(one.reviewers), "reason": one.reason}


def say_refused(calling: Calling, refused: Sequence[Refused]) -> None:
    """Tell which corrections were not made, the first few of them."""
    for one in refused[:_SHOWN_REFUSED]:
        calling.tell(f"line {one.line}: not corrected ({', '.join(one.reviewers)}): {one.reason}")
    if len(refused) > _SHOWN_REFUSED:
        calling.tell(f"and {len(refused) - _SHOWN_REFUSED:,} more that were not corrected (--json has them all)")


def _corrected_json(made: CorrectedDataset, before: StoredDataset) -> JsonObject:
    return {
        "dataset": made.dataset.name,
        "id": made.dataset.id,
        "from": before.name,
        "rows": made.dataset.rows,
        "changes": [change_json(one) for one in made.changes],
        "refused": [refused_json(one) for one in made.refused],
        "runs": list(made.runs),
        "predictions": made.predictions,
        "graders": [
            {
                "grader": one.grader.name, "version": one.grader.version, "taken": one.taken, "computed": one.computed,
                "left": one.left, "problem": one.problem or None,
            }
            for one in made.graders
        ],
        **({"simulated": True} if made.simulated else {}),
    }  # fmt: skip


def _show_corrected(calling: Calling, made: CorrectedDataset) -> None:
    calling.lines(_change_lines(made.changes))
    say_refused(calling, made.refused)
    rows, predictions = counted(made.dataset.rows, "row"), counted(made.predictions, "prediction")
    calling.line(f"{made.dataset.name}: {rows}, {counted(len(made.changes), 'change')}, {predictions} taken over")
    for one in made.graders:
        left = f", {one.left:,} left" if one.left else ""
        calling.line(f"{one.grader.label}: {counted(one.taken, 'grade')} taken over, {one.computed:,} made{left}")
        if one.problem:
            calling.say(one.problem)
        elif one.left and not one.grader.is_external:
            runs = " ".join(f"--run {run}" for run in made.runs)
            grader = shlex.quote(f"{one.grader.name}@{one.grader.version[:12]}")
            calling.say(f"To ask its judge (the cost is said first): rft-tui grade --grader {grader} {runs}")


def _change_lines(found: Sequence[DatasetChange]) -> list[str]:
    columns = [
        Column("line", right=True), Column("change"), Column("who", limit=24), Column("when", limit=16),
        Column("old", limit=40), Column("new", limit=40),
    ]  # fmt: skip
    return table(columns, [(one.line, one.kind, one.reviewer, one.at[:16], one.before, one.after) for one in found])
