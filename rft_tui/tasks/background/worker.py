"""The worker: one detached process for each workspace that does its tasks and ends by itself when none is left.

It is started by ``python -m rft_tui.tasks.background.worker FOLDER``; a second one ends at once. Its life is a counter
that it moves, and its process number where that can be looked up; neither needs a clock that agrees with anybody's.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from rft_tui import logs
from rft_tui.errors import RftError, StoreError
from rft_tui.model import JsonObject
from rft_tui.store.database import Store
from rft_tui.store.owners import is_alive, is_here, this_process
from rft_tui.store.tasks import (
    CANCEL,
    PAUSE,
    StoredTask,
    TaskState,
    beat,
    become_worker,
    current_worker,
    end_task,
    get_task,
    leave_worker,
    take_task,
    worker_beat,
)
from rft_tui.tasks.background.bench import Bench
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.background.kinds import TASK_KINDS, WATCHING
from rft_tui.tasks.background.services import Services
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.workspace import open_workspace

log = logging.getLogger("rft_tui.worker")

POLL_S = 0.2
"""How often the worker asks the cache whether something has changed."""

BEAT_S = 1.0
"""How often it says that it lives and how far its tasks are."""

SILENT_S = 30.0
"""For how long a beat must have stood still before an owner on another machine counts as gone."""

IDLE_S = 5.0
"""How long a worker without a task waits for one."""

AT_ONCE = 4
"""Tasks that are done at once, besides those that only watch."""

WATCHED_AT_ONCE = 100
"""Tasks that only watch, at once."""

LEAVE_S = 15.0
"""How long tasks may take to come to rest when the worker is told to end."""


class Watch:
    """Beats seen earlier: an owner whose beat stands still while this process's own clock runs on is gone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, int | None], tuple[int, float]] = {}

    def is_gone(self, owner: str, beats: int, task: int | None = None) -> bool:
        """Whether an owner is gone: its process has ended, or from another machine nothing was heard for long.

        `beats` is the beat of the task that it owns, None: of the worker.
        """
        if is_here(owner):
            return not is_alive(owner)
        now = self._clock()
        known = self._seen.get((owner, task))
        if known is None or known[0] != beats:
            self._seen[owner, task] = (beats, now)
            return False
        return now - known[1] > SILENT_S


class Worker:
    """Takes tasks, lets them run side by side, and hands them on what people wish."""

    def __init__(self, store: Store, folder: Path, *, owner: str | None = None, idle_s: float = IDLE_S) -> None:
        self.owner = owner or this_process()
        self._store = store
        self._idle_s = idle_s
        self._watch = Watch()
        self._writer = StoreWriter(store)
        self._services = Services(folder, store.path.parent)
        self._running: dict[int, tuple[Control, asyncio.Task[None]]] = {}
        self._leaving = asyncio.Event()

    async def run(self) -> None:
        """Work until nothing is left, or until told to end."""
        if not await self._becomes_worker():
            self._writer.close()
            return
        log.info("worker begins")
        try:
            await self._work()
        finally:
            await self._come_to_rest()
            await self._services.close()
            await self._writer.do(lambda db: db.execute("DELETE FROM worker WHERE owner = ?", [self.owner]) and None)
            self._writer.close()
            log.info("worker ends")

    async def _becomes_worker(self) -> bool:
        """Become the worker; one that died on another machine, or before this one's restart, is watched first."""
        seen: tuple[str, int] | None = None
        while not self._leaving.is_set():
            if await self._writer.do(lambda db: become_worker(db, self.owner, self._watch.is_gone)):
                return True
            with self._store.read() as db:
                other = current_worker(db)
            if other is not None and (is_here(other[0]) or seen not in (None, other)):
                return False
            seen = other
            await self._rest()
        return False

    async def _rest(self) -> None:
        """Wait until it is time to look again, or to leave."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._leaving.wait(), POLL_S)

    def leave(self) -> None:
        """End soon; the tasks go back into the queue for the next worker."""
        self._leaving.set()

    async def _work(self) -> None:
        version, idle_since, beaten = -1, time.monotonic(), 0.0
        while not self._leaving.is_set():
            now = time.monotonic()
            changed = self._store.data_version()
            if changed != version or now - beaten >= BEAT_S:
                version = changed
                if now - beaten >= BEAT_S:
                    beaten = now
                    if not self._store.is_in_place():
                        log.warning("the cache was deleted, moved or replaced: nothing more is asked")
                        return
                    if not await self._writer.do(lambda db: worker_beat(db, self.owner)):
                        log.warning("another worker has taken over")
                        return
                await self._beat()
                await self._take()
            if self._running:
                idle_since = now
            elif now - idle_since >= self._idle_s and await self._writer.do(lambda db: leave_worker(db, self.owner)):
                return
            await self._rest()

    async def _beat(self) -> None:
        """Say how far every task is, and take in what is wished of it."""
        for control, _task in list(self._running.values()):
            control.measure()
            if self._writer.trouble:
                control.message = f"waiting for the cache: {self._writer.trouble}"
            elif control.message.startswith("waiting for the cache"):
                control.message = ""
            said = await self._writer.do(partial(_beat, control))
            if said is None:
                if control.task.id in self._running:
                    control.wished("lost")
                continue
            wish, settings = said
            control.set(settings)
            control.wished(wish)

    async def _take(self) -> None:
        while kinds := self._wanted_kinds():
            task: StoredTask | None = await self._writer.do(
                partial(take_task, owner=self.owner, kinds=kinds, is_gone=self._is_gone)
            )
            if task is None:
                return
            control = Control.of(task, self.owner)
            log.info("task %d begins: %s", task.id, task.kind)
            self._running[task.id] = (control, asyncio.create_task(self._do(control)))

    def _wanted_kinds(self) -> list[str]:
        """The kinds of tasks for which there is room: watching a job for hours keeps nothing else from being done."""
        watching = sum(control.task.kind in WATCHING for control, _task in self._running.values())
        kinds = [kind for kind in TASK_KINDS if kind not in WATCHING] if len(self._running) - watching < AT_ONCE else []
        return kinds + (sorted(WATCHING) if watching < WATCHED_AT_ONCE else [])

    def _is_gone(self, task: StoredTask) -> bool:
        return task.owner is None or self._watch.is_gone(task.owner, task.beat, task.id)

    async def _do(self, control: Control) -> None:
        task = control.task
        try:
            end = await TASK_KINDS[task.kind](Bench(self._store, self._writer, self._services), control)
        except RftError as error:
            end = TaskEnd.failed(error)
        except Exception as error:  # noqa: BLE001 - the last resort: the task says what happened, the worker goes on
            end = TaskEnd.failed(RftError(logs.describe(error), hint=logs.keep_error(error)))
        control.measure()
        control.progress.in_flight = 0
        try:
            await self._writer.do(partial(_end, control, end))
        except StoreError as error:
            log.error("the end of task %d could not be stored: %s", task.id, error.message)  # noqa: TRY400
        log.info("task %d is %s", task.id, end.state)
        self._running.pop(task.id, None)

    async def _come_to_rest(self) -> None:
        """Put tasks that still run back into the queue."""
        running = [task for _control, task in self._running.values()]
        for control, _task in self._running.values():
            control.wished("leave")
        if running:
            await asyncio.wait(running, timeout=LEAVE_S)
        for task in running:
            task.cancel()
        for control, _task in list(self._running.values()):
            await self._writer.do(partial(_requeue, control))


def _beat(control: Control, db: sqlite3.Connection) -> tuple[str, JsonObject] | None:
    return beat(db, control.task.id, control.owner, control.progress, control.message)


def _end(control: Control, end: TaskEnd, db: sqlite3.Connection) -> None:
    """Store how a task ended; one that rests by a wish that was taken back meanwhile goes on."""
    task = control.task.id
    if control.wish in (PAUSE, CANCEL) and end == control.stopped() and not get_task(db, task).wish:
        end = TaskEnd(TaskState.QUEUED)
    end_task(db, task, control.owner, end.state, control.progress, message=end.message, error=end.error)


def _requeue(control: Control, db: sqlite3.Connection) -> None:
    control.progress.in_flight = 0
    _end(control, control.stopped(), db)


async def _main(folder: Path) -> None:
    workspace = open_workspace(folder)
    worker = Worker(workspace.store, folder)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.leave)
    try:
        await worker.run()
    finally:
        workspace.store.close()


def main() -> int:
    """Work for the workspace in the folder that was given."""
    logs.start()
    logs.install_crash_handler()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        asyncio.run(_main(Path(sys.argv[1])))
    except RftError as error:
        log.error("%s: %s", error.kind, error.message)  # noqa: TRY400 - it is said in words
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
