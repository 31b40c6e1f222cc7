"""Corrected means: the worked figures, coverage with a biased judge, and a judge that says too little."""

from __future__ import annotations

import random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.analysis.corrected_mean import CorrectedMean, CorrectedShare, corrected_mean, corrected_share
from rft_tui.analysis.least_squares import Coefficient

LABELS, JUDGED = [1, 0, 0.5, 1, 0], [0.9, 0.2, 0.6, 0.8, 0.3]
UNLABELLED = [0.7, 0.9, 0.4, 0.8, 0.6, 0.3, 0.9, 0.5]
SHARES = st.integers(0, 10).map(lambda number: number / 10)


def mean(labels: list[float], judged: list[float], others: list[float], weight: float | None = None) -> CorrectedMean:
    found = corrected_mean(labels, judged, others, weight=weight)
    assert found is not None
    return found


def share(*given: float) -> CorrectedShare:
    passed, count, sensitivity, positives, specificity, negatives = given
    found = corrected_share(passed, int(count), sensitivity, int(positives), specificity, int(negatives))
    assert found is not None
    return found


def covers(figure: Coefficient, truth: float) -> bool:
    assert figure.interval is not None
    return figure.interval.low <= truth <= figure.interval.high


def width(figure: Coefficient) -> float:
    assert figure.interval is not None
    return figure.interval.high - figure.interval.low


def test_worked_figures() -> None:
    whole = mean(LABELS, JUDGED, UNLABELLED)
    assert whole.weight == 1  # clipped
    assert (whole.corrected.value, whole.corrected.standard_error) == pytest.approx((0.5775, 0.1225), abs=5e-5)
    assert mean(LABELS, JUDGED, UNLABELLED, weight=1).corrected == whole.corrected
    beyond = mean(LABELS, JUDGED, UNLABELLED, weight=1.4784)
    assert (beyond.corrected.value, beyond.corrected.standard_error) == pytest.approx((0.6146, 0.1263), abs=5e-5)
    assert (whole.labels, whole.unlabelled, whole.labels_only.value) == (5, 8, 0.5)
    assert whole.judge_only.value == pytest.approx(7.9 / 13)
    rogan_gladen = share(0.78, 200, 0.90, 80, 0.85, 40)
    assert (rogan_gladen.share, rogan_gladen.standard_error) == pytest.approx((0.84, 0.0555), abs=5e-5)


@pytest.mark.parametrize("labels", [20, 50, 100])
def test_a_biased_judge_is_put_right_and_narrows_the_interval(labels: int) -> None:
    """300 items; the person's scores are uniform on [0, 1], the judge adds .08 on average and noise of .1."""
    source = random.Random(labels)
    worlds, covered, judge_covered, widths, labels_widths = 400, 0, 0, [], []
    for _ in range(worlds):
        truth = [source.random() for _ in range(300)]
        judged = [0.16 + 0.84 * score + source.gauss(0, 0.1) for score in truth]
        found = mean(truth[:labels], judged[:labels], judged[labels:])
        covered += covers(found.corrected, 0.5)
        judge_covered += covers(found.judge_only, 0.5)
        widths.append(width(found.corrected))
        labels_widths.append(width(found.labels_only))
    assert 0.915 <= covered / worlds <= 0.98
    assert judge_covered / worlds < 0.2
    assert fmean(widths) < 0.8 * fmean(labels_widths)


def test_a_judge_that_knows_nothing_is_not_trusted() -> None:
    flat = mean([0.0, 1.0, 0.5], [0.4, 0.4, 0.4], [0.4, 0.4])
    assert flat.weight == 0
    assert flat.corrected == flat.labels_only
    assert mean([0.0, 1.0, 0.5], [0.9, 0.1, 0.5], [0.4, 0.6]).weight == 0  # against the person


def test_under_fifty_labels_t_stands_for_the_normal_quantile() -> None:
    for count, quantile in ((49, 2.0106), (50, 1.9600)):
        labels = [float(place % 2) for place in range(count)]
        found = mean(labels, labels, [0.0, 1.0, 1.0]).labels_only
        assert found.standard_error is not None
        assert width(found) / 2 / found.standard_error == pytest.approx(quantile, abs=5e-5)


def test_too_little_for_a_correction() -> None:
    assert corrected_mean([1.0], [1.0], [1.0, 0.0]) is None
    assert corrected_mean([1.0, 0.0], [1.0, 0.0], [1.0]) is None
    with pytest.raises(ValueError, match="every label"):
        corrected_mean([1.0, 0.0], [1.0], [1.0, 0.0])
    assert corrected_share(0.5, 100, 0.7, 50, 0.5, 50) is None
    assert corrected_share(0.5, 100, 0.7, 50, 0.51, 50) is not None
    with pytest.raises(ValueError, match="within 0 to 1"):
        corrected_share(1.1, 100, 0.9, 50, 0.9, 50)
    with pytest.raises(ValueError, match="one answer"):
        corrected_share(0.5, 100, 0.9, 0, 0.9, 50)


def test_a_share_stays_within_its_range() -> None:
    low, high = share(0.05, 100, 0.9, 50, 0.8, 50), share(0.99, 100, 0.9, 50, 0.8, 50)
    assert (low.share, low.interval.low) == (0, 0)
    assert (high.share, high.interval.high) == (1, 1)
    assert share(0.78, 200, 1.0, 80, 1.0, 40).share == pytest.approx(0.78)


@given(st.lists(st.tuples(SHARES, SHARES), min_size=2, max_size=20), st.lists(SHARES, min_size=2, max_size=20))
def test_weight_lies_in_its_range_and_a_shifted_judge_changes_nothing(
    pairs: list[tuple[float, float]], others: list[float]
) -> None:
    labels, judged = [y for y, _f in pairs], [f for _y, f in pairs]
    found = mean(labels, judged, others)
    assert 0 <= found.weight <= 1
    shifted = mean(labels, [f + 0.3 for f in judged], [f + 0.3 for f in others], weight=found.weight)
    assert shifted.corrected.value == pytest.approx(found.corrected.value, abs=1e-9)


def test_the_answers_to_one_item_are_one_draw() -> None:
    source = random.Random(5)
    items = {f"i{place}": source.random() for place in range(40)}
    mine = [name for name in list(items)[:20] for _run in range(4)]
    theirs = [name for name in list(items)[20:] for _run in range(4)]
    labels = [float(items[name] > 0.5) for name in mine]
    judged, unlabelled = [items[name] for name in mine], [items[name] for name in theirs]
    flat = corrected_mean(labels, judged, unlabelled, weight=0.5)
    grouped = corrected_mean(labels, judged, unlabelled, weight=0.5, items=(mine, theirs))
    single = corrected_mean(labels[::4], judged[::4], unlabelled[::4], weight=0.5)
    assert flat is not None
    assert grouped is not None
    assert single is not None
    assert grouped.corrected.value == pytest.approx(single.corrected.value)
    assert grouped.corrected.standard_error == pytest.approx(single.corrected.standard_error)
    assert grouped.corrected.interval == single.corrected.interval
    assert grouped.labels_only.standard_error == pytest.approx(single.labels_only.standard_error)
    assert flat.corrected.standard_error is not None
    assert grouped.corrected.standard_error is not None
    assert grouped.corrected.standard_error > 1.9 * flat.corrected.standard_error


def test_labels_of_one_item_say_too_little() -> None:
    assert corrected_mean([1, 0], [0.9, 0.2], [0.5, 0.4], items=(["a", "a"], ["b", "c"])) is None
