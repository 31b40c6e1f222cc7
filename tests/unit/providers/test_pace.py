from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from rft_tui.providers.clock import Clock
from rft_tui.providers.outcomes import outcome
from rft_tui.providers.pace import Pace
from rft_tui.providers.retry import RetryPolicy
from tests.unit.providers.clocks import FakeTime, run_jumping


class Log:
    """Lets in `rate` requests of any second."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._taken: deque[float] = deque()

    def admit(self, now: float) -> float:
        """0 where a request is let in, else the seconds until one would be."""
        while self._taken and self._taken[0] <= now - 1:
            self._taken.popleft()
        if len(self._taken) >= self.rate:
            return self._taken[0] + 1 - now
        self._taken.append(now)
        return 0.0


class Window:
    """Lets in `rate` requests of every second of its clock, which does not begin with the run."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._second, self._taken = -1, 0

    def admit(self, now: float) -> float:
        """0 where a request is let in, else the seconds until one would be."""
        if int(now + 0.37) != self._second:
            self._second, self._taken = int(now + 0.37), 0
        if self._taken >= self.rate:
            return self._second + 1 - (now + 0.37)
        self._taken += 1
        return 0.0


class Bucket:
    """Fills with `rate` a second up to a share of that, but at least to one request."""

    def __init__(self, rate: float, share: float) -> None:
        self.rate = rate
        self._most = self._left = max(1.0, rate * share)
        self._at = 0.0

    def admit(self, now: float) -> float:
        """0 where a request is let in, else the seconds until one would be."""
        self._left, self._at = min(self._most, self._left + (now - self._at) * self.rate), now
        if self._left < 1:
            return (1 - self._left) / self.rate
        self._left -= 1
        return 0.0


LIMITS: dict[str, Callable[[float], Log | Window | Bucket]] = {
    "log": Log,
    "window": Window,
    "bucket of 3 %": lambda rate: Bucket(rate, 0.03),
    "bucket of 10 %": lambda rate: Bucket(rate, 0.1),
    "bucket of 100 %": lambda rate: Bucket(rate, 1.0),
}


@dataclass
class Limited:
    """A service that refuses beyond a limit, or by chance; `names` is the wait it names: "", "exact", or seconds."""

    limit: Log | Window | Bucket | None
    names: str = ""
    latency_s: float = 0.05
    refusal_s: float = 0.005
    faults: float = 0.0
    let_in: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    in_flight: int = 0
    peak: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(5))

    async def ask(self, now: float) -> float | None:
        """None for an answer; else the seconds to wait, negative where they are not named."""
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            wait = 0.0 if self.limit is None else self.limit.admit(now)
            if wait or self.chance.random() < self.faults:
                self.refused.append(now)
                await asyncio.sleep(self.refusal_s)
                return {"": -1.0, "exact": max(wait, 0.001)}.get(self.names) or float(self.names)
            self.let_in.append(now)
            await asyncio.sleep(self.latency_s)
            return None
        finally:
            self.in_flight -= 1

    def share_refused(self, since: float = 20.0) -> float:
        """Share of the requests that was refused, once the limit is known."""
        refused, let_in = (sum(1 for one in times if one >= since) for times in (self.refused, self.let_in))
        return refused / (refused + let_in)


async def load(service: Limited, workers: int, seconds: float) -> Pace:
    loop = asyncio.get_running_loop()
    chance = random.Random(9).random
    pace = Pace(workers, clock=Clock(loop.time, loop.time, asyncio.sleep, chance))
    policy = RetryPolicy()

    async def one_call() -> None:
        attempts, waited = 0, 0.0
        while True:
            ticket = pace.try_start() or await pace.start()
            attempts += 1
            wait = await service.ask(loop.time())
            if wait is None:
                return pace.finish(ticket, through=True)
            said = wait if wait >= 0 else None
            pace.finish(ticket, pushed_back=True, hold_s=said)
            pause = policy.wait(outcome("rate_limit", ""), attempts, waited, said, chance)
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


@pytest.mark.parametrize("names", ["", "exact", "1"])
@pytest.mark.parametrize(("rate", "latency_s"), [(20, 0.3), (50, 0.3), (50, 2.0)])
@pytest.mark.parametrize("kind", LIMITS)
def test_nine_tenths_of_a_rate_limit_are_kept(kind: str, rate: int, latency_s: float, names: str) -> None:
    keeps_nine_tenths(Limited(LIMITS[kind](rate), names, latency_s, min(0.05, latency_s)), min(rate, 64 / latency_s))


@pytest.mark.parametrize("kind", LIMITS)
def test_nine_tenths_of_a_high_rate_are_kept(kind: str) -> None:
    keeps_nine_tenths(Limited(LIMITS[kind](200), "1", 0.02, 0.005), 200)


def keeps_nine_tenths(service: Limited, possible: float) -> None:
    run_jumping(load(service, 64, 60.0))
    assert len(service.let_in) >= 0.9 * possible * 60
    assert service.share_refused() <= 0.15
    assert service.peak <= 64


def test_failures_by_chance_do_not_slow_a_service_down() -> None:
    service, seconds = Limited(None, latency_s=0.3, faults=0.02), 40.0
    run_jumping(load(service, 64, seconds))
    late = sum(1 for one in service.let_in if one >= 20)
    assert late >= 0.8 * 64 / 0.3 * (seconds - 20)


def test_a_limit_that_comes_back_is_found_again() -> None:
    limit = Log(100)
    service = Limited(limit)

    async def work() -> None:
        running = asyncio.ensure_future(load(service, 64, 60.0))
        for rate in (50, 100):
            await asyncio.sleep(20)
            limit.rate = rate
        await running

    run_jumping(work())
    assert len(service.let_in) >= 0.9 * (40 * 100 + 20 * 50)
    assert service.share_refused() <= 0.15


def test_a_wait_named_to_one_of_many_calls_is_kept_by_that_call_alone() -> None:
    async def work() -> None:
        time = FakeTime()
        pace = Pace(8, clock=time.clock)
        pace.finish(await pace.start(), pushed_back=True)
        for _ in range(200):
            pace.finish(await pace.start(), through=True)
        pace.finish(await pace.start(), pushed_back=True, hold_s=7.0)
        began = time.seconds
        await pace.start()
        assert time.seconds - began < 1.0

    run_jumping(work())


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
