"""The sign-flip test against worked figures, scipy and its own symmetries."""

from __future__ import annotations

import random
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rft_tui.analysis import sign_flip as module
from rft_tui.analysis.sign_flip import SignFlip, sign_flip

DIFFERENCES = st.lists(st.integers(-10, 10).map(lambda tenth: tenth / 10), max_size=40)


def by_scipy(differences: list[float], resamples: float) -> float:
    result = stats.permutation_test(
        (np.array(differences),),
        lambda one, axis: one.sum(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        rng=np.random.default_rng(0),
    )
    return float(result.pvalue)


def test_worked_figure() -> None:
    assert sign_flip([1 / 3, 1 / 6, 1 / 6, 0, 1 / 6]) == SignFlip(0.125, exact=True, resamples=0)


def test_nothing_differs() -> None:
    assert sign_flip([]).p == 1
    assert sign_flip([0.0] * 100) == SignFlip(1.0, exact=True, resamples=0), "the sign of 0 changes nothing"


@pytest.mark.parametrize("seed", range(4))
def test_exact_against_scipy(seed: int) -> None:
    differences = np.random.default_rng(seed).normal(0.2, 0.5, 4 + 3 * seed).tolist()
    found = sign_flip(differences)
    assert found.exact
    assert found.p == pytest.approx(by_scipy(differences, np.inf))


@pytest.mark.parametrize("seed", range(3))
def test_drawn_against_scipy(seed: int) -> None:
    differences = np.random.default_rng(seed).normal(0.05, 0.3, 101).tolist()
    found = sign_flip(differences)
    assert (found.exact, found.resamples) == (False, 10_000)
    assert found.p == pytest.approx(by_scipy(differences, 20_000), abs=0.02)


def test_a_sum_as_far_counts_however_it_is_rounded() -> None:
    # all 17 alike: only the two ways with one sign reach as far, each with chance 2^-17
    assert sign_flip([0.1] * 17, resamples=999).p == pytest.approx(1 / 1000)
    # a sum of 0 is always reached
    assert sign_flip([0.1, -0.1] * 10).p == 1
    assert sign_flip([0.1] * 3 + [-0.3]).p == 1


@settings(deadline=None)
@given(DIFFERENCES, st.randoms(use_true_random=False))
def test_neither_order_nor_direction_changes_a_digit(differences: list[float], chance: random.Random) -> None:
    whole = sign_flip(differences, resamples=500)
    shuffled = list(differences)
    chance.shuffle(shuffled)
    assert sign_flip(shuffled, resamples=500) == whole
    assert sign_flip([-one for one in shuffled], resamples=500) == whole
    assert 0 < whole.p <= 1


def test_many_items_are_drawn_in_bounded_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = np.random.default_rng(1).normal(0, 1, 20_000).tolist()
    whole = sign_flip(differences, resamples=400)
    monkeypatch.setattr(module, "DRAWS_AT_ONCE", 100_000)
    tracemalloc.start()
    assert sign_flip(differences, resamples=400) == whole
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20_000_000, "all signs at once were eight million"


def test_of_very_many_differences_fewer_signs_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_DRAWS", 1000)
    found = sign_flip([0.1, -0.1, 0.3] * 100, resamples=5000)
    assert found.resamples == 1000
    assert found.p >= 1 / 1001
