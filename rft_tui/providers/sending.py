"""Sending one request until it is answered or no further attempt is worth while, at a service's pace."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rft_tui.errors import ServiceError
from rft_tui.model import Usage
from rft_tui.providers.clock import Clock
from rft_tui.providers.outcomes import Outcome, classify, classify_exception
from rft_tui.providers.pace import Pace, Ticket
from rft_tui.providers.profiles import OPENAI_URL, NamedProfile, check_address, filled_headers, find_key, secret_values
from rft_tui.providers.retry import RetryPolicy, said_wait
from rft_tui.providers.secrets import Secrets

if TYPE_CHECKING:
    from rft_tui.providers.wire import Received, Wire

T = TypeVar("T")
R = TypeVar("R", "Received", "Received | None")


@dataclass(slots=True)
class Attempts:
    """What came of a request after all its attempts: an answer, or the last outcome."""

    received: Received | None = None
    found: Outcome | None = None
    count: int = 0
    tokens: int = 0
    latency_s: float | None = None


Judge = Callable[["Received"], Awaitable[tuple[Outcome | None, Usage]]]
"""Says what is wrong with an answer of a good status, None where nothing is that another attempt may mend."""


class Sender:
    """The connection to one service, opened when first needed; knows the key, and keeps it out of every text."""

    def __init__(
        self, profile: NamedProfile, folder: Path | None, pace: Pace, clock: Clock, policy: RetryPolicy
    ) -> None:
        self.profile = profile
        self.pace = pace
        self.key_source = ""
        self._folder = folder
        self._clock = clock
        self._policy = policy
        self._secrets = self._header_values = Secrets()
        self._wire: Wire | None = None
        self._base_url = ""
        self._failures: tuple[type[Exception], ...] = ()
        self._connecting = asyncio.Lock()

    async def close(self) -> None:
        """Close the connection; a later request opens it again."""
        if self._wire is not None:
            wire, self._wire = self._wire, None
            await wire.close()

    async def attempts(
        self,
        send: Callable[[Wire], Awaitable[Received]],
        judge: Judge | None = None,
        *,
        repeatable: bool = True,
        give_up: asyncio.Event | None = None,
    ) -> Attempts:
        """Send a request until it is answered, or another attempt is not worth while."""
        done, waited = Attempts(), 0.0
        if self._wire is None:
            await self.connect()
        while True:
            if give_up is not None and give_up.is_set():
                return done
            ticket = self.pace.try_start() or await self._start(give_up)
            if ticket is None:
                return done
            done.count += 1
            said = await self._attempt(ticket, send, judge, done)
            found = done.found
            if found is None or not (repeatable or found.unsent):
                return done
            wait = self._policy.wait(found, done.count, waited, said, self._clock.chance)
            if wait is None:
                return done
            if found.unsent and self.profile.is_simulated:
                with suppress(ServiceError):
                    await self.connect()
            if await _unless(give_up, self._pause(wait), lambda _done: None) is None:
                return done
            waited += wait

    async def _start(self, give_up: asyncio.Event | None) -> Ticket | None:
        return await _unless(give_up, self.pace.start(), self.pace.finish)

    async def _attempt(
        self, ticket: Ticket, send: Callable[[Wire], Awaitable[Received]], judge: Judge | None, done: Attempts
    ) -> float | None:
        """One attempt, noted in `done`; the seconds that the service asks to wait, if it does."""
        assert self._wire is not None
        started = self._clock.now()
        done.received = done.found = None
        through = False
        try:
            try:
                done.received = self._without(self._secrets, await send(self._wire))
                done.latency_s = self._clock.now() - started
                if judge is not None:
                    done.found, usage = await judge(done.received)
                    done.tokens = (usage.input_tokens or 0) + (usage.output_tokens or 0)
                through = done.found is None or not done.found.slow_down
            except self._failures as error:
                done.latency_s = self._clock.now() - started
                done.received = self._without(self._header_values, wire_module().received(error))
                done.found = self._found(error, done.received)
        finally:
            said = None if done.received is None else said_wait(done.received.headers, self._clock.wall())
            slow = done.found is not None and done.found.slow_down
            headers = None if done.received is None else done.received.headers
            self.pace.finish(
                ticket, headers, pushed_back=slow, through=through, hold_s=said if slow else None, tokens=done.tokens
            )
        return said

    @staticmethod
    def _found(error: Exception, received: Received | None) -> Outcome:
        if received is None:
            return classify_exception(error)
        return classify(received.status, received.headers, received.content)

    async def _pause(self, seconds: float) -> bool:
        await self._clock.wait(seconds)
        return True

    async def connect(self) -> None:
        """Find the service and the key; load what speaks HTTP on first use, in a thread, since it takes a second."""
        async with self._connecting:
            await self._connect_once()

    async def _connect_once(self) -> None:
        check_address(self.profile)
        key = await asyncio.to_thread(find_key, self.profile)
        headers = filled_headers(self.profile, key)
        base_url = self.profile.profile.base_url or OPENAI_URL
        if self.profile.is_simulated:
            base_url = await asyncio.to_thread(_simulated_url, self._folder)
        if self._wire is not None and base_url == self._base_url:
            return
        wire = await asyncio.to_thread(wire_module)
        self._failures = wire.FAILURES
        self.key_source = key.source
        secret = secret_values(self.profile, key)
        self._secrets, self._header_values = Secrets(secret), Secrets([*secret, *headers.values()])
        before, self._base_url = self._wire, base_url
        self._wire = wire.Wire(self.profile, base_url, key.value, headers)
        if before is not None:
            await before.close()

    def clean(self, text: str) -> str:
        """A text without key and header values."""
        return self._header_values.cut_from_text(text)

    @staticmethod
    def _without(secrets: Secrets, received: R) -> R:
        """An answer in which no secret is repeated, before anything is cut out of it."""
        if received is None:
            return received
        return replace(received, content=secrets.cut_from(received.content))


def wire_module() -> Any:
    """The module that speaks HTTP, loaded when it is first needed."""
    return importlib.import_module("rft_tui.providers.wire")


def _simulated_url(folder: Path | None) -> str:
    from rft_tui.providers.simulated import ensure_simulator

    if folder is None:
        raise ServiceError(
            "the simulated service needs a workspace", hint="Make one: rft-tui init.", outcome="connection"
        )
    return ensure_simulator(folder)


async def _unless(
    event: asyncio.Event | None, awaitable: Coroutine[Any, Any, T], lost: Callable[[T], None]
) -> T | None:
    """What an awaitable brings, or None as soon as the event is set; then the awaitable is cancelled.

    `lost` takes what it brought when nobody is left to take it.
    """
    if event is None:
        return await awaitable
    work = asyncio.ensure_future(awaitable)
    signal = asyncio.ensure_future(event.wait())
    taken = False
    try:
        await asyncio.wait({work, signal}, return_when=asyncio.FIRST_COMPLETED)
        taken = work.done()
        return work.result() if taken else None
    finally:
        signal.cancel()
        if not work.done():
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
        if not taken and not work.cancelled() and work.exception() is None:
            lost(work.result())
