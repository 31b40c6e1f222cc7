"""Lines of a panel, and what enter opens on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rft_tui.safetext import one_line
from rft_tui.tui.paint import Line, fit, fit_right, wrap_line


@dataclass(frozen=True, slots=True)
class Target:
    """What a line leads to: cards by their keys, or a kept list in Review with one of its predictions.

    `pair` is the place of the pair that a list is about; `cells` are those of the table of models by graders, as
    (model, grader), whose cards are opened.
    """

    cards: tuple[str, ...] = ()
    cells: tuple[tuple[int, int], ...] = ()
    kept_list: str = ""
    pair: int = 0
    prediction: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line, and what it leads to where it leads anywhere."""

    line: Line
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table in a panel: its heading, its cells, and whether what stands in it is dim."""

    name: str
    cells: int
    style: str = "text.normal"


def heading(text: str, beside: str = "") -> Row:
    """The title of a part of a panel."""
    return Row([(text, "text.accent bold"), *([(f"  {beside}", "text.dim")] if beside else [])])


def blank() -> Row:
    """An empty line."""
    return Row([])


def plain_rows(lines: Sequence[Line], target: Target | None = None) -> list[Row]:
    """Lines that all lead to the same, or nowhere; only the first of them can be stood on."""
    return [Row(line, target if number == 0 else None) for number, line in enumerate(lines)]


def said(text: str, width: int, style: str = "text.dim", sign: str = "") -> list[Row]:
    """A sentence, broken at the width, behind a sign."""
    parts = wrap_line([(one_line(text, 2000), style)], max(8, width - len(sign)))
    return [Row([(sign if number == 0 else " " * len(sign), style), *part]) for number, part in enumerate(parts)]


def fitting(columns: Sequence[Column], room: int) -> list[Column]:
    """As many columns as have room, from the left."""
    kept: list[Column] = []
    for column in columns:
        room -= column.cells + 1
        if room < 0:
            break
        kept.append(column)
    return kept


def table_head(columns: Sequence[Column], name: int) -> Row:
    """The line of headings over a table whose first column takes `name` cells."""
    head = " " * name + "".join(f" {fit_right(column.name, column.cells)}" for column in columns)
    return Row([(head, "text.dim")])


def table_line(name: Line, values: Sequence[str], columns: Sequence[Column]) -> Line:
    """A line of a table: its name, and a value for each column."""
    cells: Line = [
        (f" {fit_right(value, column.cells)}", "text.faint" if value == "–" else column.style)
        for value, column in zip(values, columns, strict=False)
    ]
    return [*name, *cells]


def named(label: str, text: str, cells: int) -> Line:
    """A label and what stands behind it."""
    return [(fit(label, cells), "text.dim"), (text, "text.normal")]
