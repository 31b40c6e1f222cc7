"""Intervals against worked figures, scipy, and what they must never do."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from rft_tui.analysis import intervals
from rft_tui.analysis.intervals import Interval, ratio_interval, wilson_interval

ITEMS = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 4)), min_size=2, max_size=12)


def shares(items: list[tuple[int, int]]) -> tuple[list[float], list[float]]:
    """Numerators no larger than their denominators."""
    return [min(part, whole) for part, whole in items], [float(whole) for _part, whole in items]


def test_wilson_worked_figures() -> None:
    found = wilson_interval(0.8, 10)
    assert (found.low, found.high) == pytest.approx((0.4902, 0.9433), abs=5e-5)
    assert wilson_interval(1.0, 50).low == pytest.approx(0.9287, abs=5e-5)
    assert wilson_interval(1.0, 50).high == 1.0


@given(st.integers(1, 500).flatmap(lambda count: st.tuples(st.integers(0, count), st.just(count))))
def test_wilson_against_scipy(given_: tuple[int, int]) -> None:
    hits, count = given_
    wanted = stats.binomtest(hits, count).proportion_ci(method="wilson")
    found = wilson_interval(hits / count, count)
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_bca_against_scipy(seed: int) -> None:
    generator = np.random.default_rng(seed)
    top = generator.exponential(1.0, 25)
    bottom = top * 0.5 + generator.exponential(1.0, 25)

    def ratio(over: NDArray[np.float64], under: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
        quotient: NDArray[np.float64] = over.sum(axis=axis) / under.sum(axis=axis)
        return quotient

    wanted = stats.bootstrap(
        (top, bottom), ratio, paired=True, vectorized=True, n_resamples=20_000, method="BCa", rng=generator
    ).confidence_interval
    found = ratio_interval(list(top), list(bottom))
    assert found is not None
    width = wanted.high - wanted.low
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=0.04 * width)


def test_a_mean_has_denominators_of_one() -> None:
    values = [float(number % 7) for number in range(60)]
    found = ratio_interval(values, [1.0] * 60)
    wanted = stats.t.interval(0.95, 59, np.mean(values), stats.sem(values))
    assert found is not None
    assert (found.low, found.high) == pytest.approx(wanted, abs=0.05)


def test_too_little_says_nothing() -> None:
    assert ratio_interval([], []) is None
    assert ratio_interval([1.0], [1.0]) is None
    assert ratio_interval([0.0, 0.0], [0.0, 0.0]) is None
    assert ratio_interval([1.0, *[0.0] * 20], [1.0, *[0.0] * 20]) is None, "a third of the resamples has no ratio"
    assert ratio_interval([0.5] * 4, [1.0] * 4) == Interval(0.5, 0.5)


@settings(max_examples=25, deadline=None)
@given(ITEMS, st.randoms(use_true_random=False))
def test_the_order_of_the_items_changes_no_digit(items: list[tuple[int, int]], chance: random.Random) -> None:
    first = ratio_interval(*shares(items), resamples=300)
    shuffled = list(items)
    chance.shuffle(shuffled)
    assert ratio_interval(*shares(shuffled), resamples=300) == first


@settings(max_examples=25, deadline=None)
@given(ITEMS)
def test_shares_stay_inside_what_the_items_say(items: list[tuple[int, int]]) -> None:
    numerators, denominators = shares(items)
    found = ratio_interval(numerators, denominators, resamples=300)
    assert found is not None
    each = [part / whole for part, whole in zip(numerators, denominators, strict=True)]
    assert min(each) - 1e-9 <= found.low <= found.high <= max(each) + 1e-9


def test_many_items_are_drawn_in_bounded_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [float(number % 2) for number in range(1000)]
    whole = ratio_interval(values, [1.0] * 1000, resamples=1000)
    monkeypatch.setattr(intervals, "DRAWS_AT_ONCE", 50_000)
    assert ratio_interval(values, [1.0] * 1000, resamples=1000) == whole
    monkeypatch.setattr(intervals, "MOST_DRAWS", 1)
    assert ratio_interval(values, [1.0] * 1000) == whole, "never fewer than a thousand resamples"
