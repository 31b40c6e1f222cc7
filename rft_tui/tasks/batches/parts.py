"""Questions put into files: settled from the cache, claimed for the task, split to a service's limits and to caps."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Generic, Protocol, TypeVar

from rft_tui.model import Usage
from rft_tui.providers.batch import BatchLimits, line_of
from rft_tui.providers.calls import ModelCall, ModelReply
from rft_tui.providers.outcomes import outcome
from rft_tui.providers.prices import cost_of
from rft_tui.providers.reading import failed
from rft_tui.store.asking import release, task_owner
from rft_tui.store.batches import (
    BatchLine,
    StoredBatch,
    add_batch,
    count_claimed_by_others,
    free_stray_claims,
    get_batch,
    open_batches,
    tries_of,
)
from rft_tui.store.database import Store
from rft_tui.tasks.background.control import Control
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.batches.collect import Keeper, PriceOf
from rft_tui.tasks.batches.files import PartFile, file_name
from rft_tui.tasks.guesses import ASSUMED_OUTPUT, CHARACTERS_A_TOKEN

Job = TypeVar("Job")


@dataclass(frozen=True, slots=True)
class Question:
    """One line in the making: the key of its answer, the call, and the run and item that it is for, if it is."""

    key: str
    call: ModelCall
    run: int | None = None
    item: int | None = None


@dataclass(frozen=True, slots=True)
class SettledPage(Generic[Job]):
    """What became of some jobs: those to ask now, the keys of those that wait, how many came from the cache."""

    to_ask: list[Job]
    waiting: list[str]
    cached: int


class BatchWork(Keeper, Protocol[Job]):
    """What batches are made for: it says what is to be asked and keeps what comes."""

    def pages(self, db: sqlite3.Connection) -> Iterator[Sequence[Job]]:
        """Everything that still has no answer, from the beginning, the jobs of one model behind one another."""
        ...

    def settle(self, db: sqlite3.Connection, jobs: Sequence[Job], owner: str) -> SettledPage[Job]:
        """Answer jobs from the cache and claim the others, inside a write transaction."""
        ...

    def question(self, job: Job) -> Question:
        """The line that a job needs."""
        ...

    def name_of(self, db: sqlite3.Connection, line: BatchLine) -> str:
        """What a person calls a line."""
        ...


@dataclass(slots=True)
class Expected:
    """What lines may take before they are answered; `cost` counts only those with a price."""

    tokens: int = 0
    cost: float = 0.0


@dataclass(slots=True)
class _Ready:
    question: Question
    line: bytes
    tries: int


class Parts(Generic[Job]):
    """One pass over everything that is to be asked.

    Afterwards `waits_for_us` says that some of it waits for batches of this task, `waits_for_others` that it waits for
    somebody else, and `is_capped` that a cap leaves no room for more.
    """

    def __init__(
        self,
        store: Store,
        writer: StoreWriter,
        control: Control,
        work: BatchWork[Job],
        folder: Path,
        endpoint: str,
        price_of: PriceOf,
        limits: BatchLimits,
    ) -> None:
        self.waits_for_us = self.waits_for_others = self.is_capped = False
        self._store = store
        self._writer = writer
        self._control = control
        self._work = work
        self._folder = folder
        self._endpoint = endpoint
        self._price_of = price_of
        self._limits = limits
        self._owner = task_owner(control.task.id)
        self._part: PartFile | None = None
        self._model = ""
        self._mark = ""
        self._part_expects = Expected()
        with store.read() as db:
            under_way = open_batches(db, control.task.id)
        self._expected = Expected(
            sum(one.expected_tokens for one in under_way), sum(one.expected_cost or 0.0 for one in under_way)
        )

    async def made(self) -> AsyncGenerator[StoredBatch, None]:
        """Make the files, one after the other; each is stored as a batch before it is handed out."""
        try:
            with closing(self._store.connect()) as reader:
                pages = self._work.pages(reader)
                while not self._control.stop.is_set():
                    page = await asyncio.to_thread(next, pages, None)
                    if page is None:
                        if self._part is not None:
                            yield await self._finish()
                        return
                    for ready in await self._settle(page):
                        if self._part is not None and not self._belongs(ready):
                            yield await self._finish()
                        if not self._has_room(ready):
                            self.is_capped = True
                            if self._part is not None:
                                yield await self._finish()
                            return
                        await self._add(ready)
        finally:
            if self._part is not None:
                self._part.discard()
                self._part = None
            task, owner = self._control.task.id, self._owner
            await self._writer.do(lambda db: free_stray_claims(db, task, owner), self._control.seal)

    async def _settle(self, page: Sequence[Job]) -> list[_Ready]:
        """Settle some jobs, and make the lines of those that are to be asked."""
        task, owner, progress = self._control.task.id, self._owner, self._control.progress
        cached, done = progress.cached, progress.done

        def settle(db: sqlite3.Connection) -> tuple[SettledPage[Job], int]:
            settled = self._work.settle(db, page, owner)
            progress.cached, progress.done = cached + settled.cached, done + settled.cached
            return settled, count_claimed_by_others(db, settled.waiting, owner)

        settled, others = await self._writer.do(settle, self._control.seal)
        self.waits_for_others = self.waits_for_others or others > 0
        self.waits_for_us = self.waits_for_us or len(settled.waiting) > others

        def make() -> list[_Ready]:
            questions = [self._work.question(job) for job in settled.to_ask]
            with self._store.read() as db:
                tries = tries_of(db, task, [question.key for question in questions])
            return [
                _Ready(question, line_of(question.key, self._endpoint, question.call), tries.get(question.key, 0))
                for question in questions
            ]

        return await asyncio.to_thread(make)

    def _belongs(self, ready: _Ready) -> bool:
        """Whether a line goes into the file that is being written."""
        assert self._part is not None
        return ready.question.call.model == self._model and self._part.fits(ready.line, self._limits)

    def _has_room(self, ready: _Ready) -> bool:
        """Whether what is spent, what may be spent by what is under way, and this line stay within the caps."""
        settings, progress = self._control.settings, self._control.progress
        more = self._expects(ready)
        tokens = progress.input_tokens + progress.output_tokens + self._expected.tokens + self._part_expects.tokens
        cost = progress.cost + self._expected.cost + self._part_expects.cost
        token_cap, spend_cap = settings.get("token_cap"), settings.get("spend_cap")
        return not (
            (token_cap is not None and tokens + more.tokens > token_cap)
            or (spend_cap is not None and (cost >= spend_cap or cost + more.cost > spend_cap))
        )

    def _expects(self, ready: _Ready) -> Expected:
        """What a line may take: its length in tokens, and what answers took so far, may take or usually take."""
        progress, call = self._control.progress, ready.question.call
        taken_in = round(len(ready.line) / CHARACTERS_A_TOKEN)
        given_out = call.parameters.get("max_output_tokens") or ASSUMED_OUTPUT
        if progress.requests:
            given_out = round(progress.output_tokens / progress.requests)
        cost = cost_of(Usage(taken_in, given_out), self._price_of(call.model))
        return Expected(taken_in + given_out, cost or 0.0)

    async def _add(self, ready: _Ready) -> None:
        question = ready.question
        line = BatchLine(question.key, 0, ready.tries, question.run, question.item)
        if len(ready.line) > self._limits.size:
            await self._keep_too_long(line)
            return
        if self._part is None:
            self._mark = token_hex(8)
            self._part = PartFile(self._folder / file_name(self._control.task.id, self._mark))
            self._model = question.call.model
            self._part_expects = Expected()
        self._part.add(ready.line, line)
        more = self._expects(ready)
        self._part_expects.tokens += more.tokens
        self._part_expects.cost += more.cost

    async def _finish(self) -> StoredBatch:
        """Complete the file and store its batch."""
        part, expects = self._part, self._part_expects
        assert part is not None
        await asyncio.to_thread(part.finish)
        self._part, self._part_expects = None, Expected()
        self._expected = Expected(self._expected.tokens + expects.tokens, self._expected.cost + expects.cost)

        def store(db: sqlite3.Connection) -> StoredBatch:
            batch = add_batch(
                db, self._control.task.id, model=self._model, endpoint=self._endpoint, mark=self._mark,
                lines=part.lines, expected_tokens=expects.tokens, expected_cost=expects.cost,
            )  # fmt: skip
            return get_batch(db, batch)

        return await self._writer.do(store, self._control.seal)

    async def _keep_too_long(self, line: BatchLine) -> None:
        """Keep the error of a line that is larger than a whole file may be."""
        found = outcome("bad_request", f"the question is longer than a batch may be ({self._limits.size:,} bytes)")
        errors = self._control.progress.errors
        counted = {**errors, found.kind: errors.get(found.kind, 0) + 1}
        progress = self._control.progress

        def keep(db: sqlite3.Connection) -> None:
            self._work.keep(db, line, ModelReply(failed(found)), None)
            release(db, [line.key])
            progress.errors = counted

        await self._writer.do(keep, self._control.seal)
