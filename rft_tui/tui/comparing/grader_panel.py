"""The panel of graders: models by several graders as one table; a gain under one grader alone is the finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft_tui.safetext import one_line
from rft_tui.tui.comparing.numbers import between, change, p_words, score
from rft_tui.tui.comparing.rows import Row, Target, blank, heading, said
from rft_tui.tui.comparing.signs import letter, name_of
from rft_tui.tui.paint import Line, fit, fit_right

if TYPE_CHECKING:
    from rft_tui.tasks.comparing.by_grader import GraderCell, GraderTable

CELL, MOST_CELL = 15, 24
"""Cells of a column at the least, and at the most."""


def grader_rows(table: GraderTable, width: int) -> list[Row]:
    """The table, its findings, and each difference in full."""
    name = max(12, min(max(len(one.label) for one in table.models) + 3, width - 2 * (CELL + 1), 36))
    longest = max(len(one_line(one.name, MOST_CELL)) + 1 for one in table.graders)
    cell = max(CELL, min(MOST_CELL, longest, (width - name) // len(table.graders) - 1))
    shown = max(1, (width - name) // (cell + 1))
    order = [table.trained, *(place for place in range(len(table.graders)) if place != table.trained)]
    rows: list[Row] = []
    for start in range(0, len(order), shown):
        rows += _block(table, order[start : start + shown], name, cell)
        rows.append(blank())
    trained = table.graders[table.trained].label
    which = "trained by it" if table.is_trained_known else "the one compared by; no job here says which one trained"
    rows += said(f"◆ {trained}: {which}", width)
    rows += said("* p < .05 after Benjamini–Hochberg over all differences of the table", width)
    for finding in table.findings:
        rows += said(finding.text, width, "state.warning", "! ")
    if not table.findings:
        rows += said("no gain under one grader that another does not see", width, "state.good", "✓ ")
    return rows + _differences(table, width)


def one_grader_rows(width: int) -> list[Row]:
    """What to do where one grader alone has graded all operands."""
    return said("One grader has graded all of these; another one (G in Runs grades) shows if it sees the gain.", width)


def _block(table: GraderTable, places: list[int], name: int, cells: int) -> list[Row]:
    head: Line = [(" " * name, "text.dim")]
    for place in places:
        mark = "◆" if place == table.trained else ""
        title = fit_right(f"{mark}{one_line(table.graders[place].name, 60)}", cells)
        head.append((f" {title}", "text.accent bold" if place == table.trained else "text.dim"))
    rows = [Row(head)]
    for number, model in enumerate(table.models):
        line = name_of(number, model.label, name)
        for place in places:
            line += _cell(table.cells[number][place], cells)
        rows.append(Row(line, Target(cells=tuple((number, place) for place in places))))
    return rows


def _cell(cell: GraderCell, cells: int) -> Line:
    mean = score(cell.mean.mean if cell.mean is not None else None)
    if cell.paired is None:
        return [(f" {fit_right(mean, cells - 7)}", "text.normal bold"), (" " * 7, "text.normal")]
    is_clear = cell.p_adjusted is not None and cell.p_adjusted < 0.05
    style = "text.dim"
    if is_clear:
        style = "state.good" if cell.paired.difference > 0 else "state.bad"
    moved = f"{change(cell.paired.difference)}{'*' if is_clear else ' '}"
    return [(f" {fit_right(mean, cells - 7)}", "text.normal bold"), (f" {fit(moved, 6)}", style)]


def _differences(table: GraderTable, width: int) -> list[Row]:
    rows = [blank(), heading("differences to the baseline", "on the items that all models have a score of")]
    for number in range(1, len(table.models)):
        for place, (grader, cell) in enumerate(zip(table.graders, table.cells[number], strict=True)):
            if cell.paired is None:
                continue
            text = (
                f"{change(cell.paired.difference)} {between(cell.paired.interval, signed=True)}"
                f" · p t {p_words(cell.paired.p_t)}, BH {p_words(cell.p_adjusted)} · {cell.items:,} items"
            )
            room = max(10, width - len(text) - 3)
            line: Line = [
                (fit(letter(number), 2), f"curve.{number} bold"),
                (fit(one_line(grader.label, 80), room), "text.normal"),
                (f" {text}", "text.dim"),
            ]
            rows.append(Row(line, Target(cells=((number, place),))))
    return rows
