"""The `sample` that a grader sees: the model's text, and what is made from it when a grader asks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from rft_tui.model import JsonObject

SAMPLE_NAMES = (
    "output_text",
    "output_json",
    "output_tools",
    "choices",
    "output_audio",
    "model",
    "output_reasoning_summary",
    "input_tools",
)
"""The documented names of a sample, the certain ones first."""

_JSON_BLANKS = " \t\n\r"
_PAIRS = {"{": "}", "[": "]", '"': '"'}


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def parse_output(text: str) -> Any:
    """The JSON value that a whole text is; ValueError where it is none (NaN and Infinity are none)."""
    first, last = text.lstrip(_JSON_BLANKS)[:1], text.rstrip(_JSON_BLANKS)[-1:]
    if first in _PAIRS:
        if last != _PAIRS[first]:
            raise ValueError("the text does not end as it begins")
    elif first not in "-0123456789tfn" or last not in "0123456789el":
        raise ValueError("no JSON value begins so")
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("the JSON is nested too deep") from error


class Sample(dict[str, Any]):
    """A sample whose `output_json` and `choices` are made when they are first looked up by key."""

    def __missing__(self, key: str) -> Any:
        if key == "output_json":
            try:
                value = parse_output(self["output_text"])
            except ValueError:
                raise KeyError(key) from None
        elif key == "choices":
            value = [_choice(self["output_text"], self.get("output_tools"))]
        else:
            raise KeyError(key)
        self[key] = value
        return value

    def complete(self) -> JsonObject:
        """A plain dictionary with everything that can be made; `output_json` only where the text is JSON."""
        made: JsonObject = dict(self)
        for key in ("output_json", "choices"):
            try:
                made[key] = self[key]
            except KeyError:
                continue
        return made


def make_sample(
    output_text: str,
    *,
    model: str | None = None,
    output_tools: Sequence[JsonObject] | None = None,
    choices: Sequence[JsonObject] | None = None,
) -> Sample:
    """The sample of one prediction, in the service's names; `output_tools` and `choices` in chat form."""
    sample = Sample(output_text=output_text)
    if model is not None:
        sample["model"] = model
    if output_tools is not None:
        sample["output_tools"] = list(output_tools)
    if choices is not None:
        sample["choices"] = list(choices)
    return sample


def complete_sample(sample: JsonObject) -> JsonObject:
    """Any sample with `output_json` in place where its text is JSON, as a plain dictionary."""
    return (sample if isinstance(sample, Sample) else Sample(sample)).complete()


def _choice(text: str, tools: Any) -> JsonObject:
    message = {"role": "assistant", "content": text, "refusal": None, "tool_calls": tools, "function_call": None}
    return {"index": 0, "message": message, "finish_reason": "tool_calls" if tools else "stop"}
