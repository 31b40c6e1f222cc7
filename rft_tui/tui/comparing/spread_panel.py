"""The panel of distributions: scores over one another, score against length, reasoning tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rft_tui.tui.comparing.histograms import draw_histograms
from rft_tui.tui.comparing.numbers import three, whole
from rft_tui.tui.comparing.paired_panel import beside
from rft_tui.tui.comparing.panel_words import label_cells, note_rows
from rft_tui.tui.comparing.rows import (
    Column,
    Row,
    Target,
    blank,
    fitting,
    heading,
    plain_rows,
    said,
    table_head,
    table_line,
)
from rft_tui.tui.comparing.scale import Scale, wide_scale
from rft_tui.tui.comparing.scatter import Pair, draw_lengths
from rft_tui.tui.comparing.signs import letter, name_of
from rft_tui.tui.paint import Line
from rft_tui.tui.plot import shown_number

if TYPE_CHECKING:
    from rft_tui.tasks.comparing.comparison import Comparison, Spread

COLUMNS = (Column("mean", 8, "text.normal bold"), Column("median", 8), Column("answers", 8, "text.dim"))
"""What stands beside a name under a picture of tokens."""

TALL, LOW = 9, 6
"""Lines of bars where there is room, and where there is little."""

PICTURE = 12
"""Lines of a scatter."""


def spread_rows(comparison: Comparison, width: int, height: int, place: int) -> list[Row]:
    """Scores, then lengths and reasoning tokens, then score against length for the baseline and one other."""
    operands = comparison.operands
    bars = TALL if height > 26 else LOW
    keys = tuple(f"operands.{number}.histogram" for number in range(len(operands)))
    rows = [Row(heading("scores", "share of the predictions of each; counts below").line, Target(cards=keys))]
    if operands:
        counts = [one.histogram.counts for one in operands]
        rows += plain_rows(draw_histograms(operands[0].histogram.edges, counts, width, bars))
    rows += _numbers(comparison, "reasoning", "reasoning tokens", [one.reasoning for one in operands], width, bars)
    rows += _numbers(comparison, "lengths", "length of answers", [one.lengths for one in operands], width, bars)
    rows += _score_by_length(comparison, place, width)
    return [*rows, blank(), *note_rows(comparison, width, warnings_only=True)]


def _numbers(
    comparison: Comparison, key: str, title: str, spreads: Sequence[Spread], width: int, bars: int
) -> list[Row]:
    """Means and a histogram of something that was counted; a word where nothing is known."""
    unit = "characters" if key == "lengths" else "tokens"
    known = next((one.histogram for one in spreads if one.histogram is not None), None)
    if known is None:
        return [blank(), heading(title), *said(f"no prediction tells its {unit}", width, "text.faint")]
    name = label_cells(comparison, width - 12)
    columns = fitting(COLUMNS, width - name)
    cards = tuple(f"operands.{number}.{key}" for number in range(len(spreads)))
    beside_title = "characters" if key == "lengths" else "of each answer"
    rows = [blank(), Row(heading(title, beside_title).line, Target(cards=cards)), table_head(columns, name)]
    for number, one in enumerate(spreads):
        values = [whole(one.mean), whole(one.median), f"{one.known:,}"]
        label = comparison.operands[number].label
        rows.append(Row(table_line(name_of(number, label, name), values, columns)))
    counts = [(0,) * len(known.counts) if one.histogram is None else one.histogram.counts for one in spreads]
    return rows + plain_rows(draw_histograms(known.edges, counts, width, bars - 2, shown_number_short))


def shown_number_short(value: float) -> str:
    """A count of tokens or characters at an edge."""
    return f"{value:.0f}" if value < 10_000 else shown_number(value)


def _score_by_length(comparison: Comparison, place: int, width: int) -> list[Row]:
    if not comparison.pairs:
        return []
    pair = comparison.pairs[min(place, len(comparison.pairs) - 1)]
    before = [(one.length_before, one.before) for one in pair.changes]
    after = [(one.length_after, one.after) for one in pair.changes]
    if not before:
        return []
    is_wide = width >= 72
    cells = (width - 2) // 2 if is_wide else width
    scale = wide_scale([x for x, _y in before + after], cells)
    rule = comparison.rule
    pictures = []
    words = []
    for number, points in ((pair.first, before), (pair.second, after)):
        line = _fit(points)
        pictures.append(_picture(points, line, scale, rule.low, rule.high, number))
        if line is not None:
            words.append(f"{letter(number)} {three(line[1] * 100, signed=True)} a hundred characters")
    lines = beside(pictures[0], pictures[1], cells + 2) if is_wide else [*pictures[0], [], *pictures[1]]
    beside_title = "━ the line that fits" + (f": {', '.join(words)}" if words else "")
    return [blank(), heading("score against length"), *said(beside_title, width), *plain_rows(lines)]


def _fit(points: Sequence[Pair]) -> Pair | None:
    """The least-squares line as (intercept, slope); None where lengths do not differ."""
    from rft_tui.analysis.least_squares import fit_line

    line = fit_line([x for x, _y in points], [y for _x, y in points])
    return None if line is None else (line.intercept.value, line.slope.value)


def _picture(
    points: Sequence[Pair], line: Pair | None, scale: Scale, low: float, high: float, number: int
) -> list[Line]:
    return draw_lengths(points, line, scale, PICTURE, low, high, number, "characters")
