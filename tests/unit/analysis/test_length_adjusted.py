"""The difference at equal length: the worked figures, and how often simulated gains are flagged."""

from __future__ import annotations

import random
from math import nan

import pytest

from rft_tui.analysis.length_adjusted import LengthAdjusted, length_adjusted


def world(
    source: random.Random, items: int, by_length: float, honest: float, *, shift: float = 0.8, spread: float = 0.5
) -> LengthAdjusted:
    """Gains of `by_length` per unit of log length and `honest` beside, noise of .15 between items."""
    lengths = {str(item): source.gauss(shift, spread) for item in range(items)}
    gains = {item: honest + by_length * length + source.gauss(0, 0.15) for item, length in lengths.items()}
    found = length_adjusted(gains, lengths)
    assert found is not None
    return found


def flagged(items: int, by_length: float, honest: float, worlds: int = 300) -> float:
    source = random.Random(7)
    return sum(world(source, items, by_length, honest).is_flagged for _ in range(worlds)) / worlds


def test_worked_figures() -> None:
    lengths = dict(zip("abcdef", [0.1, 0.5, 0.9, 1.2, 0.0, 0.4], strict=True))
    gains = dict(zip("abcdef", [0.05, 0.12, 0.30, 0.33, -0.02, 0.10], strict=True))
    found = length_adjusted(gains, lengths)
    assert found is not None
    assert found.at_equal_length is not None
    assert found.slope is not None
    assert found.raw.value == pytest.approx(0.1467, abs=5e-5)
    assert (found.at_equal_length.value, found.at_equal_length.standard_error) == pytest.approx(
        (-0.0063, 0.0201), abs=5e-5
    )
    assert (found.slope.value, found.slope.standard_error) == pytest.approx((0.2961, 0.0417), abs=5e-5)
    assert found.mean_log_length == pytest.approx(3.1 / 6)
    assert (found.items, found.left_out, found.extrapolation, found.is_flagged) == (6, 0, "", True)


def test_a_gain_bought_with_length_is_flagged_and_an_honest_one_is_not() -> None:
    assert flagged(50, by_length=0.15, honest=0) >= 0.85
    assert flagged(100, by_length=0.15, honest=0) >= 0.95
    for items in (50, 100):
        assert flagged(items, by_length=0, honest=0.12) <= 0.05
        assert flagged(items, by_length=0, honest=0) <= 0.01
    assert 0.2 < flagged(100, by_length=0.075, honest=0.06) < 0.7


def test_lengths_that_all_shift_alike_are_an_extrapolation_with_a_wide_interval() -> None:
    narrow, wide = (world(random.Random(3), 100, 0.1, 0.0, spread=spread) for spread in (0.25, 0.8))
    assert narrow.extrapolation
    assert not wide.extrapolation
    assert "longer (by a factor of 2.1)" in narrow.extrapolation
    assert "standard deviations" in narrow.extrapolation
    shorter = world(random.Random(3), 100, 0.1, 0.0, shift=-0.8, spread=0.25)
    assert "shorter" in shorter.extrapolation
    widths = [
        one.at_equal_length.interval.high - one.at_equal_length.interval.low
        for one in (narrow, wide)
        if one.at_equal_length and one.at_equal_length.interval
    ]
    assert widths[0] > 1.5 * widths[1]


def test_items_without_both_are_left_out() -> None:
    gains = {"a": 0.1, "b": 0.2, "c": nan, "d": 0.0, "e": 0.3}
    found = length_adjusted(gains, {"a": 0.0, "b": 0.5, "c": 0.1, "f": 1.0, "e": 1e400})
    assert found is not None
    assert (found.items, found.left_out, found.at_equal_length, found.slope) == (2, 4, None, None)
    assert not found.is_flagged
    assert length_adjusted({"a": 1.0}, {"b": 1.0}) is None


def test_lengths_that_all_change_by_the_same_have_no_line() -> None:
    found = length_adjusted({str(item): item / 10 for item in range(10)}, {str(item): 0.7 for item in range(10)})
    assert found is not None
    assert (found.at_equal_length, found.is_flagged) == (None, False)
    assert "beyond every item" in found.extrapolation
    same = length_adjusted({str(item): item / 10 for item in range(10)}, {str(item): 0.0 for item in range(10)})
    assert same is not None
    assert not same.extrapolation


def test_items_that_belong_together_are_no_more_than_one() -> None:
    chance = random.Random(4)
    lengths = {str(item): chance.gauss(0.2, 0.5) for item in range(30)}
    gains = {item: 0.1 + 0.1 * length + chance.gauss(0, 0.1) for item, length in lengths.items()}
    once = length_adjusted(gains, lengths)
    four = {f"{copy} {item}" for copy in range(4) for item in gains}
    of = {name: name.split()[1] for name in four}
    copied = {name: gains[of[name]] for name in sorted(four)}, {name: lengths[of[name]] for name in sorted(four)}
    together, apart = length_adjusted(*copied, of), length_adjusted(*copied)
    assert once is not None
    assert together is not None
    assert apart is not None
    for figure in ("raw", "at_equal_length", "slope"):
        alone, grouped, flat = (getattr(one, figure).standard_error for one in (once, together, apart))
        assert grouped == pytest.approx(alone, rel=1e-6)
        assert flat < 0.6 * alone


def test_a_gain_that_is_the_same_everywhere_has_no_interval() -> None:
    found = length_adjusted({str(item): 0.1 for item in range(9)}, {str(item): item / 9 for item in range(9)})
    assert found is not None
    assert (found.raw.standard_error, found.raw.interval) == (None, None)
    assert not found.is_flagged
