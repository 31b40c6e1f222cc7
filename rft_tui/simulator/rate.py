"""A limit of requests a second, kept as a bucket that fills at that rate and holds one second's worth."""

from __future__ import annotations

from math import ceil

from rft_tui.simulator.rejection import RequestError


class RateLimit:
    """Lets through `rate` requests a second; `said` tells clients how long to wait."""

    def __init__(self, rate: float, *, said: bool) -> None:
        self._rate = rate
        self._said = said
        self._most = max(1.0, rate)
        self._left = self._most
        self._at = 0.0

    def take(self, now: float) -> dict[str, str]:
        """The headers of one more request at `now` (seconds); RequestError with status 429 where it is too many."""
        self._left = min(self._most, self._left + max(0.0, now - self._at) * self._rate)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return self._headers()
        headers = self._headers()
        if self._said:
            headers |= retry_headers((1 - self._left) / self._rate)
        raise too_many("Rate limit reached for requests of the simulated service.", headers)

    def _headers(self) -> dict[str, str]:
        until_full = (self._most - self._left) / self._rate
        return {
            "x-ratelimit-limit-requests": str(int(self._most)),
            "x-ratelimit-remaining-requests": str(int(self._left)),
            "x-ratelimit-reset-requests": f"{ceil(until_full * 1000)}ms",
        }


def retry_headers(wait_s: float) -> dict[str, str]:
    """How a service says that a client should wait: whole seconds, at least one, and exact milliseconds."""
    return {"retry-after": str(max(1, ceil(wait_s))), "retry-after-ms": str(ceil(wait_s * 1000))}


def too_many(message: str, headers: dict[str, str] | None = None) -> RequestError:
    """The refusal of one request too many."""
    return RequestError(message, status=429, kind="requests", code="rate_limit_exceeded", headers=headers)
