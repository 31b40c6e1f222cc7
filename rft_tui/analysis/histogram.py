"""Histograms with the same edges for all that is compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, isnan

from rft_tui.analysis.ranking import SCORE_DIGITS
from rft_tui.analysis.scores import ScoreTable

BINS = 10
"""Bins of a range unless said otherwise."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values lie in each bin from one edge up to the next, which belongs to the next, but for the last one.

    There is one edge more than counts. `below` and `above` count values outside the edges.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    below: int = 0
    above: int = 0

    @property
    def total(self) -> int:
        """All values, those outside the edges included."""
        return sum(self.counts) + self.below + self.above


def histogram(values: Iterable[float], low: float, high: float, bins: int = BINS) -> Histogram:
    """The values counted in `bins` >= 1 equal bins from `low` to `high` > `low`; what is no number is not counted.

    A value within rounding of an edge lies on it.
    """
    counts = [0] * bins
    below = above = 0
    for value in values:
        if isnan(value):
            continue
        place = round((value - low) / (high - low), SCORE_DIGITS)
        if place < 0:
            below += 1
        elif place > 1:
            above += 1
        else:
            counts[min(floor(round(place * bins, SCORE_DIGITS)), bins - 1)] += 1
    edges = tuple(low + (high - low) * edge / bins for edge in range(bins + 1))
    return Histogram(edges, tuple(counts), below, above)


def item_histograms(tables: Sequence[ScoreTable], bins: int = BINS) -> list[Histogram]:
    """The item means of each operand, over the range that spans theirs all."""
    low, high = _range(tables)
    return [histogram((one.mean for one in table.scored), low, high, bins) for table in tables]


def score_histograms(tables: Sequence[ScoreTable], bins: int = BINS) -> list[Histogram]:
    """The scores of each operand, every run by itself, over the range that spans theirs all."""
    low, high = _range(tables)
    return [
        histogram((score for one in table.scored for score in one.scores.values()), low, high, bins) for table in tables
    ]


def _range(tables: Sequence[ScoreTable]) -> tuple[float, float]:
    """From the lowest to the highest end; a range without a width is one unit wide."""
    low, high = min((table.low for table in tables), default=0.0), max((table.high for table in tables), default=1.0)
    return (low, high) if high > low else (low, low + 1.0)
