"""Score tables for tests, from plain lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from rft_tui.analysis.scores import ItemScores, ScoreTable

Rows = Sequence[Sequence[float]]

WORKED_FIRST: Rows = [[1, 0.5, 0], [1, 1, 0.5], [0, 0, 0], [1, 1, 1], [0.5, 1, 0.5]]
WORKED_SECOND: Rows = [[1, 1, 0.5], [1, 1, 1], [0, 0.5, 0], [1, 1, 1], [1, 1, 0.5]]

ROWS = st.lists(
    st.lists(st.integers(0, 10).map(lambda tenth: tenth / 10), min_size=1, max_size=4), min_size=2, max_size=12
)
"""Scores by tenths of two to twelve items with one to four runs each."""


def table(rows: Rows, *, low: float = 0.0, high: float = 1.0, errors: Mapping[int, int] | None = None) -> ScoreTable:
    """Items i0, i1, … with the scores of each row; `errors` by the place of the row."""
    return ScoreTable(
        {
            f"i{place}": ItemScores(f"i{place}", dict(enumerate(map(float, row))), (errors or {}).get(place, 0))
            for place, row in enumerate(rows)
        },
        low,
        high,
    )


def scaled(rows: Rows, factor: float, shift: float) -> list[list[float]]:
    return [[factor * score + shift for score in row] for row in rows]
