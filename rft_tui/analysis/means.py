"""The mean of a model: the mean of its item means, with the spread between items as its error.

Runs of one item are a cluster, so the standard error is taken over items, not over predictions (Miller, arXiv
2411.00640).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class MeanEstimate:
    """Mean over `items` item means, and its standard error; both None where there are too few items."""

    items: int
    mean: float | None
    standard_error: float | None


def mean_of_item_means(items: int, total: float, squares: float, origin: float = 0.0) -> MeanEstimate:
    """The estimate from sums: `total` and `squares` of (item mean - `origin`) over all items.

    SE_a = sqrt(sum (x_i - mean)^2 / (M (M - 1))), for M >= 2 items.
    """
    if items == 0:
        return MeanEstimate(0, None, None)
    mean = total / items
    if items == 1:
        return MeanEstimate(1, origin + mean, None)
    deviation = max(0.0, squares - items * mean * mean)
    return MeanEstimate(items, origin + mean, sqrt(deviation / (items * (items - 1))))
