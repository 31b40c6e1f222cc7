"""The forms in which a judge's answer is asked for, from the strictest to the plainest, and when to go down by one."""

from __future__ import annotations

import json

from rft_tui.graders.judge import JudgeCall
from rft_tui.identity import canonical_json
from rft_tui.model import JsonObject, PredictionError
from rft_tui.providers.calls import ModelCall

SCHEMA, JSON, WORDS = "schema", "json", "text"
"""How an answer's form is asked for: held to the schema, any JSON object, or in words alone."""

_SAMPLING = {
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "max_completions_tokens": "max_output_tokens",
}


def lower_of(one: str, other: str) -> str:
    """The one of two forms that asks less of a service."""
    return max(one, other, key=(SCHEMA, JSON, WORDS).index)


def model_call(call: JudgeCall, form: str) -> ModelCall:
    """What is asked of the service so that the answer has the form; the grader's odd names become ours."""
    parameters: JsonObject = {
        ours: call.sampling[theirs] for theirs, ours in _SAMPLING.items() if call.sampling.get(theirs) is not None
    }
    messages = call.messages
    if form == SCHEMA:
        schema = {"name": call.schema_name, "schema": call.schema, "strict": True}
        parameters["response_format"] = {"type": "json_schema", "json_schema": schema}
    else:
        words = (
            f"Answer with one JSON object and nothing else. It must fit this JSON schema: {canonical_json(call.schema)}"
        )
        messages = [*messages, {"role": "user", "content": words}]
    if form == JSON:
        parameters["response_format"] = {"type": "json_object"}
    return ModelCall(call.model, messages, None, str(call.sampling.get("reasoning_effort") or ""), parameters)


def is_about_the_form(error: PredictionError) -> bool:
    """Whether a service refused a question for the form that its answer should have."""
    said = error.message.casefold()
    return error.kind == "bad_request" and any(
        word in said
        for word in ("response_format", "text.format", "json_schema", "json schema", "json_object", "structured output")
    )


def does_not_hold(form: str, error: PredictionError | None, text: str) -> bool:
    """Whether a reply shows that the service does not take a form, or takes it and does not hold to it."""
    if error is not None:
        return is_about_the_form(error)
    if form != SCHEMA:
        return False
    try:
        return not isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return True
