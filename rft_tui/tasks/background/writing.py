"""Writing from many coroutines through one thread: what arrives together is committed together, and at once.

A piece of work that belongs to a task is sealed in the transaction that does it: the task's figures are stored with it,
and where the task belongs to another worker by now, nothing of it is kept.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

from rft_tui.errors import RftError, StoreBusyError, StoreError
from rft_tui.store.database import Store

GROUP = 256
"""Pieces of work that one transaction takes at most."""

PATIENCE_S = 60.0
"""How long a disk that is full or cannot be written is tried again before the work is given up."""

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Any]


class Seal(Protocol):
    """Stores how far a task is; raises LostTask where it is this worker's no more."""

    def __call__(self, db: sqlite3.Connection) -> None:
        """Do it inside the transaction of the task's work."""


class LostTask(RftError):  # noqa: N818 - it is no error of the person's or the program's
    """The task belongs to another worker: whatever this one still has of it counts no more."""

    title = "The task is elsewhere"
    kind = "lost"


class Once:
    """A change of figures in memory that belongs to a piece of work: done once, however often that is tried.

    Where the work is given up it is done all the same, and `back` takes back what is then not true.
    """

    def __init__(self, change: Callable[[], None], back: Callable[[], None] = lambda: None) -> None:
        self._change = change
        self._back = back
        self._is_done = False

    def __call__(self) -> None:
        """Do it the first time."""
        if not self._is_done:
            self._is_done = True
            self._change()

    def give_up(self) -> None:
        """Count what stays true although the work is not done."""
        self()
        self._back()


@dataclass(slots=True)
class _Piece:
    work: Work
    seal: Seal | None
    counted: Once | None
    result: Future[Any]


def _may_pass(error: Exception) -> bool:
    """Whether an error is the disk's and may be gone in a while; any other stays, whoever tries again."""
    return isinstance(error, StoreError) and isinstance(error.__cause__, sqlite3.OperationalError)


class StoreWriter:
    """One thread that writes; `trouble` says why it waits, empty when it does not."""

    def __init__(self, store: Store, *, patience_s: float = PATIENCE_S) -> None:
        self.trouble = ""
        self._store = store
        self._patience_s = patience_s
        self._pieces: SimpleQueue[_Piece | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    async def do(
        self, work: Callable[[sqlite3.Connection], Result], seal: Seal | None = None, counted: Once | None = None
    ) -> Result:
        """Do some work in a write transaction and wait until it is committed; raises what it or the store raises.

        `counted` is what the work counts in memory, put right where it is given up before anything else is written.
        """
        result: Result = await asyncio.wrap_future(self.submit(work, seal, counted))
        return result

    def submit(self, work: Work, seal: Seal | None = None, counted: Once | None = None) -> Future[Any]:
        """Begin some work; its result comes when it is committed."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()  # who waits may be cancelled; what was begun is done all the same
        self._pieces.put(_Piece(work, seal, counted, future))
        return future

    def close(self) -> None:
        """Finish what was begun."""
        self._pieces.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._pieces.get()) is not None:
            group, ends = [first], False
            while len(group) < GROUP:
                try:
                    piece = self._pieces.get_nowait()
                except Empty:
                    break
                if piece is None:
                    ends = True
                    break
                group.append(piece)
            self._write(group)
            if ends:
                break
        self._store.close()

    def _write(self, group: list[_Piece]) -> None:
        """Commit a group; where it fails, each piece by itself, so that one bad piece spoils no other."""
        try:
            results = self._patiently(group)
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to whoever asked for the work
            if len(group) > 1 and not _may_pass(error):
                for piece in group:
                    self._write([piece])
            else:
                for piece in group:
                    if piece.counted is not None:
                        piece.counted.give_up()
                    piece.result.set_exception(error)
            return
        for piece, result in zip(group, results, strict=True):
            piece.result.set_result(result)

    def _patiently(self, group: list[_Piece]) -> list[Any]:
        """Commit; a cache that is busy is waited for without end, a disk that cannot be written for a while."""
        until = time.monotonic() + self._patience_s
        pause = 0.05
        while True:
            try:
                results = self._commit(group)
            except StoreBusyError as error:
                self.trouble = error.message
            except StoreError as error:
                if not _may_pass(error):
                    raise
                self.trouble = error.message
                if time.monotonic() + pause > until:
                    raise
                time.sleep(pause)
                pause = min(pause * 2, 5.0)
            else:
                self.trouble = ""
                return results

    def _commit(self, group: list[_Piece]) -> list[Any]:
        with self._store.write() as db:
            results = [piece.work(db) for piece in group]
            for seal in dict.fromkeys(piece.seal for piece in group if piece.seal is not None):
                seal(db)
        return results
