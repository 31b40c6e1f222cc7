"""A judge's scores beside a person's: bias, limits, calibration and pay for length."""

from __future__ import annotations

import random
from math import log, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rft_tui.analysis.score_agreement import ScoreAgreement, ScorePair, score_agreement

SHARES = st.integers(0, 20).map(lambda number: number / 20)


def result(*pairs: ScorePair, bins: int = 10) -> ScoreAgreement:
    found = score_agreement(pairs, bins)
    assert found is not None
    return found


def test_figures_of_a_few_answers() -> None:
    found = result(
        ScorePair("a", 0.9, 0.5, 100),
        ScorePair("a", 0.7, 0.5, 50),
        ScorePair("b", 0.2, 0.3, 20),
        ScorePair("c", 1.0, 1.0),
    )
    assert (found.answers, found.items) == (4, 3)
    # item means of the bias are .3, -.1 and 0
    assert found.bias.value == pytest.approx(0.2 / 3)
    assert found.mean_absolute_error == pytest.approx(0.7 / 4)
    spread = float(np.std([0.4, 0.2, -0.1, 0.0], ddof=1))
    assert found.limits is not None
    assert (found.limits.low, found.limits.high) == pytest.approx((0.125 - 1.96 * spread, 0.125 + 1.96 * spread))
    assert found.spearman == pytest.approx(stats.spearmanr([0.9, 0.7, 0.2, 1], [0.5, 0.5, 0.3, 1]).statistic)
    assert found.kendall == pytest.approx(stats.kendalltau([0.9, 0.7, 0.2, 1], [0.5, 0.5, 0.3, 1]).statistic)
    assert found.by_length is not None
    wanted = stats.linregress([log(100), log(50), log(20)], [0.4, 0.2, -0.1])
    assert (found.by_length.slope.value, found.by_length.points) == pytest.approx((wanted.slope, 3))


def test_calibration_by_bins_of_the_judge() -> None:
    found = result(
        *[ScorePair(str(place), judge, 0.5) for place, judge in enumerate([-0.1, 0.0, 0.49, 0.5, 1.0, 1.2])], bins=2
    )
    assert [(one.low, one.high, one.answers) for one in found.bins] == [(0.0, 0.5, 3), (0.5, 1.0, 3)]
    assert found.bins[0].judge == pytest.approx(0.13)
    assert found.bins[1].person == 0.5


def test_a_judge_that_pays_for_length_has_a_slope_above_zero() -> None:
    source = random.Random(5)
    pairs = []
    for item in range(200):
        quality, length = source.random(), source.randrange(20, 2000)
        pairs.append(ScorePair(str(item), quality + 0.1 * log(length / 200) + source.gauss(0, 0.05), quality, length))
    found = result(*pairs)
    assert found.by_length is not None
    assert found.by_length.slope.interval is not None
    assert found.by_length.slope.interval.low > 0.05
    fair = result(*[ScorePair(one.item, one.person + source.gauss(0, 0.05), one.person, one.length) for one in pairs])
    assert fair.by_length is not None
    assert abs(fair.by_length.slope.value) < 0.02


def test_what_is_no_number_is_left_out() -> None:
    assert score_agreement([ScorePair("a", nan, 0.5)]) is None
    one = result(ScorePair("a", 0.5, 0.25, 0), ScorePair("b", 0.5, nan))
    assert (one.answers, one.bias.value, one.bias.interval, one.limits, one.by_length) == (1, 0.25, None, None, None)
    assert (one.spearman, one.kendall) == (None, None)


@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=30))
def test_no_answer_is_lost_in_the_bins(scores: list[tuple[float, float]]) -> None:
    found = result(*[ScorePair(str(place), judge, person) for place, (judge, person) in enumerate(scores)])
    assert sum(one.answers for one in found.bins) == len(scores)
    assert all(one.low - 1e-9 <= one.judge <= one.high + 1e-9 for one in found.bins)
    assert found.mean_absolute_error >= abs(found.bias.value) - 1e-12
