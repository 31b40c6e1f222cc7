"""The sections of a report that hold a comparison's numbers: means, differences, distributions, several runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft_tui.analysis.detectable import effect_words
from rft_tui.model import Band
from rft_tui.tasks.reporting import charts
from rft_tui.tasks.reporting.document import Block, Cell, Chart, Note, Section, Table, Tone, number, text
from rft_tui.tasks.reporting.words import chance, difference_sentence, score, signed, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rft_tui.analysis.intervals import Interval
    from rft_tui.tasks.comparing.comparison import Comparison, OperandFigures, PairFigures
    from rft_tui.tasks.comparing.without import PairWithout

MANY_ERRORS = 0.02
"""The share of errors from which a mean is to be doubted."""

_BANDS = {
    Band.FULL: "full marks",
    Band.FORMATTING: "formatting",
    Band.PARTIAL: "partial",
    Band.OFF_BASE: "off-base",
}


def result_section(comparison: Comparison) -> Section:
    """What came of it in sentences, and what must be known beside it."""
    labels = [one.label for one in comparison.operands]
    blocks: list[Block] = [
        difference_sentence(pair, labels[pair.first], labels[pair.second]) for pair in comparison.pairs
    ]
    if len(comparison.pairs) > 1:
        blocks.append(f"The chances below are corrected for {len(comparison.pairs)} comparisons (Holm).")
    blocks += [Note(one.text, "warning" if one.is_warning else "") for one in comparison.notes]
    return Section("Result", tuple(blocks))


def means_section(comparison: Comparison) -> Section:
    """The mean of each operand with what it could have been."""
    rows = (*(_mean_row(one) for one in comparison.operands), *_means_without(comparison))
    headings = ("", "mean", "95 % interval", "run noise", "spread of runs", "items", "runs", "errors", "pass@1")
    explained = (
        "A mean is that of the item means. Its interval says what the next items of this kind would score; the run"
        " noise is the standard error if the same items ran again."
    )
    explained += "".join(f" {said}" for said in _passing(comparison))
    blocks: list[Block] = [explained, Table(f"Scores of {_graders(comparison)} on the common items", headings, rows)]
    known = [(one.label, one.mean) for one in comparison.operands if one.mean is not None]
    if known:
        bars = [charts.Bar(label, mean.mean, *_ends(mean.clipped)) for label, mean in known]
        said = "; ".join(f"{label} {score(mean.mean)} ({span(mean.clipped)})" for label, mean in known)
        picture = charts.bars(bars, comparison.rule.low, comparison.rule.high, said=said)
        blocks.append(Chart("Means with 95 % intervals", picture, said))
    return Section("Means", tuple(blocks))


def differences_section(comparison: Comparison) -> Section:
    """Each operand against the baseline, item by item."""
    headings = ("against the baseline", "difference", "95 % interval", "p t", "p flip", "Holm",
                "wins", "ties", "losses", "smallest detectable")  # fmt: skip
    rows = tuple(row for pair in comparison.pairs for row in _pair_rows(comparison, pair))
    blocks: list[Block] = [Table(f"Differences to {comparison.operands[0].label}", headings, rows)]
    for pair in comparison.pairs:
        blocks += _pair_pictures(comparison, pair)
    return Section("Differences", tuple(blocks))


def distribution_section(comparison: Comparison) -> Section:
    """How scores, lengths and reasoning spread."""
    first = comparison.operands[0]
    counted = [charts.Counted(one.label, one.histogram.counts) for one in comparison.operands]
    said = "; ".join(f"{one.label}: {', '.join(map(str, one.histogram.counts))}" for one in comparison.operands)
    bands = tuple(
        (text(one.label), *(_count(one.bands.get(band, 0)) for band in Band),
         number(one.lengths.mean, 0), number(one.lengths.median, 0), number(one.reasoning.mean, 0), _cost(one.cost))
        for one in comparison.operands
    )  # fmt: skip
    headings = ("", *(_BANDS[band] for band in Band), "characters, mean", "median", "reasoning tokens, mean", "cost, $")
    blocks: list[Block] = [
        Table("Predictions by band, lengths of answers, reasoning", headings, bands),
        Chart(
            "Scores of predictions", charts.histograms(first.histogram.edges, counted, x_label="score", said=said), said
        ),
    ]
    if first.reasoning.histogram is not None:
        tokens = [
            charts.Counted(one.label, one.reasoning.histogram.counts)
            for one in comparison.operands
            if one.reasoning.histogram is not None
        ]
        told = "; ".join(f"{one.label}: mean {score(one.reasoning.mean, 0)}" for one in comparison.operands)
        edges = first.reasoning.histogram.edges
        picture = charts.histograms(edges, tokens, x_label="reasoning tokens", said=told)
        blocks.append(Chart("Reasoning tokens of predictions", picture, told))
    return Section("Distributions", tuple(blocks))


def _mean_row(one: OperandFigures) -> tuple[Cell, ...]:
    mean = one.mean
    if mean is None:
        return (text(one.label), number(None), *(text("") for _ in range(7)))
    tone: Tone = "warning" if mean.error_share > MANY_ERRORS else ""
    errors = f"{mean.errors:,} ({mean.error_share:.1%})" if mean.errors else "0"
    return (
        text(one.label), number(mean.mean), Cell(span(mean.clipped), is_number=True),
        number(mean.run_noise), number(mean.run_spread), _count(mean.items), _count(one.runs),
        Cell(errors, is_number=True, tone=tone), share(_pass_at_1(one)),
    )  # fmt: skip


def _pass_at_1(one: OperandFigures) -> float | None:
    several = one.several
    return several.tries[0].any_passes if several is not None and several.tries else one.pass_rate


def _passing(comparison: Comparison) -> Iterator[str]:
    """From which score a run passes, where no grader says it."""
    for threshold in sorted({one.threshold for one in comparison.operands if not one.own_threshold}):
        yield f"pass@1 counts scores from {threshold:g}, half of the range: the grader has no threshold of its own."


def _means_without(comparison: Comparison) -> Iterator[tuple[Cell, ...]]:
    """The second line of each mean: without the items that a filter finds."""
    if (without := comparison.without) is None:
        return
    for one, mean in zip(comparison.operands, without.means, strict=True):
        if mean is not None:
            yield (
                text(f"{one.label}, {without.words}"), number(mean.mean), Cell(span(mean.clipped), is_number=True),
                number(mean.run_noise), number(mean.run_spread), _count(mean.items), _count(one.runs),
                _count(mean.errors), text(""),
            )  # fmt: skip


def _pair_rows(comparison: Comparison, pair: PairFigures) -> Iterator[tuple[Cell, ...]]:
    """The line of a pair, and the one without the items that a filter finds."""
    label, least = comparison.operands[pair.second].label, pair.paired.smallest_detectable
    yield _pair_row(label, pair, effect_words(least) if least is not None else "–")
    if (without := comparison.without) is not None:
        yield from (
            _pair_row(f"{label}, {without.words}", one, "") for one in without.pairs if one.second == pair.second
        )


def _pair_row(label: str, pair: PairFigures | PairWithout, least: str) -> tuple[Cell, ...]:
    paired = pair.paired
    tone: Tone = ""
    if paired.interval is not None and (paired.interval.low > 0 or paired.interval.high < 0):
        tone = "good" if paired.difference > 0 else "bad"
    flipped = None if pair.sign_flip is None else pair.sign_flip.p
    return (
        text(label), number(paired.difference, signed=True, tone=tone),
        Cell(span(paired.interval, with_sign=True), is_number=True), Cell(chance(paired.p_t), is_number=True),
        Cell(chance(flipped), is_number=True), Cell(chance(pair.p_adjusted), is_number=True),
        _count(paired.wins), _count(paired.ties), _count(paired.losses), Cell(least, is_number=True),
    )  # fmt: skip


def _pair_pictures(comparison: Comparison, pair: PairFigures) -> list[Block]:
    first, second = comparison.operands[pair.first].label, comparison.operands[pair.second].label
    span_of = (comparison.rule.low, comparison.rule.high)
    points = [(before, after) for _item, before, after in pair.scatter]
    said = f"{pair.paired.wins:,} items above the line, {pair.paired.losses:,} below, {pair.paired.ties:,} on it."
    each = charts.scatter(points, x_label=first, y_label=second, said=said, across=span_of, up=span_of, diagonal=True)
    blocks: list[Block] = [Chart(f"Each item: {second} over {first}", each, said)]
    adjusted = pair.length_adjusted
    if adjusted is not None and adjusted.at_equal_length is not None:
        long = [(length, after) for _item, length, after in pair.lengths]
        equal, raw = signed(adjusted.at_equal_length.value), signed(adjusted.raw.value)
        told = f"At equal length the difference is {equal} instead of {raw}."
        picture = charts.scatter(long, x_label="characters", y_label="score", said=told, up=span_of)
        blocks.append(Chart(f"Score against length of the answers of {second}", picture, told))
    return blocks


def _graders(comparison: Comparison) -> str:
    return " and ".join(one.label for one in comparison.graders)


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else (interval.low, interval.high)


def _count(value: int) -> Cell:
    return Cell(f"{value:,}", is_number=True)


def share(value: float | None) -> Cell:
    """A cell with a share in percent."""
    return Cell("–" if value is None else f"{value:.1%}", is_number=True)


def _cost(value: float | None) -> Cell:
    return Cell("–" if value is None else f"{value:,.2f}", is_number=True)
