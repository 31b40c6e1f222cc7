"""Waiting for a service that cannot be reached: for those who ask it together, each time longer."""

from __future__ import annotations

import asyncio
import time

HOLD_S = (2.0, 5.0, 15.0, 30.0, 60.0)
"""How long a service is left alone, each time longer."""

MOST_TRIES = 3
"""How often one question is put again that was sent and not answered, before its error is kept. One that could not even
be sent is put again for as long as the service cannot be reached."""

UNREACHABLE = ("connection",)
"""Kinds of errors that say nothing about the question."""


class Outage:
    """One service as its askers see it: does it answer, and how long should they leave it alone."""

    def __init__(self) -> None:
        self.has_answered = False
        self._holds = 0
        self._until = 0.0

    @property
    def is_held(self) -> bool:
        """Whether nothing should be asked just now."""
        return time.monotonic() < self._until

    def answered(self) -> None:
        """The service has answered something."""
        self.has_answered = True
        self._holds = 0
        self._until = 0.0

    def begin(self) -> None:
        """The service could not be reached: leave it alone, if nobody has begun to."""
        if not self.is_held:
            self._until = time.monotonic() + HOLD_S[min(self._holds, len(HOLD_S) - 1)]
            self._holds += 1

    async def wait(self, woken: asyncio.Event) -> None:
        """Wait until it may be asked again, or until somebody wakes this."""
        waiting = asyncio.ensure_future(woken.wait())
        try:
            await asyncio.wait({waiting}, timeout=max(0.0, self._until - time.monotonic()))
        finally:
            waiting.cancel()
