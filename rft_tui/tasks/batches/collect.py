"""Taking in what a batch brought: line by line, in groups, each group stored with the outcomes of its lines."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from rft_tui.model import Answer
from rft_tui.providers.batch import FileLine, LineReply, missing_reply, reply_of
from rft_tui.providers.calls import ModelCall, ModelReply
from rft_tui.providers.prices import cost_of
from rft_tui.providers.secrets import Secrets
from rft_tui.settings import Price
from rft_tui.store.asking import release
from rft_tui.store.batches import AGAIN, KEPT, LEFT, BatchLine, StoredBatch, end_lines, open_lines, outcomes_of
from rft_tui.store.database import Store
from rft_tui.store.tasks import TaskProgress
from rft_tui.tasks.background.control import Control
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.batches.files import Answers, iter_answers

MOST_TRIES = 3
"""How often a line is asked in all before its error is kept."""

PER_LINE = ("bad_request", "not_found")
"""Refusals that would befall every line, unless another line of the same batch was answered."""


class Keeper(Protocol):
    """Whoever the answers are for."""

    def call_of(self, line: BatchLine) -> ModelCall:
        """The model and the parameters of the call that a line asks; its messages are not needed."""
        ...

    def keep(self, db: sqlite3.Connection, line: BatchLine, reply: ModelReply, cost: float | None) -> None:
        """Store the answer or the error of a line, inside a write transaction."""
        ...


@dataclass(slots=True)
class Oddities:
    """Lines of a service's files that are of no use, by what is wrong with them."""

    unreadable: int = 0
    unknown: int = 0
    repeated: int = 0

    def __str__(self) -> str:
        parts = [
            f"{count:,} {word}"
            for count, word in (
                (self.unreadable, "unreadable"),
                (self.unknown, "that nobody asked"),
                (self.repeated, "repeated"),
            )
            if count
        ]
        return f"lines of the service's files that were passed over: {', '.join(parts)}" if parts else ""


@dataclass(slots=True)
class Collected:
    """What came of a batch: lines to ask again, lines that were called off, and why every further line would fail."""

    again: int = 0
    cancelled: int = 0
    stops: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Taken:
    line: BatchLine
    reply: LineReply
    outcome: str
    cost: float | None


class Collector:
    """Takes in the files of one batch. What was taken in before an interruption is passed over."""

    def __init__(
        self,
        store: Store,
        writer: StoreWriter,
        control: Control,
        keeper: Keeper,
        batch: StoredBatch,
        price: Price | None,
        oddities: Oddities,
    ) -> None:
        self._writer = writer
        self._control = control
        self._keeper = keeper
        self._batch = batch
        self._price = price
        self._oddities = oddities
        self.found = Collected()
        with store.read() as db:
            self._open = open_lines(db, batch.id)
            before = outcomes_of(db, batch.id)
        self._before = set(before)
        self._seen: set[str] = set()
        self._works = KEPT in before.values()

    async def take_in(self, path: Path, secrets: Secrets) -> None:
        """Take in one file of answers."""
        groups = iter_answers(path, secrets)
        while (group := await asyncio.to_thread(next, groups, None)) is not None:
            self._oddities.unreadable += group.unreadable
            await self._store([(self._open.pop(line.custom_id), line) for line in self._asked(group)])

    async def end(self, *, was_cancelled: bool) -> Collected:
        """Say what becomes of the lines that no file answers."""
        if was_cancelled:
            self.found.cancelled += len(self._open)
        else:
            lines = list(self._open.values())
            for begin in range(0, len(lines), 1000):
                await self._commit([self._taken(line, missing_reply()) for line in lines[begin : begin + 1000]])
        self._open.clear()
        return self.found

    def _asked(self, group: Answers) -> list[FileLine]:
        """The lines that answer something which is still open, each key once."""
        asked = []
        for line in group.lines:
            key = line.custom_id
            if key in self._seen:
                self._oddities.repeated += 1
            elif key in self._open:
                self._seen.add(key)
                asked.append(line)
            elif key not in self._before:
                self._oddities.unknown += 1
        return asked

    async def _store(self, pairs: list[tuple[BatchLine, FileLine]]) -> None:
        if pairs:
            endpoint, call_of = self._batch.endpoint, self._keeper.call_of
            replies = await asyncio.to_thread(
                lambda: [(line, reply_of(found, endpoint, call_of(line))) for line, found in pairs]
            )
            self._works = self._works or any(reply.reply.answer.error is None for _line, reply in replies)
            await self._commit([self._taken(line, reply) for line, reply in replies])

    def _taken(self, line: BatchLine, reply: LineReply) -> _Taken:
        """What is done about a line."""
        stops, error = reply.reply.stops, reply.reply.answer.error
        if reply.cancelled:
            self.found.cancelled += 1
            return _Taken(line, reply, LEFT, None)
        if stops and error is not None and not (self._works and stops in PER_LINE):
            self.found.stops.setdefault(stops, error.message)
            return _Taken(line, reply, LEFT, None)
        if reply.again and line.tries + 1 < MOST_TRIES:
            self.found.again += 1
            return _Taken(line, reply, AGAIN, None)
        cost = cost_of(reply.reply.answer.usage, self._price) if reply.ran else None
        return _Taken(line, reply, KEPT, cost)

    async def _commit(self, taken: list[_Taken]) -> None:
        """Store a group with the figures of the task, all of it or nothing."""
        before = replace(self._control.progress, errors=dict(self._control.progress.errors))

        def work(db: sqlite3.Connection) -> None:
            for one in taken:
                if one.outcome == KEPT:
                    self._keeper.keep(db, one.line, one.reply.reply, one.cost)
            end_lines(db, self._batch.id, [(one.line.key, one.outcome) for one in taken])
            release(db, [one.line.key for one in taken])
            _count(self._control.progress, before, taken)

        await self._writer.do(work, self._control.seal)


def _count(progress: TaskProgress, before: TaskProgress, taken: list[_Taken]) -> None:
    """Let the figures be those from before and what was taken: the same also where a transaction is tried again."""
    kept = [one for one in taken if one.outcome == KEPT]
    answers: list[Answer] = [one.reply.reply.answer for one in kept]
    costs = [one.cost for one in kept if one.reply.ran]
    progress.requests = before.requests + sum(one.reply.ran for one in taken)
    progress.done = before.done + sum(answer.error is None for answer in answers)
    progress.errors = dict(before.errors)
    for answer in answers:
        if answer.error is not None:
            progress.errors[answer.error.kind] = progress.errors.get(answer.error.kind, 0) + 1
    progress.input_tokens = before.input_tokens + sum(answer.usage.input_tokens or 0 for answer in answers)
    progress.output_tokens = before.output_tokens + sum(answer.usage.output_tokens or 0 for answer in answers)
    progress.cost = before.cost + sum(cost for cost in costs if cost is not None)
    progress.unpriced = before.unpriced + sum(cost is None for cost in costs)


PriceOf = Callable[[str], Price | None]
"""What a model costs in a batch, None where that is not known."""
