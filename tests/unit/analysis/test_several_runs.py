"""Several runs of the same items: worked figures, brute force over all draws, and intervals."""

from __future__ import annotations

import random
from itertools import combinations
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft_tui.analysis.intervals import Interval, ratio_interval, wilson_interval
from rft_tui.analysis.several_runs import (
    SeveralRuns,
    all_k_pass,
    best_of,
    pass_at_k,
    self_agreement,
    several_runs,
    several_runs_resampled,
)
from tests.unit.analysis.score_tables import ROWS, Rows, table


def passed(score: float) -> bool:
    return score >= 0.5


def found(rows: Rows, ks: list[int] | None = None) -> SeveralRuns:
    several = several_runs(table(rows), passed, ks)
    assert several is not None
    return several


def resampled(rows: Rows, resamples: int = 500) -> SeveralRuns:
    several = several_runs_resampled(table(rows), passed, resamples=resamples)
    assert several is not None
    return several


def test_worked_figures() -> None:
    assert pass_at_k(10, 3, 5) == pytest.approx(0.9167, abs=5e-5)
    assert all_k_pass(10, 3, 2) == pytest.approx(0.0667, abs=5e-5)
    scores = [0.1, 0.3, 0.48, 0.82, 0.98]
    assert best_of(scores, 2) == pytest.approx(0.7640, abs=5e-5)
    assert best_of(list(reversed(scores)), 3) == pytest.approx(0.8820, abs=5e-5)
    assert self_agreement(10, 3) == pytest.approx((3 * 2 + 7 * 6) / 90)
    ten = found([[1.0] * 3 + [0.0] * 7], ks=[2, 5, 11])
    assert [one.k for one in ten.tries] == [2, 5]
    assert ten.tries[1].any_passes == pytest.approx(0.9167, abs=5e-5)
    assert ten.tries[0].all_pass == pytest.approx(0.0667, abs=5e-5)
    assert found([scores]).tries[2].best == pytest.approx(0.8820, abs=5e-5)


@given(ROWS)
def test_all_figures_are_means_over_all_draws(rows: list[list[float]]) -> None:
    several = found(rows)
    assert [one.k for one in several.tries] == list(range(1, max(map(len, rows)) + 1))
    for one in several.tries:
        draws = [list(combinations(row, one.k)) for row in rows if len(row) >= one.k]
        assert one.items == len(draws)
        assert one.best == pytest.approx(fmean(fmean(map(max, drawn)) for drawn in draws))
        assert one.any_passes == pytest.approx(
            fmean(fmean(any(map(passed, each)) for each in drawn) for drawn in draws)
        )
        assert one.all_pass == pytest.approx(fmean(fmean(all(map(passed, each)) for each in drawn) for drawn in draws))
    pairs = [list(combinations(map(passed, row), 2)) for row in rows if len(row) > 1]
    if pairs:
        assert several.agreement == pytest.approx(fmean(fmean(a == b for a, b in of_item) for of_item in pairs))


def test_what_can_be_learnt() -> None:
    several = found([[0.0, 0.2], [0.6, 0.4], [0.9, 0.9], [1.0, 1.0, 0.8], [0.7], []])
    assert (several.items, several.runs, several.repeated) == (5, 3, 4)
    assert (several.never, several.sometimes, several.always, several.varied) == (1, 1, 2, 3)
    assert several.learnable == 0.25
    assert several.learnable_interval == wilson_interval(0.25, 4)
    assert not several.resampled


def test_one_run_tells_nothing_of_runs() -> None:
    several = resampled([[1.0], [0.0], [0.0]])
    assert (several.agreement, several.agreement_interval, several.learnable) == (None, None, None)
    assert several.learnable_interval is None
    assert several.repeated == 0
    assert [one.k for one in several.tries] == [1]
    assert several_runs(table([[]]), passed) is None
    assert several_runs_resampled(table([]), passed) is None


def test_many_runs_are_shown_by_doublings() -> None:
    assert [one.k for one in found([[0.0] * 70]).tries] == [*range(1, 17), 32, 64, 70]
    assert found([[0.5, 0.1]], ks=[0, -1, 7]).tries == ()


@pytest.mark.parametrize("seed", range(2))
def test_intervals_against_those_of_one_figure(seed: int) -> None:
    generator = np.random.default_rng(seed)
    ability = generator.beta(2, 2, 80)
    rows = [(generator.random(4 if place % 3 else 2) < one).astype(float).tolist() for place, one in enumerate(ability)]
    several = resampled(rows, 10_000)
    assert several.resampled
    assert found(rows).tries == tuple(
        type(one)(one.k, one.items, one.any_passes, one.all_pass, one.best) for one in several.tries
    )
    for one in several.tries:
        of_item = [pass_at_k(len(row), int(sum(row)), one.k) for row in rows if len(row) >= one.k]
        wanted = ratio_interval(of_item, [1.0] * len(of_item))
        assert wanted is not None
        assert one.any_interval is not None
        assert (one.any_interval.low, one.any_interval.high) == pytest.approx((wanted.low, wanted.high), abs=0.02)
        assert one.best_interval == one.any_interval, "the best of pass and fail is whether one passes"
    agreements = [self_agreement(len(row), int(sum(row))) for row in rows]
    wanted = ratio_interval(agreements, [1.0] * len(rows))
    assert wanted is not None
    assert several.agreement_interval is not None
    assert several.agreement_interval.low == pytest.approx(wanted.low, abs=0.02)


def test_all_alike_is_no_certainty() -> None:
    several = resampled([[1.0, 1.0]] * 20)
    assert several.tries[1].any_interval == several.tries[1].all_interval == wilson_interval(1.0, 20)
    assert several.tries[1].best_interval is None
    assert several.agreement_interval == wilson_interval(1.0, 20)


def test_one_item_has_no_interval() -> None:
    several = resampled([[1.0, 0.0]])
    assert several.tries[0].any_interval is None
    assert several.agreement_interval is None


@settings(max_examples=20, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_items_changes_no_digit(rows: list[list[float]], chance: random.Random) -> None:
    whole = table(rows)
    items = list(whole.items)
    chance.shuffle(items)
    shuffled = several_runs_resampled(whole.only(items), passed, resamples=200)
    assert shuffled == several_runs_resampled(whole, passed, resamples=200)


@settings(max_examples=20, deadline=None)
@given(ROWS)
def test_intervals_of_shares_are_shares(rows: list[list[float]]) -> None:
    several = resampled(rows, 200)
    for one in several.tries:
        for interval in (one.any_interval, one.all_interval, one.best_interval):
            assert interval is None or -1e-9 <= interval.low <= interval.high <= 1 + 1e-9
            assert isinstance(interval, Interval | None)


def test_items_that_belong_together_are_drawn_together() -> None:
    chance = random.Random(8)
    rows = [[float(chance.random() < 0.5) for _ in range(3)] for _ in range(25)]
    every = table([row for row in rows for _copy in range(4)])
    clusters = {f"i{place}": str(place // 4) for place in range(100)}
    together, apart, once = (
        several_runs_resampled(one, passed, clusters=of, resamples=2000)
        for one, of in ((every, clusters), (every, None), (table(rows), None))
    )
    assert together is not None
    assert apart is not None
    assert once is not None

    def width(interval: Interval | None) -> float:
        assert interval is not None
        return interval.high - interval.low

    pairs = [
        (getattr(one, figure) for one in (together.tries[1], apart.tries[1], once.tries[1]))
        for figure in ("any_interval", "all_interval", "best_interval")
    ]
    pairs += [
        (getattr(one, figure) for one in (together, apart, once))
        for figure in ("agreement_interval", "learnable_interval")
    ]
    for grouped, flat, single in pairs:
        assert width(grouped) == pytest.approx(width(single), rel=0.1)
        assert width(flat) < 0.65 * width(grouped)
