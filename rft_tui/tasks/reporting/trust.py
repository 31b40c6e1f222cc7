"""The sections of a report that say how far the grader can be trusted: other graders, signs of hacking, people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft_tui.tasks.reporting import charts
from rft_tui.tasks.reporting.document import Block, Cell, Chart, Note, Section, Table, number, text
from rft_tui.tasks.reporting.words import chance, score, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rft_tui.analysis.hacking import HackingSigns
    from rft_tui.analysis.intervals import Interval
    from rft_tui.tasks.comparing.by_grader import GraderTable
    from rft_tui.tasks.comparing.comparison import Comparison
    from rft_tui.tasks.comparing.hacking import HackingPanel
    from rft_tui.tasks.reviewing.grader_agreement import GraderAgreement


def graders_section(table: GraderTable) -> Section:
    """Models × graders: a gain under the trained grader and none under another is the finding."""
    headings = ("grader", "", "mean", "difference", "95 % interval", "p BH", "items")
    trained = f"; trained by {table.graders[table.trained].label}" if table.is_trained_known else ""
    caption = f"Means by grader, differences to {table.models[0].label}{trained}"
    blocks: list[Block] = [Table(caption, headings, tuple(_grader_rows(table)))]
    return Section("Models under several graders", (*(Note(one.text, "bad") for one in table.findings), *blocks))


def _grader_rows(table: GraderTable) -> Iterator[tuple[Cell, ...]]:
    for place, grader in enumerate(table.graders):
        for row, model in enumerate(table.models):
            cell = table.cells[row][place]
            paired = cell.paired
            yield (
                text(grader.label), text(model.label), number(None if cell.mean is None else cell.mean.mean),
                number(None if paired is None else paired.difference, signed=True),
                Cell(span(None if paired is None else paired.interval, with_sign=True), is_number=True),
                Cell(chance(cell.p_adjusted), is_number=True), number(cell.items, 0),
            )  # fmt: skip


def hacking_section(panel: HackingPanel, comparison: Comparison) -> Section:
    """The signs of a gain that pleases the grader only, and the curves of best of k."""
    blocks: list[Block] = []
    if not panel.is_flagged:
        blocks.append(f"Nothing is flagged. Grader {panel.proxy}, gold {panel.gold}.")
    blocks += _signs("", panel.grader_signs)
    for pair in panel.pairs:
        blocks += _signs(f"{comparison.operands[pair.second].label}: ", pair.signs)
    found = panel.divergence.result
    if found is None:
        blocks.append(f"Best of k against gold cannot be told: {panel.divergence.said}.")
    else:
        series = [
            charts.Series(f"grader {panel.proxy}", [(at.k, at.proxy) for at in found.points]),
            charts.Series(f"gold: {panel.gold}", [(at.k, at.gold) for at in found.points]),
        ]
        gains = f"the grader gains {score(found.proxy_gain)}, gold {score(found.gold_gain)}"
        said = f"From 1 to {found.points[-1].k} runs {gains}."
        picture = charts.curves(series, x_label="k, the best by the grader", y_label="share of the range", said=said)
        blocks.append(Chart("Best of k by the grader, and what gold says of it", picture, said))
    return Section("Signs of reward hacking", tuple(blocks))


def _signs(label: str, signs: HackingSigns) -> Iterator[Block]:
    for sign in signs.signs:
        if sign.is_flagged:
            yield Note(f"{label}{sign.sentence} Look at {sign.look_at}.", "bad")
        else:
            yield f"{label}{sign.sentence}"


def people_section(found: GraderAgreement) -> Section:
    """How the grader agrees with a person, on the random calibration sample only."""
    judged = (
        f"{found.judged:,} predictions of {found.items:,} items were judged in the random calibration sample; mistakes"
        " that were picked to be read do not count."
    )
    blocks: list[Block] = [judged, *(Note(one) for one in found.notes)]
    if found.labels is not None:
        table = found.labels.table
        rows = tuple(
            (text(f"the grader: {label}"), *(number(count, 0) for count in counts))
            for label, counts in zip(table.labels, table.counts, strict=True)
        )
        headings = ("", *(f"the person: {label}" for label in table.labels))
        blocks.append(Table(f"{found.grader}@{found.version[:4]} and {found.reviewer}", headings, rows))
    figures = tuple((text(name), number(value), Cell(span(sure), is_number=True)) for name, value, sure in _said(found))
    if figures:
        blocks.append(Table("How well they agree", ("", "value", "95 % interval"), figures))
    if found.worth is not None:
        blocks.append(found.worth.sentence)
    return Section("Agreement of grader and person", tuple(blocks))


def _said(found: GraderAgreement) -> Iterator[tuple[str, float | None, Interval | None]]:
    """The figures that say something, by name."""
    if found.labels is not None:
        yield "same pass or fail", found.labels.raw.value, found.labels.raw.interval
        yield "κ", found.labels.kappa.value, found.labels.kappa.interval
    if found.weighted is not None:
        yield "quadratic κ of scores", found.weighted.value, found.weighted.interval
    if found.ranking is not None:
        yield "pairs of answers to one item in the right order", found.ranking.accuracy, found.ranking.interval
    if found.scores is not None:
        yield "bias: grader less person", found.scores.bias.value, found.scores.bias.interval
        if found.scores.by_length is not None:
            slope = found.scores.by_length.slope
            yield "bias by log length", slope.value, slope.interval
    if found.mean is not None:
        yield "mean as the person would give it", found.mean.corrected.value, found.mean.corrected.interval
        yield "mean by the grader alone", found.mean.judge_only.value, found.mean.judge_only.interval
    if found.pass_rate is not None:
        yield "share of right answers as the person would find it", found.pass_rate.share, found.pass_rate.interval
        yield "share of passes by the grader", found.pass_rate.judged, None
