"""How fast a service may be asked: calls at once, starts per second, and the budget that its headers tell.

One pace stands for one service and key. The number of calls at once is halved when the service pushes back and grows
back by steady steps (AIMD; Chiu and Jain 1989), but stays as large as the rate of starts needs at the service's
latency: where requests per second are limited, few slow calls at once would not reach the limit. That rate is learned
(see `rate`), and so is whether a wait that was named to one call is to be kept by all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from rft_tui.providers.clock import Clock
from rft_tui.providers.rate import Rate
from rft_tui.providers.rate import Ticket as Ticket
from rft_tui.providers.retry import span

RECOVERY_ROUNDS = 8
"""Round trips in which the number of calls at once grows back by half of the most."""

_TINY_S = 1e-6

LONGEST_HOLD_S = 120.0
"""Most seconds that a spent budget or a named wait holds calls back; then one more try shows whether it still is."""


class Budget:
    """What is left of a service's requests or tokens, as its ``x-ratelimit-*`` headers say."""

    def __init__(self, word: str) -> None:
        self._remaining = f"x-ratelimit-remaining-{word}"
        self._reset = f"x-ratelimit-reset-{word}"
        self._left: float | None = None
        self._until = 0.0

    def read(self, headers: Mapping[str, str], now: float) -> None:
        """Take note of what an answer says; older answers that come late do not raise what is left."""
        left, reset = span(headers.get(self._remaining)), span(headers.get(self._reset))
        if left is None or reset is None:
            return
        if self._left is None or now >= self._until or left < self._left or now + reset > self._until + 0.5:
            self._left, self._until = left, now + min(reset, LONGEST_HOLD_S)

    def held_until(self, now: float, need: float) -> float:
        """When there is enough for a call that takes `need`; 0 where there is, or where nothing is known."""
        if self._left is None or now >= self._until:
            self._left = None
            return 0.0
        return self._until if self._left < need else 0.0

    def take(self, amount: float) -> None:
        """A call has started."""
        if self._left is not None:
            self._left -= amount


class Pace:
    """Lets calls start, and learns from how they end. Belongs to one event loop."""

    def __init__(self, most: int, *, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._most = max(1, most)
        self._limit = float(self._most)
        self._turn = asyncio.Lock()
        self._room = asyncio.Event()
        self._held_until = 0.0
        self._cut_at = -1.0
        self._rate = Rate()
        self._requests, self._tokens = Budget("requests"), Budget("tokens")
        self._tokens_of_a_call = 0.0
        self.in_flight = 0
        self.peak = 0
        self.waiting_s = 0.0

    @property
    def limit(self) -> int:
        """Calls that may be in flight now."""
        return max(1, int(min(self._most, max(self._limit, self._rate.in_flight(self._clock.now())))))

    @property
    def most(self) -> int:
        """Calls that may be in flight when nothing pushes back."""
        return self._most

    def set_most(self, most: int) -> None:
        """Change the most calls at once while the work goes on; calls under way are left alone."""
        self._most = max(1, most)
        self._limit = float(self._most) if self._limit > self._most or self._cut_at < 0 else self._limit
        self._wake()

    def try_start(self) -> Ticket | None:
        """Start a call if one may start at once, without waiting."""
        now = self._clock.now()
        if self._turn.locked() or self.in_flight >= self.limit or self._ready_at(now) > now:
            return None
        return self._started(now, 0.0)

    async def start(self) -> Ticket:
        """Wait until a call may start; those who wait take turns, so that only the first of them looks at the clock."""
        asked = self._clock.now()
        async with self._turn:
            while True:
                while self.in_flight >= self.limit:
                    self._room.clear()
                    await self._room.wait()
                now = self._clock.now()
                until = self._ready_at(now)
                if until <= now:
                    return self._started(now, now - asked)
                await self._clock.wait(max(until - now, _TINY_S))

    def _started(self, now: float, waited_s: float) -> Ticket:
        ticket = self._rate.take(now)
        self._requests.take(1)
        self._tokens.take(self._tokens_of_a_call)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        self.waiting_s += waited_s
        return ticket

    def finish(
        self,
        ticket: Ticket,
        headers: Mapping[str, str] | None = None,
        *,
        pushed_back: bool = False,
        through: bool = False,
        hold_s: float | None = None,
        tokens: int = 0,
    ) -> None:
        """A call has ended: `through` with an answer, `pushed_back` by a 429 or 503, or neither.

        `hold_s` are the seconds for which the service asked to be left alone; `tokens` what the call took.
        """
        now = self._clock.now()
        self.in_flight -= 1
        if headers:
            self._requests.read(headers, now)
            self._tokens.read(headers, now)
        if tokens > 0:
            self._tokens_of_a_call += (tokens - self._tokens_of_a_call) / 8
        if pushed_back:
            held = min(hold_s or 0.0, LONGEST_HOLD_S)
            if self._rate.refused(ticket, now, held):
                self._held_until = max(self._held_until, now + held)
            self._push_back(ticket, now)
        elif through:
            self._rate.let_in(ticket, now)
            self._limit = min(self._most, self._limit + max(1.0, self._most / 2 / RECOVERY_ROUNDS) / self._limit)
        self._wake()

    def _push_back(self, ticket: Ticket, now: float) -> None:
        """Halve, but once for all the calls that were under way when the service first said so."""
        if ticket.started <= self._cut_at:
            return
        self._cut_at = now
        self._limit = max(1.0, self._limit / 2)

    def _ready_at(self, now: float) -> float:
        return max(
            self._held_until,
            self._rate.ready_at(),
            self._requests.held_until(now, 1),
            self._tokens.held_until(now, max(1.0, self._tokens_of_a_call)),
        )

    def _wake(self) -> None:
        if self.in_flight < self.limit:
            self._room.set()
