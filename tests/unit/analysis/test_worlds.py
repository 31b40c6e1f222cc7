"""Do intervals hold the truth as often as they say, and does a comparison of equals find a difference as rarely?

The worlds are those of `worlds.py`: scores by tenths, and pass or fail, away from the ends of the range (true means of
.56 to .62), items correlated by .7, 50 to 300 items, 1 to 8 runs. With the number of samples drawn, the share counted
is within .0165 of the true one in 99.7 of 100 cases.
"""

from __future__ import annotations

from statistics import NormalDist, fmean

import pytest

from rft_tui.analysis.intervals import Interval
from rft_tui.analysis.model_mean import model_mean
from rft_tui.analysis.paired import paired_difference
from rft_tui.analysis.sign_flip import sign_flip
from tests.unit.analysis.worlds import World

SAMPLES = 1600

WORLDS = [
    World(50, 1, is_graded=True),
    World(50, 8, is_graded=True),
    World(100, 3, is_graded=True),
    World(300, 2, is_graded=True),
    World(50, 4, is_graded=False),
    World(100, 1, is_graded=False),
    World(100, 8, is_graded=False),
    World(200, 3, is_graded=False),
]


def holds(interval: Interval | None, truth: float) -> bool:
    return interval is not None and interval.low <= truth <= interval.high


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_equals_differ_and_intervals_miss_as_often_as_they_say(world: World) -> None:
    found = held = held_difference = 0
    for first, second in world.samples(SAMPLES, seed=20):
        paired, mean = paired_difference(first, second), model_mean(first)
        assert paired is not None
        assert mean is not None
        assert paired.p_t is not None
        found += paired.p_t <= 0.05
        held += holds(mean.interval, world.truths[0])
        held_difference += holds(paired.interval, 0.0)
    assert 0.035 <= found / SAMPLES <= 0.065
    assert 0.93 <= held / SAMPLES <= 0.97
    assert held_difference == SAMPLES - found, "the interval and the test say the same"


def test_sign_flips_find_a_difference_of_equals_as_rarely() -> None:
    world = World(50, 3, is_graded=True)
    found = 0
    for first, second in world.samples(SAMPLES, seed=21):
        paired = paired_difference(first, second)
        assert paired is not None
        found += sign_flip(list(paired.differences.values()), resamples=799).p <= 0.05
    assert 0.035 <= found / SAMPLES <= 0.065


@pytest.mark.parametrize("is_graded", [True, False], ids=["graded", "pass"])
def test_a_gain_is_held_and_found_as_often_as_the_detectable_difference_says(is_graded: bool) -> None:
    world = World(100, 3, is_graded=is_graded, gain=0.2)
    gain = world.truths[1] - world.truths[0]
    held = found = 0
    detectable = []
    for first, second in world.samples(SAMPLES, seed=22):
        paired = paired_difference(first, second)
        assert paired is not None
        assert paired.p_t is not None
        assert paired.smallest_detectable is not None
        held += holds(paired.interval, gain)
        found += paired.p_t <= 0.05
        detectable.append(paired.smallest_detectable)
    assert 0.93 <= held / SAMPLES <= 0.97
    normal = NormalDist()
    away = normal.inv_cdf(0.975) + normal.inv_cdf(0.8)
    assert found / SAMPLES == pytest.approx(
        normal.cdf(gain / fmean(detectable) * away - normal.inv_cdf(0.975)), abs=0.04
    )
