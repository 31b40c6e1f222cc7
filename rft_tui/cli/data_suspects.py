"""``rft-tui data suspects``: references that may be wrong, the most suspicious first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rft_tui.cli import text
from rft_tui.cli.console import Calling, command
from rft_tui.cli.review_filter import grader_at_home, has_graded, let_stand
from rft_tui.cli.text import Column, table
from rft_tui.errors import UsageError
from rft_tui.model import JsonObject

if TYPE_CHECKING:
    from rft_tui.store.graders import StoredGrader
    from rft_tui.store.summary import ScoreSummary
    from rft_tui.tasks.labels.suspects import SuspectLabels


@command
@click.argument("name")
@click.option("--grader", metavar="G", help="The grader by whose scores (default: the one that graded most of it).")
@click.option("--run", "runs", metavar="R", multiple=True, help="Only these runs: ids or model names; repeat it.")
@click.option("--limit", metavar="K", type=click.IntRange(1), help="So many items (default: 15).")
def suspects(calling: Calling, name: str, grader: str | None, runs: tuple[str, ...], limit: int | None) -> None:
    """List the items whose reference may be wrong, the most suspicious first, with the reasons.

    All models fail them, or agree on another answer, or the grader's own steps call an answer equivalent, or a person
    gave the verdict that the label is wrong. Nothing is changed: read them in Review with the filter list:suspects,
    give the right reference with key o, and make a dataset with rft-tui data correct.
    """
    from rft_tui.store.datasets import get_dataset
    from rft_tui.store.runs import resolve_runs, runs_of
    from rft_tui.tasks.labels.suspects import OFFERED, keep_suspects, suspect_labels

    workspace = calling.workspace()
    let_stand(workspace)
    store = workspace.store
    with store.read() as db:
        dataset = get_dataset(db, name)
        chosen = resolve_runs(db, runs) if runs else None
        here = runs_of(db, dataset.id)
    looked_at = here if chosen is None else [run for run in chosen if run in here]
    stored = grader_at_home(calling, grader, looked_at)
    with store.read() as db:
        if stored is None or not has_graded(db, stored.id, looked_at):
            who = "no grader has" if stored is None or grader is None else f"{stored.label} has not"
            which = dataset.name if chosen is None else f"these runs of {dataset.name}"
            hint = "Grade first: rft-tui grade --grader G --run R."
            raise UsageError(f"{who} graded any prediction of {which}", hint=hint)
    found = suspect_labels(store, dataset, stored, chosen, offered=limit or OFFERED)
    keep_suspects(store, found)
    if calling.as_json:
        calling.emit(_suspects_json(found, dataset.name, stored))
    else:
        _show_suspects(calling, found, stored)


def _suspects_json(found: SuspectLabels, dataset: str, stored: StoredGrader) -> JsonObject:
    from rft_tui.tasks.labels.suspects import SUSPECTS

    figures = {
        "everything": found.everything,
        "without_called_wrong": found.without_wrong,
        "without_offered": found.without_offered,
    }
    return {
        "dataset": dataset,
        "grader": {"name": stored.name, "type": stored.type, "version": stored.version},
        "total": found.total,
        "called_wrong": found.called_wrong,
        "list": SUSPECTS,
        "suspects": [
            {
                "item": one.row_id,
                "line": one.line,
                "prediction": one.prediction,
                "question": one.question,
                "reference": one.reference,
                "failure": one.suspect.failure,
                "missed": one.suspect.missed,
                "agreement": one.suspect.agreement,
                "answer": one.suspect.answer,
                "models": one.suspect.models,
                "reasons": {reason.value: said for reason, said in one.suspect.reasons.items()},
            }
            for one in found.suspects
        ],
        "figures": {part: _figures_json(summary) for part, summary in figures.items()},
        **({"simulated": True} if found.simulated else {}),
    }


def _show_suspects(calling: Calling, found: SuspectLabels, stored: StoredGrader) -> None:
    from rft_tui.tasks.labels.suspects import SUSPECTS

    columns = [
        Column("line", right=True), Column("failure", right=True), Column("question", limit=40),
        Column("reference", limit=24), Column("why", limit=100),
    ]  # fmt: skip
    rows = [
        (
            one.line,
            text.share(one.suspect.failure),
            one.question,
            one.reference,
            "; ".join(one.suspect.reasons.values()) or f"{text.share(one.suspect.missed)} below full marks",
        )
        for one in found.suspects
    ]
    calling.lines(table(columns, rows))
    calling.line()
    called_wrong = f"without {found.called_wrong:,} called wrong"
    above = "without those above too" if found.called_wrong else "without those above"
    lines = [("all items", found.everything), (called_wrong, found.without_wrong), (above, found.without_offered)]
    for said, summary in lines:
        if said != called_wrong or found.called_wrong:
            calling.line(f"{said}: mean {text.mean(summary)}, {text.bands(summary)}")
    calling.say(f"{len(found.suspects):,} of {found.total:,} by {stored.label}; Review shows them with list:{SUSPECTS}")
    if found.simulated:
        calling.say("SIMULATED: some of it comes from the embedded service.")


def _figures_json(summary: ScoreSummary) -> JsonObject:
    return {
        "items": summary.mean.items,
        "mean": summary.mean.mean,
        "se": summary.mean.standard_error,
        "scored": summary.scored,
        "errors": summary.errors,
        **summary.as_json(),
    }
