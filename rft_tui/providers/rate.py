"""The rate of starts that a service takes, learned from which of them it refused; pure, with time handed in.

Starts are judged by rounds: a second of them, and at least a few. A round is *too fast* where more than a small share
of it was refused; what fails by chance is not. Every call counts for the moment it was sent, however late its answer.

- The first refusal of all holds every call for the wait that it names. Then starts go on as fast as before, and
  faster and faster, until a round is too fast. Where most of it was refused, what was let in is taken for the limit,
  since that is what a service lets in while it refuses others.
- From then on the rate stays for a while, then grows by a share that multiplies with every round: by little near a
  limit that is known, by much where the limit has become a higher one.
- A growing rate that becomes too fast goes back to a step below the last start before the refusals, and stays there the
  longer the more often a limit was met like that. A steady rate that becomes too fast falls to what was let in,
  and at least by a step.
- A wait that is named to a call is kept by that call. It is kept by all where hardly anything of a round was let in.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

ROUND_S = 1.0
"""Fewest seconds of a round: most limits are kept by the second."""

ROUND_STARTS = 10
"""Fewest starts of a round."""

TOLERATED = 0.05
"""Share of refusals in a round that is no reason to slow down."""

HARDLY = 1 / 3
"""A round of which less than this share was let in holds everything."""

STEP = 0.03
"""Share by which the rate goes back, and by which it begins to grow."""

GROWTH = 3.0
"""What the growth is multiplied with every round."""

MOST_TRUST = 3
"""Rounds more for which a rate stays where the limit was met again and again."""

LEAST = 0.05
"""The rate never falls below so many starts per second."""

CATCH_UP_S = 0.05
"""Seconds of starts left unused that are made up for."""

KEPT_STARTS = 4096
"""Most starts that are remembered."""


@dataclass(slots=True)
class Ticket:
    """A call under way: when it started, and whether it was refused."""

    started: float
    refused: bool = False


@dataclass(slots=True)
class _Round:
    """The starts before a refused one; `well` is when the last one started before the first that was refused."""

    asked: int = 0
    refused: int = 0
    seconds: float = 0.0
    well: float = 0.0

    @property
    def let_in(self) -> float:
        return (self.asked - self.refused) / self.seconds

    @property
    def is_shut(self) -> bool:
        return self.asked - self.refused < HARDLY * self.asked


class Rate:
    """Starts per second that a service takes, learned from refusals; without one there is no limit."""

    def __init__(self) -> None:
        self._starts: deque[Ticket] = deque(maxlen=KEPT_STARTS)
        self._base = 0.0
        self._searching = True
        self._trust = 0
        self._round_s = ROUND_S
        self._set_at = self._grows_at = 0.0
        self._next = 0.0
        self._latency_s = 0.0

    @property
    def known(self) -> bool:
        """Whether a refusal has shown a limit."""
        return self._base > 0

    def at(self, now: float) -> float:
        """Starts per second now; infinity where no limit is known."""
        if not self.known:
            return float("inf")
        rounds = min(max(0.0, (now - self._grows_at) / self._round_s), 10.0)
        growth: float = GROWTH**rounds - 1
        return self._base * (1 + (growth if self._searching else STEP * growth))

    def ready_at(self) -> float:
        """When the next call may start, unless that has passed; 0 where no limit is known."""
        return self._next if self.known else 0.0

    def in_flight(self, now: float) -> float:
        """Calls in flight that the rate needs (Little 1961), with a quarter to spare; 0 where that is not known."""
        return 1 + 1.25 * self.at(now) * self._latency_s if self.known and self._latency_s else 0.0

    def take(self, now: float) -> Ticket:
        """A call starts."""
        ticket = Ticket(now)
        self._starts.append(ticket)
        if self.known:
            self._next = max(self._next, now - CATCH_UP_S) + 1 / self.at(now)
        return ticket

    def let_in(self, ticket: Ticket, now: float) -> None:
        """A call was answered."""
        took = now - ticket.started
        self._latency_s += (took - self._latency_s) / (8 if self._latency_s else 1)

    def refused(self, ticket: Ticket, now: float, hold_s: float) -> bool:
        """The service refused a call and named a wait of `hold_s`; whether that is to be kept by all calls."""
        ticket.refused = True
        late_s = now - ticket.started
        if not self.known:
            seconds = max(ROUND_S, late_s)
            before = sum(1 for one in self._starts if ticket.started - seconds < one.started <= ticket.started)
            self._set(max(before / seconds, ROUND_STARTS / ROUND_S), now, hold_s, late_s)
            return True
        seen = self._round_before(ticket)
        if seen is None or seen.refused + 1 <= TOLERATED * (seen.asked + 1):
            return False
        grew = 2 * seen.refused < seen.asked and seen.well > self._grows_at
        self._trust = min(self._trust + 1, MOST_TRUST) if grew else 0
        base = (
            min(self.at(seen.well) * (1 - STEP), seen.asked / seen.seconds)
            if grew
            else min(seen.let_in, self._base * (1 - STEP))
        )
        self._searching = False
        self._set(max(base, self._base / 4), now, hold_s if seen.is_shut else 0.0, late_s)
        return seen.is_shut

    def _round_before(self, ticket: Ticket) -> _Round | None:
        """The round that ends with a start; None where the rate was set since it began.

        Slow calls that were begun together end together, so that a round of a whole latency is needed to see how many
        are asked; not to see that hardly any are let in.
        """
        seen, is_met = _Round(well=ticket.started), True
        for one in reversed(self._starts):
            if one.started < self._set_at:
                break
            if one.started >= ticket.started:
                continue
            seen.asked += 1
            if one.refused:
                seen.refused, is_met = seen.refused + 1, True
            elif is_met:
                seen.well, is_met = one.started, False
            seen.seconds = ticket.started - one.started
            enough_s = ROUND_S if seen.is_shut else max(ROUND_S, self._latency_s)
            if seen.asked >= ROUND_STARTS and seen.seconds >= enough_s:
                return seen
        return None

    def _set(self, base: float, now: float, hold_s: float, late_s: float) -> None:
        """Go on at a rate after a hold; refusals are told `late_s` after the start, so a round is that much longer."""
        self._base = max(LEAST, base)
        self._round_s = max(ROUND_S, ROUND_STARTS / self._base) + late_s
        self._set_at = now + hold_s
        self._grows_at = self._set_at + (0.0 if self._searching else self._round_s * (1 + self._trust))
        self._next = self._set_at if self._searching else max(self._set_at, now + 1 / self._base)
