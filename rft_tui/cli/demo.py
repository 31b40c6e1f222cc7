"""``rft-tui demo``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft_tui.cli import text
from rft_tui.cli.console import Calling, command
from rft_tui.cli.run import SUMMARY_COLUMNS, graders_of, summary_cells, summary_json
from rft_tui.cli.text import Column, table
from rft_tui.errors import EXIT_DONE

if TYPE_CHECKING:
    from rft_tui.model import JsonObject
    from rft_tui.store.graders import StoredGrader
    from rft_tui.store.review_rows import ListedPrediction
    from rft_tui.store.runs import RunGroup
    from rft_tui.store.summary import ScoreSummary
    from rft_tui.workspace import Workspace

_WORST = 8


@command
@click.option(
    "--dir", "where", metavar="D", type=click.Path(path_type=Path), help="Where (default: a temporary folder)."
)
def demo(calling: Calling, where: Path | None) -> int:
    """Look around in a throw-away workspace with real recorded predictions.

    120 questions, the answers of two small models in three runs each, and one grader of each type that runs here. On a
    terminal the app opens; elsewhere, and with --json, the loop is gone through once with the embedded SIMULATED
    service (predict, grade with a model grader, list the mistakes) and the report is printed.
    """
    from rft_tui.demo import SOURCE, make_demo

    folder = where or Path(tempfile.mkdtemp(prefix="rft-tui-demo-"))
    calling.say(SOURCE)
    workspace = make_demo(folder, calling.say)
    try:
        if calling.has_terminal and not calling.as_json:
            return calling.app.open(workspace)
        from rft_tui.cli.demo_loop import run_loop
        from rft_tui.providers.simulated import stop_simulator

        run_loop(calling, workspace)
        stop_simulator(workspace.store.path.parent)
        report = _figures(workspace)
        worst = _worst(workspace)
        if calling.as_json:
            calling.emit(_document(workspace, SOURCE, report, worst))
        else:
            _show(calling, report, worst)
        return EXIT_DONE
    finally:
        workspace.store.close()
        calling.say(f"The workspace is {folder}: rft-tui {folder} opens it; delete the folder when you are done.")


def _figures(workspace: Workspace) -> list[tuple[RunGroup, list[tuple[StoredGrader, ScoreSummary]]]]:
    from rft_tui.store.runs import run_groups

    with workspace.store.read() as db:
        return [(group, graders_of(db, list(group.runs))) for group in run_groups(db)]


def _worst(workspace: Workspace) -> tuple[StoredGrader, list[ListedPrediction]] | None:
    """The mistakes with the lowest scores of the last grader that runs here, one of each item, as in Review."""
    from rft_tui.graders.registry import models_asked
    from rft_tui.store.filters import Selection
    from rft_tui.store.graders import list_graders
    from rft_tui.store.listing import Listing, ListingRequest
    from rft_tui.store.query import parse_query
    from rft_tui.store.review_rows import iter_listed

    with workspace.store.read() as db:
        graders = [grader for grader in list_graders(db) if not models_asked(grader.spec)]
        if not graders:
            return None
        grader = graders[-1]
        selection = Selection(None, grader.id, workspace.reviewer, grader.rule, grader.rule.shown_threshold)
        listing = Listing(workspace.store, ListingRequest(selection, parse_query("mistakes"))).run()
        try:
            found: dict[str, ListedPrediction] = {}
            for one in iter_listed(db, listing):
                found.setdefault(one.row_id, one)
                if len(found) == _WORST:
                    break
        finally:
            listing.close()
    return grader, list(found.values())


def _document(
    workspace: Workspace,
    source: str,
    report: list[tuple[RunGroup, list[tuple[StoredGrader, ScoreSummary]]]],
    worst: tuple[StoredGrader, list[ListedPrediction]] | None,
) -> JsonObject:
    return {
        "workspace": str(workspace.folder),
        "source": source,
        "reports": [
            {
                "dataset": group.dataset,
                "model": group.model,
                "effort": group.effort,
                "prompt": group.prompt_name,
                "runs": list(group.runs),
                "graders": [summary_json(*pair) for pair in pairs],
                **({"simulated": True} if group.simulated else {}),
            }
            for group, pairs in report
        ],
        "worst": [
            {
                "prediction": one.row.prediction,
                "item": one.row_id,
                "dataset": one.dataset,
                "model": one.row.model,
                "run_index": one.row.run_index,
                "score": one.row.score,
                "output_text": one.output_text,
                "reference": one.reference,
            }
            for one in (worst[1] if worst else ())
        ],
        **({"simulated": True} if any(group.simulated for group, _pairs in report) else {}),
    }


def _show(
    calling: Calling,
    report: list[tuple[RunGroup, list[tuple[StoredGrader, ScoreSummary]]]],
    worst: tuple[StoredGrader, list[ListedPrediction]] | None,
) -> None:
    for group, pairs in report:
        mark = ", SIMULATED" if group.simulated else ""
        calling.line(f"{group.model} on {group.dataset}, {text.counted(len(group.runs), 'run')}{mark}")
        calling.lines(table(SUMMARY_COLUMNS, [summary_cells(*pair) for pair in pairs]))
        calling.line()
    if worst is None:
        return
    grader, found = worst
    calling.line(f"Mistakes with the lowest scores by {grader.name}, one of each item")
    columns = [
        Column("score", right=True), Column("dataset"), Column("model"), Column("index", right=True),
        Column("prediction", limit=48), Column("reference", limit=32),
    ]  # fmt: skip
    rows = [
        (text.score(one.row.score), one.dataset, one.row.model, one.row.run_index, one.output_text, one.reference)
        for one in found
    ]
    calling.lines(table(columns, rows))
