"""Faults that the simulated service meets on purpose: which kinds there are, and which request meets which.

A request meets a fault by the hash of (seed, request, attempt): the same run meets the same faults every time, and a
request that is sent again may get through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from rft_tui.errors import UsageError
from rft_tui.graders.kinds import is_number
from rft_tui.model import JsonObject

FAULTS: dict[str, str] = {
    "429": "too many requests, with retry-after",
    "429-bare": "too many requests, without retry-after",
    "quota": "429 whose code says that the quota is used up",
    "500": "an error of the server",
    "503": "the server is overloaded",
    "stall": "no answer until the client gives up",
    "reset": "the connection is reset in the middle of the body",
    "half-json": "a body that ends in the middle of its JSON",
    "content-type": "a web page in place of JSON",
    "drip": "a body that comes in small pieces",
    "refusal": "the model refuses",
    "truncated": "the answer ends at the token limit",
    "duplicate-id": "the answer has the id of another one",
    "batch-expired": "a line of a batch is not done in time",
}
"""Every kind, with what happens."""

STATUS_FAULTS = ("429", "429-bare", "quota", "500", "503")
"""Kinds that answer with an error."""

SPOKEN_FAULTS = ("refusal", "truncated", "duplicate-id")
"""Kinds that change what a model says."""

LINE_FAULTS = (*STATUS_FAULTS, *SPOKEN_FAULTS, "batch-expired")
"""Kinds that a line of a batch can meet; it has no connection of its own."""

MODEL_PATHS = ("/v1/responses", "/v1/chat/completions", "/v1/embeddings", "/v1/fine_tuning/alpha/graders/run")
"""Where faults happen unless other paths are said."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares of requests by kind (0 to 1, together at most 1), beginnings of the paths where they happen, a seed."""

    shares: Mapping[str, float] = field(default_factory=dict)
    paths: tuple[str, ...] = MODEL_PATHS
    seed: int = 0

    def __post_init__(self) -> None:
        for kind, share in self.shares.items():
            if kind not in FAULTS:
                raise UsageError(f"there is no fault {kind[:40]!r}", hint=f"One of {', '.join(FAULTS)}.")
            if not is_number(share) or not 0 <= share <= 1:
                raise UsageError(f"the share of fault {kind} is {share!r:.40}", hint="A share is a number from 0 to 1.")
        if sum(self.shares.values()) > 1 + 1e-9:
            raise UsageError("the shares of faults are together over 1", hint="Each request meets one fault at most.")

    def drawn(self, path: str, identity: str, attempt: int) -> str:
        """The kind of fault that this attempt of a request meets; empty for none."""
        if not self.shares or not path.startswith(self.paths):
            return ""
        drawn = int.from_bytes(sha256(f"{self.seed}:{identity}:{attempt}".encode()).digest()[:7]) / 2**56
        for kind in FAULTS:
            drawn -= self.shares.get(kind, 0.0)
            if drawn < 0:
                return kind
        return ""

    def as_json(self) -> JsonObject:
        """The faults in force, as they are shown and set."""
        return {"faults": dict(self.shares), "paths": list(self.paths), "seed": self.seed}


def parse_shares(texts: tuple[str, ...]) -> dict[str, float]:
    """Shares by kind from texts such as ``429=0.1``. Raises UsageError."""
    shares: dict[str, float] = {}
    for text in texts:
        kind, _equals, share = text.strip().partition("=")
        try:
            shares[kind.strip()] = float(share)
        except ValueError:
            hint = "Write KIND=SHARE, such as 429=0.1; the share is of all requests."
            raise UsageError(f"{text[:60]!r} is no fault with its share", hint=hint) from None
    return shares


def parse_setting(setting: Any, before: Faults) -> Faults:
    """Faults from the JSON that sets them; what it leaves out stays as before. Raises UsageError."""
    if not isinstance(setting, dict) or not set(setting) <= {"faults", "paths", "seed"}:
        raise UsageError("faults are set by an object with faults, paths, seed")
    shares = setting.get("faults", before.shares)
    paths = setting.get("paths", list(before.paths))
    seed = setting.get("seed", before.seed)
    if not isinstance(shares, dict) or not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise UsageError("faults must be an object of shares, paths a list of texts")
    if not isinstance(seed, int) or len(paths) > len(FAULTS):
        raise UsageError("seed must be a whole number, and paths a short list")
    return Faults(dict(shares), tuple(paths), seed)
