"""Agreement of two raters: worked figures, scikit-learn and scipy as oracles, and figures that make no sense."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.inter_rater import cohens_kappa

from rft_tui.analysis.agreement import (
    MOST_LABELS,
    Agreement,
    LabelPair,
    Weights,
    agreement,
    confusion_table,
    kappa,
    labels_worth_adding,
)

TABLE = [[20, 5], [10, 15]]
THREE = [[11, 3, 1], [1, 9, 0], [0, 1, 10]]
PAIRS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=2, max_size=40)


def pairs_of(table: Sequence[Sequence[int]]) -> Iterator[LabelPair]:
    """One pair an item."""
    item = 0
    for row, counts in enumerate(table):
        for column, count in enumerate(counts):
            for _ in range(count):
                item += 1
                yield LabelPair(str(item), str(row), str(column))


def result(pairs: Sequence[LabelPair], resamples: int = 1000) -> Agreement:
    found = agreement(pairs, resamples=resamples)
    assert found is not None
    return found


def test_worked_figures() -> None:
    assert kappa(TABLE) == pytest.approx(0.4)
    assert [kappa(THREE, weights) for weights in Weights] == pytest.approx([0.7503, 0.7831, 0.8155], abs=5e-5)
    found = result(list(pairs_of(THREE)))
    figures = (found.kappa.value, found.linear.value, found.quadratic.value, found.raw.value)
    assert figures == pytest.approx((0.7503, 0.7831, 0.8155, 30 / 36), abs=5e-5)
    assert found.table.counts == tuple(map(tuple, THREE))
    one, other = found.table.base_rates
    assert one == pytest.approx((15 / 36, 10 / 36, 11 / 36))
    assert other == pytest.approx((12 / 36, 13 / 36, 11 / 36))
    assert (found.pairs, found.items) == (36, 36)


@given(PAIRS)
def test_kappa_is_that_of_statsmodels(pairs: list[tuple[str, str]]) -> None:
    table = confusion_table(LabelPair(str(place), *pair) for place, pair in enumerate(pairs))
    if len(table.labels) < 2:
        assert kappa(table.counts) is None
        return
    for weights, name in ((Weights.NONE, None), (Weights.LINEAR, "linear"), (Weights.QUADRATIC, "quadratic")):
        found = kappa(table.counts, weights)
        wanted = cohens_kappa(np.array(table.counts), wt=name, return_results=False)
        assert found == pytest.approx(wanted, abs=1e-9)


def test_interval_is_near_that_of_scipy() -> None:
    source = np.random.default_rng(1)
    one = source.integers(0, 2, 80)
    other = np.where(source.random(80) < 0.8, one, 1 - one)

    def plain(mine: np.ndarray, theirs: np.ndarray) -> float:
        rates = mine.mean(), theirs.mean()
        chance = rates[0] * rates[1] + (1 - rates[0]) * (1 - rates[1])
        return float(((mine == theirs).mean() - chance) / (1 - chance))

    oracle = stats.bootstrap(
        (one, other), plain, paired=True, vectorized=False, n_resamples=4000, method="BCa", rng=source
    ).confidence_interval
    found = result(
        [LabelPair(str(place), str(x), str(y)) for place, (x, y) in enumerate(zip(one, other, strict=True))], 10_000
    )
    assert found.kappa.interval is not None
    assert (found.kappa.interval.low, found.kappa.interval.high) == pytest.approx((oracle.low, oracle.high), abs=0.02)
    assert found.kappa.half_width == pytest.approx((oracle.high - oracle.low) / 2, abs=0.02)


def test_answers_to_one_item_belong_together() -> None:
    """Every item has its pair four times: that is no more than each once."""
    once = list(pairs_of(TABLE))
    often = [LabelPair(pair.item, pair.one, pair.other) for pair in once for _ in range(4)]
    apart = [LabelPair(f"{pair.item}/{copy}", pair.one, pair.other) for pair in once for copy in range(4)]
    few, clustered, many = (result(pairs).kappa for pairs in (once, often, apart))
    assert few.half_width is not None
    assert many.half_width is not None
    assert clustered.half_width == pytest.approx(few.half_width, rel=0.1)
    assert many.half_width == pytest.approx(few.half_width / 2, rel=0.15)


@settings(max_examples=25, deadline=None)
@given(PAIRS, st.randoms())
def test_the_order_of_pairs_does_not_matter(pairs: list[tuple[str, str]], source: random.Random) -> None:
    labelled = [LabelPair(str(place), *pair) for place, pair in enumerate(pairs)]
    first = agreement(labelled, resamples=1000)
    source.shuffle(labelled)
    assert agreement(labelled, resamples=1000) == first


def test_order_of_labels_is_that_of_the_caller() -> None:
    pairs = [LabelPair("1", "high", "low"), LabelPair("2", "low", "odd"), LabelPair("3", "mid", "mid")]
    assert confusion_table(pairs, ["low", "mid", "high"]).labels == ("low", "mid", "high", "odd")
    assert confusion_table(pairs).labels == ("high", "low", "mid", "odd")


def test_agreement_of_all_still_has_a_width() -> None:
    found = result(list(pairs_of([[20, 0], [0, 15]])))
    assert found.raw.interval is not None
    assert found.kappa.interval is not None
    assert (found.kappa.value, found.raw.interval.low) == pytest.approx((1, 0.9011), abs=5e-5)
    assert 0.7 < found.kappa.interval.low < 0.9
    one_label = result(list(pairs_of([[30]])))
    assert (one_label.raw.value, one_label.kappa.value, one_label.kappa.interval) == (1, None, None)
    assert one_label.kappa.half_width is None


def test_too_little_and_too_many() -> None:
    assert agreement([]) is None
    one = result([LabelPair("1", "a", "b")])
    assert (one.raw.value, one.raw.interval, one.kappa.value, one.kappa.interval) == (0, None, 0, None)
    with pytest.raises(ValueError, match="different labels"):
        agreement([LabelPair(str(number), str(number), "x") for number in range(MOST_LABELS)])


def test_labels_worth_adding() -> None:
    fifty = labels_worth_adding(50, 0.19)
    assert fifty.sentence == "50 labels give ±.19; 50 more would give about ±.13"
    assert (fifty.more, fifty.half_width_after) == pytest.approx((50, 0.19 / 2**0.5))
    assert labels_worth_adding(20, 0.31).more == 30
    assert labels_worth_adding(45, 0.2).more == 55
    assert labels_worth_adding(200, 0.09).more == 200
    assert labels_worth_adding(900, 0.045).sentence == "900 labels give ±.04: that is enough"


def test_forty_thousand_pairs() -> None:
    source = random.Random(2)
    pairs = [
        LabelPair(str(number // 2), str(source.randrange(3)), str(source.randrange(3))) for number in range(40_000)
    ]
    begun = time.process_time()
    assert result(pairs, 10_000).kappa.value == pytest.approx(0, abs=0.02)
    assert time.process_time() - begun < 5
