"""The calls of one run: encoded one by one as they are needed, and their results in the order of the calls."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator

from rft_tui.graders.sandbox.contract import CallResult, failed
from rft_tui.model import JsonObject

LOOK_AHEAD_CALLS = 2048
"""Calls that may be under way beyond the oldest one without a result, so that one slow call holds back no worker."""
LOOK_AHEAD_BYTES = 64 << 20
"""Encoded calls kept for a possible second try."""

_encode = json.JSONEncoder(ensure_ascii=True, check_circular=True).encode


class Batch:
    """Numbers calls from 0, keeps each until it has its one result, and gives results in order."""

    def __init__(self, calls: Iterable[tuple[JsonObject, JsonObject]]) -> None:
        self._calls = iter(calls)
        self._ended = False
        self._again: deque[int] = deque()
        self._ahead: int | None = None
        self._lines: dict[int, bytes] = {}
        self._bytes = 0
        self._results: dict[int, CallResult] = {}
        self._count = 0
        self._next = 0

    def line(self, number: int) -> bytes:
        """The encoded call."""
        return self._lines[number]

    def has_more(self) -> bool:
        """Whether a call waits for a worker; reads at most one call ahead, none while too many are under way."""
        if self._again or self._ahead is not None:
            return True
        while not self._ended and self._has_room():
            try:
                sample, item = next(self._calls)
            except StopIteration:
                self._ended = True
                break
            number = self._count
            self._count += 1
            try:
                line = b"%d %b\n" % (number, _encode((sample, item)).encode("ascii"))
            except (TypeError, ValueError, RecursionError, OverflowError) as error:
                self._results[number] = failed("other_error", f"sample or item cannot be written as JSON: {error}")
                continue
            self._lines[number] = line
            self._bytes += len(line)
            self._ahead = number
            return True
        return False

    def _has_room(self) -> bool:
        if self._count - self._next >= LOOK_AHEAD_CALLS:
            return False
        return self._bytes < LOOK_AHEAD_BYTES

    def take(self, most: int) -> list[int]:
        """Up to so many calls for a worker, lowest numbers first."""
        taken: list[int] = []
        while len(taken) < most and self.has_more():
            if self._again:
                taken.append(self._again.popleft())
            elif self._ahead is not None:
                taken.append(self._ahead)
                self._ahead = None
        return taken

    def give_back(self, numbers: Iterable[int]) -> None:
        """Calls whose worker is gone, to be done before any other."""
        self._again = deque(sorted([*self._again, *numbers]))

    def settle(self, number: int, result: CallResult) -> None:
        """The one result of a call."""
        self._bytes -= len(self._lines.pop(number))
        self._results[number] = result

    def replace(self, number: int, result: CallResult) -> None:
        """Take another result for a call, unless its first one was handed out already."""
        if number in self._results:
            self._results[number] = result

    def fail_rest(self, result: CallResult) -> Iterator[CallResult]:
        """One result for every call that has none; those that have one keep it."""
        self._again.clear()
        while True:
            yield from self.ready()
            if self._next in self._lines:
                if self._next == self._ahead:
                    self._ahead = None
                self.settle(self._next, result)
            elif not self.has_more():
                break

    def ready(self) -> Iterator[CallResult]:
        """The results that may be handed out now."""
        while self._next in self._results:
            result = self._results.pop(self._next)
            self._next += 1
            yield result

    @property
    def done(self) -> bool:
        """Whether every call has been given and every result handed out."""
        return self._ended and not self._lines and not self._results
