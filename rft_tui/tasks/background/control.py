"""A task while a worker does it: its figures, what people wish of it, and how it ends."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

from rft_tui.errors import RftError
from rft_tui.model import JsonObject
from rft_tui.store.tasks import StoredTask, TaskProgress, TaskState, beat
from rft_tui.tasks.background.writing import LostTask

RATE_OVER_S = 20.0
"""Seconds over which the rate is taken."""

_URGENCY = {"leave": 1, "pause": 2, "cancel": 3, "lost": 4}


@dataclass(frozen=True, slots=True)
class TaskEnd:
    """How a task ended: its state, a sentence, and the error that stopped it."""

    state: TaskState
    message: str = ""
    error: dict[str, str] | None = None

    @classmethod
    def failed(cls, error: RftError) -> TaskEnd:
        """Stopped by an error that is said to the person."""
        return cls(TaskState.FAILED, error.message, error.as_json())


@dataclass(slots=True)
class Control:
    """What a running task and its worker say to each other.

    `stop` is set when the task should end soon, `wish` says why: ``pause``, ``cancel``, ``leave`` (the worker ends and
    another goes on) or ``lost``. `changed` is set whenever a wish or a setting came in.
    """

    task: StoredTask
    owner: str
    progress: TaskProgress
    settings: JsonObject
    message: str = ""
    wish: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _ends: deque[tuple[float, int]] = field(default_factory=deque)
    _begun: float = field(default_factory=time.monotonic)
    _seconds_before: float = 0.0

    @classmethod
    def of(cls, task: StoredTask, owner: str) -> Control:
        """The control of a task that was just taken."""
        control = cls(task, owner, task.progress, dict(task.settings))
        control._seconds_before = task.progress.seconds
        return control

    def wished(self, what: str) -> None:
        """Take in a wish; one that is more urgent goes before an earlier one."""
        if _URGENCY.get(what, 0) > _URGENCY.get(self.wish, 0):
            self.wish = what
            self.stop.set()
            self.changed.set()

    def set(self, settings: JsonObject) -> None:
        """Take in changed settings."""
        if settings != self.settings:
            self.settings = settings
            self.changed.set()

    async def rest(self, seconds: float) -> None:
        """Wait for a while, or until something is wished or set."""
        self.changed.clear()
        if self.wish:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self.changed.wait(), seconds)

    def measure(self) -> None:
        """Bring rate, seconds and the time that is left up to date."""
        now = time.monotonic()
        progress = self.progress
        progress.seconds = round(self._seconds_before + now - self._begun, 3)
        self._ends.append((now, progress.ended))
        while self._ends[0][0] < now - RATE_OVER_S and len(self._ends) > 2:
            self._ends.popleft()
        since, ended = self._ends[0]
        rate = max(0.0, (progress.ended - ended) / (now - since)) if now > since else 0.0
        progress.rate = round(rate, 3)
        left = max(0, progress.total - progress.ended)
        progress.eta_s = round(left / rate, 1) if rate > 0 else None

    def seal(self, db: sqlite3.Connection) -> None:
        """Store the figures with the work that made them; LostTask where the task has another owner."""
        said = beat(db, self.task.id, self.owner, self.progress, self.message)
        if said is None:
            raise LostTask(f"task {self.task.id} belongs to another worker now")

    def count_error(self, kind: str, by: int = 1) -> None:
        """Count an error, or one less; in a new table, since another thread may be storing the old one."""
        errors = self.progress.errors | {kind: self.progress.errors.get(kind, 0) + by}
        self.progress.errors = {name: count for name, count in errors.items() if count}

    def stopped(self) -> TaskEnd:
        """How a task ends that stopped because somebody wished it."""
        if self.wish == "cancel":
            return TaskEnd(TaskState.CANCELLED, "what was done is kept")
        if self.wish == "leave":
            return TaskEnd(TaskState.QUEUED, "")
        return TaskEnd(TaskState.PAUSED)
