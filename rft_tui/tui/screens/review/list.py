"""The Review list as rows of a table."""

from __future__ import annotations

from rft_tui.store.listing import Listing, ReviewRow
from rft_tui.tui.paint import Line, fit, fit_right
from rft_tui.tui.score_words import shown_delta
from rft_tui.tui.screens.review.item import ItemView, band_style, short_score

COLUMNS = ("score", "delta", "verdict", "tags", "run", "prediction")
"""Columns that can be shown, in their order."""

DEFAULT_COLUMNS = ("score", "delta", "verdict", "tags", "prediction")

HEADINGS = {
    "score": " score",
    "delta": "    Δ",
    "verdict": " v",
    "tags": "tags",
    "run": "run",
    "prediction": "prediction",
}

WIDTHS = {"score": 6, "delta": 6, "verdict": 2, "tags": 9, "run": 4}


class EmptySource:
    """A list that is not read yet."""

    def __init__(self, text: str) -> None:
        self._text = text

    count = 0

    def page(self, first: int, count: int) -> list[ReviewRow]:
        """No rows."""
        return []

    def heading(self, width: int) -> Line:
        """No heading."""
        return []

    def paint(self, row: ReviewRow, width: int) -> Line:
        """No rows."""
        return []

    def empty(self) -> list[Line]:
        """What is going on."""
        return [[(f" {self._text}", "text.faint")]]


class ReviewSource:
    """Rows of a listing."""

    def __init__(self, listing: Listing, view: ItemView, columns: tuple[str, ...], empty_lines: list[Line]) -> None:
        self.listing = listing
        self.view = view
        self._columns = columns
        self._empty = empty_lines

    @property
    def count(self) -> int:
        """How many predictions are listed."""
        return self.listing.count

    def page(self, first: int, count: int) -> list[ReviewRow]:
        """Rows from a position."""
        return self.listing.page(first, count)

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        line: Line = []
        for name in self._shown():
            head = HEADINGS[name]
            line.append((fit(head, WIDTHS[name]) + " " if name in WIDTHS else head, "text.dim"))
        return line

    def _shown(self) -> list[str]:
        """The columns; Δ only where there is a baseline."""
        has_delta = self.listing.request.selection.baseline is not None
        return [name for name in self._columns if name != "delta" or has_delta]

    def paint(self, row: ReviewRow, width: int) -> Line:
        """One prediction."""
        line: Line = []
        for name in self._shown():
            line += getattr(self, f"_{name}")(row)
        return line

    def _score(self, row: ReviewRow) -> Line:
        mark = "▪" if row.marked else " "
        error = row.error_kind if row.score is None else None
        return [
            (mark, "text.accent"),
            (fit_right(short_score(row.score, error), 5) + " ", band_style(row.score, self.view)),
        ]

    def _delta(self, row: ReviewRow) -> Line:
        if row.delta is None or abs(row.delta) < 0.005:
            return [(" " * 7, "text.normal")]
        return [(fit_right(shown_delta(row.delta), 6) + " ", "state.good" if row.delta > 0 else "state.bad")]

    def _verdict(self, row: ReviewRow) -> Line:
        key = row.verdict.key if row.verdict else "·"
        name = f"verdict.{row.verdict.value} bold" if row.verdict else "text.faint"
        return [(f" {key}", name), ("✎" if row.has_note else " ", "text.dim")]

    def _tags(self, row: ReviewRow) -> Line:
        return [(fit(" ".join(row.tags), WIDTHS["tags"]) + " ", "text.dim")]

    def _run(self, row: ReviewRow) -> Line:
        return [(fit_right(str(row.run_index), WIDTHS["run"] - 1) + "  ", "text.dim")]

    def _prediction(self, row: ReviewRow) -> Line:
        if row.error_kind and row.score is None:
            return [(row.snippet or row.error_kind, "text.faint")]
        return [(row.snippet or "(empty)", "text.normal" if row.snippet else "text.faint")]

    def empty(self) -> list[Line]:
        """Why nothing is listed and what to press."""
        return self._empty
