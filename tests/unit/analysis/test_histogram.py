"""Histograms: every value in one bin, the same edges for all that is compared."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.analysis.histogram import Histogram, histogram, item_histograms, score_histograms
from tests.unit.analysis.score_tables import table


def test_a_value_on_an_edge_belongs_to_the_bin_that_begins_there() -> None:
    found = histogram([number / 10 for number in range(11)], 0, 1)
    assert found.counts == (1,) * 9 + (2,)
    assert histogram([3 * 0.1, 1 - 0.7, 0.1 + 0.2], 0, 1).counts[3] == 3, "whatever its last bits are"
    assert found.edges == pytest.approx([edge / 10 for edge in range(11)])


def test_what_lies_outside_is_counted_apart() -> None:
    found = histogram([-0.1, 0.0, 1.0, 1.2, inf, -inf, nan], 0, 1, bins=2)
    assert (found.counts, found.below, found.above, found.total) == ((1, 1), 2, 2, 6)


@given(st.lists(st.integers(-300, 300)), st.integers(1, 30))
def test_against_numpy(numbers: list[int], bins: int) -> None:
    # a shift by an odd part of a bin keeps values off the edges
    values = [number / 25 + 0.00123 for number in numbers]
    found = histogram(values, -5, 7, bins)
    assert list(found.counts) == np.histogram(values, bins, (-5, 7))[0].tolist()
    assert found.total == len(values)


def test_all_operands_share_their_edges() -> None:
    first, second = table([[0.0, 1.0], [0.2], []]), table([[4.0], [9.0, 10.0]], low=0, high=10)
    means = item_histograms([first, second], bins=5)
    assert means[0].edges == means[1].edges == pytest.approx([0, 2, 4, 6, 8, 10])
    assert [one.counts for one in means] == [(2, 0, 0, 0, 0), (0, 0, 1, 0, 1)]
    scores = score_histograms([first, second], bins=5)
    assert [one.counts for one in scores] == [(3, 0, 0, 0, 0), (0, 0, 1, 0, 2)]


def test_ranges_without_a_width_or_without_operands() -> None:
    assert item_histograms([]) == []
    assert score_histograms([table([[1.0]], low=1, high=1)], bins=2) == [Histogram((1, 1.5, 2), (1, 0))]
