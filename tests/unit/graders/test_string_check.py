"""string_check: the four operations, their rule and their steps."""

from __future__ import annotations

from typing import Any

import pytest

from rft_tui.graders.engine import compile_grader, grade_one
from rft_tui.graders.sample import make_sample
from rft_tui.model import Grade, ScoreRule


def grade(operation: str, text: str, reference: Any, **more: Any) -> Grade:
    spec = {
        "type": "string_check",
        "name": "check",
        "operation": operation,
        "input": "{{sample.output_text}}",
        "reference": "{{item.reference_answer}}",
        **more,
    }
    return grade_one(compile_grader(spec), make_sample(text), {"reference_answer": reference})


@pytest.mark.parametrize(
    ("operation", "text", "reference", "score"),
    [
        ("eq", "gout", "gout", 1),
        ("eq", "Gout", "gout", 0),
        ("eq", "gout ", "gout", 0),
        ("ne", "gout", "gout", 0),
        ("ne", "Gout", "gout", 1),
        ("like", "acute gout", "gout", 1),
        ("like", "acute Gout", "gout", 0),
        ("like", "gout", "acute gout", 0),
        ("like", "100 percent", "1%t", 0),
        ("like", "anything", "", 1),
        ("ilike", "acute GOUT", "Gout", 1),
        ("ilike", "", "gout", 0),
        ("eq", "77", 77, 1),
        ("eq", "e\u0301", "\u00e9", 0),
    ],
)
def test_operations(operation: str, text: str, reference: Any, score: float) -> None:
    found = grade(operation, text, reference)
    assert (found.score, found.passed, found.error) == (score, score == 1, None)


def test_it_passes_at_one_whatever_threshold_stands_there() -> None:
    spec = {"type": "string_check", "operation": "eq", "input": "a", "reference": "a", "pass_threshold": 0.0}
    assert compile_grader(spec).rule == ScoreRule(0, 1, 1.0)
    assert grade("eq", "a", "b", pass_threshold=0.0).passed is False


def test_steps_show_both_sides_safely_and_cut() -> None:
    assert grade("eq", "gouty arthritis", "gout").steps == ('"gouty arthritis" ≠ "gout"',)
    assert grade("like", "acute gout", "gout").steps == ('"acute gout" contains "gout"',)
    (step,) = grade("ilike", "x\x1b[31m\n" + "y" * 10_000_000, "gout").steps
    assert "\x1b" not in step
    assert "\n" not in step
    assert len(step) < 160


def test_a_missing_field_is_an_error_without_a_score() -> None:
    spec = {"type": "string_check", "operation": "ne", "input": "{{sample.output_text}}", "reference": "{{item.label}}"}
    found = grade_one(compile_grader(spec), make_sample("x"), {"reference_answer": "x"})
    assert found.score is None
    assert found.passed is None
    assert found.error is not None
    assert (found.error.kind, found.error.message) == ("invalid_variable_error", "item.label is not in the item")
