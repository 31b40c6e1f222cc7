"""The grader endpoints of a service: what is sent to them, and what their answers mean.

``/run`` answers HTTP 200 with a reward of 0.0 when a grader breaks; only the flags in ``metadata.errors`` tell. So an
answer with a flag is an error and never a score, whatever its reward says. Nothing here touches the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from rft_tui.model import GradeError, JsonObject, Usage
from rft_tui.providers.reading import number_of
from rft_tui.safetext import one_line

VALIDATE_PATH = "/fine_tuning/alpha/graders/validate"
RUN_PATH = "/fine_tuning/alpha/graders/run"

MALFORMED = "malformed"
"""The kind of an answer that is none."""

FLAG = "_error"
"""How the name of a flag ends; what it means stands under the same name with one of `TEXTS` behind it."""
TEXTS = ("_details", "_type")

MAX_NAMES = 200
"""Flags, sub-rewards or models of an answer that are read; a grader has a hundred children at most."""
TEXT_LENGTH = 500
"""Characters of an error's text."""
NAME_LENGTH = 100
"""Characters of a flag's, a child's or a model's name."""


@dataclass(frozen=True, slots=True)
class HostedGrade:
    """What the service says of one prediction: a reward, or errors and no reward.

    `sub_rewards` holds the children of a multi grader, None where one has no number. `tokens` counts all tokens, where
    the service said; `usage` says more where it did; `seconds` is its own time.
    """

    reward: float | None = None
    errors: tuple[GradeError, ...] = ()
    sub_rewards: Mapping[str, float | None] = field(default_factory=dict)
    model: str | None = None
    seconds: float | None = None
    tokens: int | None = None
    usage: Usage = field(default_factory=Usage)
    usage_by_model: Mapping[str, Usage] = field(default_factory=dict)

    @property
    def error(self) -> GradeError | None:
        """The first error."""
        return self.errors[0] if self.errors else None


def validate_body(grader: JsonObject) -> JsonObject:
    """What ``/validate`` is sent."""
    return {"grader": grader}


def run_body(grader: JsonObject, output_text: str, item: JsonObject) -> JsonObject:
    """What ``/run`` is sent: it has no field for function calls, choices or sound."""
    return {"grader": grader, "model_sample": output_text, "item": item}


def read_validated(answer: Any) -> JsonObject | None:
    """The grader as ``/validate`` gives it back; None where the answer holds none."""
    grader = answer.get("grader") if isinstance(answer, dict) else None
    return grader if isinstance(grader, dict) else None


def read_run(answer: Any) -> HostedGrade:
    """What an answer of ``/run`` with status 200 means; any JSON is read, unknown keys are passed over."""
    if not isinstance(answer, dict):
        return HostedGrade(errors=(GradeError(MALFORMED, "the answer is no JSON object"),))
    metadata = answer.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    errors = _errors(metadata.get("errors"))
    reward = number_of(answer.get("reward"))
    if reward is None and not errors:
        errors = (GradeError(MALFORMED, "the answer has no reward that is a number, and no error"),)
    tokens, usage = _tokens(metadata.get("token_usage"))
    model = metadata.get("sampled_model_name")
    return HostedGrade(
        reward=None if errors else reward,
        errors=errors,
        sub_rewards={name: number_of(value) for name, value in _entries(answer.get("sub_rewards"))},
        model=one_line(model, NAME_LENGTH) if isinstance(model, str) else None,
        seconds=number_of(metadata.get("execution_time")),
        tokens=tokens,
        usage=usage,
        usage_by_model={
            name: _tokens(value)[1] for name, value in _entries(answer.get("model_grader_token_usage_per_model"))
        },
    )


def _errors(flags: Any) -> tuple[GradeError, ...]:
    if flags is None:
        return ()
    if not isinstance(flags, dict):
        return (GradeError(MALFORMED, "the answer's errors cannot be read"),) if flags else ()
    raised = (name for name, value in flags.items() if value and name.endswith(FLAG))
    return tuple([GradeError(one_line(name, NAME_LENGTH), _said(flags, name)) for name in islice(raised, MAX_NAMES)])


def _said(flags: JsonObject, name: str) -> str:
    texts = [flags.get(name + ending) for ending in TEXTS]
    said = [one_line(text, TEXT_LENGTH) for text in texts if isinstance(text, str) and text.strip()]
    return "; ".join(said) or "the service says no more than that"


def _entries(value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        return []
    return [(one_line(name, NAME_LENGTH), one) for name, one in islice(value.items(), MAX_NAMES)]


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53 else None


def _tokens(value: Any) -> tuple[int | None, Usage]:
    """All tokens, and what is known of them, from a number, an object or anything else."""
    if not isinstance(value, dict):
        return _count(value), Usage()
    usage = Usage(
        input_tokens=_count(value.get("prompt_tokens")),
        output_tokens=_count(value.get("completion_tokens")),
        cached_tokens=_count(value.get("cached_tokens")),
    )
    total = _count(value.get("total_tokens"))
    if total is None and usage.input_tokens is not None and usage.output_tokens is not None:
        total = usage.input_tokens + usage.output_tokens
    return total, usage
