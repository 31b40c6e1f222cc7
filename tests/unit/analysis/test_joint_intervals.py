"""Intervals of several figures from one drawing."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rft_tui.analysis import joint_intervals
from rft_tui.analysis.intervals import ratio_interval
from rft_tui.analysis.joint_intervals import mean_intervals


def test_each_as_by_itself() -> None:
    generator = np.random.default_rng(2)
    rows: list[list[float | None]] = generator.exponential(1.0, (60, 2)).tolist()
    for row in rows[:20]:
        row[1] = None
    for place, found in enumerate(mean_intervals(rows)):
        column = [row[place] for row in rows]
        has = [float(value is not None) for value in column]
        wanted = ratio_interval([value or 0.0 for value in column], has)
        assert found is not None
        assert wanted is not None
        assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=0.02)


def test_columns_that_are_there_twice_are_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(4)
    rows: list[list[float | None]] = generator.exponential(1.0, (300, 3)).round(1).tolist()
    twice = [[*row, *row] for row in rows]
    sizes: list[int] = []
    product = joint_intervals._product

    def noted(times: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
        sizes.append(columns.shape[1])
        return product(times, columns)

    monkeypatch.setattr(joint_intervals, "_product", noted)
    found = mean_intervals(twice, resamples=1000)
    assert set(sizes) == {4}, "three figures and what all items have"
    assert found[:3] == found[3:]
    monkeypatch.setattr(joint_intervals, "PRODUCT_AT_ONCE", 1)
    for one, other in zip(mean_intervals(twice, resamples=1000), found, strict=True):
        assert one is not None
        assert other is not None
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-12)


def test_too_little_says_nothing() -> None:
    assert mean_intervals([]) == mean_intervals([[], []]) == []
    assert mean_intervals([[1.0, 0.5]]) == [None, None]
    found = mean_intervals([[float(place % 2), 1.0 if place == 0 else None, None] for place in range(20)])
    assert found[0] is not None
    assert found[1:] == [None, None]


def test_many_items_are_drawn_in_bounded_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[list[float | None]] = [[float(place % 3), None if place % 5 else 1.0 * place] for place in range(1000)]
    whole = mean_intervals(rows, resamples=1000)
    monkeypatch.setattr(joint_intervals, "DRAWS_AT_ONCE", 50_000)
    assert mean_intervals(rows, resamples=1000) == whole
    monkeypatch.setattr(joint_intervals, "MOST_DRAWS", 1)
    assert mean_intervals(rows) == whole, "never fewer than a thousand resamples"
