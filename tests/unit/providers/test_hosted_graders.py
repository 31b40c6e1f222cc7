"""Answers of a service's grader endpoints: a flag is an error whatever the reward says, and any JSON can be read."""

from __future__ import annotations

from math import isfinite
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.model import GradeError, JsonObject, Usage
from rft_tui.providers.hosted_graders import HostedGrade, read_run, read_validated, run_body, validate_body

FLAGS = [
    "formula_parse_error", "sample_parse_error", "truncated_observation_error", "unresponsive_reward_error",
    "invalid_variable_error", "other_error", "python_grader_server_error", "python_grader_runtime_error",
    "model_grader_server_error", "model_grader_refusal_error", "model_grader_parse_error",
    "model_grader_exceeded_max_tokens_error", "endpoint_grader_internal_error", "endpoint_grader_server_error",
    "endpoint_grader_safety_check_error", "an_error_of_next_year_error",
]  # fmt: skip

TOKENS = {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100, "cached_tokens": 5}


def answer(errors: Any = None, reward: Any = 0.5, **metadata: Any) -> JsonObject:
    return {"reward": reward, "metadata": {"errors": errors if errors is not None else {}, **metadata}}


def test_a_recorded_answer_is_read() -> None:
    recorded: JsonObject = {
        "reward": 0.7555555555555555,
        "metadata": {
            "name": "grader-5XXSBZ9B1OJj", "type": "python", "errors": dict.fromkeys(FLAGS, False),
            "execution_time": 6.831332206726074, "scores": {}, "token_usage": None, "sampled_model_name": None,
        },
        "sub_rewards": {},
        "model_grader_token_usage_per_model": {},
    }  # fmt: skip
    assert read_run(recorded) == HostedGrade(reward=0.7555555555555555, seconds=6.831332206726074)


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("reward", [0.0, 1.0, None])
def test_every_flag_is_an_error_and_never_a_score(flag: str, reward: float | None) -> None:
    others = dict.fromkeys((one for one in FLAGS if one != flag), False)
    found = read_run(answer({**others, flag: True, f"{flag}_details": "Traceback\x1b[31m\nline"}, reward))
    assert found.reward is None
    assert found.errors == (GradeError(flag, "Traceback␛[31m line"),)


def test_the_type_of_an_error_is_its_text_and_several_are_kept() -> None:
    flags = {
        "python_grader_server_error": True,
        "python_grader_server_error_type": "unauthorized_error",
        "other_error": True,
        "other_error_details": None,
        "sample_parse_error": None,
        "sample_parse_error_details": "not raised",
    }
    found = read_run(answer(flags, 0.0))
    assert found.errors[0] == GradeError("python_grader_server_error", "unauthorized_error")
    assert [error.kind for error in found.errors] == ["python_grader_server_error", "other_error"]
    assert found.error == found.errors[0]


@pytest.mark.parametrize("reward", [None, "0.5", True, float("nan"), float("inf"), 10**400, [], {}])
def test_a_reward_that_is_no_number_is_an_error(reward: Any) -> None:
    found = read_run(answer(reward=reward))
    assert found.reward is None
    assert [error.kind for error in found.errors] == ["malformed"]


@pytest.mark.parametrize("whole", [None, [], "x", 3, True, {}, {"error": {"message": "no"}}])
def test_what_is_no_answer_is_an_error(whole: Any) -> None:
    assert read_run(whole).errors[0].kind == "malformed"
    assert read_validated(whole) is None


def test_errors_of_an_unknown_shape_are_no_score() -> None:
    assert read_run(answer(["other_error"])).reward is None
    assert read_run(answer({"other_error": "why"})).reward is None
    assert read_run({"reward": 1, "metadata": None}).reward == 1.0


def test_tokens_are_read_in_each_of_their_forms() -> None:
    assert read_run(answer(token_usage=17)).tokens == 17
    whole = read_run(answer(token_usage=TOKENS, sampled_model_name="m\n"))
    assert (whole.tokens, whole.usage, whole.model) == (100, Usage(90, 10, None, 5), "m")
    assert read_run(answer(token_usage={"prompt_tokens": 3, "completion_tokens": 4})).tokens == 7
    others: list[Any] = [None, -1, True, "17", 1.5, {"total_tokens": "x"}, []]
    for odd in others:
        assert read_run(answer(token_usage=odd)).tokens is None
    by_model = read_run({**answer(), "model_grader_token_usage_per_model": {"a": TOKENS, "b": None}}).usage_by_model
    assert by_model == {"a": Usage(90, 10, None, 5), "b": Usage()}


def test_sub_rewards_keep_their_names() -> None:
    found = read_run({**answer(), "sub_rewards": {"a": 1, "b": None, "c": "x", "d\n": True}})
    assert found.sub_rewards == {"a": 1.0, "b": None, "c": None, "d": None}


def test_what_is_sent() -> None:
    assert validate_body({"type": "python"}) == {"grader": {"type": "python"}}
    body = run_body({"type": "python"}, "text", {"a": 1})
    assert body == {"grader": {"type": "python"}, "model_sample": "text", "item": {"a": 1}}
    assert read_validated({"grader": {"name": "n"}}) == {"name": "n"}


def test_a_large_answer_is_kept_small() -> None:
    flags = {f"{number}_error": True for number in range(10_000)} | {"0_error_details": "x" * 1_000_000}
    found = read_run({**answer(flags), "sub_rewards": {str(number): 1 for number in range(10_000)}})
    assert len(found.errors) == len(found.sub_rewards) == 200
    assert len(found.errors[0].message) <= 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["errors", "other_error", "reward", "token_usage", "x_error", "y"]), inner)
    ),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional={"reward": JSON, "metadata": JSON, "sub_rewards": JSON}) | JSON)
def test_any_json_is_a_finite_reward_or_an_error(whole: Any) -> None:
    found = read_run(whole)
    assert (found.reward is None) == bool(found.errors)
    assert found.reward is None or isfinite(found.reward)
    assert all(value is None or isfinite(value) for value in found.sub_rewards.values())
    read_validated(whole)
