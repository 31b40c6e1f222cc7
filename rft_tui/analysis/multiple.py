"""Several comparisons at once: p values adjusted for how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values in the order given; those at most alpha keep the chance of any false finding below it.

    p_(j) (m - j + 1), never below the one before, at most 1 (Holm 1979).
    """
    count = len(p_values)
    order = sorted(range(count), key=lambda place: p_values[place])
    raised = accumulate((p_values[place] * (count - rank) for rank, place in enumerate(order)), max)
    return _in_place(order, [min(1.0, p) for p in raised])


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values in the order given; those at most alpha hold at most that share of false findings on average.

    p_(j) m / j, never above the one after, at most 1 (Benjamini & Hochberg 1995).
    """
    count = len(p_values)
    order = sorted(range(count), key=lambda place: p_values[place], reverse=True)
    lowered = accumulate((p_values[place] * count / (count - rank) for rank, place in enumerate(order)), min)
    return _in_place(order, [min(1.0, p) for p in lowered])


def _in_place(order: Sequence[int], values: Sequence[float]) -> list[float]:
    return [value for _place, value in sorted(zip(order, values, strict=True))]
