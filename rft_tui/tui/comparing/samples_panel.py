"""The panel of several runs: what k tries of an item give, and how much there is to be learnt from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rft_tui.tui.comparing.numbers import between, score, share
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
from rft_tui.tui.comparing.signs import color, letter, name_of
from rft_tui.tui.paint import Line
from rft_tui.tui.plot import Curve, View, draw_plot

if TYPE_CHECKING:
    from rft_tui.analysis.intervals import Interval
    from rft_tui.analysis.several_runs import Tries
    from rft_tui.tasks.comparing.comparison import Comparison, OperandFigures

CARDS = ("pass_at", "pass_all", "best_of", "learnable", "agreement")
"""The cards that a line of the table opens."""

CHART = 11
"""Lines of the chart."""


def samples_rows(comparison: Comparison, width: int, _height: int) -> list[Row]:
    """A table of all operands, the same by k as curves, and the figures for every k."""
    operands = comparison.operands
    most = max((one.k for operand in operands for one in _tries(operand)), default=0)
    if most <= 1:
        return [
            *said("One run of each item: several runs tell what further tries give and what can be learnt.", width),
            *said("U in Runs asks for more runs in the same way.", width),
        ]
    name = label_cells(comparison, width - 24)
    columns = fitting(_columns(most), width - name)
    rows = [table_head(columns, name)]
    for number, one in enumerate(operands):
        keys = tuple(f"operands.{number}.{key}" for key in CARDS)
        line = table_line(name_of(number, one.label, name), _values(one, most), columns)
        rows.append(Row(line, Target(cards=keys)))
    for threshold, is_own in sorted({(one.threshold, one.own_threshold) for one in operands}):
        whose = "the grader's own" if is_own else "half of the range: the grader has none of its own"
        rows += said(f"passes at {score(threshold)}, {whose}", width)
    rows += said(
        "learnable: items that some runs pass and some fail; others give a learner that compares runs no signal", width
    )
    rows += [blank(), heading("by k", "━ any of k passes   ╍ all of k pass")]
    rows += plain_rows(_chart(operands, width, most))
    rows += [blank(), *_by_k(operands, width)]
    return [*rows, blank(), *note_rows(comparison, width, warnings_only=True)]


def _tries(one: OperandFigures) -> tuple[Tries, ...]:
    return () if one.several is None else one.several.tries


def _columns(most: int) -> tuple[Column, ...]:
    return (
        Column("pass@1", 6, "text.normal bold"),
        Column(f"pass@{most}", 7),
        Column(f"pass^{most}", 7),
        Column(f"best of {most}", 10),
        Column("learnable", 9, "text.normal bold"),
        Column("agree", 6, "text.dim"),
        Column("items", 6, "text.dim"),
    )


def _values(one: OperandFigures, most: int) -> list[str]:
    by_k = {tries.k: tries for tries in _tries(one)}
    first, last, several = by_k.get(1), by_k.get(most), one.several
    return [
        share(None if first is None else first.any_passes),
        share(None if last is None else last.any_passes),
        share(None if last is None else last.all_pass),
        score(None if last is None else last.best),
        share(None if several is None else several.learnable),
        share(None if several is None else several.agreement),
        "–" if several is None else f"{several.items:,}",
    ]


def _chart(operands: Sequence[OperandFigures], width: int, most: int) -> list[Line]:
    """Any of k whole, all of k broken; each in its operand's colour, with its letter where it ends."""
    curves, last = [], []
    for number, one in enumerate(operands):
        any_of = [(float(tries.k), tries.any_passes) for tries in _tries(one)]
        all_of = [(float(tries.k), tries.all_pass) for tries in _tries(one)]
        curves += [Curve(one.label, points, number, pattern=kind) for kind, points in enumerate((any_of, all_of))]
        last += [(number, points[-1][1]) for points in (any_of, all_of) if points and points[-1][0] == most]
    lines = draw_plot(curves, width - 4, CHART, View(1.0, float(most), 0.0, 1.0))
    rows = len(lines) - 1
    ends: dict[int, Line] = {}
    for number, value in last:
        row = min(rows - 1, int((1 - value) * rows))
        free = next((at for at in (row, row + 1, row - 1, row + 2) if at not in ends and 0 <= at < rows), None)
        if free is not None:
            ends[free] = [(f" {letter(number)}", f"{color(number)} bold")]
    return [[*line, *ends.get(place, [])] for place, line in enumerate(lines)]


def _by_k(operands: Sequence[OperandFigures], width: int) -> list[Row]:
    """Every k of every operand, with intervals once they are there."""
    columns = fitting((Column("pass@k", 16), Column("pass^k", 16), Column("best of k", 16)), width - 6)
    rows = [table_head(columns, 6)]
    for number, one in enumerate(operands):
        for tries in _tries(one):
            values = [
                _with_interval(tries.any_passes, tries.any_interval),
                _with_interval(tries.all_pass, tries.all_interval),
                _with_interval(tries.best, tries.best_interval),
            ]
            name: Line = [(f"{letter(number):<2}", f"{color(number)} bold"), (f"k {tries.k:<2}", "text.dim")]
            rows.append(Row(table_line(name, values, columns)))
    return rows


def _with_interval(value: float, interval: Interval | None) -> str:
    return f"{score(value)} {between(interval) if interval is not None else ''}".rstrip()
