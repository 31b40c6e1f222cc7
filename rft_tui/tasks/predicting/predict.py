"""Asking a model service for the predictions of runs: as fast as it lets us, nothing twice, everything kept at once.

Each job is settled from the cache, waits for somebody who asks the same, or is asked; what comes is committed before
the next job takes its place. A service that cannot be reached is waited for, if it has answered before.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from math import inf
from typing import Protocol

from rft_tui.errors import ServiceError
from rft_tui.model import SIMULATED_PREFIX, Answer
from rft_tui.providers.calls import ModelCall, ModelReply
from rft_tui.providers.prices import cost_of, price_of
from rft_tui.providers.profiles import NamedProfile
from rft_tui.settings import Price
from rft_tui.store.asking import release, release_all
from rft_tui.store.database import Store
from rft_tui.store.tasks import TaskState, mark_simulated
from rft_tui.store.wanted import PAGE
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.background.outage import MOST_TRIES, UNREACHABLE, Outage
from rft_tui.tasks.background.writing import Once, StoreWriter
from rft_tui.tasks.predicting.asking import AskedRun, Job, Settled, claim_owner, iter_jobs, settle, store_reply
from rft_tui.tasks.predicting.caps import Caps

LOOK_AGAIN_S = 0.2
"""How often jobs that somebody else asks are looked at again."""

CANCEL_GRACE_S = 5.0
"""How long calls in flight may still answer after a cancellation."""


class Asker(Protocol):
    """A model service as a predict task needs it."""

    async def ask(self, call: ModelCall) -> ModelReply:
        """The reply, with a typed error in the place of an answer; nothing is raised."""
        ...


@dataclass(frozen=True, slots=True)
class PredictWork:
    """What a predict task is to do: its runs, which items of them, and how the service bills."""

    profile: NamedProfile
    runs: tuple[AskedRun, ...]
    which: str
    before: int
    kinds: tuple[str, ...] = ()
    service_tier: str = ""


class Predicting:
    """One predict task at work. `most` calls are in flight at once, fewer where the service's pace says so.

    `set_most` is told where a person has changed that while the task runs.
    """

    def __init__(
        self,
        store: Store,
        writer: StoreWriter,
        service: Asker,
        work: PredictWork,
        control: Control,
        *,
        most: int,
        set_most: Callable[[int], None] = lambda _most: None,
    ) -> None:
        self._store = store
        self._writer = writer
        self._service = service
        self._work = work
        self._control = control
        self._most = most
        self._set_most = set_most
        self._owner = claim_owner(control.owner, control.task.id)
        self._prices: dict[str, Price | None] = {}
        self._ready: deque[Job] = deque()
        self._waiting: list[Job] = []
        self._active: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._stopped_models: dict[str, str] = {}
        self._look_at = 0.0
        self._gives_up = False
        self._end: TaskEnd | None = None
        self._caps = Caps(control)
        self._outage = Outage()
        self._outage.has_answered = control.progress.done > 0
        self._more = True
        self._fetching: asyncio.Task[None] | None = None

    async def run(self) -> TaskEnd:
        """Do it all; how it ended. Calls that were begun end before this does, or are given up after a while."""
        await self._writer.do(lambda db: release_all(db, self._owner), self._control.seal)
        try:
            loop_end = await self._loop()
            await self._drain()
        finally:
            await self._give_up()
        await self._writer.do(lambda db: release_all(db, self._owner))
        if self._control.stop.is_set():
            return self._control.stopped()
        return self._end or loop_end

    async def _loop(self) -> TaskEnd:
        with closing(self._store.connect()) as reader:
            work = self._work
            jobs = iter_jobs(
                reader, work.runs, which=work.which, task=self._control.task.id, before=work.before, kinds=work.kinds
            )
            try:
                while not self._control.stop.is_set() and self._end is None:
                    if self._wants_more():
                        self._fetching = asyncio.create_task(self._fetch(jobs))
                        self._fetching.add_done_callback(self._fetched)
                    if self._ready and self._has_room():
                        self._begin(self._ready.popleft())
                        continue
                    if not (self._ready or self._active or self._waiting or self._fetching or self._more):
                        break
                    await self._pause()
            finally:
                if self._fetching is not None:
                    await asyncio.wait({self._fetching})
        return self._finished()

    def _wants_more(self) -> bool:
        """Whether it is time to read on; that goes on beside the calls, so that none waits for it."""
        return self._more and self._fetching is None and len(self._ready) < PAGE and len(self._waiting) < 2 * PAGE

    async def _fetch(self, jobs: Iterator[Job]) -> None:
        """Read and settle some more jobs."""
        page = await asyncio.to_thread(lambda: list(islice(jobs, PAGE)))
        self._more = len(page) == PAGE
        page = [job for job in page if job.run.key.model not in self._stopped_models]
        if page:
            await self._settle(page)

    def _fetched(self, task: asyncio.Task[None]) -> None:
        self._fetching = None
        self._room.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._more = False
            self._end = self._end or _end_of(error)

    async def _settle(self, jobs: list[Job]) -> None:
        progress = self._control.progress
        cached = 0

        def count(by: int) -> None:
            progress.cached += by * cached
            progress.done += by * cached

        once = Once(lambda: count(1), lambda: count(-1))

        def work(db: sqlite3.Connection) -> Settled:
            nonlocal cached
            found = settle(db, jobs, self._owner)
            cached = cached or found.cached
            once()
            return found

        settled = await self._writer.do(work, self._control.seal, once)
        self._ready.extend(settled.to_ask)
        self._waiting.extend(settled.waiting)
        if self._stopped_models:
            await self._drop_stopped()

    def _has_room(self) -> bool:
        """Whether one more call may begin: calls in flight, and what they may still cost, stay below their limits."""
        settings = self._control.settings
        if self._outage.is_held:
            return False
        most = int(settings.get("concurrency") or self._most)
        if most != self._most:
            self._most = most
            self._set_most(most)
        return len(self._active) < most and not self._caps.leave_no_room_for(len(self._active) + 1)

    async def _pause(self) -> None:
        """Wait until a call has ended, a wish came in, or it is time to look at what others ask."""
        if not self._active and self._ready and self._caps.leave_no_room_for(1):
            self._end = TaskEnd(TaskState.PAUSED, self._caps.said())
            return
        self._room.clear()
        room = asyncio.ensure_future(self._room.wait())
        changed = asyncio.ensure_future(self._control.changed.wait())
        try:
            await asyncio.wait({room, changed}, timeout=LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            room.cancel()
            changed.cancel()
        self._control.changed.clear()
        is_idle = not (self._ready or self._active)
        if self._waiting and len(self._ready) < PAGE and (is_idle or time.monotonic() >= self._look_at):
            self._look_at = time.monotonic() + LOOK_AGAIN_S
            waiting, self._waiting = self._waiting, []
            await self._settle(waiting)

    def _begin(self, job: Job) -> None:
        task = asyncio.create_task(self._ask(job))
        self._active.add(task)
        self._control.progress.in_flight = len(self._active)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._active.discard(task)
        self._control.progress.in_flight = len(self._active)
        self._room.set()
        if task.cancelled():
            if not self._gives_up:
                self._end = self._end or TaskEnd.failed(ServiceError("a call was given up", hint=_GO_ON))
        elif (error := task.exception()) is not None and self._end is None:
            self._end = _end_of(error)

    async def _ask(self, job: Job) -> None:
        call = job.run.call(job.item, self._work.service_tier)
        reply = await self._service.ask(call)
        error = reply.answer.error
        if reply.stops and error is not None:
            await self._stop_model(job, reply, error.message)
        elif error is not None and error.kind in UNREACHABLE and job.tries < MOST_TRIES:
            await self._put_back(job, reply, error.message)
        else:
            await self._keep(job, reply)

    async def _keep(self, job: Job, reply: ModelReply) -> None:
        """Commit an answer or an error together with the figures that count it."""
        answer = reply.answer
        cost = cost_of(answer.usage, self._price(job.run.key.model))
        if answer.error is None or answer.error.kind not in UNREACHABLE:
            self._outage.answered()
            self._control.message = ""
        count = Once(lambda: self._count(answer, cost, reply.attempts), lambda: self._count_end(answer, -1))

        def store(db: sqlite3.Connection) -> None:
            store_reply(db, job, answer, reply.raw, cost)
            if str((answer.extra or {}).get("model", "")).startswith(SIMULATED_PREFIX):
                mark_simulated(db, self._control.task.id)
            count()

        await self._writer.do(store, self._control.seal, count)

    def _count(self, answer: Answer, cost: float | None, attempts: int) -> None:
        progress = self._control.progress
        progress.requests += attempts
        progress.input_tokens += answer.usage.input_tokens or 0
        progress.output_tokens += answer.usage.output_tokens or 0
        if cost is not None:
            progress.cost += cost
        elif answer.error is None or answer.usage.output_tokens:
            progress.unpriced += 1
        self._count_end(answer, 1)

    def _count_end(self, answer: Answer, by: int) -> None:
        """Count how a job ended. What could not be stored did not end; that it was asked and paid stays true."""
        if answer.error is None:
            self._control.progress.done += by
        else:
            self._control.count_error(answer.error.kind, by)

    async def _let_go(self, job: Job, attempts: int) -> None:
        """Ask a job no more for now; only the requests that it took are counted."""
        count = Once(lambda: self._count_requests(attempts))

        def store(db: sqlite3.Connection) -> None:
            release(db, [job.key])
            count()

        await self._writer.do(store, self._control.seal)

    def _count_requests(self, attempts: int) -> None:
        self._control.progress.requests += attempts

    async def _put_back(self, job: Job, reply: ModelReply, message: str) -> None:
        """Leave a service that cannot be reached alone for a while; fail where it has never answered."""
        if not self._outage.has_answered:
            await self._let_go(job, reply.attempts)
            self._end = self._end or TaskEnd.failed(
                ServiceError(message, hint=f"Check the profile: rft-tui profile test. {_GO_ON}", outcome="connection")
            )
            return
        self._count_requests(reply.attempts)
        self._outage.begin()
        self._control.message = f"waiting for the service: {message}"
        await self._outage.wait(self._control.changed)
        self._ready.appendleft(replace(job, tries=job.tries + (not reply.unsent)))
        if self._stopped_models:
            await self._drop_stopped()

    async def _stop_model(self, job: Job, reply: ModelReply, message: str) -> None:
        """Ask a model no more whose every call would fail; the task ends where no other is left."""
        kind = reply.stops
        self._control.message = message
        self._stopped_models[job.run.key.model] = message
        await self._let_go(job, reply.attempts)
        await self._drop_stopped()
        models = {run.key.model for run in self._work.runs}
        if kind in ("auth", "quota", "permission") or models <= set(self._stopped_models):
            state = TaskState.PAUSED if kind == "quota" else TaskState.FAILED
            hint = _HINTS.get(kind, "Check the model's name: rft-tui profile test.")
            error = ServiceError(message, hint=hint, outcome=kind)
            self._end = self._end or TaskEnd(state, message, error.as_json())

    async def _drop_stopped(self) -> None:
        """Forget what would be asked of models that are asked no more, and let others ask it."""
        dropped = [one.key for one in self._ready if one.run.key.model in self._stopped_models]
        self._ready = deque(one for one in self._ready if one.run.key.model not in self._stopped_models)
        self._waiting = [one for one in self._waiting if one.run.key.model not in self._stopped_models]
        if dropped:
            await self._writer.do(lambda db: release(db, dropped), self._control.seal)

    def _price(self, model: str) -> Price | None:
        if model not in self._prices:
            self._prices[model] = price_of(self._work.profile, model, service_tier=self._work.service_tier)
        return self._prices[model]

    async def _drain(self) -> None:
        """Let calls in flight answer: they are paid for. Not for long where the task was cancelled or lost."""
        begun = time.monotonic()
        while self._active and (seconds := self._grace_s(time.monotonic() - begun)) > 0:
            self._control.changed.clear()
            changed = asyncio.ensure_future(self._control.changed.wait())
            try:
                timeout = None if seconds == inf else seconds
                await asyncio.wait({changed, *self._active}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            finally:
                changed.cancel()

    def _grace_s(self, waited: float) -> float:
        """How many seconds more the calls in flight may take."""
        wish = self._control.wish
        if wish == "lost":
            return 0.0
        return inf if wish in ("", "pause") and self._end is None else CANCEL_GRACE_S - waited

    async def _give_up(self) -> None:
        """End the calls that are still in flight."""
        self._gives_up = True
        for task in set(self._active):
            task.cancel()
        if self._active:
            await asyncio.wait(set(self._active))

    def _finished(self) -> TaskEnd:
        if self._stopped_models:
            said = "; ".join(f"{model}: {message}" for model, message in self._stopped_models.items())
            return TaskEnd.failed(ServiceError(f"not asked any more: {said}", hint=f"rft-tui profile test. {_GO_ON}"))
        return TaskEnd(TaskState.DONE)


_GO_ON = "rft-tui task resume goes on."

_HINTS = {
    "auth": "Check the key: rft-tui profile test.",
    "permission": "Check what the key may do: rft-tui profile test.",
    "quota": "A person must act at the service; then rft-tui task resume.",
    "bad_request": "Change what the service's words name: rft-tui predict without it, or with another value.",
}


def _end_of(error: BaseException) -> TaskEnd:
    """How a task ends whose work could not be stored or was lost."""
    from rft_tui import logs
    from rft_tui.errors import RftError

    if isinstance(error, RftError):
        return TaskEnd.failed(error)
    said = RftError(logs.describe(error), hint=logs.keep_error(error))
    return TaskEnd.failed(said)
