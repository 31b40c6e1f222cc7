"""What the simulated service was asked: counts by path, repeats of a request, how many were under way at once."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from threading import Lock

from rft_tui.model import JsonObject

MOST_REQUESTS = 200_000
"""Different requests that are remembered; the oldest are forgotten first."""

SHOWN_REPEATS = 1_000
"""Requests that came again which the state lists."""

_WORDS = frozenset(
    [
        *("v1", "models", "responses", "chat", "completions", "embeddings", "files", "content", "uploads", "parts"),
        *("complete", "cancel", "batches", "fine_tuning", "alpha", "graders", "validate", "run", "jobs"),
        *("pause", "resume", "events", "checkpoints", "evals", "runs", "output_items"),
    ]
)
_MOST_SEGMENTS = 7


def request_identity(path: str, run_index: int, body: bytes) -> str:
    """One text for one request, however often it is sent: the hash of its path, run and body."""
    return sha256(b"%s\n%d\n%s" % (path.encode("utf-8", "replace"), run_index, body)).hexdigest()[:32]


def label_of(method: str, path: str) -> str:
    """Method and path with every id as ``{id}``, so that there are few of them."""
    segments = path.strip("/").split("/", _MOST_SEGMENTS)
    if segments[0] != "v1" or len(segments) > _MOST_SEGMENTS or method not in ("GET", "POST", "DELETE"):
        return "other"
    return f"{method} /" + "/".join(one if one in _WORDS else "{id}" for one in segments)


class Ledger:
    """Counts requests; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[str] = Counter()
        self._answered: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self._seen: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._asked_again_after_answer = 0
        self._under_way = 0
        self._peak = 0

    @contextmanager
    def under_way(self, label: str) -> Iterator[None]:
        """Count a request while it is being answered."""
        with self._lock:
            self._requests[label] += 1
            self._under_way += 1
            self._peak = max(self._peak, self._under_way)
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def attempt(self, identity: str) -> int:
        """Note that a request came; how often it has come by now, this time included."""
        with self._lock:
            attempts, answered = self._seen.get(identity, (0, 0))
            self._seen[identity] = (attempts + 1, answered)
            self._seen.move_to_end(identity)
            self._asked_again_after_answer += answered > 0
            if len(self._seen) > MOST_REQUESTS:
                self._seen.popitem(last=False)
            return attempts + 1

    def met(self, fault: str) -> None:
        """Note that a fault happened."""
        with self._lock:
            self._faults[fault] += 1

    def answered(self, label: str, identity: str) -> None:
        """Note that a request was answered in full, without an error."""
        with self._lock:
            self._answered[label] += 1
            if identity in self._seen:
                attempts, answered = self._seen[identity]
                self._seen[identity] = (attempts, answered + 1)

    def as_json(self) -> JsonObject:
        """Everything counted; `repeated` lists requests that came more than once, the latest first."""
        with self._lock:
            repeated: JsonObject = {}
            for identity, (attempts, answered) in reversed(self._seen.items()):
                if attempts > 1:
                    repeated[identity] = {"asked": attempts, "answered": answered}
                    if len(repeated) == SHOWN_REPEATS:
                        break
            return {
                "requests": dict(self._requests),
                "answered": dict(self._answered),
                "different": len(self._seen),
                "repeated": repeated,
                "asked_again_after_answer": self._asked_again_after_answer,
                "under_way": self._under_way,
                "peak_concurrency": self._peak,
                "met": dict(self._faults),
            }
