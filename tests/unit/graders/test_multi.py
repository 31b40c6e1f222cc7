"""multi: formulas over children, what is shown, and errors that never become a number."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import GraderSpecError
from rft_tui.graders.engine import GradingEngine, LocalGrader, compile_grader, grade_one
from rft_tui.graders.sample import make_sample
from rft_tui.model import Grade
from tests.unit.judges import USE, ScriptedJudge, judged_spec


def check(reference: str, operation: str = "eq", **more: Any) -> dict[str, Any]:
    texts = {"input": "{{sample.output_text}}", "reference": reference}
    return {"type": "string_check", "name": "inner", "operation": operation, **texts, **more}


def multi(graders: Any, formula: str, **more: Any) -> LocalGrader:
    return compile_grader({"type": "multi", "name": "m", "graders": graders, "calculate_output": formula, **more})


def grade(grader: LocalGrader, text: str = "gout", **item: Any) -> Grade:
    return grade_one(grader, make_sample(text), item)


SIMILAR: dict[str, Any] = {
    "type": "text_similarity",
    "evaluation_metric": "fuzzy_match",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}


def test_the_formula_is_worked_out_and_shown() -> None:
    grader = multi({"phrase": SIMILAR, "exact": check("{{item.reference_answer}}")}, "0.85 * phrase + 0.15 * exact")
    found = grade(grader, "Gouty arthritis", reference_answer="gouty")
    assert found.score == pytest.approx(0.765)
    assert found.sub_scores == {"phrase": 0.9, "exact": 0.0}
    assert found.steps == (
        "0.77 = 0.85 · phrase 0.90 + 0.15 · exact 0.00",
        "phrase: fuzzy_match 0.90 (rapidfuzz_WRatio_default_process)",
        'exact: "Gouty arthritis" ≠ "gouty"',
    )


def test_it_passes_by_its_own_threshold_and_is_not_clipped() -> None:
    children = {"a": check("gout"), "b": check("gout")}
    assert grade(multi(children, "2 * a + b")).score == 3.0
    assert grade(multi(children, "a - 3")).score == -2.0
    assert grade(multi(children, "a", pass_threshold=1.0)).passed is True
    assert grade(multi(children, "a / 2", pass_threshold=0.6)).passed is False
    assert grade(multi(children, "a")).passed is None


def test_a_failed_child_makes_the_whole_an_error_that_names_it() -> None:
    grader = multi({"a": check("gout"), "b": check("{{item.label}}"), "c": check("x")}, "max(a, b, c)")
    found = grade(grader)
    assert (found.score, found.passed) == (None, None)
    assert found.error is not None
    assert found.error.kind == "invalid_variable_error"
    assert found.error.message == "b: item.label is not in the item"
    assert found.sub_scores == {"a": 1.0, "b": None, "c": 0.0}


def test_a_failed_child_counts_even_if_the_formula_does_not_use_it() -> None:
    found = grade(multi({"a": check("gout"), "b": check("{{item.label}}")}, "a"))
    assert found.error is not None


def test_a_formula_without_a_value_is_an_error_with_its_column() -> None:
    found = grade(multi({"a": check("x"), "b": check("gout")}, "b / a"))
    assert found.score is None
    assert found.error is not None
    assert (found.error.kind, found.error.message) == ("other_error", "the formula at column 3: division by zero")
    assert found.sub_scores == {"a": 0.0, "b": 1.0}


def test_lists_and_single_graders_go_by_their_inner_names() -> None:
    assert grade(multi([check("gout", name="one"), check("x", name="two")], "one + two / 2")).score == 1.0
    assert grade(multi(check("gout", name="one"), "one")).sub_scores == {"one": 1.0}
    with pytest.raises(GraderSpecError, match="needs a name"):
        multi([{key: value for key, value in check("x").items() if key != "name"}], "one")


def test_children_may_nest_and_have_odd_names() -> None:
    inner = {"type": "multi", "graders": {"x-y": check("gout")}, "calculate_output": "x-y / 2"}
    found = grade(multi({"inner one": inner, "b": check("x")}, "inner one + b"))
    assert found.score == 0.5
    assert found.steps[1] == "inner one: 0.50 = x-y 1.00 / 2"


def test_a_model_grader_inside_needs_a_judge() -> None:
    with pytest.raises(GraderSpecError, match="score_model asks a model service"):
        grade(multi({"a": judged_spec()}, "a"), reference_answer="gout")


def test_local_and_judged_children_are_mixed_and_every_question_is_counted() -> None:
    first, second = judged_spec(name="first"), judged_spec(name="second")
    grader = multi({"a": first, "exact": check("gout"), "b": second}, "0.5 * a + 0.25 * exact + 0.25 * b")
    judge = ScriptedJudge(window=2)
    calls = [(make_sample(text), {"reference_answer": "gout"}) for text in ("gout", "x") * 5]
    with GradingEngine(grader, judge=judge) as engine:
        grades = list(engine.grade(calls))
    assert [one.score for one in grades] == [1.0, 0.0] * 5
    assert len(judge.calls) == 20
    assert all(one.judged == (USE, USE) for one in grades)
    assert "a: the judge gave 1.00" in grades[0].steps


def test_questions_count_also_where_a_child_fails() -> None:
    grader = multi({"a": judged_spec(), "b": check("{{item.missing}}")}, "a + b")
    found = grade_one(grader, make_sample("gout"), {"reference_answer": "gout"}, judge=ScriptedJudge())
    assert found.score is None
    assert found.sub_scores == {"a": 1.0, "b": None}
    assert found.judged == (USE,)


@given(st.lists(st.tuples(st.sampled_from(["x", "y", ""]), st.sampled_from(["x", "y", None])), max_size=30))
def test_errors_never_count_as_a_number(rows: list[tuple[str, str | None]]) -> None:
    grader = multi({"a": check("{{item.r}}"), "b": check("{{item.r}}", "ne")}, "min(a, b) + max(a, b)")
    calls = [(make_sample(text), {} if reference is None else {"r": reference}) for text, reference in rows]
    with GradingEngine(grader) as engine:
        grades = list(engine.grade(calls))
    assert len(grades) == len(rows)
    for found, (text, reference) in zip(grades, rows, strict=True):
        assert (found.score is None) == (found.error is not None) == (reference is None)
        if reference is None:
            assert found.sub_scores == {"a": None, "b": None}
        else:
            assert found.sub_scores == {"a": float(text == reference), "b": float(text != reference)}
            assert found.score == 1.0
