"""``rft-tui review list``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from rft_tui.cli import text
from rft_tui.cli.console import Calling, command
from rft_tui.cli.review_filter import ReviewFilter, chosen_list, filter_options, run_list
from rft_tui.cli.text import Column, table
from rft_tui.model import Grade, JsonObject
from rft_tui.store.filters import Selection

if TYPE_CHECKING:
    from rft_tui.store.graders import StoredGrader
    from rft_tui.store.review_rows import ListedPrediction

_SHOWN = 50


@command
@filter_options
@click.option(
    "--limit", metavar="K", type=click.IntRange(1), help=f"So many predictions (default: {_SHOWN}; with --json all)."
)
def list_all(calling: Calling, limit: int | None, **options: Any) -> None:
    """List predictions as the Review screen does, with scores, verdicts, tags and notes.

    Several filters must all hold. The bands and the histogram count everything that is listed, whatever the limit.
    """
    from rft_tui.store.review_rows import iter_listed
    from rft_tui.tasks.tally import Tally

    chosen = chosen_list(calling, ReviewFilter(**options))
    stored, selection = chosen.grader, chosen.selection
    listing = run_list(calling, chosen.request)
    try:
        tally = Tally(selection.rule)
        for first in range(0, listing.count, 1000):
            for row in listing.page(first, 1000):
                if stored is not None:
                    tally.add(str(row.item), Grade(row.score))
        shown = limit or (None if calling.as_json else _SHOWN)
        with calling.workspace().store.read() as db:
            found = list(iter_listed(db, listing, shown))
        count = listing.count
    finally:
        listing.close()
    if calling.as_json:
        name = stored.name if stored else None
        version = {
            "grader": None if stored is None else {"name": stored.name, "type": stored.type, "version": stored.version}
        }
        predictions = [_prediction_json(one, name, selection) for one in found]
        calling.emit(
            {"count": count, "predictions": predictions, **tally.summary().as_json(), **version, **chosen.mark}
        )
        return
    _show(calling, stored, found, count)


def _prediction_json(one: ListedPrediction, grader: str | None, selection: Selection) -> JsonObject:
    row = one.row
    band = None if row.score is None else selection.edges.band(row.score, selection.rule).value
    return {
        "prediction": row.prediction,
        "item": one.row_id,
        "run": row.run,
        "run_index": row.run_index,
        "model": row.model,
        "grader": grader,
        "score": row.score,
        "band": band,
        "verdict": row.verdict.value if row.verdict else None,
        "tags": list(row.tags),
        "note": one.note,
        "output_text": one.output_text,
        "reference": one.reference,
        "error": None if row.error_kind is None else {"kind": row.error_kind, "message": one.error_message or ""},
        "dataset": one.dataset,
        "corrected_reference": one.correction,
    }


def _show(calling: Calling, grader: StoredGrader | None, found: list[ListedPrediction], count: int) -> None:
    if not found:
        if grader is None:
            calling.say("There are no predictions that fit. Bring some in: rft-tui import FILE or FOLDER.")
        else:
            calling.say(f"No prediction that {grader.label} has graded fits. rft-tui run list shows what is there.")
        return
    columns = [
        Column("prediction", right=True), Column("model", limit=24), Column("run", right=True),
        Column("index", right=True), Column("score", right=True), Column("verdict"), Column("tags", limit=24),
        Column("answer", limit=40), Column("reference", limit=40),
    ]  # fmt: skip
    rows = [
        (
            one.row.prediction,
            one.row.model,
            one.row.run,
            one.row.run_index,
            "error" if one.row.score is None and one.row.error_kind else text.score(one.row.score),
            one.row.verdict.value if one.row.verdict else "",
            ", ".join(one.row.tags),
            one.output_text if one.row.error_kind is None else f"({one.row.error_kind})",
            one.reference,
        )
        for one in found
    ]
    calling.lines(table(columns, rows))
    label = f" by {grader.label}" if grader is not None else ", not graded yet"
    more = f"{len(found):,} of {count:,}" if len(found) < count else f"{count:,}"
    calling.say(f"{more} predictions{label}")
