"""Aligned plain text for people: tables, figures, counts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rft_tui.safetext import one_line
from rft_tui.words import counted as counted

if TYPE_CHECKING:
    from rft_tui.store.summary import ScoreSummary

CELL = 60
"""Characters of a cell unless its column says otherwise."""

GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title, whether its cells stand at the right, and how long they may be."""

    title: str
    right: bool = False
    limit: int = CELL


def width(text: str) -> int:
    """The cells of a terminal that a text takes: two for wide signs, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )


def table(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> list[str]:
    """The lines of a table with its titles, numbers to the right; a column without any value is left out."""
    cells = [
        ["" if cell is None else one_line(str(cell), column.limit) for column, cell in zip(columns, row, strict=True)]
        for row in rows
    ]
    kept = [number for number in range(len(columns)) if not cells or any(row[number] for row in cells)]
    widths = {n: max(width(columns[n].title), *(width(row[n]) for row in cells), 0) for n in kept}
    lines = [[columns[n].title for n in range(len(columns))], *cells]
    return [GAP.join(_padded(row[n], widths[n], right=columns[n].right) for n in kept).rstrip() for row in lines]


def _padded(text: str, size: int, *, right: bool) -> str:
    blanks = " " * (size - width(text))
    return blanks + text if right else text + blanks


def score(value: float | None) -> str:
    """A score in three decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def share(value: float | None) -> str:
    """A share as a percentage; a dash where there is none."""
    return "–" if value is None else f"{value:.1%}"


def mean(summary: ScoreSummary) -> str:
    """Mean ± standard error."""
    estimate = summary.mean
    if estimate.mean is None:
        return "–"
    if estimate.standard_error is None:
        return score(estimate.mean)
    return f"{estimate.mean:.3f} ± {estimate.standard_error:.3f}"


def bands(summary: ScoreSummary) -> str:
    """The counts of the bands on one line."""
    return ", ".join(f"{count:,} {band.value.replace('_', '-')}" for band, count in summary.bands.items())


def money(value: float | None) -> str:
    """US dollars, with more digits where there is little; a dash where no price is known."""
    if value is None:
        return "–"
    return f"${value:,.2f}" if value >= 1 or value == 0 else f"${value:.4f}"


def duration(seconds: float | None) -> str:
    """Seconds as people say them: 3 s, 2 min, 1 h 05 min."""
    if seconds is None:
        return "–"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60):02} min"
