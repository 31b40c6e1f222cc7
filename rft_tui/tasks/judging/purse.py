"""What judges took, and what is left of a spend cap: reserved before a question is put, so that the cap holds."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class JudgeTally:
    """What judges took so far; `unpriced` counts requests whose price is not known."""

    requests: int = 0
    cached: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0


class Purse:
    """Lets a question be put where the cap has room for it and for all that are on their way.

    What a question to a model costs is taken from those before it; the first one to each model goes alone and shows
    that. `on_empty` is called where not one more fits. `most_requests` is a cap for services whose prices are not
    known.
    """

    def __init__(
        self, cap: float | None, tally: JudgeTally, on_empty: Callable[[], None], most_requests: int | None = None
    ) -> None:
        self.most_requests = most_requests
        self._cap = cap
        self._tally = tally
        self._on_empty = on_empty
        self._asking: Counter[str] = Counter()
        self._answered: Counter[str] = Counter()
        self._cost: dict[str, float] = {}
        self._guesses: dict[str, float] = {}
        self._freed = asyncio.Event()

    async def take(self, model: str, guess: float) -> bool:
        """Wait for room for a question to a model, which may cost `guess` dollars where nothing is known of it yet.

        False where there is none, or where it has to be looked at again.
        """
        if self._fits(model, guess):
            self._asking[model] += 1
            self._guesses[model] = guess
            return True
        if not self._asking.total():
            self._on_empty()
            return False
        self._freed.clear()
        await self._freed.wait()
        return False

    def _fits(self, model: str, guess: float) -> bool:
        asking = self._asking.total()
        if self.most_requests is not None and self._tally.requests + asking >= self.most_requests:
            return False
        if self._cap is None:
            return True
        under_way = sum(count * self._expected(each, self._guesses[each]) for each, count in self._asking.items())
        fits = self._tally.cost + under_way + self._expected(model, guess) <= self._cap
        return fits and (self._answered[model] > 0 or not self._asking[model])

    def took(self, model: str, cost: float | None, *, answered: bool) -> None:
        """So much a model has cost, which is in the tally already; `answered` where that was for an answer."""
        self._answered[model] += answered
        self._cost[model] = self._cost.get(model, 0.0) + (cost or 0.0)

    def give_back(self, model: str) -> None:
        """A question to a model has ended; what it took is in the tally."""
        self._asking[model] -= 1
        self._freed.set()

    def _expected(self, model: str, guess: float) -> float:
        answered = self._answered[model]
        return self._cost[model] / answered if answered else guess
