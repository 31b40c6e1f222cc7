"""Paired differences: worked figures, what is tied, and what must not depend on order, direction or range."""

from __future__ import annotations

import random
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rft_tui.analysis.detectable import cheapest_fixes
from rft_tui.analysis.mcnemar import mcnemar_exact
from rft_tui.analysis.paired import Paired, paired_difference, tie_width
from tests.unit.analysis.score_tables import ROWS, WORKED_FIRST, WORKED_SECOND, Rows, scaled, table


def found(first: Rows, second: Rows, *, tie: float | None = None) -> Paired:
    paired = paired_difference(table(first), table(second), tie=tie)
    assert paired is not None
    return paired


def ends(paired: Paired) -> tuple[float, float]:
    assert paired.interval is not None
    return paired.interval.low, paired.interval.high


@st.composite
def two_operands(draw: st.DrawFn) -> tuple[list[list[float]], list[list[float]]]:
    first = draw(ROWS)
    runs = st.lists(st.integers(0, 10).map(lambda tenth: tenth / 10), min_size=1, max_size=4)
    return first, [draw(runs) for _row in first]


def test_worked_figures() -> None:
    paired = found(WORKED_FIRST, WORKED_SECOND)
    assert list(paired.differences.values()) == pytest.approx([1 / 3, 1 / 6, 1 / 6, 0, 1 / 6])
    assert (paired.first_mean, paired.second_mean) == pytest.approx((0.6, 0.7667), abs=5e-5)
    assert paired.difference == pytest.approx(0.1667, abs=5e-5)
    assert paired.standard_error == pytest.approx(0.0527, abs=5e-5)
    assert paired.t == pytest.approx(3.1623, abs=5e-5)
    assert paired.p_t == pytest.approx(0.0341, abs=5e-5)
    assert paired.freedom == 4
    assert (paired.first_runs, paired.second_runs) == (3, 3)
    assert paired.tie == pytest.approx(0.5 / 3 / 2), "half a step of the mean of three"
    assert (paired.wins, paired.ties, paired.losses) == (4, 1, 0)
    assert paired.mcnemar_p is None
    assert paired.warnings == ("5 items are too few",)


def test_wins_and_losses_by_a_tie_of_ones_own() -> None:
    paired = found([[0.5], [0.5], [0.5], [0.5]], [[0.6], [0.7], [0.45], [0.1]], tie=0.1)
    assert (paired.wins, paired.ties, paired.losses) == (1, 2, 1), "a difference of just the tie is one"
    paired = found([[0.5], [0.5], [0.5], [0.5]], [[0.6], [0.7], [0.4], [0.1]], tie=0.0)
    assert paired.improvements == ("i1", "i0")
    assert paired.regressions == ("i3", "i2")


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([[0.0], [1.0], [1.0], [0.0]], 0.5),
        ([[0.0, 0.25, 0.5], [1.0, 0.25, 1.0]], 0.125 / 3),
        ([[1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]], 0.125),
        ([[0.0, 0.3, 0.7], [1.0, 0.2, 0.9]], 0.1 / 6),
        ([[number / 40] * 3 for number in range(30)], 0.05),
        ([[0.5, 0.5], [0.5, 0.5]], 0.05),
    ],
    ids=["pass or fail", "quarters, three runs", "pass or fail, four runs", "tenths, three runs", "many values", "one"],
)
def test_the_tie_is_half_a_step(rows: Rows, wanted: float) -> None:
    assert tie_width(table(rows), table(rows)) == pytest.approx(wanted)
    stretched = table(scaled(rows, 10, -5), low=-5, high=5)
    assert tie_width(stretched, stretched) == pytest.approx(10 * wanted)


def test_only_common_items_with_scores_count() -> None:
    first = table([[0.1], [0.2], [0.3], [], [0.5]])
    second = table([[0.3], [], [0.4], [0.9], [0.5], [1.0]])
    paired = paired_difference(first, second)
    assert paired is not None
    assert list(paired.differences) == ["i0", "i2", "i4"]
    assert (paired.left_out_first, paired.left_out_second) == (1, 2)
    assert paired.first_mean == pytest.approx(0.3)
    assert paired_difference(first, table([])) is None


def test_one_item_has_a_difference_and_nothing_more() -> None:
    paired = found([[0.2]], [[0.6]])
    assert paired.difference == pytest.approx(0.4)
    assert (paired.interval, paired.t, paired.p_t, paired.freedom) == (None, None, None, None)
    assert (paired.correlation, paired.smallest_detectable, paired.item_sd) == (None, None, None)


def test_no_spread_is_no_certainty() -> None:
    same = found([[0.1 + 0.2], [0.4]], [[0.3], [0.4]])
    assert same.differences == {"i0": 0.0, "i1": 0.0}, "rounding is no difference"
    assert (same.p_t, same.interval) == (1.0, None)
    shifted = found([[0.1], [0.4], [0.5]], [[0.2], [0.5], [0.6]])
    assert (shifted.p_t, shifted.t, shifted.interval) == (None, None, None)
    assert shifted.warnings[-1] == "all items differ by the same: no interval"


def test_mcnemar_where_each_passes_or_fails_once() -> None:
    first = [[1.0]] * 10 + [[0.0]] * 2 + [[1.0]] * 20
    second = [[0.0]] * 10 + [[1.0]] * 2 + [[1.0]] * 20
    paired = found(first, second)
    assert paired.mcnemar_p == pytest.approx(0.0386, abs=5e-5)
    assert (paired.wins, paired.losses) == (2, 10)
    assert found([[1.0, 1.0], *first[1:]], second).mcnemar_p is None, "an item with two runs"
    assert found([[0.5], *first[1:]], second).mcnemar_p is None, "a score between the ends"
    together = paired_difference(table(first), table(second), clusters={"i0": "a", "i1": "a"})
    assert together is not None
    assert together.mcnemar_p is None, "items that belong together"


def test_clusters_widen_what_moves_together() -> None:
    chance = random.Random(5)
    shifts = [chance.gauss(0, 0.2) for _group in range(10)]
    second = [[0.5 + shifts[place // 6] + chance.gauss(0, 0.02)] for place in range(60)]
    clusters = {f"i{place}": str(place // 6) for place in range(60)}
    alone, together = (paired_difference(table([[0.5]] * 60), table(second), clusters=one) for one in (None, clusters))
    assert alone is not None
    assert together is not None
    assert alone.standard_error is not None
    assert together.standard_error is not None
    assert together.standard_error > 2 * alone.standard_error
    assert together.freedom == 9
    assert together.warnings == ("10 clusters are few for an interval",)
    assert together.smallest_detectable == pytest.approx(2.8016 * together.standard_error, rel=1e-4)


def test_the_detectable_difference_follows_the_variances() -> None:
    generator = np.random.default_rng(4)
    truth = generator.normal(0, 1, 3000)
    first = 5 + truth[:, None] + generator.normal(0, 0.6, (3000, 2))
    second = 5 + truth[:, None] + generator.normal(0, 0.3, (3000, 1)) + generator.normal(0, 0.5, (3000, 4))
    paired = found(first.tolist(), second.tolist())
    assert paired.first_within == pytest.approx(0.36, rel=0.1)
    assert paired.second_within == pytest.approx(0.25, rel=0.1)
    assert paired.item_sd == pytest.approx(0.3, rel=0.1)
    assert paired.smallest_detectable == pytest.approx(2.8016 * sqrt((0.09 + 0.18 + 0.0625) / 3000), rel=0.05)
    once = found(first[:, :1].tolist(), second.tolist())
    assert (once.first_within, once.item_sd) == (None, None)
    assert once.standard_error is not None
    assert once.smallest_detectable == pytest.approx(2.8016 * once.standard_error, rel=1e-4)


def test_the_detectable_difference_is_never_below_the_noise_of_the_runs() -> None:
    paired = found([[0, 1], [1, 0], [0, 1], [1, 0.1]], [[1, 0], [1, 0.1], [0, 1], [0, 1]])
    assert paired.item_sd == 0
    assert paired.standard_error is not None
    assert paired.smallest_detectable is not None
    assert paired.smallest_detectable > 2.8016 * paired.standard_error


@given(two_operands())
def test_against_scipy(rows: tuple[list[list[float]], list[list[float]]]) -> None:
    paired = found(*rows)
    first, second = ([float(np.mean(row)) for row in one] for one in rows)
    if paired.standard_error is not None:
        wanted = stats.ttest_rel(second, first)
        assert paired.t == pytest.approx(wanted.statistic)
        assert paired.p_t == pytest.approx(wanted.pvalue)
        assert ends(paired) == pytest.approx(tuple(wanted.confidence_interval()))
    if paired.correlation is not None and np.std(first) > 1e-9 < np.std(second):
        assert paired.correlation == pytest.approx(stats.pearsonr(first, second).statistic, abs=1e-9)


@given(two_operands())
def test_the_other_direction_is_the_same_with_its_sign_turned(
    rows: tuple[list[list[float]], list[list[float]]],
) -> None:
    forth, back = found(*rows), found(*reversed(rows))
    assert back.differences == {item: -one for item, one in forth.differences.items()}
    assert (back.difference, back.standard_error) == (-forth.difference, forth.standard_error)
    assert (back.wins, back.ties, back.losses) == (forth.losses, forth.ties, forth.wins)
    assert (back.p_t, back.tie, back.item_sd) == (forth.p_t, forth.tie, forth.item_sd)
    assert back.regressions == forth.improvements
    if forth.interval is not None:
        assert ends(back) == tuple(-end for end in reversed(ends(forth)))


@given(two_operands(), st.randoms(use_true_random=False))
def test_the_order_of_items_changes_nothing(
    rows: tuple[list[list[float]], list[list[float]]], chance: random.Random
) -> None:
    first, second = map(table, rows)
    items = list(first.items)
    chance.shuffle(items)
    assert paired_difference(first.only(items), second) == paired_difference(first, second.only(items))


@given(two_operands(), st.sampled_from([(10.0, -5.0), (0.5, 2.0)]))
def test_the_range_scales_all(rows: tuple[list[list[float]], list[list[float]]], scale: tuple[float, float]) -> None:
    factor, shift = scale
    unit = found(*rows)
    first, second = (table(scaled(one, factor, shift), low=shift, high=factor + shift) for one in rows)
    other = paired_difference(first, second)
    assert other is not None
    assert (other.wins, other.ties, other.losses) == (unit.wins, unit.ties, unit.losses)
    assert (other.p_t is None) == (unit.p_t is None)
    assert other.difference == pytest.approx(factor * unit.difference, abs=1e-9)
    if unit.standard_error is not None:
        assert other.standard_error == pytest.approx(factor * unit.standard_error)
        assert other.p_t == pytest.approx(unit.p_t)
        assert unit.smallest_detectable is not None
        assert other.smallest_detectable == pytest.approx(factor * unit.smallest_detectable)


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_against_scipy(first: int, second: int) -> None:
    wanted = stats.binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar_exact(first, second) == pytest.approx(wanted, rel=1e-8, abs=1e-15)


def test_graders_of_the_same_answers_share_the_noise_of_the_runs() -> None:
    chance = random.Random(3)
    first = [[chance.random() for _ in range(4)] for _ in range(60)]
    second = [[score + 0.1 + 0.02 * chance.random() for score in row] for row in first]
    apart = paired_difference(table(first), table(second))
    shared = paired_difference(table(first), table(second), is_shared=True)
    assert apart is not None
    assert shared is not None
    assert (shared.difference, shared.p_t, shared.interval) == (apart.difference, apart.p_t, apart.interval)
    assert shared.standard_error is not None
    assert apart.smallest_detectable is not None
    assert shared.smallest_detectable is not None
    assert shared.smallest_detectable == pytest.approx(2.8016 * shared.standard_error, rel=0.3)
    assert apart.smallest_detectable > 20 * shared.smallest_detectable, "their noise is not the differences' noise"
    assert shared.shared_within == pytest.approx(0.02**2 / 12, rel=0.3)
    fixes = {fix.kind: fix for fix in cheapest_fixes(shared)}
    assert set(fixes) == {"items", "runs"}
    assert fixes["items"].predictions == 60 * 4, "an answer serves both"
    assert fixes["runs"].predictions == 60 * fixes["runs"].more


def test_graders_of_one_run_say_nothing_of_more_runs() -> None:
    once = paired_difference(table([[0.1], [0.5], [0.2]]), table([[0.2], [0.9], [0.1]]), is_shared=True)
    assert once is not None
    assert (once.shared_within, once.item_sd) == (None, None)
    assert [fix.kind for fix in cheapest_fixes(once)] == ["items"]
