"""Rank correlations: do two sets of scores put the same things in the same order?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from math import fsum, sqrt


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value, from 1; equal values share the mean of theirs."""
    found = [0.0] * len(values)
    order = sorted(range(len(values)), key=values.__getitem__)
    begun = 0
    for _value, alike in groupby(order, key=values.__getitem__):
        places = list(alike)
        for place in places:
            found[place] = begun + (len(places) + 1) / 2
        begun += len(places)
    return found


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's ρ, the correlation of ranks; None below 2 pairs and where one side is all the same.

    Raises ValueError where the two have different lengths.
    """
    middle = (len(one) + 1) / 2
    pairs = [(mine - middle, theirs - middle) for mine, theirs in zip(ranks(one), ranks(other), strict=True)]
    mine, theirs = fsum(x * x for x, _y in pairs), fsum(y * y for _x, y in pairs)
    return fsum(x * y for x, y in pairs) / sqrt(mine * theirs) if mine and theirs else None


def kendall_tau_b(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Kendall's τ-b, in n log n (Knight 1966); None below 2 pairs and where one side is all the same.

    Raises ValueError where the two have different lengths.
    """
    pairs = sorted(zip(one, other, strict=True))
    every = len(pairs) * (len(pairs) - 1) // 2
    mine, both = _ties(x for x, _y in pairs), _ties(pairs)
    theirs = _ties(sorted(other))
    if mine == every or theirs == every:
        return None
    against = _exchanges([y for _x, y in pairs])
    return (every - mine - theirs + both - 2 * against) / sqrt((every - mine) * (every - theirs))


def _ties(ordered: Iterable[object]) -> int:
    """Pairs of equal values in a sorted sequence."""
    sizes = [sum(1 for _one in alike) for _value, alike in groupby(ordered)]
    return sum(size * (size - 1) // 2 for size in sizes)


def _exchanges(values: list[float]) -> int:
    """Pairs whose order is wrong, counted while they are merged from runs of 1, 2, 4, … values."""
    found, size = 0, 1
    while size < len(values):
        merged: list[float] = []
        for begun in range(0, len(values), 2 * size):
            left, right = values[begun : begun + size], values[begun + size : begun + 2 * size]
            taken = 0
            for value in right:
                while taken < len(left) and left[taken] <= value:
                    merged.append(left[taken])
                    taken += 1
                found += len(left) - taken
                merged.append(value)
            merged.extend(left[taken:])
        values, size = merged, 2 * size
    return found
