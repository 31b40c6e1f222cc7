"""Histograms with the same edges for all that is compared."""

from __future__ import annotations

from dataclasses import dataclass

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
