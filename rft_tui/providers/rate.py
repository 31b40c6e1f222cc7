"""The rate of starts that a service takes, learned from what it refused; pure, with time handed in.

After a push-back the rate begins a little below and follows the cubic curve of RFC 9438: flat around the rate that was
too much and steep far away from it, so that a limit is met with few refusals and a higher limit is found soon.
"""

from __future__ import annotations

from collections import deque

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

LEAST = 0.05
"""The rate never falls below so many starts per second."""

STEEPNESS = 0.2
"""Growth of the rate beyond the last push-back: this share of it after another `LEVEL_S`, then with the cube."""


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
        after = max(LEAST, before * max(0.5, 1 - slower))
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
            self._next = max(self._next, now - 0.05) + 1 / self.at(now)
