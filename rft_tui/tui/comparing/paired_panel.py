"""The panel of differences: every operand against the baseline, on the same items; and what changed where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rft_tui.analysis.detectable import effect_words
from rft_tui.safetext import one_line
from rft_tui.tui.comparing.error_bars import Estimate, draw_differences
from rft_tui.tui.comparing.numbers import between, change, p_words, score, three
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
from rft_tui.tui.comparing.scatter import draw_scatter, draw_sorted
from rft_tui.tui.comparing.signs import letter, name_of
from rft_tui.tui.paint import Line, fit, line_length

if TYPE_CHECKING:
    from rft_tui.tasks.comparing.comparison import Comparison, ItemChange, PairFigures

RESULTS = "wins/ties/losses"

COLUMNS = (
    Column("Δ", 5, "text.normal bold"),
    Column("95 % interval", 14),
    Column("p t", 5),
    Column("p flip", 6),
    Column("Holm", 5),
    Column(RESULTS, len(RESULTS)),
    Column("min Δ", 5, "text.dim"),
    Column("corr", 5, "text.dim"),
)
"""What stands beside a name, the most wanted first."""

CARDS = ("difference", "p_t", "p_sign_flip", "wins", "detectable", "mcnemar", "length_adjusted")
"""The cards that a line of the table opens."""

SHOWN_ITEMS = 12
"""Items of each list that stand in the panel; Review shows all."""

SIDE = 34
"""Cells of the scatter beside the sorted differences."""


def paired_rows(comparison: Comparison, width: int, height: int, place: int) -> list[Row]:
    """The table of all pairs, then one of them in full: `place` counts pairs from 0."""
    if not comparison.pairs:
        return said("One operand has nothing to differ from: mark another.", width)
    name = label_cells(comparison, width - 27)
    longest = max(len(_results(pair)) for pair in comparison.pairs)
    wanted = [replace(one, cells=max(one.cells, longest)) if one.name == RESULTS else one for one in COLUMNS]
    columns = fitting(wanted, width - name)
    rows = [table_head(columns, name)]
    for number, pair in enumerate(comparison.pairs):
        label = comparison.operands[pair.second].label
        values = _values(pair, is_resampled=comparison.is_resampled)
        line = table_line(name_of(pair.second, label, name), values, columns)
        rows.append(Row(line, Target(cards=tuple(f"pairs.{number}.{key}" for key in CARDS), pair=number)))
    estimates = [
        Estimate(pair.second, comparison.operands[pair.second].label, pair.paired.difference, *_ends(pair))
        for pair in comparison.pairs
    ]
    rows += plain_rows(draw_differences(estimates, width, name))
    place = min(place, len(comparison.pairs) - 1)
    return rows + _one_pair(comparison, place, width, height) + note_rows(comparison, width, warnings_only=True)


def _values(pair: PairFigures, *, is_resampled: bool) -> list[str]:
    paired = pair.paired
    flip = (
        "…"
        if pair.sign_flip is None and not is_resampled
        else p_words(None if pair.sign_flip is None else pair.sign_flip.p)
    )
    return [
        change(paired.difference),
        between(paired.interval, signed=True),
        p_words(paired.p_t),
        flip,
        p_words(pair.p_adjusted),
        _results(pair),
        three(paired.smallest_detectable),
        score(paired.correlation),
    ]


def _results(pair: PairFigures) -> str:
    paired = pair.paired
    return f"{paired.wins:,}/{paired.ties:,}/{paired.losses:,}"


def _ends(pair: PairFigures) -> tuple[float | None, float | None]:
    ends = pair.paired.interval
    return (None, None) if ends is None else (ends.low, ends.high)


def _one_pair(comparison: Comparison, place: int, width: int, height: int) -> list[Row]:
    pair = comparison.pairs[place]
    first, second = letter(pair.first), letter(pair.second)
    title = f"{second} against {first}"
    more = f"{place + 1} of {len(comparison.pairs)}" if len(comparison.pairs) > 1 else ""
    rows = [blank(), heading(title, more)]
    for text in (*_without(comparison, pair), *detectable_words(pair)):
        rows += said(text, width)
    worse, better = pair.regressions, pair.improvements
    rows.append(_list_row("▼", "regressions", worse, place, "state.bad"))
    rows.append(_list_row("▲", "improvements", better, place, "state.good"))
    rows += [blank(), *plain_rows(_pictures(comparison, pair, width, height))]
    for sign, name, items, style in (
        ("▼", "regressions", worse, "state.bad"),
        ("▲", "improvements", better, "state.good"),
    ):
        if items:
            rows += [blank(), heading(name, "the largest first; enter reads one in Review")]
            rows += [_item_row(sign, one, name, place, width, style) for one in items[:SHOWN_ITEMS]]
            if len(items) > SHOWN_ITEMS:
                rows += said(f"and {len(items) - SHOWN_ITEMS:,} more in Review", width, "text.faint")
    return rows


def _without(comparison: Comparison, pair: PairFigures) -> list[str]:
    """The difference once more without the items in doubt, where there are any."""
    without = comparison.without
    if without is None:
        return []
    return [
        f"{without.words}: {change(one.paired.difference)} {between(one.paired.interval, signed=True)}"
        f"  p t {p_words(one.paired.p_t)}, flip {p_words(one.sign_flip.p)}"
        for one in without.pairs
        if one.second == pair.second
    ]


def detectable_words(pair: PairFigures) -> list[str]:
    """What the comparison could find and what would make it sharper; tests and lengths where they say something."""
    texts = []
    if (least := pair.paired.smallest_detectable) is not None:
        cheapest = f"; cheapest way to a smaller one: {pair.fixes[0].words}" if pair.fixes else ""
        texts.append(f"smallest detectable difference {effect_words(least)} (power .80){cheapest}")
    if pair.paired.mcnemar_p is not None:
        texts.append(f"p McNemar (exact) {p_words(pair.paired.mcnemar_p)}")
    adjusted = pair.length_adjusted
    if adjusted is not None and adjusted.at_equal_length is not None:
        equal = adjusted.at_equal_length
        texts.append(
            f"at equal length {change(equal.value)} {between(equal.interval, signed=True)}"
            + (": the gain is bought with length" if adjusted.is_flagged else "")
        )
    return texts


def _list_row(sign: str, name: str, items: Sequence[ItemChange], place: int, style: str) -> Row:
    line: Line = [(f"{sign} {len(items):,} {name}", f"{style} bold" if items else "text.faint")]
    if not items:
        return Row(line)
    line.append(("  enter reads them in Review, both answers stacked", "text.dim"))
    return Row(line, Target(kept_list=name, pair=place))


def _item_row(sign: str, one: ItemChange, name: str, place: int, width: int, style: str) -> Row:
    head = f"{sign} {change(one.difference):>5}"
    scores = f"  {score(one.before):>4} → {score(one.after):>4}  "
    room = width - len(head) - len(scores)
    line: Line = [
        (head, style),
        (scores, "text.dim"),
        (fit(one_line(one.question or one.place, 300), room).rstrip(), "text.normal"),
    ]
    shown = one.predictions_after or one.predictions_before
    return Row(line, Target(kept_list=name, pair=place, prediction=shown[0] if shown else None))


def _pictures(comparison: Comparison, pair: PairFigures, width: int, height: int) -> list[Line]:
    """The scatter, and beside it the sorted differences where there is room."""
    points = [(before, after) for _item, before, after in pair.scatter]
    tall = max(9, min(14, height - 8))
    rule = comparison.rule
    values = [value for point in points for value in point]
    low, high = min([rule.low, *values]), max([rule.high, *values])
    is_wide = width >= SIDE * 2
    left_width = max(SIDE, width * 4 // 9) if is_wide else width
    left = draw_scatter(points, left_width, tall, low, high, pair.second, pair.paired.tie)
    if not is_wide:
        return left
    start = max(line_length(line) for line in left) + 2
    right = draw_sorted([after - before for before, after in points], width - start, tall - 1, pair.paired.tie)
    return beside(left, right, start)


def beside(left: Sequence[Line], right: Sequence[Line], start: int) -> list[Line]:
    """Two pictures side by side, the second from cell `start` on."""
    lines: list[Line] = []
    for number in range(max(len(left), len(right))):
        one = left[number] if number < len(left) else []
        other = right[number] if number < len(right) else []
        lines.append([*one, (" " * (start - line_length(one)), "text.normal"), *other])
    return lines
