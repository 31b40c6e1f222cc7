"""The mean of item means against worked figures and plain arithmetic."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.analysis.means import MeanEstimate, mean_of_item_means

SCORES: list[list[float]] = [[1, 0.5, 0], [1, 1, 0.5], [0, 0, 0], [1, 1, 1], [0.5, 1, 0.5]]


def estimate(means: list[float], origin: float = 0.0) -> MeanEstimate:
    shifted = [mean - origin for mean in means]
    return mean_of_item_means(len(means), sum(shifted), sum(one * one for one in shifted), origin)


@pytest.mark.parametrize("origin", [0.0, 0.6, -5.0])
def test_worked_figures(origin: float) -> None:
    found = estimate([sum(runs) / len(runs) for runs in SCORES], origin)
    assert found.items == 5
    assert found.mean == pytest.approx(0.6, abs=5e-5)
    assert found.standard_error == pytest.approx(0.1716, abs=5e-5)


def test_too_few_items() -> None:
    assert estimate([]) == MeanEstimate(0, None, None)
    assert estimate([0.25], 0.125) == MeanEstimate(1, 0.25, None)
    assert estimate([0.25] * 9) == MeanEstimate(9, 0.25, 0.0)


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=30), st.floats(-10, 10))
def test_against_the_standard_library(means: list[float], origin: float) -> None:
    found = estimate(means, origin)
    assert found.mean == pytest.approx(statistics.fmean(means), abs=1e-9)
    assert found.standard_error == pytest.approx(statistics.stdev(means) / math.sqrt(len(means)), abs=1e-5)
