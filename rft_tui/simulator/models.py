"""The models that the simulated service offers, and the names under which it answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rft_tui.model import JsonObject
from rft_tui.simulator.rejection import RequestError

PREFIX = "simulated-"
"""Every name in an answer begins with this, whatever was asked for."""

RECORDED = ("simulated-qwen-coder-0.5b", "simulated-smollm2")
"""Models that answer the sample questions with the recorded answers of real ones."""

ECHO = "simulated-echo"
"""The model that gives back the last line of the question; it has a date on which it is to be shut down."""

REASONER = "simulated-reasoner"
"""The model with reasoning efforts, reasoning tokens and a reasoning summary."""

JUDGE = "simulated-judge"
EMBEDDING = "simulated-embedding"

MISSING = "simulated-missing"
"""The one name that is answered as a model that does not exist."""

OFFERED = (*RECORDED, ECHO, REASONER, JUDGE, EMBEDDING)
"""The models of the list; others are answered too."""

REASONER_EFFORTS = ("none", "low", "medium", "high")
"""The efforts that the reasoner takes; it refuses the others, as real models do."""

SHUTDOWN_DAYS = 20
"""How far ahead the shut-down of the echo always is, in days."""

_MADE = 1_767_225_600


def answered_name(asked: str) -> str:
    """The name with which a model answers. Raises RequestError for the one that does not exist."""
    name = asked if asked.startswith(PREFIX) else PREFIX + asked
    if name == MISSING:
        message = f"The model '{asked}' does not exist or you do not have access to it."
        raise RequestError(message, status=404, param="model", code="model_not_found")
    return name


def tuned_json(name: str, created_at: int) -> JsonObject:
    """A fine-tuned model, as the service describes it."""
    return {"id": name, "object": "model", "created": created_at, "owned_by": "simulated", "shutdown_date": None}


def model_json(name: str) -> JsonObject:
    """An offered model, as the service describes it. Raises RequestError for any other name."""
    full = answered_name(name)
    if full not in OFFERED:
        message = f"The model '{name[:100]}' is not in the list of the simulated service."
        raise RequestError(message, status=404, param="model", code="model_not_found")
    ends = (datetime.now(UTC) + timedelta(days=SHUTDOWN_DAYS)).date().isoformat() if full == ECHO else None
    return {"id": full, "object": "model", "created": _MADE, "owned_by": "simulated", "shutdown_date": ends}


def models_json(tuned: Sequence[tuple[str, int]] = ()) -> JsonObject:
    """The list of offered models, and of fine-tuned ones by name and time."""
    offered = [model_json(name) for name in OFFERED]
    return {"object": "list", "data": [*offered, *(tuned_json(name, created_at) for name, created_at in tuned)]}
