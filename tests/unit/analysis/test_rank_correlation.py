"""Rank correlations against scipy, and on as many pairs as people compare."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rft_tui.analysis.rank_correlation import kendall_tau_b, ranks, spearman

PAIRS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=40)


@given(PAIRS)
def test_both_are_those_of_scipy(pairs: list[tuple[int, int]]) -> None:
    one, other = [float(x) for x, _y in pairs], [float(y) for _x, y in pairs]
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert spearman(one, other) is None
        assert kendall_tau_b(one, other) is None
        return
    assert spearman(one, other) == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-12)
    assert kendall_tau_b(one, other) == pytest.approx(stats.kendalltau(one, other).statistic, abs=1e-12)
    assert ranks(one) == pytest.approx(list(stats.rankdata(one)))


@given(PAIRS)
def test_turning_one_side_turns_the_sign(pairs: list[tuple[int, int]]) -> None:
    one, other = [float(x) for x, _y in pairs], [float(y) for _x, y in pairs]
    for figure in (spearman, kendall_tau_b):
        there, back = figure(one, other), figure(one, [-y for y in other])
        if there is None or back is None:
            assert there is back
            continue
        assert there == pytest.approx(-back, abs=1e-12)
        assert figure(other, one) == pytest.approx(there, abs=1e-12)
        assert -1 - 1e-12 <= there <= 1 + 1e-12


def test_too_little_to_compare() -> None:
    assert spearman([], []) is None
    assert kendall_tau_b([], []) is None
    assert kendall_tau_b([1.0], [2.0]) is None
    with pytest.raises(ValueError, match=r"shorter|longer"):
        kendall_tau_b([1.0, 2.0], [1.0])


def test_forty_thousand_pairs() -> None:
    source = random.Random(4)
    one = [source.random() for _ in range(40_000)]
    other = [round(x + source.random(), 2) for x in one]
    begun = time.process_time()
    found = kendall_tau_b(one, other), spearman(one, other)
    assert time.process_time() - begun < 5
    wanted = stats.kendalltau(one, other).statistic, stats.spearmanr(one, other).statistic
    assert found == pytest.approx(wanted, abs=1e-9)
