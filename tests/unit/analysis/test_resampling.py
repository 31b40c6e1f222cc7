"""Intervals by drawing kinds of items are those of drawing items."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from rft_tui.analysis.intervals import Interval, ratio_interval
from rft_tui.analysis.resampling import MOST_LEFT_OUT, intervals_by_kind

if TYPE_CHECKING:
    from rft_tui.analysis.resampling import Numbers


def of_mean(values: list[float], counts: list[int], resamples: int = 10_000) -> Interval | None:
    """The interval of the mean of values that occur so often."""

    def figures(drawn: Numbers) -> Numbers:
        means: Numbers = drawn @ np.array(values) / drawn.sum(axis=1)
        return means[:, None]

    return intervals_by_kind(counts, figures, 1, resamples)[0]


@pytest.mark.parametrize("kinds", [3, 60, MOST_LEFT_OUT + 100])
def test_interval_is_that_of_drawing_items(kinds: int) -> None:
    source = random.Random(kinds)
    values = [source.expovariate(1) for _ in range(kinds)]  # skewed, so that the correction matters
    counts = [source.randrange(1, 30 if kinds < 10 else 4) for _ in values]
    items = [value for value, count in zip(values, counts, strict=True) for _ in range(count)]
    found, wanted = of_mean(values, counts), ratio_interval(items, [1.0] * len(items))
    assert found is not None
    assert wanted is not None
    width = wanted.high - wanted.low
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=0.05 * width)


def test_no_interval_where_the_data_say_too_little() -> None:
    assert of_mean([1.0], [1]) is None
    assert of_mean([1.0, 2.0], [1, 1], resamples=0) is None

    def rarely_defined(drawn: Numbers) -> Numbers:
        defined: Numbers = np.where(drawn[:, :1] > 0, 1.0, np.nan)
        return np.concatenate([defined, np.full_like(defined, np.nan)], axis=1)

    assert intervals_by_kind([1, 9], rarely_defined, 1, 1000) == [None, None]
    found = intervals_by_kind([8, 2], rarely_defined, 1, 1000)
    assert found == [Interval(1.0, 1.0), None]
