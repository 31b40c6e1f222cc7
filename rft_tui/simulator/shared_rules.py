"""Rules that chat completions and responses have in common, and what is read from both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rft_tui.model import JsonObject
from rft_tui.simulator import checks
from rft_tui.simulator.checks import Rule, or_null, table
from rft_tui.simulator.jobs.tuned import no_tunes
from rft_tui.simulator.models import REASONER, REASONER_EFFORTS
from rft_tui.simulator.recorded import Recordings
from rft_tui.simulator.rejection import RequestError

if TYPE_CHECKING:
    from rft_tui.simulator.jobs.tuned import Tunes

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

EFFORT: Rule = or_null(checks.one_of(*EFFORTS))

TIER: Rule = or_null(checks.one_of("auto", "default", "flex", "scale", "priority", "fast"))

COMMON: dict[str, Rule] = {
    "model": checks.name,
    "metadata": or_null(checks.metadata),
    "temperature": or_null(checks.number(0, 2)),
    "top_p": or_null(checks.number(0, 1)),
    "user": checks.text,
    "safety_identifier": or_null(checks.text_up_to(64)),
    "prompt_cache_key": or_null(checks.text),
    "service_tier": TIER,
    "store": or_null(checks.flag),
    "stream": checks.refused,
}
"""Parameters of both; streaming is not offered."""

TEXT_FORMAT: Rule = table({"type": checks.one_of("text")}, "type")
JSON_FORMAT: Rule = table({"type": checks.one_of("json_object")}, "type")

SCHEMA_KEYS: dict[str, Rule] = {
    "name": checks.schema_name,
    "schema": checks.json_object,
    "strict": or_null(checks.flag),
    "description": checks.text,
}
"""The parts of a JSON schema format."""

FUNCTION_KEYS: dict[str, Rule] = {
    "name": checks.schema_name,
    "description": checks.text,
    "parameters": checks.json_object,
    "strict": or_null(checks.flag),
}
"""The parts of a function that a model may call."""

MOST_TOOLS = 128


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a request beside its body: the run that it is for, its fault, a mark for ids, the time.

    `tunes` finds the fine-tuned model that a name means.
    """

    run_index: int
    fault: str
    mark: str
    now: int
    recordings: Recordings
    tunes: Tunes = no_tunes

    def id_of(self, kind: str) -> str:
        """An id that begins with `kind`; that of another answer where the fault says so."""
        return f"{kind}-simulated-{'duplicate' if self.fault == 'duplicate-id' else self.mark}"


def check_reasoning(model: str, effort: str, body: JsonObject, path: str) -> None:
    """The reasoner takes some efforts only, and no temperature unless it does not reason. Raises RequestError."""
    if model != REASONER:
        return
    if effort and effort not in REASONER_EFFORTS:
        said = ", ".join(map(repr, REASONER_EFFORTS))
        message = f"Unsupported value: '{path}' does not support '{effort}' with this model. Supported: {said}."
        raise RequestError(message, param=path, code="unsupported_value")
    for key in ("temperature", "top_p"):
        if effort != "none" and body.get(key) is not None:
            message = f"Unsupported parameter: '{key}' is not supported with this model."
            raise RequestError(message, param=key, code="unsupported_parameter")


def used_tier(asked: Any) -> str:
    """The service tier that an answer names."""
    return {"flex": "flex", "priority": "priority", "fast": "priority", "scale": "scale"}.get(asked or "", "default")


def schema_of(form: Any, held: Any) -> JsonObject | None:
    """The schema that an answer must fit, by the format's type and the object that holds the schema; None for text."""
    kind = form.get("type") if isinstance(form, dict) else None
    if kind == "json_schema":
        return held.get("schema") or {}
    return {"type": "object", "properties": {"answer": {"type": "string"}}} if kind == "json_object" else None
