"""Checking model graders: models, messages, content parts, sampling and labels, each mistake with its place."""

from __future__ import annotations

from typing import Any

import pytest

from rft_tui.graders.checks import CheckContext
from rft_tui.graders.registry import models_asked
from rft_tui.graders.spec import SpecReport, check_spec

CHECK: dict[str, Any] = {
    "type": "string_check",
    "name": "exact",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}
SIMILARITY: dict[str, Any] = {
    "type": "text_similarity",
    "name": "fuzzy",
    "evaluation_metric": "fuzzy_match",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}
JUDGE: dict[str, Any] = {
    "type": "score_model",
    "name": "judge",
    "model": "gpt-4.1-2025-04-14",
    "input": [
        {"role": "system", "content": "Compare."},
        {"role": "user", "content": [{"type": "input_text", "text": "{{item.reference_answer}}"}, "{{item.extra}}"]},
    ],
    "range": [0, 5],
    "pass_threshold": 4,
}
LABELS: dict[str, Any] = {
    "type": "label_model",
    "name": "verdict",
    "model": "judge",
    "input": [
        {"role": "user", "content": {"type": "input_audio", "input_audio": {"data": "{{item.sound}}", "format": "wav"}}}
    ],
    "labels": ["yes", "no"],
    "passing_labels": ["yes"],
}


def multi(graders: Any) -> dict[str, Any]:
    return {"type": "multi", "name": "both", "graders": graders, "calculate_output": "a"}


def found(report: SpecReport) -> set[tuple[str, str, str]]:
    return {(problem.path, problem.kind, problem.severity) for problem in report.problems}


@pytest.mark.parametrize(
    ("spec", "context", "expected"),
    [
        (JUDGE, "rft", {("type", "needs_service", "warning")}),
        (JUDGE, "local", set()),
        (LABELS, "rft", {("type", "needs_service", "warning"), ("type", "not_in_rft", "error")}),
        (LABELS, "local", set()),
        (
            {**JUDGE, "range": [5, 0]},
            "rft",
            {("range", "bad_range", "error"), ("pass_threshold", "threshold_outside_range", "warning")},
        ),
        ({**JUDGE, "range": [0, 1]}, "rft", {("pass_threshold", "threshold_outside_range", "warning")}),
        (
            {**JUDGE, "sampling_params": {"max_completion_tokens": 5}},
            "rft",
            {("sampling_params.max_completion_tokens", "unknown_key", "warning")},
        ),
        (
            {**JUDGE, "sampling_params": {"reasoning_effort": "hi"}},
            "rft",
            {("sampling_params.reasoning_effort", "unknown_value", "error")},
        ),
        (
            {**JUDGE, "sampling_params": {"seed": "7", "temperature": None}},
            "rft",
            {("sampling_params.seed", "wrong_type", "error")},
        ),
        (
            {**JUDGE, "sampling_params": {"max_completions_tokens": 0}},
            "rft",
            {("sampling_params.max_completions_tokens", "unknown_value", "error")},
        ),
        (
            {**JUDGE, "sampling_params": {"temprature": 0}},
            "rft",
            {("sampling_params.temprature", "unknown_key", "warning")},
        ),
        (
            {**JUDGE, "input": [{"role": "tool", "content": 3}, "x"]},
            "rft",
            {
                ("input.0.role", "unknown_value", "error"),
                ("input.0.content", "wrong_type", "error"),
                ("input.1", "wrong_type", "error"),
            },
        ),
        (
            {**JUDGE, "input": [{"role": "user", "content": "{{item.messages}}"}]},
            "rft",
            {("input.0.content", "reserved_name", "error")},
        ),
        (
            {**LABELS, "passing_labels": ["maybe"]},
            "local",
            {("passing_labels", "unknown_value", "error")},
        ),
        ({**LABELS, "labels": [1]}, "local", {("labels", "wrong_type", "error")}),
    ],
)
def test_problems_of_model_graders(
    spec: dict[str, Any], context: CheckContext, expected: set[tuple[str, str, str]]
) -> None:
    report = check_spec(spec, context=context)
    assert found(report) - {("type", "needs_service", "warning")} == expected - {("type", "needs_service", "warning")}
    assert any(problem.kind == "needs_service" for problem in report.problems)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([], ("", "missing_field")),
        ([3], (".0", "wrong_type")),
        ([["x"]], (".0", "wrong_type")),
        ({}, (".type", "missing_field")),
        ({"type": "input_video"}, (".type", "unknown_value")),
        ([{"type": "text", "text": "x"}], (".0.type", "unknown_value")),
        ([{"type": "image_url", "image_url": {"url": "x"}}], (".0.type", "unknown_value")),
        ([{"type": "input_text"}], (".0.text", "missing_field")),
        ([{"type": "output_text", "text": 3}], (".0.text", "wrong_type")),
        ([{"type": "input_text", "text": "{{item.}}"}], (".0.text", "bad_template")),
        ([{"type": "input_image", "file_id": "file-1", "image_url": "x"}], (".0.file_id", "unknown_value")),
        ([{"type": "input_image", "image_url": {"url": "x"}}], (".0.image_url", "wrong_type")),
        ([{"type": "input_image", "image_url": "x", "detail": "full"}], (".0.detail", "unknown_value")),
        ([{"type": "input_audio", "data": "x"}], (".0.input_audio", "missing_field")),
        ([{"type": "input_audio", "input_audio": {"data": "x"}}], (".0.input_audio.format", "missing_field")),
        (
            [{"type": "input_audio", "input_audio": {"data": "x", "format": "ogg"}}],
            (".0.input_audio.format", "unknown_value"),
        ),
    ],
)
def test_wrong_parts_of_a_message_are_named(content: Any, expected: tuple[str, str]) -> None:
    path, kind = expected
    report = check_spec({**JUDGE, "input": [{"role": "user", "content": content}]})
    errors = {(problem.path, problem.kind) for problem in report.problems if problem.severity == "error"}
    assert errors & {(f"input.0.content{path}", kind)}
    assert all(problem.path.startswith("input.0.content") for problem in report.problems if problem.severity == "error")
    inside = check_spec(multi({"a": {**JUDGE, "input": [{"role": "user", "content": content}]}}))
    assert (f"graders.a.input.0.content{path}", kind, "error") in found(inside)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"role": "user", "content": "x", "type": "message"}, set()),
        (
            {"role": "user", "content": {"type": "input_image", "image_url": "x", "file_id": None, "detail": None}},
            set(),
        ),
        (
            {"role": "user", "content": [{"type": "input_text", "text": "x", "prompt_cache_breakpoint": {}}, "bare"]},
            set(),
        ),
        ({"role": "user", "content": "x", "type": "item"}, {("input.0.type", "unknown_value", "error")}),
        ({"role": "user", "content": "x", "name": "n"}, {("input.0.name", "unknown_key", "warning")}),
        ({"role": "user"}, {("input.0.content", "missing_field", "error")}),
        (
            {"role": "system", "content": [{"type": "input_image", "image_url": "x"}]},
            {("input.0.content.0", "media_role", "warning")},
        ),
    ],
)
def test_what_is_said_of_a_message(message: dict[str, Any], expected: set[tuple[str, str, str]]) -> None:
    report = check_spec({**JUDGE, "input": [message]})
    assert found(report) - {("type", "needs_service", "warning")} == expected


def test_the_models_that_grading_asks_are_known() -> None:
    cosine = {**SIMILARITY, "evaluation_metric": "cosine"}
    assert models_asked(CHECK) == models_asked({"type": "other"}) == models_asked({}) == ()
    assert models_asked(JUDGE) == ("gpt-4.1-2025-04-14",)
    assert models_asked(cosine) == ("text-embedding-3-large",)
    assert models_asked({**cosine, "embedding_model": "mine"}) == ("mine",)
    assert models_asked(multi({"a": JUDGE, "b": LABELS, "c": CHECK, "d": JUDGE})) == ("gpt-4.1-2025-04-14", "judge")
    assert models_asked(multi([{"type": "score_model", "name": "a", "model": 3}])) == ()


def test_a_label_model_in_a_multi_is_a_warning_since_services_list_it_there() -> None:
    report = check_spec(multi({"a": LABELS}))
    assert found(report) == {
        ("graders.a.type", "needs_service", "warning"),
        ("graders.a.type", "not_in_rft", "warning"),
    }
