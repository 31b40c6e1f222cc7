"""The engine of batches: questions become files, files become batches at a service, and what they bring is taken in.

Every step is written down before or with what it does, so a task whose worker ended at any moment goes on where it was:
nothing is sent twice without being looked for first, and nothing that came is counted twice.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Generic

from rft_tui.errors import ServiceError
from rft_tui.providers.batch import BatchLimits, BatchReport
from rft_tui.providers.batch_remote import UNCERTAIN, BatchRemote
from rft_tui.providers.secrets import Secrets
from rft_tui.store.asking import release_all, task_owner
from rft_tui.store.batches import BatchState, StoredBatch, free_stray_claims, line_at, open_batches
from rft_tui.store.database import Store
from rft_tui.store.tasks import CANCEL, TaskState
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.batches.collect import Collected, Collector, Oddities, PriceOf
from rft_tui.tasks.batches.files import FOLDER, file_name, sweep
from rft_tui.tasks.batches.parts import BatchWork, Job, Parts
from rft_tui.tasks.batches.steps import BatchSteps

POLL_S = (5.0, 60.0)
"""Seconds between looks at the service: at first, and at most."""

SLOWER = 1.5
"""By how much each wait without news is longer than the one before."""

LEAST_LINES = 100
"""A file is not made smaller than so many lines for a service whose queue is full."""

MOST_FAILED_CANCELS = 10
"""How often in a row a cancelled task tries to reach its service."""


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How batches are made and watched; `poll_s` are the first and the longest wait in seconds."""

    limits: BatchLimits = field(default_factory=BatchLimits)
    poll_s: tuple[float, float] = POLL_S


class Batching(Generic[Job]):
    """One task at work through batches. `secrets` are cut out of whatever the service sends."""

    def __init__(
        self,
        store: Store,
        writer: StoreWriter,
        remote: BatchRemote,
        work: BatchWork[Job],
        control: Control,
        endpoint: str,
        price_of: PriceOf,
        *,
        options: BatchOptions | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        self._store = store
        self._writer = writer
        self._remote = remote
        self._work = work
        self._control = control
        self._endpoint = endpoint
        self._price_of = price_of
        self._options = options or BatchOptions()
        self._secrets = secrets or Secrets()
        self._limits = self._options.limits
        self._folder = store.path.parent / FOLDER
        self._steps = BatchSteps(writer, remote, control, self._folder)
        self._oddities = Oddities()
        self._wait_s = self._options.poll_s[0]
        self._reached = False
        self._look = True
        self._look_when_one_ends = False
        self._is_capped = self._waits_for_others = self._waits_for_us = False
        self._cancelling = False
        self._ended = 0
        self._end: TaskEnd | None = None

    async def run(self) -> TaskEnd:
        """Do it all; how it ended. Raises ServiceError for what no further attempt would mend."""
        await self._recover()
        failures = 0
        while True:
            if self._control.wish == CANCEL:
                self._cancelling = True
            if self._control.stop.is_set() and not self._cancelling:
                return self._control.stopped()
            try:
                await self._round()
                failures = 0
            except ServiceError as error:
                failures += 1
                if (end := await self._trouble(error, failures)) is not None:
                    return end
            if not self._under_way() and (end := self._settled()) is not None:
                await self._writer.do(lambda db: release_all(db, task_owner(self._control.task.id)), self._control.seal)
                self._sweep()
                return end
            await self._pause()

    async def _recover(self) -> None:
        """Clear away what an end in the middle left behind."""
        task = self._control.task.id
        await self._writer.do(lambda db: free_stray_claims(db, task, task_owner(task)), self._control.seal)
        self._sweep()
        was_cancelling = any(batch.state is BatchState.CANCELLING for batch in self._under_way())
        self._cancelling = was_cancelling or self._control.task.wish == CANCEL

    def _under_way(self) -> list[StoredBatch]:
        with self._store.read() as db:
            return open_batches(db, self._control.task.id)

    def _sweep(self) -> None:
        sweep(self._folder, self._control.task.id, [batch.mark for batch in self._under_way()])

    async def _round(self) -> None:
        """Bring every batch as far as it goes just now, and make new ones where there is something to ask."""
        if not self._reached:
            await self._remote.check()
            self._reached = True
        trouble: ServiceError | None = None
        for batch in self._under_way():
            try:
                await self._advance(batch)
            except ServiceError as error:
                if error.outcome not in UNCERTAIN:
                    raise
                trouble = error
        if trouble is not None:
            raise trouble
        if self._look and self._end is None and not self._cancelling:
            await self._make()
        self._tell()

    async def _make(self) -> None:
        """One pass over everything that is to be asked; each part goes to the service as soon as it is whole."""
        parts = Parts(
            self._store, self._writer, self._control, self._work, self._folder, self._endpoint, self._price_of,
            self._limits,
        )  # fmt: skip
        ended = self._ended
        self._look = self._waits_for_us = False
        try:
            async with aclosing(parts.made()) as made:
                async for batch in made:
                    self._wait_s = self._options.poll_s[0]
                    await self._advance(batch)
                    self._tell()
        except BaseException:
            self._look = True
            raise
        self._is_capped, self._waits_for_others = parts.is_capped, parts.waits_for_others
        self._waits_for_us = self._waits_for_us or parts.waits_for_us
        self._look = self._look or self._control.stop.is_set() or (parts.is_capped and self._ended > ended)

    async def _advance(self, batch: StoredBatch) -> None:
        """Take a batch through its states until it has to be waited for."""
        giving_up = self._cancelling or self._end is not None
        moved, report = await self._steps.advance(batch, giving_up=giving_up, cancelling=self._cancelling)
        if moved.state is not batch.state:
            self._wait_s = self._options.poll_s[0]
        if moved.state is BatchState.ENDED:
            await self._collect(moved)
        elif moved.state is BatchState.REFUSED:
            self._sweep()
            if report is not None:
                self._refused(moved, report)
            else:
                self._look = True

    async def _collect(self, batch: StoredBatch) -> None:
        """Take in what a batch brought, and be done with it."""
        price = self._price_of(batch.model)
        collector = await asyncio.to_thread(
            Collector, self._store, self._writer, self._control, self._work, batch, price, self._oddities
        )
        for file_id in (batch.output_file, batch.error_file):
            if file_id is None:
                continue
            path = self._folder / (file_name(self._control.task.id, batch.mark) + ".answers")
            try:
                if await self._steps.fetch(file_id, path):
                    await collector.take_in(path, self._secrets)
            finally:
                path.unlink(missing_ok=True)
        collected = await collector.end(was_cancelled=batch.message == "cancelled")
        await self._steps.close(batch, BatchState.DONE, batch.message)
        self._sweep()
        self._learn(batch, collected)

    def _learn(self, batch: StoredBatch, collected: Collected) -> None:
        """What follows from what a batch brought."""
        self._ended += 1
        if self._is_capped or self._look_when_one_ends:
            self._look, self._look_when_one_ends = True, False
        self._waits_for_us = self._waits_for_us or collected.again > 0
        for kind, message in collected.stops.items():
            state = TaskState.PAUSED if kind == "quota" else TaskState.FAILED
            error = ServiceError(message, hint=_HINTS.get(kind, "Check the model: rft-tui profile test."), outcome=kind)
            self._end = self._end or TaskEnd(state, f"{batch.model}: {message}", error.as_json())
        if collected.cancelled and not self._cancelling:
            message = (
                f"the batch {batch.remote} was cancelled at the service; {collected.cancelled:,} of its lines have no"
                f" answer: rft-tui task resume {self._control.task.id} asks them again"
            )
            self._end = self._end or TaskEnd(TaskState.PAUSED, message)

    def _refused(self, batch: StoredBatch, report: BatchReport) -> None:
        """A file that the service does not take: wait for room, make smaller ones, or say what is wrong with it."""
        others = [one for one in self._under_way() if one.model == batch.model]
        if report.is_queue_full and (others or batch.lines > LEAST_LINES):
            if others:
                self._look_when_one_ends = True
            else:
                self._limits = BatchLimits(max(LEAST_LINES, batch.lines // 2), self._limits.size)
                self._look = True
            return
        error = ServiceError(
            f"the service refused a batch of {batch.lines:,} lines: {self._named(batch, report)}",
            hint="Mend what it names, or ask without --batch; rft-tui task resume goes on.",
            outcome="bad_request",
        )
        self._end = self._end or TaskEnd.failed(error)

    def _named(self, batch: StoredBatch, report: BatchReport) -> str:
        """The service's words with the items that its line numbers mean."""
        said = []
        with self._store.read() as db:
            for error in report.errors[:3]:
                line = None if error.line is None else line_at(db, batch.id, error.line)
                where = f"{self._work.name_of(db, line)}: " if line is not None else ""
                said.append(f"{where}{error.message or error.code}")
        more = f" (and {len(report.errors) - 3} more)" if len(report.errors) > 3 else ""
        return ("; ".join(said) or "it does not say why") + more

    async def _trouble(self, error: ServiceError, failures: int) -> TaskEnd | None:
        """What a failed request means: wait and try again, pause, or raise what no attempt would mend."""
        if error.outcome == "quota":
            return TaskEnd(TaskState.PAUSED, error.message, error.as_json())
        if self._cancelling and (failures >= MOST_FAILED_CANCELS or error.outcome not in UNCERTAIN):
            names = await self._steps.leave(self._under_way())
            return TaskEnd(TaskState.CANCELLED, f"cancelled; {names} may still run at the service: {error.message}")
        if error.outcome not in UNCERTAIN or not (self._reached or self._control.progress.done or self._under_way()):
            raise error
        self._control.message = f"waiting for the service: {error.message}"
        return None

    def _settled(self) -> TaskEnd | None:
        """How the task ends now that no batch is under way, None where there is something left to ask."""
        if self._cancelling:
            return TaskEnd(TaskState.CANCELLED, "cancelled; what was done is kept")
        if self._end is not None:
            return self._end
        if self._look:
            return None
        if self._is_capped:
            return TaskEnd(TaskState.PAUSED, self._said_of_cap())
        if self._waits_for_us or self._waits_for_others or self._look_when_one_ends:
            self._look = True
            return None
        return TaskEnd(TaskState.DONE, str(self._oddities))

    def _said_of_cap(self) -> str:
        progress, task = self._control.progress, self._control.task.id
        tokens = progress.input_tokens + progress.output_tokens
        return (
            f"the cap leaves no room for more lines: ${progress.cost:.4f} and {tokens:,} tokens so far; raise it with"
            f" rft-tui task set {task} --spend-cap or --token-cap, then rft-tui task resume"
        )

    def _tell(self) -> None:
        """Say how far the batches are at the service."""
        counts = self._steps.counts(self._under_way())
        self._control.progress.in_flight = counts.lines - counts.answered
        if counts.batches:
            word = "batch" if counts.batches == 1 else "batches"
            self._control.message = (
                f"{counts.batches} {word} at the service: {counts.answered:,} of {counts.lines:,} lines answered"
            )
        elif self._waits_for_others:
            self._control.message = "waiting for answers that somebody else asks for"
        else:
            self._control.message = ""

    async def _pause(self) -> None:
        """Wait until it is time to look at the service again, or until somebody wishes or sets something."""
        under_way = self._under_way()
        if (
            self._look
            and self._end is None
            and not under_way
            and not self._waits_for_others
            and not self._control.message
        ):
            return
        if self._control.stop.is_set() and not self._cancelling:
            return
        changed = self._control.changed
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), self._wait_s)
            self._look = self._look or self._is_capped
        changed.clear()
        self._wait_s = min(self._wait_s * SLOWER, self._options.poll_s[1])


_HINTS = {
    "auth": "Check the key: rft-tui profile test.",
    "permission": "Check what the key may do: rft-tui profile test.",
    "quota": "A person must act at the service; then rft-tui task resume.",
}
