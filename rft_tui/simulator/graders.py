"""``/v1/fine_tuning/alpha/graders/validate`` and ``/run``: the project's own graders behind the service's endpoints."""

from __future__ import annotations

import time
from hashlib import sha256
from threading import Event
from typing import Any

from rft_tui.errors import GraderSpecError
from rft_tui.graders.engine import GradingEngine, compile_grader
from rft_tui.graders.sample import make_sample
from rft_tui.graders.spec import check_spec
from rft_tui.identity import canonical_json
from rft_tui.model import Grade, GradeError, JsonObject
from rft_tui.simulator import checks
from rft_tui.simulator.checks import Rule, check_body, table
from rft_tui.simulator.lexical_judge import LexicalJudge
from rft_tui.simulator.rejection import RequestError

CALL_TIMEOUT_S = 120.0
"""Wall clock of one python grade, as the service has it."""

FLAGS = (
    "formula_parse_error",
    "sample_parse_error",
    "truncated_observation_error",
    "unresponsive_reward_error",
    "invalid_variable_error",
    "other_error",
    "python_grader_server_error",
    "python_grader_runtime_error",
    "model_grader_server_error",
    "model_grader_refusal_error",
    "model_grader_parse_error",
    "model_grader_exceeded_max_tokens_error",
    "endpoint_grader_internal_error",
    "endpoint_grader_server_error",
    "endpoint_grader_safety_check_error",
)
"""Flags of an answer that say what went wrong."""

DETAILS = (
    "sample_parse_error_details",
    "invalid_variable_error_details",
    "python_grader_server_error_type",
    "python_grader_runtime_error_details",
    "model_grader_server_error_details",
    "model_grader_refusal_error_details",
    "model_grader_parse_error_details",
    "endpoint_grader_internal_error_details",
    "endpoint_grader_server_error_details",
)
"""Texts that go with some of the flags."""

_OWN_KINDS = {
    "timeout": "python_grader_runtime_error",
    "memory": "python_grader_runtime_error",
    "not_a_number": "python_grader_runtime_error",
    "crash": "python_grader_server_error",
    "protocol": "python_grader_server_error",
}
"""The flags that our own kinds of errors stand for; every other one is ``other_error``."""

_GRADER = {"grader": checks.json_object}
VALIDATE: Rule = table(_GRADER, "grader")
RUN: Rule = table({**_GRADER, "model_sample": checks.text, "item": checks.json_object}, "grader", "model_sample")


def validated(body: Any) -> JsonObject:
    """The answer to ``/validate``: the grader, with a name if it had none. Raises RequestError with status 400."""
    return {"grader": checked_grader(check_body(body, VALIDATE)["grader"])}


def run(body: Any, stop: Event) -> JsonObject:
    """The answer to ``/run``. A grade that breaks is a reward of 0.0 with its flag. Raises RequestError.

    Blocks while a python grader runs; `stop` ends it early.
    """
    asked = check_body(body, RUN)
    grader = checked_grader(asked["grader"])
    began = time.monotonic()
    try:
        compiled = compile_grader(grader)
    except GraderSpecError as error:
        raise RequestError(error.message, param="grader") from error
    judge = LexicalJudge()
    sample = make_sample(asked["model_sample"])
    with GradingEngine(compiled, item_timeout_s=CALL_TIMEOUT_S, workers=1, stop=stop, judge=judge) as engine:
        grade = next(engine.grade([(sample, asked.get("item", {}))]), None)
    if grade is None:
        raise RequestError("The service is ending.", status=503, kind="server_error")
    return _answer(grader, grade, time.monotonic() - began)


def checked_grader(grader: JsonObject, at: str = "grader") -> JsonObject:
    """The grader with a name. Raises RequestError where the service would not take it; `at` is where it stands."""
    errors = [problem for problem in check_spec(grader).problems if problem.severity == "error"]
    if errors:
        said = "; ".join(f"'{at}.{one.path}': {one.message}" if one.path else one.message for one in errors[:3])
        param = f"{at}.{errors[0].path}" if errors[0].path else at
        raise RequestError(f"Invalid grader: {said}", param=param[:200], code="invalid_grader")
    if isinstance(grader.get("name"), str) and grader["name"].strip():
        return grader
    made = sha256(canonical_json(grader).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return {**grader, "name": f"grader-{made}"}


def _answer(grader: JsonObject, grade: Grade, seconds: float) -> JsonObject:
    failed = grade.error is not None or grade.score is None
    models = _tokens_by_model(grade)
    used = list(models.values())
    return {
        "reward": 0.0 if failed else grade.score,
        "metadata": {
            "name": grader["name"],
            "type": grader["type"],
            "errors": _errors(grade.error),
            "execution_time": seconds,
            "scores": {},
            "token_usage": {key: sum(one[key] for one in used) for key in used[0]} if used else None,
            "sampled_model_name": next(iter(models), None),
        },
        "sub_rewards": {name: 0.0 if score is None else score for name, score in grade.sub_scores.items()},
        "model_grader_token_usage_per_model": models,
    }


def _errors(error: GradeError | None) -> JsonObject:
    """All flags, and the text of the one that is set where the service has a place for it."""
    errors: JsonObject = {**dict.fromkeys(FLAGS, False), **dict.fromkeys(DETAILS)}
    if error is not None:
        kind = _OWN_KINDS.get(error.kind, error.kind)
        flag = kind if kind in FLAGS else "other_error"
        errors[flag] = True
        for key in (f"{flag}_details", f"{flag}_type"):
            if key in errors:
                errors[key] = error.message
    return errors


def _tokens_by_model(grade: Grade) -> JsonObject:
    models: JsonObject = {}
    for one in grade.judged:
        counted = models.setdefault(
            one.model, {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0, "cached_tokens": 0}
        )
        asked, said = one.usage.input_tokens or 0, one.usage.output_tokens or 0
        counted["prompt_tokens"] += asked
        counted["completion_tokens"] += said
        counted["total_tokens"] += asked + said
        counted["cached_tokens"] += one.usage.cached_tokens or 0
    return models
