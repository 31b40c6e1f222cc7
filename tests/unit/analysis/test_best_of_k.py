"""Best-of-k divergence: worked figures, drawing by hand as an oracle, and the rates of simulated graders."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft_tui.analysis.best_of_k import BestOfK, ItemRuns, best_of_k, best_of_k_weights, divergence_of

SCORES = st.lists(st.integers(0, 4).map(lambda number: number / 4), min_size=2, max_size=7)


def result(*entries: ItemRuns, resamples: int = 300) -> BestOfK:
    found = best_of_k(entries, resamples=resamples)
    assert found is not None
    return found


def test_worked_figures() -> None:
    scores = [0.1, 0.3, 0.48, 0.82, 0.98]
    for k, wanted in ((2, 0.7640), (3, 0.8820)):
        weights = best_of_k_weights(scores, k)
        assert sum(w * x for w, x in zip(weights, scores, strict=True)) == pytest.approx(wanted, abs=5e-5)
    found = result(ItemRuns("q", (0.1, 0.3, 0.5, 0.9), (0.2, 0.6, 0.5, 0.1)))
    assert [point.k for point in found.points] == [1, 2, 3, 4]
    assert [point.proxy for point in found.points] == pytest.approx([0.45, 0.6667, 0.8, 0.9], abs=5e-5)
    assert [point.gold for point in found.points] == pytest.approx([0.35, 0.3167, 0.2, 0.1], abs=5e-5)
    assert [point.divergence for point in found.points] == pytest.approx([0, 0.1931, 0.4319, 0.6363], abs=6e-5)
    assert (found.proxy_gain, found.gold_gain) == pytest.approx((0.45, -0.25))
    assert found.ratio == pytest.approx(-0.25 / 0.45)
    assert (found.ratio_interval, found.gold_interval, found.is_flagged) == (None, None, False)


@given(SCORES, st.data())
def test_weights_are_what_drawing_by_hand_gives(scores: list[float], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(scores)))
    won = [0.0] * len(scores)
    draws = list(combinations(range(len(scores)), k))
    for drawn in draws:
        best = max(scores[place] for place in drawn)
        tied = [place for place, score in enumerate(scores) if score == best]
        # which of equal scores stands last is chance: the win is shared by all that have that score
        for place in tied:
            won[place] += 1 / len(tied)
    weights = best_of_k_weights(scores, k)
    assert weights == pytest.approx([wins / len(draws) for wins in won])
    assert sum(weights) == pytest.approx(1)


def test_many_runs_overflow_nothing() -> None:
    weights = best_of_k_weights([number / 3000 for number in range(3000)], 1500)
    assert sum(weights) == pytest.approx(1)
    assert all(0 <= weight <= 0.5 for weight in weights)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(SCORES.map(lambda s: s[0]), SCORES.map(lambda s: s[1])), min_size=1, max_size=5),
                min_size=1, max_size=6))  # fmt: skip
def test_curves(items: list[list[tuple[float, float]]]) -> None:
    entries = [ItemRuns(str(at), tuple(p for p, _ in runs), tuple(g for _, g in runs)) for at, runs in enumerate(items)]
    enough = [runs for runs in items if len(runs) >= 2]
    found = best_of_k(entries, resamples=100)
    if not enough:
        assert found is None
        return
    assert found is not None
    assert (found.items, found.left_out) == (len(enough), len(items) - len(enough))
    assert len(found.points) == min(map(len, enough))
    proxy = [point.proxy for point in found.points]
    assert all(later >= earlier - 1e-9 for earlier, later in pairwise(proxy))
    assert all(0 <= point.gold <= 1 + 1e-9 for point in found.points)
    by_chance = [sum(gold for _, gold in runs) / len(runs) for runs in enough]
    assert found.points[0].gold == pytest.approx(sum(by_chance) / len(enough))
    mirrored = best_of_k([ItemRuns(one.item, one.proxy, one.proxy) for one in entries], resamples=100)
    assert mirrored is not None
    assert mirrored.gold_gain == pytest.approx(mirrored.proxy_gain, abs=1e-8)
    assert not mirrored.is_flagged


def test_unequal_numbers_of_runs_go_up_to_the_smallest() -> None:
    many = ItemRuns("a", (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), (0.0, 0.2, 0.4, 0.6, 0.8, 1.0))
    few = ItemRuns("b", (0.0, 0.5, 1.0), (0.0, 0.5, 1.0))
    found = result(many, few, ItemRuns("c", (1.0,), (0.0,)), ItemRuns("d", (), ()))
    assert (found.items, found.left_out, len(found.points)) == (2, 2, 3)
    # the item with six runs keeps all of them: the best of three among six, not among its first three
    of_six = (1 * 0.4 + 3 * 0.6 + 6 * 0.8 + 10 * 1.0) / 20
    assert found.points[-1].proxy == pytest.approx((of_six + 1.0) / 2)


def test_entries_of_one_item_are_averaged_first() -> None:
    good, bad = ItemRuns("a", (0.0, 1.0), (0.0, 1.0)), ItemRuns("a", (0.0, 1.0), (1.0, 0.0))
    other = ItemRuns("b", (0.0, 1.0), (0.0, 1.0))
    assert result(good, bad).gold_gain == pytest.approx(0)
    assert result(good, bad, other).gold_gain == pytest.approx(0.25)
    assert result(good, bad, other).items == 2


def test_a_grader_that_tells_nothing_apart_gains_nothing() -> None:
    found = result(*[ItemRuns(str(at), (0.5, 0.5, 0.5), (0.0, 1.0, 0.5)) for at in range(12)])
    assert (found.proxy_gain, found.ratio, found.ratio_interval, found.is_flagged) == (0, None, None, False)
    assert found.gold_gain == pytest.approx(0)
    assert best_of_k([]) is None
    assert divergence_of(1) == 0


def world(chance: random.Random, items: int, pay: float) -> list[ItemRuns]:
    """Four graded runs an item; the grader sees the truth with noise and pays `pay` for a unit of padding.

    Truth varies between items and (a third of that) between runs; gold is the truth, clipped to 0 to 1.
    """
    entries = []
    for item in range(items):
        level = chance.gauss(0.5, 0.21)
        gold = [min(1.0, max(0.0, level + chance.gauss(0, 0.138))) for _run in range(4)]
        proxy = [true + chance.gauss(0, 0.071) + pay * chance.gauss(0, 1) for true in gold]
        entries.append(ItemRuns(str(item), tuple(proxy), tuple(gold)))
    return entries


@pytest.mark.parametrize(
    ("pay", "ratio", "least", "most"), [(0.0, 0.79, 0.0, 0.0), (0.1, 0.54, 0.0, 0.1), (0.25, 0.22, 0.9, 1.0)]
)
def test_simulated_graders(pay: float, ratio: float, least: float, most: float) -> None:
    """An honest grader is not flagged, one that pays for padding is; a mild bonus shows in the ratio alone."""
    chance = random.Random(7)
    found = [result(*world(chance, 50, pay), resamples=1000) for _world in range(100)]
    assert sum(one.ratio or 0.0 for one in found) / 100 == pytest.approx(ratio, abs=0.03)
    assert least <= sum(one.is_flagged for one in found) / 100 <= most
    inside = sum(one.ratio_interval is not None and one.ratio_interval.low <= ratio <= one.ratio_interval.high
                 for one in found)  # fmt: skip
    assert inside >= 85
