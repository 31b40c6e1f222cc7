"""Reading judges: what counts as an answer, what is an error, and that no text whatever is a score it does not hold."""

from __future__ import annotations

import json
import time
from math import isfinite
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rft_tui.graders.judge_answers import (
    MAX_ANSWER,
    MAX_STEPS,
    SCORE_SCHEMA,
    STEP_LENGTH,
    Reading,
    label_schema,
    read_label,
    read_score,
)

LABELS = ["correct", "partly", "Wrong"]


def kind(reading: Reading[Any]) -> str:
    assert reading.error is not None
    assert reading.value is None
    return reading.error.kind


def answer(result: Any, **more: Any) -> str:
    return json.dumps({"result": result, "steps": [], **more})


def test_schemas_are_strict_and_hold_the_number_first() -> None:
    for schema, order in ((SCORE_SCHEMA, ["result", "steps"]), (label_schema(LABELS), ["steps", "label"])):
        Draft202012Validator.check_schema(schema)
        assert list(schema["properties"]) == order == schema["required"]
        assert schema["additionalProperties"] is False
        step = schema["properties"]["steps"]["items"]
        assert step["additionalProperties"] is False
        assert step["required"] == ["description", "conclusion"]
    assert label_schema(["a", "b", "a"])["properties"]["label"]["enum"] == ["a", "b"]
    good = {"steps": [{"description": "d", "conclusion": "c"}], "label": "partly"}
    assert Draft202012Validator(label_schema(LABELS)).is_valid(good)
    assert not Draft202012Validator(label_schema(LABELS)).is_valid({**good, "label": "other"})


def test_the_form_that_was_asked_for_is_read_without_a_word() -> None:
    steps = [{"description": "compared\nboth", "conclusion": "the\x1b[0m same"}, {"description": "only this"}]
    reading = read_score(f"\n {answer(0.8, steps=steps)} ")
    assert (reading.value, reading.note, reading.error) == (0.8, "", None)
    assert reading.steps == ("compared both → the␛[0m same", "only this")
    assert read_label(json.dumps({"steps": steps, "label": "partly"}), LABELS).value == "partly"


@pytest.mark.parametrize(
    "result", ["0.8", True, False, None, [], {}, [0.8], "NaN", float("nan"), float("inf"), -float("inf"), 10**400]
)
@pytest.mark.parametrize("form", ["schema", "json", "text"])
def test_what_is_no_finite_number_is_never_a_score(result: Any, form: str) -> None:
    assert kind(read_score(answer(result), form)) == "not_a_number"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n",
        "0.8",
        "null",
        "[0.8]",
        '"0.8"',
        '{"result": 0.8',
        '{"result": 0.8} and more',
        '```json\n{"result": 0.8}\n```',
        '{"score": 0.8}',
        "result: 0.8",
        '{"a":' * 100_000,
        "{" + '"result": 0.8}'.rjust(MAX_ANSWER + 1),
    ],
)
def test_outside_the_schema_nothing_counts_where_the_service_held_to_one(text: str) -> None:
    assert kind(read_score(text)) == "model_grader_parse_error"
    reading = read_score(text)
    assert reading.error is not None
    assert len(reading.error.message) < 300


def test_a_number_given_twice_is_none() -> None:
    assert kind(read_score('{"result": 1, "result": 0}')) == "not_a_number"
    assert kind(read_label('{"label": "correct", "label": "Wrong"}', LABELS)) == "model_grader_parse_error"


@pytest.mark.parametrize(
    ("text", "value", "how"),
    [
        ('{"result": 0.8, "steps": []}', 0.8, "no schema"),
        ('Here it is:\n```json\n{"result": 0.8}\n```\nGood.', 0.8, "inside a text"),
        ('{"question": 1} {"result": 0.5, "steps": [{"description": "x", "conclusion": "{"}]}', 0.5, "inside a text"),
        ('A {set} of {"a": {"b": 1}} and {"result": 2}', 2.0, "inside a text"),
        ('{"result": 1} I repeat: {"result": 1.0}', 1.0, "inside a text"),
        ('<think>{"result": 0}</think>{"result": 1}', 1.0, "inside a text"),
        ("0.8", 0.8, "lone number"),
        (" **0.8**.\n", 0.8, "lone number"),
        ("```\n-.5\n```", -0.5, "lone number"),
        ("Result: 0.8", 0.8, "behind its name"),
        ("The two agree.\n**Score**: 0.75 - close", 0.75, "behind its name"),
        ("'result' = 1e-1, as the score: 0.1.", 0.1, "behind its name"),
    ],
)
@pytest.mark.parametrize("form", ["json", "text"])
def test_a_number_is_found_where_no_schema_held_and_it_is_said(text: str, value: float, how: str, form: str) -> None:
    reading = read_score(text, form)
    assert reading.error is None
    assert reading.value == value
    assert how in reading.note


@pytest.mark.parametrize(
    "text",
    [
        "I would say about 0.8 or so",
        "result: 8/10",
        "result: 80/100",
        "result: 0.8 of 1",
        "score: 8 out of 10",
        "score: 80 %",
        "result: 0,8",
        "result: 0.8.5",
        "result: 0.8x",
        "result: 0.8-0.9",
        "result: 0.8 and then result: 0.7",
        '{"result": 0.8} no, {"result": 0.7}',
        '{"result": 0.8} no, {"result": "0.8"}',
        '{"result": 0, "steps": [{"description": "it wrote {"result": 1}"}]}',
        "result:" + " " * 50 + "0.8",
        "resulting: 0.8",
        "٣",
    ],
)
def test_what_could_be_read_in_several_ways_is_an_error(text: str) -> None:
    assert kind(read_score(text, "text")) == "model_grader_parse_error"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ('{"label": "wrong", "steps": []}', "Wrong"),
        ("Correct", "correct"),
        ("**partly**.", "partly"),
        ("```\ncorrect\n```", "correct"),
        ("It names the same.\nLabel: Correct.", "correct"),
        ('So {"label": "partly"}', "partly"),
        ('"label": "partly", and that is that', "partly"),
    ],
)
def test_a_label_is_found_where_no_schema_held(text: str, label: str) -> None:
    reading = read_label(text, LABELS, "text")
    assert reading.value == label
    assert reading.note


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ('{"label": "wrong"}', "schema"),
        ('{"label": 1}', "schema"),
        ('{"label": NaN}', "schema"),
        ('{"label": null}', "json"),
        ('{"label": "other"}', "json"),
        ("correct", "schema"),
        ("correct or partly", "text"),
        ("not correct", "text"),
        ("label: correct\nlabel: partly", "text"),
        ('{"label": "Wrong", "why": "it said {"label": "correct"}"}', "text"),
    ],
)
def test_what_is_no_label_is_an_error(text: str, form: str) -> None:
    assert kind(read_label(text, LABELS, form)) == "model_grader_parse_error"


def test_a_label_in_other_case_has_to_fit_one_alone() -> None:
    assert read_label("YES", ["yes", "no"], "text").value == "yes"
    assert kind(read_label("YES", ["yes", "Yes"], "text")) == "model_grader_parse_error"
    assert read_label("Yes", ["yes", "Yes"], "text").value == "Yes"


def test_steps_are_bounded() -> None:
    steps = [{"description": "x" * 10_000, "conclusion": "y" * 10_000}] * 1_000
    reading = read_score(json.dumps({"result": 1, "steps": steps[:40]}))
    assert len(reading.steps) == MAX_STEPS + 1
    assert all(len(step) <= STEP_LENGTH for step in reading.steps)
    assert reading.steps[-1] == "and 20 more steps"
    odd: list[Any] = [1, None, {}, [], {"description": 3}, "bare", {"conclusion": "c"}]
    assert read_score(json.dumps({"result": 1, "steps": odd})).steps == ("bare", "c")
    assert read_score(json.dumps({"result": 1, "steps": "no list"})).steps == ()


@pytest.mark.parametrize(
    "unit",
    ['{"a":', "{", "{{", "[{", '{"result":', "result: ", "result:: ", "result: 1/", "result: 99999999999", "label: x\n",
     "```", "```json\n", "</think>", '{"result":0}', '"', "\\", "result\n\n\n:\n", "1", " ", "{}", '"label": "'],
)  # fmt: skip
def test_hostile_texts_take_time_in_proportion(unit: str) -> None:
    text = (unit * (400_000 // len(unit) + 1))[:400_000]
    began = time.process_time()
    for form in ("schema", "text"):
        read_score(text, form)
        read_label(text, LABELS, form)
    assert time.process_time() - began < 2.0


PIECES = st.sampled_from(
    ["{", "}", "[", "]",
     '"result"', '"label"', ":", ",", "0.8", "NaN", "Infinity", "1e999", "-", "true", "null", '"',
     "result", "score", "label", "correct", "Wrong", "```", "json", "\n", " ", "</think>", "/10", "%",
     "\ud800"]
)  # fmt: skip


@given(
    st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map("".join)),
    st.sampled_from(["schema", "json", "text"]),
)
def test_any_text_is_read_or_is_a_typed_error(text: str, form: str) -> None:
    for reading in (read_score(text, form), read_label(text, LABELS, form)):
        assert (reading.value is None) == (reading.error is not None)
        if reading.error is not None:
            assert reading.error.kind in ("model_grader_parse_error", "not_a_number")
        elif form != "schema":
            assert reading.note
        if isinstance(reading.value, str):
            assert reading.value in LABELS
        elif reading.value is not None:
            assert isfinite(reading.value)


@given(st.floats(allow_nan=False, allow_infinity=False), st.lists(st.text(max_size=20), max_size=3))
def test_a_good_answer_is_always_read(result: float, texts: list[str]) -> None:
    steps = [{"description": text, "conclusion": text} for text in texts]
    for form in ("schema", "json", "text"):
        reading = read_score(json.dumps({"result": result, "steps": steps}), form)
        assert reading.value == result
        assert all("\n" not in step for step in reading.steps)
