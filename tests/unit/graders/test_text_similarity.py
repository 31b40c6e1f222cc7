"""text_similarity: its metrics through templates, steps, thresholds, and long texts in the sandbox."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from rft_tui.graders.engine import GradingEngine, compile_grader, grade_one
from rft_tui.graders.metrics import is_heavy, metric_function
from rft_tui.graders.sample import make_sample


def spec(metric: str = "fuzzy_match", **more: Any) -> dict[str, Any]:
    return {
        "type": "text_similarity",
        "name": "similar",
        "evaluation_metric": metric,
        "input": "{{sample.output_text}}",
        "reference": "{{item.reference_answer}}",
        **more,
    }


@pytest.mark.parametrize(
    ("metric", "score"),
    [
        ("fuzzy_match", 0.7555555555555555),
        ("gleu", 0.21428571428571427),
        ("rouge_1", 0.4),
        ("rouge_2", 0.25),
        ("rouge_5", 0),
    ],
)
def test_published_values(metric: str, score: float) -> None:
    sample, item = make_sample("fuzzy wuzzy had no hair"), {"reference_answer": "fuzzy wuzzy was a bear"}
    assert grade_one(compile_grader(spec(metric)), sample, item).score == pytest.approx(score, abs=1e-9)


def test_a_variant_can_be_chosen_and_is_shown() -> None:
    sample, item = make_sample("Paris"), {"reference_answer": "paris"}
    default = grade_one(compile_grader(spec()), sample, item)
    chosen = grade_one(compile_grader(spec(variant="rapidfuzz_WRatio")), sample, item)
    assert (default.score, chosen.score) == (1.0, 0.8)
    assert default.steps == ("fuzzy_match 1.00 (rapidfuzz_WRatio_default_process)",)
    assert chosen.steps == ("fuzzy_match 0.80 (rapidfuzz_WRatio)",)


def test_it_passes_from_its_threshold_on() -> None:
    sample, item = make_sample("Paris"), {"reference_answer": "paris"}
    at = compile_grader(spec(variant="rapidfuzz_WRatio", pass_threshold=0.8))
    above = compile_grader(spec(variant="rapidfuzz_WRatio", pass_threshold=0.81))
    assert [grade_one(grader, sample, item).passed for grader in (at, above)] == [True, False]
    assert grade_one(compile_grader(spec()), sample, item).passed is None


def test_a_missing_field_is_an_error_without_a_score() -> None:
    found = grade_one(compile_grader(spec()), make_sample("x"), {})
    assert found.score is None
    assert found.error is not None
    assert found.error.kind == "invalid_variable_error"


def test_long_texts_go_through_the_sandbox_and_keep_their_place() -> None:
    long = " ".join(f"w{number}" for number in range(3_000))
    answers = ["paris", long, "rome", long[:-9], "paris"]
    references = ["paris", long, "paris", long, "paris"]
    assert is_heavy("rouge_1", None, 10**7, 10**7)
    assert is_heavy("fuzzy_match", None, len(long), len(long))
    metric = metric_function("fuzzy_match")
    expected = [metric(answer, reference) for answer, reference in zip(answers, references, strict=True)]
    calls = [
        (make_sample(answer), {"reference_answer": reference})
        for answer, reference in zip(answers, references, strict=True)
    ]
    calls.insert(2, (make_sample("x"), {}))
    with GradingEngine(compile_grader(spec()), item_timeout_s=10) as engine:
        grades = list(engine.grade(calls))
    assert grades.pop(2).error is not None
    assert [grade.score for grade in grades] == expected


def test_a_comparison_that_never_ends_is_killed_and_the_next_is_graded() -> None:
    slow, other = ("".join(Random(seed).choices("ab ", k=40_000)) for seed in (1, 2))
    calls = [
        (make_sample(slow), {"reference_answer": other[:20_000]}),
        (make_sample("paris"), {"reference_answer": "Paris"}),
    ]
    grader = compile_grader(spec(variant="rapidfuzz_partial_ratio"))
    with GradingEngine(grader, item_timeout_s=0.3) as engine:
        first, second = engine.grade(calls)
    assert first.score is None
    assert first.error is not None
    assert first.error.kind == "timeout"
    assert second.score == pytest.approx(8 / 9)
