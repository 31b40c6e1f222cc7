"""Krippendorff's α: his canonical table, the krippendorff package on random tables, and intervals."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from math import nan

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft_tui.analysis.agreement import Measured
from rft_tui.analysis.krippendorff_alpha import MOST_RATIO_VALUES, Level, krippendorff_alpha

N = None
CANONICAL: list[list[float | None]] = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
]
TABLES = st.lists(
    st.lists(st.one_of(st.none(), st.integers(0, 4)), min_size=3, max_size=3), min_size=2, max_size=12
)  # fmt: skip


def alpha(raters: Sequence[Sequence[float | None]], level: Level, resamples: int = 0) -> Measured:
    """α of ratings with a row for each rater."""
    items = {str(place): list(given) for place, given in enumerate(zip(*raters, strict=True))}
    return krippendorff_alpha(items, level, resamples=resamples)


@pytest.mark.parametrize(
    ("level", "wanted"),
    [(Level.NOMINAL, 0.743), (Level.ORDINAL, 0.815), (Level.INTERVAL, 0.849), (Level.RATIO, 0.797)],
)
def test_canonical_table(level: Level, wanted: float) -> None:
    found = alpha(CANONICAL, level, 1000)
    assert found.value == pytest.approx(wanted, abs=5e-4)
    assert found.interval is not None
    assert found.interval.low < wanted < found.interval.high
    oracle = krippendorff.alpha(np.array(CANONICAL, dtype=float), level_of_measurement=level.value)
    assert found.value == pytest.approx(oracle, abs=1e-9)


@settings(deadline=None)
@given(TABLES, st.sampled_from(Level))
def test_alpha_is_that_of_the_package(items: list[list[int | None]], level: Level) -> None:
    found = krippendorff_alpha({str(place): given for place, given in enumerate(items)}, level, resamples=0).value
    compared = [given for given in items if sum(one is not None for one in given) > 1]
    values = {one for given in compared for one in given if one is not None}
    if len(values) < 2:
        assert found is None
        return
    table = np.array(compared, dtype=float).T
    assert found == pytest.approx(krippendorff.alpha(table, level_of_measurement=level.value), abs=1e-9)


def test_what_is_missing_or_alone_says_nothing() -> None:
    ratings: dict[str, list[float | None]] = {"a": [1, 2], "b": [2, 2], "c": [1, 1], "d": [3]}
    more: dict[str, list[float | None]] = {**ratings, "e": [None, 7.0], "f": [], "g": [nan, 4.0]}
    for level in Level:
        assert krippendorff_alpha(ratings, level, resamples=0) == krippendorff_alpha(more, level, resamples=0)
    nothing = Measured(None, None)
    assert krippendorff_alpha({}, Level.RATIO) == nothing
    assert krippendorff_alpha({"a": [1], "b": [2]}, Level.NOMINAL) == nothing
    assert krippendorff_alpha({"a": [1, 1], "b": [1, 1]}, Level.INTERVAL) == nothing
    with pytest.raises(ValueError, match="below 0"):
        krippendorff_alpha({"a": [-1, 1]}, Level.RATIO)


def test_raters_and_items_may_come_in_any_order() -> None:
    items: list[list[float | None]] = [list(given) for given in zip(*CANONICAL, strict=True)]
    turned = {f"x{place}": given[::-1] for place, given in reversed(list(enumerate(items)))}
    for level in Level:
        assert krippendorff_alpha(turned, level, resamples=1000) == alpha(CANONICAL, level, 1000)


def test_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """Two raters of 60 items who give a coin's side, and the other's side in .2 of the cases: α is .6."""
    source = random.Random(11)
    held, worlds = 0, 150
    for _ in range(worlds):
        items: dict[str, Sequence[float | None]] = {}
        for item in range(60):
            side = source.randrange(2)
            items[str(item)] = [side, side if source.random() > 0.2 else 1 - side]
        interval = krippendorff_alpha(items, Level.NOMINAL, resamples=1000).interval
        assert interval is not None
        held += interval.low <= 0.6 <= interval.high
    assert 0.89 <= held / worlds <= 0.99


def test_many_items_with_scores_of_their_own() -> None:
    source = random.Random(1)
    items: dict[str, Sequence[float | None]] = {}
    for item in range(40_000):
        score = source.random()
        items[str(item)] = [score, score + source.gauss(0, 0.05)]
    begun = time.process_time()
    found = [krippendorff_alpha(items, level, resamples=0).value for level in (Level.ORDINAL, Level.INTERVAL)]
    assert time.process_time() - begun < 5
    # the noise's variance by that of all ratings
    assert found == pytest.approx([0.985, 0.985], abs=0.005)


def test_ratios_of_many_values_are_put_on_steps() -> None:
    source = random.Random(1)
    one = np.array([source.uniform(1, 9) for _ in range(600)])
    other = np.array([score * source.uniform(0.8, 1.2) for score in one])
    items = {str(place): pair for place, pair in enumerate(zip(one.tolist(), other.tolist(), strict=True))}
    every = np.concatenate([one, other])
    assert len(set(every.tolist())) > MOST_RATIO_VALUES
    apart = ((every[:, None] - every) / (every[:, None] + every)) ** 2
    chance = apart.sum() / (len(every) * (len(every) - 1))
    wanted = 1 - (((one - other) / (one + other)) ** 2).mean() / chance
    assert krippendorff_alpha(items, Level.RATIO, resamples=0).value == pytest.approx(wanted, abs=0.002)
