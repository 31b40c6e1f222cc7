"""A grader here and at a service: sampling, what is sent, and how both sides are held against each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import GraderSpecError, ServiceError
from rft_tui.graders.engine import compile_grader
from rft_tui.graders.service_form import names_not_sent, service_form
from rft_tui.model import JsonObject
from rft_tui.providers.hosted_graders import RUN_PATH, VALIDATE_PATH
from rft_tui.store.grades import Gradable
from rft_tui.tasks.parity import (
    BOTH_ERRORS,
    DIFFERS,
    EQUAL,
    HOSTED_ERROR,
    LOCAL_ERROR,
    UNANSWERED,
    ParityReport,
    compare_grades,
    hosted_grades,
    sample_predictions,
    tolerance_of,
)
from tests.unit.judges import ScriptedJudge, judged_spec

EXACT: JsonObject = {
    "type": "string_check",
    "name": "exact",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}
FUZZY: JsonObject = {
    "type": "text_similarity",
    "name": "fuzzy",
    "evaluation_metric": "fuzzy_match",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}
MULTI: JsonObject = {
    "type": "multi",
    "name": "both",
    "graders": {"a": EXACT, "b": FUZZY},
    "calculate_output": "0.5 * a + 0.5 * b",
}


@dataclass
class Answer:
    value: Any

    def json(self) -> Any:
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


@dataclass
class ScriptedService:
    """A service that answers ``/run`` by a function of the body, and counts how many it is asked at once."""

    run: Callable[[JsonObject], Any]
    validate: Any = field(default_factory=lambda: {"grader": {"name": "n"}})
    requests: list[tuple[str, JsonObject]] = field(default_factory=list)
    open: int = 0
    most: int = 0

    async def request(self, method: str, path: str, *, body: JsonObject, repeatable: bool) -> Answer:
        assert (method, repeatable) == ("POST", True)
        self.requests.append((path, body))
        self.open += 1
        self.most = max(self.most, self.open)
        await asyncio.sleep(0)
        self.open -= 1
        value = self.validate if path == VALIDATE_PATH else self.run(body)
        if isinstance(value, ServiceError):
            raise value
        return Answer(value)


def prediction(number: int, text: str = "gout", **more: Any) -> Gradable:
    fields = {"reference_answer": "gout"}
    made = Gradable(number, number, 1, f"row{number:04}", 1, "m", text, None, None, {}, fields)
    return replace(made, **more)


def reward(value: Any, **more: Any) -> JsonObject:
    return {"reward": value, "metadata": {"errors": {}}, **more}


def broken(flag: str) -> JsonObject:
    return {"reward": 0.0, "metadata": {"errors": {flag: True}}}


def held(
    spec: JsonObject, predictions: list[Gradable], service: ScriptedService, judge: ScriptedJudge | None = None
) -> ParityReport:
    grader = compile_grader(spec)
    validated, hosted = asyncio.run(hosted_grades(service, spec, predictions))
    return compare_grades(grader, predictions, validated, hosted, judge=judge)


def test_equal_scores_are_equal_within_rounding() -> None:
    service = ScriptedService(lambda body: reward(float(body["model_sample"] == "gout") + 5e-7))
    report = held(EXACT, [prediction(1), prediction(2, "x"), prediction(3)], service)
    assert [row.status for row in report.rows] == [EQUAL] * 3
    assert (report.equal, report.differences, report.validated, report.notes) == (3, (), True, ())
    assert service.requests[0] == (VALIDATE_PATH, {"grader": EXACT})
    sent = {"grader": EXACT, "model_sample": "gout", "item": {"reference_answer": "gout"}}
    assert service.requests[1] == (RUN_PATH, sent)


def test_differences_come_first_and_the_largest_before_the_others() -> None:
    answers: JsonObject = {
        "a": reward(0.25),
        "b": reward(0.0),
        "c": reward(-3),
        "d": broken("other_error"),
        "e": reward(1),
    }
    answers |= {"f": ServiceError("slow", outcome="rate_limit"), "g": broken("invalid_variable_error")}
    service = ScriptedService(lambda body: answers[body["model_sample"]])
    rows = [prediction(number, text) for number, text in enumerate("abcdef")]
    rows.append(prediction(7, "g", fields={}))
    rows.append(prediction(8, "e", fields={}))
    report = held(EXACT, rows, service)
    assert [(row.gradable.output_text, row.status) for row in report.rows] == [
        ("c", DIFFERS), ("e", DIFFERS), ("a", DIFFERS), ("e", LOCAL_ERROR), ("d", HOSTED_ERROR), ("f", UNANSWERED),
        ("g", BOTH_ERRORS), ("b", EQUAL),
    ]  # fmt: skip
    assert [row.difference for row in report.rows[:3]] == [-3, 1, 0.25]
    assert report.rows[5].failure == "slow"
    assert (report.equal, len(report.differences)) == (2, 6)


def test_children_are_compared_by_name() -> None:
    def answer(body: JsonObject) -> JsonObject:
        return reward(1.0, sub_rewards={"a": 1.0, "b": 0.75, "other": 3})

    (row,) = held(MULTI, [prediction(1)], ScriptedService(answer)).rows
    assert (row.status, row.difference) == (DIFFERS, 0)
    assert row.sub_differences == {"b": -0.25}


def test_model_graders_may_differ_a_little_of_their_range() -> None:
    spec = judged_spec(range=[0, 10])
    assert tolerance_of(compile_grader(spec)) == 0.5
    assert tolerance_of(compile_grader(EXACT)) == 1e-6
    answers = iter([reward(1.4), reward(1.6)])
    service = ScriptedService(lambda _body: next(answers))
    report = held(spec, [prediction(1), prediction(2)], service, ScriptedJudge())
    assert sorted(row.status for row in report.rows) == [DIFFERS, EQUAL]
    assert any("vary" in note for note in report.notes)
    with pytest.raises(GraderSpecError, match="asks a model service"):
        held(spec, [prediction(1)], ScriptedService(lambda _body: reward(1)))


@pytest.mark.parametrize("outcome", ["not_found", "auth", "quota", "connection"])
def test_where_nothing_more_can_come_one_answer_is_enough(outcome: str) -> None:
    error = ServiceError("no", outcome=outcome)
    service = ScriptedService(lambda _body: error)
    with pytest.raises(ServiceError) as caught:
        held(EXACT, [prediction(number) for number in range(20)], service)
    assert len(service.requests) == 2
    assert caught.value.exit_code == 3
    assert ("gone at this service" in caught.value.message) == (outcome == "not_found")


def test_a_service_without_a_check_is_still_asked_to_grade() -> None:
    service = ScriptedService(lambda _body: reward(1), validate=ServiceError("no", outcome="not_found"))
    report = held(EXACT, [prediction(1)], service)
    assert (report.validated, report.equal) == (None, 1)
    assert any("no endpoint that checks" in note for note in report.notes)
    odd = held(EXACT, [prediction(1)], ScriptedService(lambda _body: reward(1), validate=[3]))
    assert odd.validated is False


def test_a_refused_grader_is_said_and_nothing_is_graded() -> None:
    refused = ServiceError("HTTP 400: Invalid type for 'graders.input'", outcome="bad_request")
    service = ScriptedService(lambda _body: reward(1), validate=refused)
    with pytest.raises(ServiceError, match=r"does not take the grader.*graders\.input"):
        held(EXACT, [prediction(1)], service)
    assert len(service.requests) == 1


def test_where_all_fail_it_is_no_comparison() -> None:
    service = ScriptedService(lambda _body: ServiceError("down", outcome="server"))
    with pytest.raises(ServiceError, match="down"):
        held(EXACT, [prediction(1), prediction(2)], service)
    one_good = ScriptedService(lambda body: reward(1) if body["model_sample"] == "gout" else ValueError("no JSON"))
    report = held(EXACT, [prediction(1), prediction(2, "x")], one_good)
    assert [(row.status, row.failure) for row in report.rows] == [(UNANSWERED, "the answer is no JSON"), (EQUAL, "")]


def test_the_service_is_asked_a_few_at_a_time() -> None:
    service = ScriptedService(lambda _body: reward(1))
    held(EXACT, [prediction(number) for number in range(50)], service)
    assert len(service.requests) == 51
    assert 1 < service.most <= 8


def test_a_sample_is_the_same_for_a_seed_in_any_order_and_has_answers_only() -> None:
    rows = [prediction(number, error_kind="incomplete" if number % 3 == 0 else None) for number in range(300)]
    drawn = sample_predictions(rows, 20, 7)
    assert drawn == sample_predictions(reversed(rows), 20, 7)
    assert len({one.row_id for one in drawn}) == 20
    assert all(one.error_kind is None for one in drawn)
    assert drawn != sample_predictions(rows, 20, 8)
    assert len(sample_predictions(rows, 1000, 7)) == 200
    assert sample_predictions([], 5, 7) == []


def test_what_is_sent_is_what_services_take() -> None:
    child = {**FUZZY, "variant": "rapidfuzz_ratio", "kept": 1}
    listed: JsonObject = {**MULTI, "graders": [EXACT, child]}
    sent = service_form(listed)
    assert sent["graders"] == {"exact": EXACT, "fuzzy": {**FUZZY, "kept": 1}}
    assert listed["graders"] == [EXACT, child]
    assert service_form(EXACT) is EXACT
    with pytest.raises(GraderSpecError):
        service_form({"type": "multi", "graders": 3})


def test_what_a_service_cannot_be_given_is_named() -> None:
    tools = {**EXACT, "input": "{{sample.output_tools[0].function.name}} {{sample.output_json.a}}"}
    code = {"type": "python", "source": "def grade(sample, item):\n    return len(sample['choices'])\n"}
    assert names_not_sent(EXACT) == ()
    assert names_not_sent(tools) == ("output_tools",)
    assert names_not_sent({**MULTI, "graders": {"a": tools, "b": code}}) == ("output_tools", "choices")
    service = ScriptedService(lambda _body: broken("invalid_variable_error"))
    report = held(tools, [prediction(1, "{}")], service)
    assert any("sample.output_tools" in note for note in report.notes)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["reward", "metadata", "errors", "x_error", "sub_rewards", "a", "b"]), inner)
    ),
    max_leaves=8,
)


@given(JSON, JSON)
def test_hostile_answers_are_typed(answer: Any, check: Any) -> None:
    service = ScriptedService(lambda _body: answer, validate=check)
    (row,) = held(MULTI, [prediction(1)], service).rows
    assert row.status in (EQUAL, DIFFERS, HOSTED_ERROR)
    assert (row.difference is None) == (row.status == HOSTED_ERROR)
