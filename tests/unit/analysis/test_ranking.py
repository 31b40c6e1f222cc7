"""Within-item ranking accuracy against a plain count, Somers' D, and what a monotone change must not touch."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from rft_tui.analysis.ranking import OrderedPair, ordered_pairs, ranking_accuracy

ANSWERS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=8)


def answers(pairs: list[tuple[int, int]]) -> list[tuple[int, float, float]]:
    return [(number, float(gold), score / 3) for number, (gold, score) in enumerate(pairs)]


def test_a_guides_check_is_a_special_case() -> None:
    better, good, bad = (1, 3.0, 0.9), (2, 2.0, 0.9), (3, 1.0, 0.95)
    found = ranking_accuracy(ordered_pairs("q", [bad, better, good]))
    assert (found.pairs, found.items, found.ties, found.interval) == (3, 1, 1, None)
    assert found.accuracy == pytest.approx(0.5 / 3)
    assert [(pair.better, pair.worse) for pair in found.wrong["q"]] == [(1, 3), (2, 3)]


def test_scores_that_differ_in_their_last_bits_are_a_tie() -> None:
    assert OrderedPair("q", 1, 2, 0.1 + 0.2, 0.3).credit == 0.5
    assert OrderedPair("q", 1, 2, 0.3, 0.1 + 0.2).credit == 0.5
    assert list(ordered_pairs("q", [(1, 0.1 + 0.2, 0.0), (2, 0.3, 1.0)])) == []


def test_nothing_to_rank() -> None:
    empty = ranking_accuracy([])
    assert (empty.pairs, empty.items, empty.accuracy, empty.interval, dict(empty.wrong)) == (0, 0, None, None, {})


def test_the_interval_is_over_items_and_has_a_width_where_all_agree() -> None:
    perfect = ranking_accuracy(OrderedPair(f"q{number}", 1, 2, 1.0, 0.0) for number in range(20))
    assert perfect.accuracy == 1.0
    assert perfect.interval is not None
    assert (perfect.interval.low, perfect.interval.high) == pytest.approx((0.8389, 1.0), abs=5e-5)
    blind = ranking_accuracy(OrderedPair(f"q{number}", 1, 2, 0.5, 0.5) for number in range(20))
    assert blind.ties == 20
    assert blind.interval is not None
    assert blind.interval.low < 0.3 < 0.7 < blind.interval.high
    # fifty pairs of one item are one item's worth of evidence
    clustered = [OrderedPair(f"q{number % 4}", 1, 2, float(number % 4 > 0), 0.5) for number in range(200)]
    spread = ranking_accuracy(clustered).interval
    loose = ranking_accuracy(
        OrderedPair(f"q{number}", 1, 2, one.better_score, 0.5) for number, one in enumerate(clustered)
    ).interval
    assert spread is not None
    assert loose is not None
    assert spread.high - spread.low > 3 * (loose.high - loose.low)


@given(ANSWERS)
def test_against_somers_d(pairs: list[tuple[int, int]]) -> None:
    assume(len({gold for gold, _score in pairs}) > 1)
    assume(len({score for _gold, score in pairs}) > 1)
    found = ranking_accuracy(ordered_pairs("q", answers(pairs)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its p-value is not of interest
        wanted = stats.somersd([gold for gold, _ in pairs], [score for _, score in pairs]).statistic
    assert found.accuracy is not None
    assert 2 * found.accuracy - 1 == pytest.approx(wanted)


@settings(max_examples=30, deadline=None)
@given(st.lists(ANSWERS, min_size=1, max_size=6))
def test_only_the_order_counts(items: list[list[tuple[int, int]]]) -> None:
    plain = ranking_accuracy(p for at, one in enumerate(items) for p in ordered_pairs(str(at), answers(one)))
    bent = ranking_accuracy(
        pair
        for at, one in enumerate(items)
        for pair in ordered_pairs(str(at), [(number, 7 * gold + at, score**3) for number, gold, score in answers(one)])
    )
    assert (plain.accuracy, plain.pairs, plain.ties, plain.interval) == (
        bent.accuracy, bent.pairs, bent.ties, bent.interval,
    )  # fmt: skip
    turned = ranking_accuracy(
        pair
        for at, one in enumerate(items)
        for pair in ordered_pairs(str(at), [(number, -gold, score) for number, gold, score in answers(one)])
    )
    if plain.accuracy is not None:
        assert turned.accuracy == pytest.approx(1 - plain.accuracy)
    wrong = sum(map(len, plain.wrong.values()))
    assert plain.pairs - wrong - plain.ties == sum(map(len, turned.wrong.values()))
