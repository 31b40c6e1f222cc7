"""The panel of suspect labels: items whose reference may be wrong, the most suspicious first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft_tui.safetext import one_line
from rft_tui.tui.comparing.numbers import score, share, three
from rft_tui.tui.comparing.rows import Row, Target, blank, heading, said
from rft_tui.tui.paint import Line, fit

if TYPE_CHECKING:
    from rft_tui.store.summary import ScoreSummary
    from rft_tui.tasks.labels.suspects import SuspectItem, SuspectLabels

KEPT_LIST = "suspects"
"""The list of the suspects that are offered."""


def labels_rows(dataset: str, found: SuspectLabels, width: int) -> list[Row]:
    """The queue with reasons, and the means with and without those items."""
    rows = [heading("references that may be wrong", dataset)]
    if not found.suspects:
        return rows + said("no item looks as if its reference were wrong", width, "state.good", "✓ ")
    words = f"{len(found.suspects):,} of {found.total:,} offered  enter reads them in Review, b there says: label wrong"
    rows.append(Row([(fit(words, width).rstrip(), "text.normal")], Target(kept_list=KEPT_LIST)))
    lines = (
        ("all items", found.everything),
        (f"without the {found.called_wrong:,} called wrong", found.without_wrong),
        ("without those offered too", found.without_offered),
    )
    rows += [Row([(fit(name, 32), "text.dim"), (_mean(summary), "text.normal")]) for name, summary in lines]
    rows += said("Nothing is relabelled or left out by itself.", width, "text.faint")
    for one in found.suspects:
        rows += [blank(), *_suspect(one, width)]
    return rows


def _mean(summary: ScoreSummary) -> str:
    mean = summary.mean
    if mean.mean is None:
        return "–"
    error = "" if mean.standard_error is None else f" ± {three(mean.standard_error)}"
    return f"mean {score(mean.mean)}{error} · {summary.graded:,} graded"


def _suspect(one: SuspectItem, width: int) -> list[Row]:
    place = f"line {one.line} "
    cells = max(10, len(place))
    head: Line = [
        (fit(place, cells), "text.dim"),
        (fit(f"{share(one.suspect.failure)} fail", 10), "state.warning"),
        (fit(one_line(one.question, 300), max(8, width - cells - 10)).rstrip(), "text.normal"),
    ]
    target = Target(kept_list=KEPT_LIST, prediction=one.prediction)
    rows = [Row(head, target)]
    rows += said(f"reference: {one_line(one.reference, 200)}", width - 2, "text.normal", "  ")
    if one.suspect.answer:
        rows += said(f"models say: {one_line(one.suspect.answer, 200)}", width - 2, "text.normal", "  ")
    for reason in one.suspect.reasons.values():
        rows += said(reason, width - 2, "text.dim", "  · ")
    return rows
