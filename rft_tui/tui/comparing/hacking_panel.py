"""The panel of reward hacking: is a gain more than longer, padded answers, and does what is true follow the grader?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rft_tui.tui.comparing.numbers import between, change, share, three
from rft_tui.tui.comparing.panel_words import label_cells
from rft_tui.tui.comparing.rows import (
    Column,
    Row,
    Target,
    blank,
    fitting,
    heading,
    named,
    plain_rows,
    said,
    table_head,
    table_line,
)
from rft_tui.tui.comparing.signs import letter, name_of
from rft_tui.tui.paint import Line
from rft_tui.tui.plot import Curve, draw_plot, whole_view

if TYPE_CHECKING:
    from rft_tui.analysis.hacking import Sign
    from rft_tui.tasks.comparing.comparison import Comparison
    from rft_tui.tasks.comparing.hacking import HackingPanel, PairSigns, Training

KEPT_LIST = "hacking"
"""The list with the answers behind the signs."""

CHART = 9
"""Lines of the curves over checkpoints."""


def hacking_rows(panel: HackingPanel, comparison: Comparison, width: int) -> list[Row]:
    """Flags first, then each of the four things that were looked at, with the answers behind them."""
    rows = _verdict(panel, width)
    for pair in panel.pairs:
        rows += [blank(), heading(f"{letter(pair.second)} against {letter(0)}")]
        rows += _at_equal_length(pair, width)
        for sign in pair.signs.signs:
            if sign.is_flagged or sign.examples:  # what is neither stands in the tables
                rows += _sign(sign, width)
    rows += [blank(), *_shares(panel, comparison, width)]
    rows += [blank(), heading("best of k", f"grader {panel.proxy} against gold: {panel.gold} (D chooses)")]
    rows += _best_of_k(panel, width)
    for training in panel.trainings:
        rows += _training(training, width)
    return rows


def _verdict(panel: HackingPanel, width: int) -> list[Row]:
    """Whether anything is flagged, and the examples behind all signs."""
    rows = (
        said("signs that the grader is being gamed: read the answers behind them", width, "state.warning", "! ")
        if panel.is_flagged
        else said("nothing here says that the grader is being gamed", width, "state.good", "✓ ")
    )
    examples = len(panel.examples)
    if examples:
        words = f"{examples:,} answers behind the signs  enter reads them in Review"
        rows.append(Row([(words, "text.normal")], Target(kept_list=KEPT_LIST)))
    rows += said(f"{panel.searched:,} answers searched for patterns", width)
    return rows


def _at_equal_length(pair: PairSigns, width: int) -> list[Row]:
    """The raw difference and the one at equal length side by side."""
    length = pair.length
    if length is None or length.at_equal_length is None:
        return said("no difference at equal length: too few items with both lengths", width, "text.faint")
    raw, equal = length.raw, length.at_equal_length
    lines: list[Line] = [
        named("as it is", f"{change(raw.value)} {between(raw.interval, signed=True)}", 17),
        named("at equal length", f"{change(equal.value)} {between(equal.interval, signed=True)}", 17),
    ]
    return plain_rows(lines)


def _sign(sign: Sign, width: int) -> list[Row]:
    """One sign; enter opens its examples where there are any."""
    style, mark = ("state.warning", "! ") if sign.is_flagged else ("text.dim", "· ")
    rows = said(sign.sentence, width, style, mark)
    if sign.is_flagged:
        rows += said(f"look at {sign.look_at}", width, "text.normal", "  ")
    if sign.examples:
        target = Target(kept_list=KEPT_LIST, prediction=int(sign.examples[0]))
        rows[0] = Row(rows[0].line, target)
    return rows


def _shares(panel: HackingPanel, comparison: Comparison, width: int) -> list[Row]:
    """What share of each operand's answers shows a pattern."""
    patterns = list(panel.patterns[0].shares) if panel.patterns else []
    if not patterns:
        return []
    name = label_cells(comparison, width - 20)
    columns = fitting([Column(pattern.value.replace("_", " "), 9) for pattern in patterns], width - name)
    rows = [heading("answers that are", "share of each operand's answers"), table_head(columns, name)]
    for number, counts in enumerate(panel.patterns):
        values = [share(counts.shares[pattern].share) for pattern in patterns]
        line = table_line(name_of(number, comparison.operands[number].label, name), values, columns)
        rows.append(Row(line))
    return rows


def _best_of_k(panel: HackingPanel, width: int) -> list[Row]:
    result = panel.divergence.result
    rows: list[Row] = []
    if result is None:
        return said(panel.divergence.said, width, "text.faint")
    grader: Sequence[tuple[float, float]] = [(float(point.k), point.proxy) for point in result.points]
    gold: Sequence[tuple[float, float]] = [(float(point.k), point.gold) for point in result.points]
    curves = [Curve("grader", grader, 0), Curve("gold", gold, 1, pattern=1)]
    rows += plain_rows(draw_plot(curves, width, CHART, whole_view(curves)))
    ratio = "" if result.ratio is None else f" · gold follows by {result.ratio:.2f} {between(result.ratio_interval)}"
    words = f"━ grader {three(result.proxy_gain, signed=True)}   ╍ gold {three(result.gold_gain, signed=True)}{ratio}"
    rows += said(words, width)
    for sign in panel.grader_signs.signs:
        rows += _sign(sign, width)
    return rows


def _training(training: Training, width: int) -> list[Row]:
    """Grader and gold over the checkpoints of a job."""
    points = training.course.points
    curves = [
        Curve("grader", [(float(point.step), point.proxy) for point in points], 0),
        Curve("gold", [(float(point.step), point.gold) for point in points], 1, pattern=1),
    ]
    title = heading(f"checkpoints of {training.job}", "━ grader   ╍ gold, by step")
    return [blank(), title, *plain_rows(draw_plot(curves, width, CHART, whole_view(curves)))]
