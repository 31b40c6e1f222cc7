"""``rft-tui review list``."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from rft_tui.cli import text
from rft_tui.cli.choose import choose_grader, simulated_mark
from rft_tui.cli.console import Calling, command
from rft_tui.cli.text import Column, table
from rft_tui.errors import UsageError
from rft_tui.model import VERDICT_KEYS, Band, Grade, JsonObject, Verdict
from rft_tui.store.filters import Selection, Sort
from rft_tui.store.query import Query, Term, parse_query

if TYPE_CHECKING:
    from rft_tui.store.graders import StoredGrader
    from rft_tui.store.review_rows import ListedPrediction
    from rft_tui.workspace import Workspace

_SHOWN = 50

_VERDICTS = {key: verdict.value for verdict, key in VERDICT_KEYS.items()}


@command
@click.option("--run", "runs", metavar="R", multiple=True, help="Only these runs: ids or model names; repeat it.")
@click.option("--grader", metavar="G", help="The grader whose scores are shown (default: the newest that graded).")
@click.option("--mistakes", is_flag=True, help="Only scores below full marks.")
@click.option("--band", metavar="B", help=f"Only one band: {', '.join(band.value for band in Band)}.")
@click.option("--verdict", metavar="V", help=f"Only one verdict: {', '.join(Verdict)}, or its key.")
@click.option("--tag", metavar="T", help="Only predictions with this tag.")
@click.option(
    "--text", "words", metavar="Q", help="Only where question, prediction, reference, summary or steps hold Q."
)
@click.option("--filter", "query", metavar="FILTER", help="Any filter of the Review screen, such as 'flips -verdict'.")
@click.option(
    "--sort", type=click.Choice([sort.value for sort in Sort]),
    help="The order (default: score; of a list:NAME its own).",
)  # fmt: skip
@click.option("--descending", is_flag=True, help="The other way round.")
@click.option(
    "--limit", metavar="K", type=click.IntRange(1), help=f"So many predictions (default: {_SHOWN}; with --json all)."
)
def list_all(
    calling: Calling,
    runs: tuple[str, ...],
    grader: str | None,
    mistakes: bool,
    band: str | None,
    verdict: str | None,
    tag: str | None,
    words: str | None,
    query: str | None,
    sort: str | None,
    descending: bool,
    limit: int | None,
) -> None:
    """List predictions as the Review screen does, with scores, verdicts, tags and notes.

    Several filters must all hold. The bands and the histogram count everything that is listed, whatever the limit.
    """
    from rft_tui.store.kept_lists import unknown_lists
    from rft_tui.store.listing import Listing, ListingRequest
    from rft_tui.store.review_rows import iter_listed
    from rft_tui.store.runs import resolve_runs
    from rft_tui.tasks.tally import Tally

    terms = _terms(mistakes=mistakes, band=band, verdict=verdict, tag=tag, words=words)
    parsed = parse_query(query or "")
    for note in parsed.notes:
        calling.say(note)
    workspace = calling.workspace()
    stored = _grader(workspace, grader)
    with workspace.store.read() as db:
        chosen = resolve_runs(db, runs) if runs else None
        mark = simulated_mark(db, chosen, stored.id if stored else None)
        for note in unknown_lists(db, parsed):
            calling.say(note)
    selection = _selection(workspace, stored, chosen)
    order = Sort(sort or ("list" if parsed.has("list") else "score"))
    if order is Sort.LIST and not parsed.has("list"):
        raise UsageError("the order of a list needs a list", hint="Name one: --filter list:NAME.")
    request = ListingRequest(selection, Query((*terms, *parsed.terms)), order, descending)
    try:
        listing = Listing(workspace.store, request).run()
    except TimeoutError as error:
        raise UsageError("the regular expression takes too long", hint="Make it simpler.") from error
    try:
        tally = Tally(selection.rule)
        for first in range(0, listing.count, 1000):
            for row in listing.page(first, 1000):
                if stored is not None:
                    tally.add(str(row.item), Grade(row.score))
        shown = limit or (None if calling.as_json else _SHOWN)
        with workspace.store.read() as db:
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
        calling.emit({"count": count, "predictions": predictions, **tally.summary().as_json(), **version, **mark})
        return
    _show(calling, stored, found, count)


def _terms(*, mistakes: bool, band: str | None, verdict: str | None, tag: str | None, words: str | None) -> list[Term]:
    """The conditions that the options say. Raises UsageError naming the choices."""
    terms = [Term("mistakes")] if mistakes else []
    if band is not None:
        name = band.lower().replace("-", "_")
        if name not in set(Band):
            raise UsageError(f"there is no band {band!r}", hint=f"One of {', '.join(Band)}.")
        terms.append(Term("band", name))
    if verdict is not None:
        value = _VERDICTS.get(verdict, verdict.lower())
        if value not in set(Verdict):
            keys = ", ".join(f"{one.value} ({key})" for one, key in VERDICT_KEYS.items())
            raise UsageError(f"there is no verdict {verdict!r}", hint=f"One of {keys}.")
        terms.append(Term("verdict", value))
    if tag is not None:
        terms.append(Term("tag", tag))
    if words is not None:
        terms.append(Term("text", words))
    return terms


def _grader(workspace: Workspace, name: str | None) -> StoredGrader | None:
    """The grader of a name, or the newest that has graded anything."""
    if name is not None:
        return choose_grader(workspace, name)
    from rft_tui.store.graders import list_graders

    with workspace.store.read() as db:
        graded = [one for one in list_graders(db) if _has_graded(db, one.id)]
    return graded[-1] if graded else None


def _has_graded(db: sqlite3.Connection, grader: int) -> bool:
    return db.execute("SELECT 1 FROM grade WHERE grader = ? LIMIT 1", [grader]).fetchone() is not None


def _selection(workspace: Workspace, grader: StoredGrader | None, runs: Sequence[int] | None) -> Selection:
    chosen = None if runs is None else tuple(runs)
    if grader is None:
        return Selection(chosen, None, workspace.reviewer)
    return Selection(chosen, grader.id, workspace.reviewer, grader.rule, grader.rule.shown_threshold)


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
