"""The endpoints that ask a model, by path, for a request over HTTP and for a line of a batch alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rft_tui.model import JsonObject
from rft_tui.simulator import chat, embeddings, responses
from rft_tui.simulator.rate import retry_headers, too_many
from rft_tui.simulator.rejection import RequestError
from rft_tui.simulator.shared_rules import Asked

ANSWERS: dict[str, Callable[[Any, Asked], JsonObject]] = {
    "/v1/chat/completions": chat.answer,
    "/v1/responses": responses.answer,
    "/v1/embeddings": embeddings.answer,
}
"""What answers each path."""


def fault_error(fault: str, retry_after_s: float) -> RequestError | None:
    """The error that a fault answers with, None where it is no such fault."""
    match fault:
        case "429":
            return too_many("Rate limit reached (a fault set in the simulated service).", retry_headers(retry_after_s))
        case "429-bare":
            return too_many("Rate limit reached (a fault set in the simulated service).")
        case "quota":
            message = "You exceeded your current quota (a fault set in the simulated service)."
            return RequestError(message, status=429, kind="insufficient_quota", code="insufficient_quota")
        case "500":
            message = "The server had an error (a fault set in the simulated service)."
            return RequestError(message, status=500, kind="server_error")
        case "503":
            message = "The server is overloaded (a fault set in the simulated service)."
            return RequestError(message, status=503, kind="service_unavailable_error", code="slow_down")
    return None
