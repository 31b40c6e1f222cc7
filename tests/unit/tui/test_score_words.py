"""Scores in few cells: of every size, as the rows of a list and the figures under it show them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.model import Grade, GradeError
from rft_tui.tui.score_words import score_text, shown_delta, shown_score
from rft_tui.tui.screens.graders.figures import shown_figure


@pytest.mark.parametrize(
    ("score", "shown"), [(0.4, ".40"), (1.0, "1.00"), (-0.5, "-.50"), (10.0, "10.00"), (100.25, "100.25")]
)
def test_only_a_zero_before_the_point_is_left_out(score: float, shown: str) -> None:
    assert (shown_score(score), shown_figure(score), score_text(Grade(score))) == (shown, shown, shown)


@pytest.mark.parametrize(("delta", "shown"), [(0.4, "+.40"), (-0.4, "−.40"), (10.0, "+10.00"), (-20.5, "−20.50")])
def test_a_difference_bears_its_sign(delta: float, shown: str) -> None:
    assert shown_delta(delta) == shown


@given(st.floats(-1e6, 1e6))
def test_what_is_shown_is_the_number(score: float) -> None:
    assert float(shown_score(score)) == float(f"{score:.2f}")
    assert float(shown_delta(score).replace("−", "-")) == float(f"{score:.2f}")


def test_what_is_no_score() -> None:
    assert (score_text(None), shown_figure(None)) == ("–", "–")
    assert score_text(Grade(None, error=GradeError("x", "y"))) == "err"
