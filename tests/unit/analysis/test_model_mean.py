"""The mean of a model: worked figures, what happens near the ends, groups of items, errors."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rft_tui.analysis.intervals import Interval, wilson_interval
from rft_tui.analysis.model_mean import ModelMean, model_mean
from tests.unit.analysis.score_tables import ROWS, WORKED_FIRST, Rows, scaled, table


def found(rows: Rows, clusters: dict[str, str] | None = None, *, low: float = 0.0, high: float = 1.0) -> ModelMean:
    mean = model_mean(table(rows, low=low, high=high), clusters)
    assert mean is not None
    return mean


def ends(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    return interval.low, interval.high


def passes(passed: int, items: int) -> list[list[float]]:
    return [[float(place < passed)] for place in range(items)]


def test_worked_figures() -> None:
    mean = found(WORKED_FIRST)
    assert mean.mean == pytest.approx(0.6)
    assert mean.standard_error == pytest.approx(0.1716, abs=5e-5)
    assert ends(mean.interval) == pytest.approx((0.1236, 1.0764), abs=5e-5)
    assert ends(mean.clipped) == pytest.approx((0.1236, 1.0), abs=5e-5)
    assert mean.run_noise == pytest.approx(0.0745, abs=5e-5)
    assert mean.run_spread == pytest.approx(0.1732, abs=5e-5)
    assert list(table(WORKED_FIRST).run_means.values()) == pytest.approx([0.7, 0.7, 0.4])
    assert (mean.items, mean.runs, mean.method, mean.freedom) == (5, 3, "t", 4)
    assert mean.warnings == ("5 items are too few",)


def test_worked_clusters() -> None:
    scores = [1, 1, 0, 0, 1, 0, 1, 1]
    groups = {f"i{place}": str(group) for place, group in enumerate([0, 0, 0, 1, 1, 2, 2, 2])}
    graded = found([[score] for score in scores], groups, high=2.0)
    assert graded.standard_error == pytest.approx(0.0469, abs=5e-5)
    assert (graded.method, graded.freedom) == ("clusters", 2)
    assert graded.warnings == ("8 items are too few", "3 clusters are few for an interval")
    assert ends(graded.interval) == pytest.approx(stats.t.interval(0.95, 2, 0.625, graded.standard_error))
    assert found([[score] for score in scores], high=2.0).standard_error == pytest.approx(0.1830, abs=5e-5)


def test_one_cluster_has_no_interval() -> None:
    mean = found([[0.2], [0.4], [0.9]], dict.fromkeys(("i0", "i1", "i2"), "one"))
    assert (mean.standard_error, mean.interval, mean.method) == (None, None, "clusters")
    assert mean.warnings == ("3 items are too few", "1 cluster is few for an interval")


def test_groups_of_one_change_nothing() -> None:
    assert found(WORKED_FIRST, {"i0": "a", "i1": "b", "other": "a"}) == found(WORKED_FIRST)


@pytest.mark.parametrize(
    ("passed", "items", "method"),
    [(8, 10, "wilson"), (15, 29, "wilson"), (15, 30, "t"), (91, 100, "wilson"), (90, 100, "t"), (5, 100, "wilson")],
)
def test_shares_near_an_end_or_of_few_items(passed: int, items: int, method: str) -> None:
    mean = found(passes(passed, items))
    assert mean.method == method
    if method == "wilson":
        # with one run each, SE_a^2 = x (1 - x) / (M - 1)
        assert ends(mean.interval) == pytest.approx(ends(wilson_interval(passed / items, items - 1)))
    assert (mean.freedom is None) == (method == "wilson")


def test_graded_scores_near_an_end_keep_t() -> None:
    rows = passes(97, 100)
    rows[5] = [0.9]
    assert found(rows).method == "t"


@pytest.mark.parametrize("items", [1, 50])
def test_all_alike_is_a_bound(items: int) -> None:
    best, worst = found(passes(items, items)), found(passes(0, items))
    assert best.method == worst.method == "one-sided"
    assert ends(best.interval) == pytest.approx((0.05 ** (1 / items), 1.0))
    assert ends(worst.interval) == pytest.approx((0.0, 1 - 0.05 ** (1 / items)))
    assert 1 - ends(found(passes(300, 300)).interval)[0] == pytest.approx(3 / 300, rel=0.01), "the rule of three"


def test_runs_that_agree_are_no_more_trials_than_there_were() -> None:
    mean = found([[1, 1, 1, 0], [0, 1, 1, 1], [1, 1, 0, 1]])
    assert mean.interval == wilson_interval(0.75, 3), "no spread between items: each counts once"
    mean = found([*[[1, 1, 1, 0]] * 20, [1, 1, 1, 1]])
    share = mean.mean
    assert mean.standard_error is not None
    assert share * (1 - share) / mean.standard_error**2 > 84
    assert mean.interval == wilson_interval(share, 84)


def test_all_items_alike_say_so() -> None:
    mean = found([[0.5]] * 12)
    assert (mean.interval, mean.clipped, mean.standard_error) == (None, None, None)
    assert mean.warnings == ("all items have the same mean: no interval",)


def test_one_run_or_one_item_measures_no_noise() -> None:
    mean = found([[0.2], [0.4], [0.9]])
    assert (mean.run_noise, mean.run_spread, mean.within_sd, mean.item_sd) == (None, None, None, None)
    mean = found([[0.2, 0.4]])
    assert (mean.interval, mean.item_sd) == (None, None)
    assert mean.within_sd == pytest.approx(0.1414, abs=5e-5)
    assert mean.warnings == ("1 item is too few",)


def test_noise_and_spread_are_told_apart() -> None:
    generator = np.random.default_rng(3)
    truth = generator.normal(0.5, 0.15, 2000)
    mean = found((truth[:, None] + generator.normal(0, 0.3, (2000, 4))).tolist())
    assert mean.item_sd == pytest.approx(0.15, rel=0.05)
    assert mean.within_sd == pytest.approx(0.3, rel=0.03)
    assert mean.run_noise == pytest.approx(0.3 / np.sqrt(8000), rel=0.03)


def test_unequal_runs_weigh_items_alike() -> None:
    mean = found([[0.0, 0.0, 0.6], [1.0]])
    assert mean.mean == pytest.approx(0.6)
    # sigma^2 = .12 from the one item that has it; SE_b^2 = sigma^2 (1/3 + 1) / 4
    assert mean.run_noise == pytest.approx(np.sqrt(0.12 * (1 / 3 + 1) / 4))


def test_errors_are_left_out_and_bounded() -> None:
    mean = model_mean(table([[1.0], [0.5, 0.5], []], errors={0: 1, 2: 2}))
    assert mean is not None
    assert (mean.items, mean.mean, mean.errors) == (2, 0.75, 3)
    assert mean.error_share == pytest.approx(0.5)
    assert mean.with_errors_low == pytest.approx((0.5 + 0.5 + 0) / 3)
    assert mean.with_errors_high == pytest.approx((1 + 0.5 + 1) / 3)
    assert mean.warnings == ("2 items are too few", "50.0 % of the runs ended in an error")


def test_nothing_scored_is_no_mean() -> None:
    assert model_mean(table([])) is None
    assert model_mean(table([[], []], errors={0: 1})) is None


def test_a_range_without_a_width_is_no_pass_or_fail() -> None:
    assert found([[1.0]] * 3, low=1.0, high=1.0).method == "t"


@pytest.mark.parametrize("seed", range(3))
def test_clusters_against_the_sandwich(seed: int) -> None:
    generator = np.random.default_rng(seed)
    scores = generator.normal(0.5, 0.2, 60)
    groups = generator.integers(0, 25, 60)
    mean = found([[score] for score in scores], {f"i{place}": str(group) for place, group in enumerate(groups)})
    design = np.ones((60, 1))
    away = scores - scores.mean()
    meat = sum(np.outer(*[design[groups == group].T @ away[groups == group]] * 2) for group in np.unique(groups))
    bread = np.linalg.inv(design.T @ design)
    count = len(np.unique(groups))
    assert mean.standard_error == pytest.approx(float(np.sqrt((bread @ meat @ bread)[0, 0] * count / (count - 1))))
    assert mean.freedom == count - 1


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_items_changes_nothing(rows: list[list[float]], chance: random.Random) -> None:
    whole = table(rows)
    items = list(whole.items)
    chance.shuffle(items)
    first, second = model_mean(whole), model_mean(whole.only(items))
    assert first is not None
    assert second is not None
    assert (first.mean, first.standard_error, first.interval) == (second.mean, second.standard_error, second.interval)


@given(ROWS, st.sampled_from([(10.0, -5.0), (0.5, 2.0), (4.0, 0.0)]))
def test_the_range_scales_all(rows: list[list[float]], scale: tuple[float, float]) -> None:
    factor, shift = scale
    unit = found(rows)
    other = found(scaled(rows, factor, shift), low=shift, high=factor + shift)
    assert other.mean == pytest.approx(factor * unit.mean + shift)
    assert (other.method, other.warnings) == (unit.method, unit.warnings)
    assert (other.interval is None) == (unit.interval is None)
    if unit.interval is not None:
        assert ends(other.interval) == pytest.approx([factor * end + shift for end in ends(unit.interval)])
    for name in ("standard_error", "run_noise", "run_spread", "within_sd"):
        before = getattr(unit, name)
        assert getattr(other, name) == (None if before is None else pytest.approx(factor * before, abs=1e-7))


@given(ROWS)
def test_t_against_scipy(rows: list[list[float]]) -> None:
    mean = found(rows, low=-1.0, high=2.0)
    means = [np.mean(row) for row in rows]
    if mean.interval is not None:
        wanted = stats.t.interval(0.95, len(rows) - 1, np.mean(means), stats.sem(means))
        assert ends(mean.interval) == pytest.approx(wanted)


def test_an_interval_of_scores_outside_of_the_range_holds_the_mean() -> None:
    above = found([[1.1], [1.3], [1.2], [1.4]])
    clipped = above.clipped
    assert clipped is not None
    assert clipped.low < above.mean < clipped.high
    assert (above.low, above.high) == (0.0, 1.4)


def test_runs_of_a_table_are_those_that_scored() -> None:
    ragged = table([[0.1, 0.2], [0.3], [], [0.5, 0.4, 0.9]])
    assert ragged.runs == 3
    assert ragged.run_means == {0: pytest.approx(0.3), 1: pytest.approx(0.3), 2: pytest.approx(0.9)}
