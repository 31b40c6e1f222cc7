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

    def test_of_nearly_all_rows(self) -> None:
        assert no_signal(grades(*[0.5] * 79), 100) is None
        assert no_signal(grades(*[0.5] * 80), 100) is not None

    @pytest.mark.parametrize("scores", [[0.5] * 4, [0.5] * 5 + [0.6], [], [None] * 9])
    def test_not_the_same_or_too_few(self, scores: Sequence[float | None]) -> None:
        assert no_signal(grades(*scores)) is None


def runs_of(question: str, scores: Sequence[float | None], group: int = 1, runs: int | None = None) -> list[Seen]:
    """All runs of a question that were scored, of so many that there are."""
    return [Seen(question, group, len(scores) if runs is None else runs, {}, grade) for grade in grades(*scores)]


class TestLearnable:
    def test_only_groups_whose_runs_are_all_scored_count(self) -> None:
        seen = [
            *runs_of("a", [1.0, 0.0]),
            *runs_of("b", [1.0, 1.0]),
            *runs_of("c", [0.0, 0.0, 0.0]),
            *runs_of("d", [1.0]),
            *runs_of("e", [1.0, None, 0.0]),
            *runs_of("f", [0.0, 1.0], runs=3),
            *runs_of("a", [0.0, 1.0], group=2),
        ]
        found = learnable(seen, ScoreRule())
        assert (found, found.groups, found.share) == (Learnable(2, 1, 1, 3), 4, 0.5)

    def test_it_is_said_of_questions_or_of_groups(self) -> None:
        assert "learnable share 50%: 5 of 10 questions" in said(learnable_advice(Learnable(5, 2, 3, 10)))
        assert "5 of 10 question-and-model groups" in said(learnable_advice(Learnable(5, 2, 3, 7)))

    @pytest.mark.parametrize(
        ("found", "severity"),
        [
            (Learnable(0, 2, 2, 4), None), (Learnable(0, 0, 0, 0), None), (Learnable(0, 2, 3, 5), "info"),
            (Learnable(1, 10, 9, 20), "info"), (Learnable(0, 10, 10, 20), "warning"),
            (Learnable(1, 20, 0, 21), "warning"), (Learnable(15, 5, 0, 20), "info"),
        ],
    )  # fmt: skip
    def test_it_is_a_warning_only_where_it_is_small_for_sure(self, found: Learnable, severity: str | None) -> None:
        advice = learnable_advice(found)
        assert (advice.severity if advice else None) == severity

    def test_of_rows_chosen_by_score_neither_it_nor_a_missing_signal_is_said(self) -> None:
        seen = [one for at in range(20) for one in runs_of(str(at), [0.0, 0.0])]
        spec = python("0.0")
        assert [one.kind for one in advise(spec, seen, TODAY, rows=40)] == ["no_signal", "learnable_share"]
        assert advise(spec, seen, TODAY, rows=40, by_score=True) == []

    @given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([None, 0.0, 1.0]))))
    def test_every_question_with_all_its_runs_counts_once(self, made: list[tuple[str, float | None]]) -> None:
        sizes = {question: sum(one == question for one, _score in made) for question in "abcd"}
        seen = [Seen(question, 1, sizes[question], {}, grades(score)[0]) for question, score in made]
        failed = {question for question, score in made if score is None}
        assert learnable(seen, ScoreRule()).groups == sum(sizes[one] > 1 for one in set("abcd") - failed)


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
    rows = [row(str(at // 2), fields={"reference_answer": "x"} if at else {}, group=3, runs=2) for at in range(10)]
    seen = seen_in(rows, {at: Grade(5.0) for at in range(10)})
    assert seen[0] == Seen("0", 3, 2, {}, Grade(5.0))
    kinds = [advice.kind for advice in advise(spec, seen, TODAY)]
    assert kinds == [
        "no_signal", "outside_range", "threshold_outside_range", "learnable_share", "field_missing", "retiring_model",
    ]  # fmt: skip


def test_nothing_to_say() -> None:
    seen = [Seen(str(at), 1, 1, {"reference_answer": "x"}, Grade(at / 5)) for at in range(6)]
    assert advise({**EXACT, **python("1")}, seen, TODAY) == []
