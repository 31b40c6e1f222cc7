"""What judges took, and what is left of a spend cap: reserved before a question is put, so that the cap holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from rft_tui.model import Usage
from rft_tui.providers.calls import ModelCall
from rft_tui.tasks.guesses import CHARACTERS_A_TOKEN, JUDGE_OUTPUT


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

    What a question costs is taken from those before it; the first goes alone and shows that. `cost` prices a usage;
    `on_empty` is called where not one more fits. `most_requests` is a cap for services whose prices are not known.
    """

    def __init__(
        self,
        cap: float | None,
        tally: JudgeTally,
        cost: Callable[[str, Usage], float | None],
        on_empty: Callable[[], None],
        most_requests: int | None = None,
    ) -> None:
        self.answered = 0
        self.most_requests = most_requests
        self._cap = cap
        self._tally = tally
        self._cost = cost
        self._on_empty = on_empty
        self._before = tally.cost
        self._asking = 0
        self._freed = asyncio.Event()

    async def take(self, call: ModelCall) -> bool:
        """Wait for room for a question; false where there is none, or where it has to be looked at again."""
        if self._cap is None and self.most_requests is None:
            self._asking += 1
            return True
        if self._fits(call):
            self._asking += 1
            return True
        if not self._asking:
            self._on_empty()
            return False
        self._freed.clear()
        await self._freed.wait()
        return False

    def _fits(self, call: ModelCall) -> bool:
        if self.most_requests is not None and self._tally.requests + self._asking >= self.most_requests:
            return False
        if self._cap is None:
            return True
        fits = self._tally.cost + self._expected(call) * (self._asking + 1) <= self._cap
        return fits and (self.answered > 0 or not self._asking)

    def give_back(self) -> None:
        """A question has ended; what it took is in the tally."""
        self._asking -= 1
        self._freed.set()

    def _expected(self, call: ModelCall) -> float:
        if self.answered:
            return (self._tally.cost - self._before) / self.answered
        characters = sum(len(str(message.get("content", ""))) for message in call.messages)
        output = call.parameters.get("max_output_tokens", JUDGE_OUTPUT)
        return self._cost(call.model, Usage(round(characters / CHARACTERS_A_TOKEN), output)) or 0.0
