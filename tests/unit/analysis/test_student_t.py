"""Student's t against scipy."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from rft_tui.analysis.student_t import incomplete_beta, t_quantile, t_two_sided

FREEDOM = st.one_of(st.integers(1, 100_000).map(float), st.floats(0.5, 200))


@given(st.floats(0, 1), st.floats(0.05, 2000), st.floats(0.05, 2000))
def test_incomplete_beta_against_scipy(x: float, a: float, b: float) -> None:
    assert incomplete_beta(x, a, b) == pytest.approx(float(special.betainc(a, b, x)), rel=1e-9, abs=1e-12)


@given(st.floats(-60, 60), FREEDOM)
def test_two_sided_against_scipy(t: float, freedom: float) -> None:
    assert t_two_sided(t, freedom) == pytest.approx(2 * float(stats.t.sf(abs(t), freedom)), rel=1e-7, abs=1e-13)


@given(st.floats(1e-6, 1 - 1e-6), FREEDOM)
def test_quantile_against_scipy(probability: float, freedom: float) -> None:
    wanted = float(stats.t.ppf(probability, freedom))
    assert t_quantile(probability, freedom) == pytest.approx(wanted, rel=1e-6, abs=1e-8)


def test_ends() -> None:
    assert t_two_sided(0.0, 5) == 1
    assert t_two_sided(inf, 5) == 0
    assert t_quantile(1.0, 3) == inf
    assert t_quantile(0.0, 3) == -inf
    assert t_quantile(0.5, 3) == pytest.approx(0, abs=1e-9)
    assert t_quantile(0.975, 4) == pytest.approx(2.7764, abs=5e-5)
