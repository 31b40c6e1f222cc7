"""Reading what a judge answered: a number or a label with the steps to it, or why there is none.

Where the service holds answers to the schema, only JSON of that shape counts. Where it does not, the value is looked
for in the text, and how it was found is said; an answer that holds several different values is an error, since nothing
tells which one is meant. Every text is read in time that grows with its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any, Generic, TypeVar

from rft_tui.graders.checks import described
from rft_tui.graders.judge_json import UNREADABLE, objects_in, parse_object
from rft_tui.graders.kinds import is_number
from rft_tui.model import GradeError, JsonObject
from rft_tui.safetext import one_line

MAX_ANSWER = 1_000_000
"""Characters of an answer that is read; a judge needs a few hundred."""
MAX_STEPS = 20
"""Steps of a judge that are kept."""
STEP_LENGTH = 300
"""Characters of one of them."""
EXCERPT = 120
"""Characters of an answer that an error shows."""
LABEL_LENGTH = 200
"""Characters in which a label is looked for behind its key."""

_STEP = {
    "type": "object",
    "properties": {"description": {"type": "string"}, "conclusion": {"type": "string"}},
    "required": ["description", "conclusion"],
    "additionalProperties": False,
}
_STEPS: JsonObject = {"type": "array", "items": _STEP}

SCORE_SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"result": {"type": "number"}, "steps": _STEPS},
    "required": ["result", "steps"],
    "additionalProperties": False,
}
"""The answer to a `score_model`, in the order in which the service documents it: the number, then the steps."""

_NUMBER = r"[-+]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][-+]?\d{1,3})?"
_LONE_NUMBER = re.compile(_NUMBER, re.ASCII)
_NAMED_NUMBER = re.compile(
    rf"\b(?:result|score)\b[\"'*`\s]{{0,8}}[:=][\"'*`\s]{{0,8}}({_NUMBER})"
    r"(?![\w-]|[.,]\d|\s{0,3}(?:/|%|out\b|of\b|percent\b))",
    re.ASCII | re.IGNORECASE,
)
_NAMED_LABEL = re.compile(
    rf"\blabel\b[\"'*`\s]{{0,8}}[:=][*`\s]{{0,8}}(?:\"([^\"\n]{{1,{LABEL_LENGTH}}})\"|([^\n]{{1,{LABEL_LENGTH}}}))",
    re.IGNORECASE,
)
_FENCE = re.compile(r"\A```\w{0,20}\n(.*)\n?```\Z", re.DOTALL)
_AROUND = " \t\r\n`*\"'"

Value = TypeVar("Value", float, str)


@dataclass(frozen=True, slots=True)
class Reading(Generic[Value]):
    """What an answer says: a value or an error, the judge's steps, and how it was read where not by its schema."""

    value: Value | None = None
    steps: tuple[str, ...] = ()
    note: str = ""
    error: GradeError | None = None


@dataclass(frozen=True, slots=True)
class _Found(Generic[Value]):
    """The different values that a text names outside of JSON, and how they were found."""

    values: set[Value]
    note: str


def label_schema(labels: list[str]) -> JsonObject:
    """The answer to a `label_model`, whose form is not documented: steps first, so that the label follows from them."""
    return {
        "type": "object",
        "properties": {"steps": _STEPS, "label": {"type": "string", "enum": list(dict.fromkeys(labels))}},
        "required": ["steps", "label"],
        "additionalProperties": False,
    }


def read_score(text: str, form: str = "schema") -> Reading[float]:
    """The finite number of an answer, not clipped; `form` says how the answer was asked for."""
    return _read(text, form, "result", _number, _number_in_text)


def read_label(text: str, labels: list[str], form: str = "schema") -> Reading[str]:
    """The label of an answer, one of `labels`; outside a schema, other case is taken where it fits one label only."""
    known = _Labels(labels, any_case=form != "schema")
    return _read(text, form, "label", known.label, known.in_text)


def _read(
    text: str,
    form: str,
    key: str,
    value_of: Callable[[Any], Value | GradeError],
    in_text: Callable[[str], _Found[Value]],
) -> Reading[Value]:
    if len(text) > MAX_ANSWER:
        return Reading(error=_unread(f"the answer has {len(text):,} characters"))
    if not text.strip():
        return Reading(error=_unread("the answer is empty"))
    whole = parse_object(text)
    if isinstance(whole, dict):
        note = "" if form == "schema" else "read from JSON that the service held to no schema"
        return _from_object(whole, key, value_of, note)
    if form == "schema":
        return Reading(error=_unread(f"the answer is not the JSON that was asked for: {one_line(text, EXCERPT)}"))
    said = text.rpartition("</think>")[2].strip()
    found = in_text(said)
    readings = [
        _from_object(each, key, value_of, "read from JSON inside a text") for each in objects_in(said) if key in each
    ]
    # A quoted object may stand inside one that cannot be read: every place that names the value has to agree.
    values = {reading.value for reading in readings} | found.values
    if len(values) > 1:
        return Reading(error=_unread(f"it holds several different {key}s"))
    if readings:
        return readings[0]
    if not values:
        return Reading(error=_unread(f"no {key} can be found in it: {one_line(text, EXCERPT)}"))
    return Reading(values.pop(), note=found.note)


def _from_object(
    answer: JsonObject, key: str, value_of: Callable[[Any], Value | GradeError], note: str
) -> Reading[Value]:
    if key not in answer:
        return Reading(error=_unread(f"the answer has no {key}"))
    steps = _steps(answer.get("steps"))
    value = value_of(answer[key])
    if isinstance(value, GradeError):
        return Reading(steps=steps, note=note, error=value)
    return Reading(value, steps, note)


def _unread(message: str) -> GradeError:
    return GradeError("model_grader_parse_error", message)


def _number(value: Any) -> float | GradeError:
    if value is UNREADABLE:
        return GradeError("not_a_number", "the judge's result is no finite number")
    if not is_number(value):
        return GradeError("not_a_number", f"the judge's result is {described(value)}, no finite number")
    return float(value)


def _number_in_text(said: str) -> _Found[float]:
    fence = _FENCE.match(said)
    bare = (fence[1] if fence else said).strip(_AROUND).rstrip(_AROUND + ".")
    if len(bare) < LABEL_LENGTH and _LONE_NUMBER.fullmatch(bare):
        numbers, note = {float(bare)}, "read from a lone number"
    else:
        numbers = {float(match[1]) for match in _NAMED_NUMBER.finditer(said)}
        note = "read from a number behind its name in a text"
    return _Found({number for number in numbers if isfinite(number)}, note)


class _Labels:
    """The labels that an answer may hold, found in time that does not grow with their number."""

    def __init__(self, labels: list[str], *, any_case: bool) -> None:
        self._exact = frozenset(labels)
        self._folded: dict[str, str | None] = {}
        for label in self._exact if any_case else ():
            key = label.strip().casefold()
            self._folded[key] = None if key in self._folded else label

    def label(self, value: Any) -> str | GradeError:
        """The label that a value of JSON is."""
        if not isinstance(value, str):
            said = "no text" if value is UNREADABLE else described(value)
            return _unread(f"the judge's label is {said}, not one of its labels")
        found = self._matching(value)
        return _unread(f"{one_line(value, 60)!r} is none of the labels") if found is None else found

    def in_text(self, said: str) -> _Found[str]:
        """The labels that a text is, or names."""
        fence = _FENCE.match(said)
        lone = self._alone(fence[1] if fence else said)
        if lone is not None:
            return _Found({lone}, "read from a lone label")
        named = (self._alone(match[1] or match[2]) for match in _NAMED_LABEL.finditer(said))
        return _Found({label for label in named if label is not None}, "read from a label behind its name in a text")

    def _alone(self, text: str) -> str | None:
        bare = text.strip(_AROUND)
        found = self._matching(bare)
        return self._matching(bare.rstrip(_AROUND + ".")) if found is None else found

    def _matching(self, value: str) -> str | None:
        return value if value in self._exact else self._folded.get(value.strip().casefold())


def _steps(steps: Any) -> tuple[str, ...]:
    if not isinstance(steps, list):
        return ()
    lines = []
    for step in steps[:MAX_STEPS]:
        said = [step] if isinstance(step, str) else _step_texts(step) if isinstance(step, dict) else []
        if any(said):
            lines.append(one_line(" → ".join(one_line(part, STEP_LENGTH) for part in said if part), STEP_LENGTH))
    if len(steps) > MAX_STEPS:
        lines.append(f"and {len(steps) - MAX_STEPS:,} more steps")
    return tuple(lines)


def _step_texts(step: JsonObject) -> list[str]:
    return [text for key in ("description", "conclusion") if isinstance(text := step.get(key), str)]
