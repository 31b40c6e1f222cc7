"""Alarms on planted curves: each rings on its own trouble and stays silent on a healthy job."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.analysis.job_alarms import RULES, SILENT_S, JobCurves, Point, job_alarms, reward_gap, smoothed

STEPS = 50


def noisy(shape: list[float], seed: int, noise: float = 0.03) -> list[Point]:
    """A shape with noise, step by step from 1."""
    draw = random.Random(seed)
    return [(step, value + draw.gauss(0, noise)) for step, value in enumerate(shape, 1)]


def learning(start: float = 0.35, gain: float = 0.3) -> list[float]:
    """A reward that rises and levels off, never quite flat."""
    return [start + gain * (1 - math.exp(-step / 35)) for step in range(STEPS)]


def every_fifth(points: list[Point]) -> list[Point]:
    """What a validation at every fifth step sees."""
    return points[::5]


def healthy(seed: int = 1) -> JobCurves:
    """A job that learns: rewards rise together, answers get a little longer."""
    return JobCurves(
        noisy(learning(), seed),
        every_fifth(noisy(learning(0.34, 0.28), seed + 1, 0.01)),
        tokens=noisy([400 + step for step in range(STEPS)], seed + 2, 10),
        errors={"other_error (exact)": [(step, 0.002) for step in range(1, STEPS + 1)]},
        longest_pause_s=40.0,
        is_running=True,
        silent_s=60,
    )


def names(curves: JobCurves) -> list[str]:
    """The alarms that ring."""
    return [alarm.name for alarm in job_alarms(curves)]


@pytest.mark.parametrize("seed", range(20))
def test_a_healthy_job_is_left_alone(seed: int) -> None:
    assert names(healthy(seed * 10)) == []


@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
def test_a_flat_reward_is_said_at_any_level(level: float) -> None:
    curves = JobCurves(noisy([level] * STEPS, 3), every_fifth(noisy([level] * STEPS, 4, 0.002)))
    [alarm] = job_alarms(curves)
    assert alarm.name == "flat"
    assert f"{level:.2f}"[:3] in alarm.message or level == 0.0
    assert alarm.step == 46


def test_flat_training_is_said_where_nothing_is_validated() -> None:
    assert names(JobCurves(noisy([0.3] * STEPS, 5, 0.01))) == ["flat"]


def test_a_jump_is_found_at_its_step() -> None:
    shape = [0.3] * 25 + [0.7] * 25
    [alarm] = [one for one in job_alarms(JobCurves(noisy(shape, 6))) if one.name == "jump"]
    assert alarm.step == 26
    assert "read samples" in alarm.hint.lower()


@pytest.mark.parametrize("seed", range(10))
def test_noise_alone_is_no_jump(seed: int) -> None:
    assert "jump" not in names(JobCurves(noisy([0.4] * STEPS, seed, 0.12)))


def test_rising_rewards_with_growing_answers_are_suspicious() -> None:
    longer = replace(healthy(), tokens=noisy([400 * (1 + step / STEPS) for step in range(STEPS)], 7, 5))
    [alarm] = job_alarms(longer)
    assert alarm.name == "growing"
    assert "tokens" in alarm.message
    lists = replace(healthy(), shares={"answers_with_lists": [(step, step / 60) for step in range(0, 51, 5)]})
    [alarm] = job_alarms(lists)
    assert "answers with lists" in alarm.message


@pytest.mark.parametrize("name", ["answers_with_lists", "padded_answers", "answers_repeating_the_question"])
def test_a_few_evaluations_are_enough_to_see_a_look_grow(name: str) -> None:
    few = replace(healthy(), shares={name: [(0, 0.0), (10, 0.02), (20, 0.5), (30, 0.9)]})
    [alarm] = job_alarms(few)
    assert f"{name.replace('_', ' ')} 0% → 90%" in alarm.message
    assert names(replace(healthy(), shares={name: [(0, 0.0), (10, 0.9)]})) == []


def test_three_times_as_long_is_an_alarm_by_itself() -> None:
    curves = JobCurves(
        noisy([0.3 + step / 1000 for step in range(STEPS)], 8),
        tokens=noisy([300 + 20 * step for step in range(STEPS)], 9, 5),
    )
    assert names(curves) == ["tokens"]


def test_validation_that_falls_while_training_rises() -> None:
    valid = [0.4 + 0.02 * step for step in range(4)] + [0.46 - 0.03 * step for step in range(6)]
    curves = JobCurves(noisy(learning(), 10), [(1 + 5 * place, value) for place, value in enumerate(valid)])
    found = {alarm.name: alarm for alarm in job_alarms(curves)}
    assert set(found) == {"opposite", "gap"}
    assert found["opposite"].severity == "error"


def test_validation_loss_that_rises_again() -> None:
    train = [(step, 2.0 - step / 40) for step in range(1, STEPS + 1)]
    valid = [(5, 1.9), (10, 1.6), (15, 1.5), (20, 1.55), (25, 1.7)]
    [alarm] = job_alarms(JobCurves(train_loss=train, valid_loss=valid))
    assert alarm.name == "opposite"
    assert "step 15" in alarm.message
    assert job_alarms(JobCurves(train_loss=train, valid_loss=valid[:3])) == []


def test_failing_graders_are_named_with_their_share() -> None:
    kind = "python_grader_runtime_error (lexical)"
    broken = replace(healthy(), errors={kind: [(step, 0.05) for step in range(1, STEPS + 1)]})
    [alarm] = job_alarms(broken)
    assert alarm.name == "errors"
    assert "5.0%" in alarm.message
    assert kind in alarm.message


def test_silence_is_measured_against_the_pace_of_the_events() -> None:
    quiet = replace(healthy(), silent_s=401.0)
    assert names(quiet) == ["silent"]
    assert names(replace(quiet, longest_pause_s=41.0)) == []
    assert names(replace(quiet, longest_pause_s=0.5, silent_s=59.0)) == []
    assert names(replace(quiet, is_running=False)) == []
    assert names(replace(quiet, longest_pause_s=None)) == []
    assert names(replace(quiet, longest_pause_s=None, silent_s=SILENT_S + 1)) == ["silent"]


def test_a_gap_is_seen_while_training_climbs() -> None:
    train = [(step, 0.2 + step / 50) for step in range(1, 31)]
    assert reward_gap(train, [(10, 0.4), (30, 0.8)]) == pytest.approx(0.0)
    assert reward_gap(train, [(10, 0.4), (30, 0.65)]) == pytest.approx(0.15)
    assert "gap" in names(JobCurves(train, [(10, 0.4), (30, 0.65)]))
    assert "gap" not in names(JobCurves(train, [(10, 0.4), (30, 0.75)]))
    assert reward_gap([], [(1, 0.5)]) is None
    assert reward_gap([(1, 0.75)], [(1, 0.5)]) == 0.25


def test_an_alarm_says_when_it_first_rang() -> None:
    tokens = [(step, 300.0 if step <= 20 else 1000.0) for step in range(1, STEPS + 1)]
    [alarm] = job_alarms(JobCurves([(step, 0.2 + step / 150) for step in range(1, STEPS + 1)], tokens=tokens))
    assert alarm.name == "tokens"
    assert 23 <= alarm.step <= 25
    assert alarm.message.endswith("(300 → 1000 tokens)")


def test_every_alarm_can_be_switched_off() -> None:
    curves = replace(healthy(), silent_s=SILENT_S + 1)
    assert job_alarms(curves, off={"silent"}) == []
    assert job_alarms(curves, off=set(RULES)) == []


def test_a_range_from_zero_to_ten_rings_as_one_from_zero_to_one() -> None:
    def times_ten(points: list[Point]) -> list[Point]:
        return [(step, value * 10) for step, value in points]

    curves = healthy()
    wide = replace(curves, train=times_ten(list(curves.train)), valid=times_ten(list(curves.valid)), span=10.0)
    assert names(wide) == []


points = st.lists(st.tuples(st.integers(0, 10_000), st.floats(-1e6, 1e6)), max_size=60).map(
    lambda found: sorted({step: (step, value) for step, value in found}.values())
)


@given(points, points, points, st.floats(0, 1e9))
def test_no_curve_breaks_the_rules(train: list[Point], valid: list[Point], tokens: list[Point], silent: float) -> None:
    curves = JobCurves(train, valid, train, valid, tokens, {"other": valid}, {"lists": tokens}, 5.0, 1.0, True, silent)
    for alarm in job_alarms(curves):
        assert alarm.message
        assert alarm.hint


@given(points, st.integers(1, 9))
def test_smoothing_keeps_steps_and_stays_within_the_values(values: list[Point], window: int) -> None:
    smooth = smoothed(values, window)
    assert [step for step, _value in smooth] == [step for step, _value in values]
    if values:
        least, most = min(value for _s, value in values), max(value for _s, value in values)
        assert all(least - 1e-6 * abs(least) <= value <= most + 1e-6 * abs(most) for _step, value in smooth)
