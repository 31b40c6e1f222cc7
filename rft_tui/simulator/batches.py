"""Batches: the lines of a file, answered in the background by the same code that answers single requests."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from rft_tui.model import JsonObject
from rft_tui.simulator import checks
from rft_tui.simulator.checks import Rule, check_body, or_null, table
from rft_tui.simulator.files import FileStore
from rft_tui.simulator.generation import ANSWERS
from rft_tui.simulator.paging import page
from rft_tui.simulator.rejection import RequestError, not_found

MOST_BATCHES = 500
"""Batches that are remembered."""

MOST_UNDER_WAY = 50

WINDOW_S = 86_400

ENDED = ("completed", "failed", "expired", "cancelled")
"""Statuses that stay."""

_CREATE: Rule = table(
    {
        "input_file_id": checks.text,
        "endpoint": checks.one_of(*ANSWERS),
        "completion_window": checks.one_of("24h"),
        "metadata": or_null(checks.metadata),
        "output_expires_after": table(
            {"anchor": checks.one_of("created_at"), "seconds": checks.whole(3_600, 2_592_000)}, "anchor", "seconds"
        ),
    },
    "input_file_id",
    "endpoint",
    "completion_window",
)


@dataclass(slots=True)
class Batch:
    """A batch: what was asked, how far it is; `times` are unix seconds by name, such as ``completed_at``."""

    id: str
    asked: JsonObject
    status: str = "validating"
    times: dict[str, int] = field(default_factory=dict)
    counts: JsonObject = field(default_factory=lambda: {"total": 0, "completed": 0, "failed": 0})
    tokens: dict[str, int] = field(default_factory=lambda: {"input": 0, "output": 0, "reasoning": 0})
    model: str = ""
    errors: list[JsonObject] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    stop: Event = field(default_factory=Event)

    def reach(self, status: str) -> None:
        """Move to a status, and note when."""
        self.status = status
        if status != "validating":
            self.times[f"{status}_at"] = int(time.time())

    def as_json(self) -> JsonObject:
        """The batch object; what is not known yet is left out."""
        shown: JsonObject = {
            "id": self.id,
            "object": "batch",
            "endpoint": self.asked["endpoint"],
            "input_file_id": self.asked["input_file_id"],
            "completion_window": self.asked["completion_window"],
            "status": self.status,
            **self.times,
            **self.files,
            "request_counts": dict(self.counts),
            "usage": _usage(self.tokens),
            "metadata": self.asked.get("metadata"),
        }
        if self.model:
            shown["model"] = self.model
        if self.errors:
            shown["errors"] = {"object": "list", "data": self.errors}
        return shown


def _usage(tokens: dict[str, int]) -> JsonObject:
    return {
        "input_tokens": tokens["input"],
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": tokens["output"],
        "output_tokens_details": {"reasoning_tokens": tokens["reasoning"]},
        "total_tokens": tokens["input"] + tokens["output"],
    }


class Batches:
    """All batches, the oldest that have ended forgotten where there are too many."""

    def __init__(self, files: FileStore) -> None:
        self._files = files
        self._batches: dict[str, Batch] = {}
        self._made = 0

    def create(self, body: Any) -> Batch:
        """A new batch, to be worked through by `batch_work.work`. Raises RequestError."""
        asked = check_body(body, _CREATE)
        stored = self._files.get(asked["input_file_id"])
        if stored.purpose != "batch":
            message = f"The file has the purpose {stored.purpose}; a batch needs a file with the purpose batch."
            raise RequestError(message, param="input_file_id")
        if sum(batch.status not in ENDED for batch in self._batches.values()) >= MOST_UNDER_WAY:
            raise RequestError("Too many batches are under way.", status=429, code="rate_limit_exceeded")
        self._made += 1
        now = int(time.time())
        batch = Batch(f"batch_simulated_{self._made}", asked, times={"created_at": now, "expires_at": now + WINDOW_S})
        self._batches[batch.id] = batch
        for old in list(self._batches.values())[: max(0, len(self._batches) - MOST_BATCHES)]:
            if old.status in ENDED:
                del self._batches[old.id]
        return batch

    def get(self, batch_id: str) -> Batch:
        """A batch. Raises RequestError."""
        try:
            return self._batches[batch_id]
        except KeyError:
            raise not_found("Batch", batch_id) from None

    def listed(self, query: JsonObject) -> JsonObject:
        """A page of the list, the newest first."""
        return page(list(reversed(self._batches.values())), query, most=100, default=20)

    def cancel(self, batch_id: str) -> JsonObject:
        """Stop a batch; what it has answered is kept. Raises RequestError."""
        batch = self.get(batch_id)
        if batch.status in (*ENDED, "finalizing"):
            raise RequestError(f"Cannot cancel a batch with status '{batch.status}'.", status=409)
        batch.reach("cancelling")
        batch.stop.set()
        return batch.as_json()

    def close(self) -> None:
        """Stop all."""
        for batch in self._batches.values():
            batch.stop.set()
