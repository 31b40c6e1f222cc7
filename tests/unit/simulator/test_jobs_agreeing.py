"""Evaluations agree with the curves of the same job, whatever its grader thinks of the answers."""

from __future__ import annotations

from statistics import fmean

from hypothesis import given
from hypothesis import strategies as st

from rft_tui.simulator.jobs.agreeing import TOLERANCE, Bounds, Score, agreeing

LEAST, MOST = Score(0.0, {"a": 0.0}), Score(10.0, {"a": 1.0})


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60), st.floats(0, 1))
def test_the_mean_is_the_curves_and_the_order_the_graders(totals: list[float], share: float) -> None:
    scores = [Score(one, {"a": one / 10}) for one in totals]
    made = agreeing(scores, share, Bounds(LEAST, MOST))
    assert abs(fmean(one.total for one in made) / 10 - share) <= max(TOLERANCE, 1 / len(made)) + 1e-9
    assert all(new in (old, LEAST, MOST) for old, new in zip(scores, made, strict=True))
    for first, one in zip(scores, made, strict=True):
        for second, other in zip(scores, made, strict=True):
            assert first.total >= second.total or one.total <= other.total


def test_nothing_is_changed_where_it_agrees_or_there_is_no_range() -> None:
    scores = [Score(5.0, {}), Score(5.1, {})]
    assert agreeing(scores, 0.5, Bounds(LEAST, MOST)) == scores
    assert agreeing(scores, 0.0, Bounds(LEAST, LEAST)) == scores
    assert agreeing([], 0.5, Bounds(LEAST, MOST)) == []
