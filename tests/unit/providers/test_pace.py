from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

import pytest

from rft_tui.providers.clock import Clock
from rft_tui.providers.outcomes import outcome
from rft_tui.providers.pace import Pace
from rft_tui.providers.retry import RetryPolicy
from tests.unit.providers.clocks import FakeTime, run_jumping


@dataclass
class Limited:
    """A service that takes `rate` requests in any second and names the wait beyond, or does not."""

    rate: int
    names_wait: bool
    taken: deque[float] = field(default_factory=deque)
    answered: int = 0
    refused: int = 0
    in_flight: int = 0
    peak: int = 0

    async def ask(self, now: float) -> float | None:
        """None for an answer; else the seconds to wait, negative where they are not named."""
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            while self.taken and self.taken[0] <= now - 1:
                self.taken.popleft()
            if len(self.taken) < self.rate:
                self.taken.append(now)
                await asyncio.sleep(0.05)
                self.answered += 1
                return None
            self.refused += 1
            await asyncio.sleep(0.002)
            return self.taken[0] + 1 - now if self.names_wait else -1.0
        finally:
            self.in_flight -= 1


async def load(service: Limited, workers: int, seconds: float) -> Pace:
    loop = asyncio.get_running_loop()
    pace = Pace(workers, clock=Clock(loop.time, loop.time, asyncio.sleep, lambda: 0.5))
    policy = RetryPolicy()

    async def one_call() -> None:
        attempts, waited = 0, 0.0
        while True:
            ticket = await pace.start()
            attempts += 1
            wait = await service.ask(loop.time())
            if wait is None:
                return pace.finish(ticket, through=True)
            said = wait if wait >= 0 else None
            pace.finish(ticket, pushed_back=True, hold_s=said)
            pause = policy.wait(outcome("rate_limit", ""), attempts, waited, said, lambda: 0.5)
            assert pause is not None, "a call was given up"
            waited += pause
            await asyncio.sleep(pause)

    async def worker() -> None:
        while True:
            await one_call()

    tasks = [asyncio.ensure_future(worker()) for _ in range(workers)]
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in tasks:
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in done), done
    return pace


@pytest.mark.parametrize("names_wait", [True, False])
@pytest.mark.parametrize("rate", [20, 200])
def test_nine_tenths_of_a_rate_limit_are_kept(rate: int, names_wait: bool) -> None:
    service, seconds = Limited(rate, names_wait), 40.0
    run_jumping(load(service, 64, seconds))
    assert service.answered >= 0.9 * rate * seconds
    assert service.refused <= 0.2 * (service.answered + service.refused)
    assert service.peak <= 64


def test_many_refusals_of_one_round_trip_halve_once() -> None:
    async def work() -> None:
        time = FakeTime()
        pace = Pace(64, clock=time.clock)
        tickets = [await pace.start() for _ in range(64)]
        time.seconds += 1
        for ticket in tickets:
            pace.finish(ticket, pushed_back=True)
        assert (pace.limit, pace.in_flight, pace.peak) == (32, 0, 64)
        time.seconds += 1
        late = await pace.start()
        time.seconds += 1
        pace.finish(late, pushed_back=True)
        assert pace.limit == 16
        for _ in range(2000):
            ticket = await pace.start()
            time.seconds += 1
            pace.finish(ticket, through=True)
        assert pace.limit == 64

    run_jumping(work())


def test_a_wait_asked_of_one_call_holds_the_others() -> None:
    async def work() -> None:
        time = FakeTime()
        pace = Pace(8, clock=time.clock)
        pace.finish(await pace.start(), pushed_back=True, hold_s=7.0)
        assert pace.try_start() is None
        began = time.seconds
        await pace.start()
        assert time.seconds - began == pytest.approx(7.0)
        assert pace.waiting_s == pytest.approx(7.0)

    run_jumping(work())


def test_a_spent_budget_holds_until_it_is_reset() -> None:
    async def work() -> None:
        time = FakeTime()
        pace = Pace(8, clock=time.clock)
        headers = {"x-ratelimit-remaining-requests": "2", "x-ratelimit-reset-requests": "6s"}
        pace.finish(await pace.start(), headers, through=True)
        began = time.seconds
        await pace.start()
        await pace.start()
        assert time.seconds == began
        await pace.start()
        assert time.seconds - began == pytest.approx(6.0)

    run_jumping(work())


def test_a_budget_of_tokens_is_counted_by_what_calls_take() -> None:
    async def work() -> None:
        time = FakeTime()
        pace = Pace(8, clock=time.clock)
        headers = {"x-ratelimit-remaining-tokens": "100", "x-ratelimit-reset-tokens": "1m0s"}
        pace.finish(await pace.start(), headers, through=True, tokens=4000)
        assert pace.try_start() is None

    run_jumping(work())


def test_most_can_change_while_calls_wait() -> None:
    async def work() -> None:
        pace = Pace(1)
        first = await pace.start()
        waiting = [asyncio.ensure_future(pace.start()) for _ in range(3)]
        await asyncio.sleep(0)
        assert pace.in_flight == 1
        pace.set_most(3)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert pace.in_flight == 3
        pace.set_most(1)
        pace.finish(first)
        await asyncio.sleep(0)
        assert pace.in_flight == 2
        for done in waiting[:2]:
            pace.finish(await done)
        pace.finish(await waiting[2])
        assert (pace.in_flight, pace.peak, pace.limit) == (0, 3, 1)

    run_jumping(work())


def test_a_call_that_is_cancelled_while_it_waits_lets_the_next_in() -> None:
    async def work() -> None:
        pace = Pace(1)
        first = await pace.start()
        second, third = (asyncio.ensure_future(pace.start()) for _ in range(2))
        await asyncio.sleep(0)
        pace.finish(first)
        second.cancel()
        pace.finish(await third)
        assert second.cancelled()
        assert pace.in_flight == 0

    run_jumping(work())
