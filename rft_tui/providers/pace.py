"""How fast a service may be asked: calls at once, starts per second, and the budget that its headers tell.

One pace stands for one service and key. The number of calls at once is halved when the service pushes back and grows
back by steady steps (AIMD; Chiu and Jain 1989). The rate of starts is learned from what got through: after a push-back
it begins a little below and follows the cubic curve of RFC 9438, flat around the rate that was too much and steep far
away from it, so that a limit is met with few refusals and a higher limit is found soon.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from rft_tui.providers.clock import Clock
from rft_tui.providers.retry import span

LONGEST_HOLD_S = 120.0
"""Most seconds that a spent budget holds calls back; then one more try shows whether it is still spent."""

LEVEL_S = 10.0
"""Seconds in which the rate comes back to where a push-back met it."""

WINDOW_S = 4.0
"""Seconds over which the rate of calls that got through is measured."""

TOLERATED = 0.04
"""Share of refused calls that does not slow the rate where the service names no time to wait."""

BRIEF_S = 0.25
"""A hold that costs next to nothing; longer ones are risked the more seldom the longer they are."""

STEEPNESS = 0.2
"""Growth of the rate beyond the last push-back: this share of it after another `LEVEL_S`, then with the cube."""

RECOVERY_ROUNDS = 8
"""Round trips in which the number of calls at once grows back by half of the most."""

_TINY_S = 1e-6


@dataclass(slots=True)
class Ticket:
    """A call under way: when it started."""

    started: float


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


class Rate:
    """Starts per second that a service takes, learned from push-backs; without one there is no limit."""

    def __init__(self) -> None:
        self._passed: deque[float] = deque()
        self._refused: deque[float] = deque()
        self._first: float | None = None
        self._peak = 0.0
        self._depth = 0.0
        self._cut_at = self._cut_at_last = 0.0
        self._next = 0.0
        self._window = WINDOW_S
        self._level_s = LEVEL_S / 3

    @property
    def known(self) -> bool:
        """Whether a push-back has shown a limit."""
        return self._peak > 0

    def passed(self, now: float, latency_s: float) -> None:
        """A call got through; slow calls are watched over a longer time."""
        self._window = max(WINDOW_S, 2 * latency_s)
        self._note(self._passed, now)

    def refused(self, now: float) -> None:
        """A call was pushed back."""
        self._note(self._refused, now)

    def at(self, now: float) -> float:
        """Starts per second now: concave up to where the push-back was, then convex."""
        course = (now - self._cut_at) / self._level_s - 1
        return self._peak * (1 + (self._depth if course < 0 else STEEPNESS) * course**3)

    def cut(self, now: float, hold_s: float) -> None:
        """The service pushed back, for `hold_s` seconds where it said so: go on below by the share it refused.

        A few refusals are no reason to slow down as long as they cost nothing but themselves: starts that are evenly
        spaced here arrive unevenly there.
        """
        share = len(self._refused) / max(1, len(self._refused) + len(self._passed))
        if self.known:
            if now - self._cut_at_last < self._window / WINDOW_S:
                return
            before = self.at(now)
        else:
            seconds = min(self._window, now - (now if self._first is None else self._first))
            if seconds < self._window / WINDOW_S or not self._passed:
                return
            before, share = len(self._passed) / seconds, 0.0
        slower = share if share > TOLERATED else 0.0
        if hold_s > BRIEF_S and self.known:
            through = len(self._passed) / min(self._window, now - self._cut_at_last)
            slower = max(slower, 0.03, 1 - (through / before) ** 0.5)
        after = before * max(0.5, 1 - slower)
        if self.known:
            self._level_s = min(LONGEST_HOLD_S, LEVEL_S * max(1.0, 3 * hold_s))
        top = 0.97 * before if hold_s > BRIEF_S else before
        self._peak = max(after, top if slower < 0.1 else (top + after) / 2)
        self._depth = 1 - after / self._peak
        self._cut_at = now if slower else now - self._level_s
        self._cut_at_last = now
        self._next = now + hold_s
        self._passed.clear()
        self._refused.clear()

    def _note(self, what: deque[float], now: float) -> None:
        if self._first is None:
            self._first = now
        what.append(now)
        for one in (self._passed, self._refused):
            while one and one[0] < now - self._window:
                one.popleft()

    def ready_at(self, now: float) -> float:
        """When the next call may start; 0 for at once."""
        return self._next if self.known and self._next > now else 0.0

    def take(self, now: float) -> None:
        """A call starts; what was left unused is made up for by at most a twentieth of a second."""
        if self.known:
            self._next = max(self._next, now - 0.05) + 1 / max(self.at(now), 0.01)


class Pace:
    """Lets calls start, and learns from how they end. Belongs to one event loop."""

    def __init__(self, most: int, *, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._most = max(1, most)
        self._limit = float(self._most)
        self._waiting: deque[asyncio.Future[None]] = deque()
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
        return max(1, int(self._limit))

    @property
    def most(self) -> int:
        """Calls that may be in flight when nothing pushes back."""
        return self._most

    def set_most(self, most: int) -> None:
        """Change the most calls at once while the work goes on; calls under way are left alone."""
        self._most = max(1, most)
        self._limit = float(self._most) if self._limit > self._most or self._cut_at < 0 else self._limit
        self._wake()

    async def start(self) -> Ticket:
        """Wait until a call may start."""
        asked = self._clock.now()
        while True:
            while self.in_flight >= self.limit:
                await self._wait_for_room()
            now = self._clock.now()
            until = self._ready_at(now)
            if until <= now:
                break
            await self._clock.wait(max(until - now, _TINY_S))
        self._rate.take(now)
        self._requests.take(1)
        self._tokens.take(self._tokens_of_a_call)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        self.waiting_s += now - asked
        return Ticket(now)

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
            self._rate.refused(now)
            self._push_back(ticket, now, hold_s or 0.0)
            if hold_s is not None:
                self._held_until = max(self._held_until, now + min(hold_s, LONGEST_HOLD_S))
        elif through:
            self._rate.passed(now, now - ticket.started)
            self._limit = min(self._most, self._limit + max(1.0, self._most / 2 / RECOVERY_ROUNDS) / self._limit)
        self._wake()

    def _push_back(self, ticket: Ticket, now: float, hold_s: float) -> None:
        """Halve, but once for all the calls that were under way when the service first said so."""
        if ticket.started <= self._cut_at:
            return
        self._cut_at = now
        self._limit = max(1.0, self._limit / 2)
        self._rate.cut(now, hold_s)

    def _ready_at(self, now: float) -> float:
        return max(
            self._held_until,
            self._rate.ready_at(now),
            self._requests.held_until(now, 1),
            self._tokens.held_until(now, max(1.0, self._tokens_of_a_call)),
        )

    async def _wait_for_room(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._wake()
            raise

    def _wake(self) -> None:
        room = self.limit - self.in_flight
        while room > 0 and self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
                room -= 1
