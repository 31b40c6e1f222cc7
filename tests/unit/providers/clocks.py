"""Time that goes by at once: a clock whose waits end immediately, and an event loop with a clock of its own."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from rft_tui.providers.clock import Clock

T = TypeVar("T")


class FakeTime:
    """A clock that a wait moves on; keeps what was waited."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.waits: list[float] = []

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.seconds, lambda: 1_700_000_000.0, self.wait, lambda: 0.0)


class _JumpingSelector(selectors.DefaultSelector):
    """Moves a loop's time on instead of waiting."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None and timeout > 0:
            self.passed += timeout
        return super().select(0)


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.selector = _JumpingSelector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.passed


def run_jumping(work: Coroutine[Any, Any, T]) -> T:
    """Run something that only waits for time: every wait ends at once, the loop's clock goes on."""
    loop = _JumpingLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
