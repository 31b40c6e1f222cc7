"""What grades that were seen say of a grader."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.model import Grade, GradeError, ScoreRule
from rft_tui.tasks.retesting.advice import (
    Learnable,
    Seen,
    advise,
    learnable,
    learnable_advice,
    missing_fields,
    no_signal,
    outside_range,
    retiring,
    seen_in,
    threshold_outside,
    undefined_formula,
)  # fmt: skip
from tests.unit.judges import judged_spec
from tests.unit.tasks.retesting.test_retest import row
from tests.unit.tasks.retesting.worlds import EXACT, multi, python

TODAY = date(2026, 11, 22)
ERROR = Grade(None, error=GradeError("other_error", "no"))


def grades(*scores: float | None) -> list[Grade]:
    return [ERROR if score is None else Grade(score) for score in scores]


def said(advice: Any) -> str:
    assert advice is not None
    return str(advice.message)


class TestSignal:
    def test_all_the_same(self) -> None:
        assert "all 5 scores are 0.50" in said(no_signal(grades(*[0.5] * 5, None)))

    @pytest.mark.parametrize("scores", [[0.5] * 4, [0.5] * 5 + [0.6], [], [None] * 9])
    def test_not_the_same_or_too_few(self, scores: Sequence[float | None]) -> None:
        assert no_signal(grades(*scores)) is None


class TestLearnable:
    def test_the_share(self) -> None:
        runs: dict[str, list[float | None]] = {
            "a": [1.0, 0.0],
            "b": [1.0, 1.0],
            "c": [0.0, 0.0, 0.0],
            "d": [1.0],
            "e": [1.0, None],
            "f": [0.0, 1.0],
        }
        pairs = [(item, grade) for item, scores in runs.items() for grade in grades(*scores)]
        found = learnable(pairs, ScoreRule())
        assert (found, found.items, found.share) == (Learnable(2, 1, 1), 4, 0.5)
        assert "2 of 4 items (50%)" in said(learnable_advice(found))

    def test_nothing_to_learn(self) -> None:
        assert "nothing can be learnt" in said(learnable_advice(Learnable(0, 3, 1)))
        assert learnable_advice(Learnable(0, 0, 0)) is None

    @given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([None, 0.0, 1.0]))))
    def test_every_item_with_two_runs_counts_once(self, made: list[tuple[str, float | None]]) -> None:
        found = learnable([(item, grades(score)[0]) for item, score in made], ScoreRule())
        scored = [item for item, score in made if score is not None]
        assert found.items == sum(scored.count(item) > 1 for item in set(scored))


class TestRange:
    def test_outside(self) -> None:
        assert "2 of 3 scores" in said(outside_range(grades(-0.5, 0.5, 1.2, None), ScoreRule()))
        assert outside_range(grades(0.0, 1.0, None), ScoreRule()) is None

    @pytest.mark.parametrize(
        ("threshold", "words"),
        [(1.5, "nothing can pass"), (-0.5, "everything passes"), (0.0, "everything passes"), (1.0, None), (None, None)],
    )
    def test_the_threshold(self, threshold: float | None, words: str | None) -> None:
        found = threshold_outside(ScoreRule(pass_threshold=threshold))
        assert (words is None) == (found is None)
        assert words is None or words in said(found)


class TestFormula:
    def test_undefined_on_real_sub_scores(self) -> None:
        spec = multi("a / b", a=EXACT, b=EXACT)
        seen = [Grade(None, sub_scores={"a": 1.0, "b": value}) for value in (0.0, 0.5, None, 0.0)]
        (advice,) = undefined_formula(spec, seen)
        assert (advice.kind, "division by zero on 2 of 3 predictions" in advice.message) == ("formula_undefined", True)

    @pytest.mark.parametrize("spec", [EXACT, multi("a +", a=EXACT), {"type": "multi"}, multi("a", b=EXACT)])
    def test_no_formula_to_speak_of(self, spec: Any) -> None:
        assert undefined_formula(spec, grades(1.0)) == []


class TestFields:
    def test_of_some_and_of_none(self) -> None:
        spec = {**EXACT, "input": "{{item.a.b}}{{item.c}}", "reference": "{{item.d}}{{sample.output_text}}"}
        items: list[dict[str, object]] = [{"a": {"b": 1}, "c": 1}, {"a": {}, "c": None}]
        found = missing_fields(spec, items)
        assert [(each.kind, each.severity) for each in found] == [
            ("field_missing", "warning"),
            ("unknown_field", "error"),
        ]
        assert "item.a.b is missing in 1 of 2 items" in found[0].message
        assert "item.d is in none of the 2 items" in found[1].message

    def test_without_items(self) -> None:
        assert missing_fields(EXACT, []) == []


class TestModels:
    def test_ended_ending_and_unknown(self) -> None:
        found = retiring(["o4-mini", "gpt-4.1", "mine"], TODAY)
        assert ["was shut down" in found[0].message, "will be shut down" in found[1].message, len(found)] == [
            True,
            True,
            2,
        ]

    def test_the_services_own_day_goes_first(self) -> None:
        (found,) = retiring(["mine"], TODAY, {"mine": "2026-12-01"})
        assert "in 9 days" in found.message


def test_everything_together() -> None:
    spec = judged_spec(model="o4-mini", pass_threshold=4, range=[0, 3])
    rows = [row(str(at // 2), fields={"reference_answer": "x"} if at else {}) for at in range(6)]
    seen = seen_in(rows, {at: Grade(5.0) for at in range(6)})
    assert seen[0] == Seen("0 m", {}, Grade(5.0))
    kinds = [advice.kind for advice in advise(spec, seen, TODAY)]
    assert kinds == [
        "no_signal", "outside_range", "threshold_outside_range", "learnable_share", "field_missing", "retiring_model",
    ]  # fmt: skip


def test_nothing_to_say() -> None:
    seen = [Seen(str(at), {"reference_answer": "x"}, Grade(at / 5)) for at in range(6)]
    assert advise({**EXACT, **python("1")}, seen, TODAY) == []
