"""Lines with HC3 errors and means with t intervals, against statsmodels and scipy."""

from __future__ import annotations

import random

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rft_tui.analysis.least_squares import Coefficient, fit_line, mean_of

NUMBERS = st.floats(-100, 100).map(lambda number: round(number, 3))


def shown(figure: Coefficient) -> tuple[float, float, float, float]:
    assert figure.standard_error is not None
    assert figure.interval is not None
    return figure.value, figure.standard_error, figure.interval.low, figure.interval.high


@pytest.mark.parametrize("count", [3, 5, 40, 300])
def test_line_is_that_of_statsmodels(count: int) -> None:
    source = random.Random(count)
    across = [source.gauss(0.8, 0.5) for _ in range(count)]
    up = [0.1 + 0.3 * x + source.gauss(0, 0.1 + abs(x)) for x in across]
    line = fit_line(across, up)
    assert line is not None
    oracle = sm.OLS(np.array(up), sm.add_constant(np.array(across))).fit(cov_type="HC3", use_t=True)
    for place, figure in enumerate((line.intercept, line.slope)):
        wanted = (oracle.params[place], oracle.bse[place], *oracle.conf_int()[place])
        assert shown(figure) == pytest.approx(wanted, rel=1e-8)


@given(st.lists(NUMBERS, min_size=2, max_size=30).filter(lambda values: max(values) - min(values) > 0.01))
def test_mean_is_that_of_scipy(values: list[float]) -> None:
    found = mean_of(values)
    error = stats.sem(values)
    low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), error)
    assert shown(found) == pytest.approx((np.mean(values), error, low, high), rel=1e-8, abs=1e-9)


def test_points_that_say_nothing() -> None:
    assert fit_line([0.0, 1.0], [0.0, 1.0]) is None
    assert fit_line([2.0] * 9, [float(number) for number in range(9)]) is None
    assert fit_line([1e9 + 0.1] * 9, [float(number) for number in range(9)]) is None
    assert mean_of([0.25]) == Coefficient(0.25, None, None)
    one_holds_it = fit_line([0.0, 0.0, 0.0, 1.0], [0.1, 0.2, 0.3, 1.2])
    assert one_holds_it is not None
    assert (one_holds_it.slope.value, one_holds_it.points) == pytest.approx((1.0, 4))
    assert (one_holds_it.slope.standard_error, one_holds_it.slope.interval) == (None, None)
    assert one_holds_it.intercept.standard_error is None


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=3, max_size=20), NUMBERS)
def test_moving_all_points_up_moves_the_intercept_alone(points: list[tuple[float, float]], by: float) -> None:
    across, up = [x for x, _y in points], [y for _x, y in points]
    before, after = fit_line(across, up), fit_line(across, [y + by for y in up])
    if before is None or after is None:
        assert before is after
        return
    assert after.slope.value == pytest.approx(before.slope.value, abs=1e-6, rel=1e-6)
    scale = 1 + abs(before.slope.value) * 100
    assert after.intercept.value == pytest.approx(before.intercept.value + by, abs=1e-6 * scale)


def test_errors_over_groups_are_those_of_leaving_each_out() -> None:
    chance = random.Random(5)
    groups = [place % 12 for place in range(40)]
    shifts = [chance.gauss(0, 1) for _ in range(12)]
    across = [3 + shifts[group] + 0.1 * chance.random() for group in groups]
    up = [0.2 * x + 0.1 * shifts[group] ** 2 + 0.1 * chance.random() for x, group in zip(across, groups, strict=True)]
    line = fit_line(across, up, groups)
    assert line is not None
    plain = fit_line(across, up)
    assert plain is not None
    assert (line.slope.value, line.intercept.value) == (plain.slope.value, plain.intercept.value)
    away = np.zeros(2)
    for left in range(12):
        kept = [place for place, group in enumerate(groups) if group != left]
        refit = np.polynomial.Polynomial.fit(np.take(across, kept), np.take(up, kept), 1).convert().coef
        away += (refit - [line.intercept.value, line.slope.value]) ** 2
    assert [line.intercept.standard_error, line.slope.standard_error] == pytest.approx(np.sqrt(away).tolist())
    assert line.slope.standard_error is not None
    assert plain.slope.standard_error is not None
    assert line.slope.standard_error > plain.slope.standard_error


def test_one_group_alone_says_nothing_of_errors() -> None:
    assert mean_of([0.5, 0.25, 0.75], "aaa") == Coefficient(0.5, None, None)
    two = fit_line([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 1.0, 3.0], "aabb")
    assert two is not None
    assert two.slope.standard_error is None
