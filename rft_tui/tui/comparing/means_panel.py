"""The panel of means: every operand's mean with its interval and what runs add, and the same as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft_tui.tui.comparing.error_bars import Estimate, draw_means
from rft_tui.tui.comparing.numbers import between, score, share, three
from rft_tui.tui.comparing.panel_words import label_cells, note_rows
from rft_tui.tui.comparing.rows import Column, Row, Target, blank, fitting, heading, plain_rows, table_head, table_line
from rft_tui.tui.comparing.signs import name_of

if TYPE_CHECKING:
    from rft_tui.tasks.comparing.comparison import Comparison, OperandFigures

COLUMNS = (
    Column("mean", 5, "text.normal bold"),
    Column("95 % interval", 13),
    Column("run noise", 9, "text.dim"),
    Column("runs", 4, "text.dim"),
    Column("pass@1", 6),
    Column("errors", 9, "text.dim"),
)
"""What stands beside a name, the most wanted first."""

CARDS = ("mean", "run_noise", "pass_at", "pass_rate", "bands", "errors", "cost")
"""The cards that a line of the table opens."""


def means_rows(comparison: Comparison, width: int, _height: int) -> list[Row]:
    """The table, the bars, and what is to be said of it all."""
    name = label_cells(comparison, width - 24)
    columns = fitting(COLUMNS, width - name)
    rows = [table_head(columns, name)]
    for number, one in enumerate(comparison.operands):
        keys = tuple(f"operands.{number}.{key}" for key in CARDS)
        line = table_line(name_of(number, one.label, name), _values(one), columns)
        rows.append(Row(line, Target(cards=keys)))
    rule = comparison.rule
    bars = draw_means(
        [
            Estimate(number, one.label, None if one.mean is None else one.mean.mean, *_ends(one))
            for number, one in enumerate(comparison.operands)
        ],
        width,
        rule.low,
        rule.high,
        name,
    )  # fmt: skip
    rows += [blank(), heading("means", "bar to the mean, ├●┤ 95 % interval for the next items"), *plain_rows(bars)]
    rows += [blank(), *note_rows(comparison, width)]
    return rows


def _values(one: OperandFigures) -> list[str]:
    mean = one.mean
    if mean is None:
        return ["–"] * len(COLUMNS)
    noise = "one run" if mean.run_noise is None else f"±{three(mean.run_noise)}"
    errors = f"{mean.errors:,} {mean.error_share:.1%}" if mean.errors else "–"
    return [
        score(mean.mean),
        between(mean.clipped),
        noise,
        str(one.runs),
        share(one.several.tries[0].any_passes if one.several is not None and one.several.tries else one.pass_rate),
        errors,
    ]


def _ends(one: OperandFigures) -> tuple[float | None, float | None]:
    ends = None if one.mean is None else one.mean.clipped
    return (None, None) if ends is None else (ends.low, ends.high)
