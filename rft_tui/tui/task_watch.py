"""Watching the tasks of the workspace: which are open, which have ended, and whether they stored something."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from rft_tui.errors import UsageError
from rft_tui.store.tasks import OPEN_STATES, StoredTask, current_worker, get_task, list_tasks

STILL_LOOKS = 3
"""Looks in a row at which an open task's worker gave no sign of life, before one is started."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found: whether tasks or their worker moved, which came to rest, whether they stored something."""

    moved: bool
    ended: tuple[StoredTask, ...]
    grew: bool


class TaskWatch:
    """The open tasks as they were at the last look; `growth` counts looks at which tasks had stored something."""

    def __init__(self) -> None:
        self.open: tuple[StoredTask, ...] = ()
        self.growth = 0
        self._worker: tuple[str, int] | None = None
        self._stored: tuple[int, int] | None = None
        self._still = 0

    def look(self, db: sqlite3.Connection) -> Seen:
        """Read how the tasks stand."""
        self._still = 0
        now = tuple(list_tasks(db, OPEN_STATES))
        numbers = {task.id for task in now}
        gone = [one for task in self.open if task.id not in numbers and (one := _task(db, task.id)) is not None]
        worker = current_worker(db)
        newest = int(db.execute("SELECT ifnull(max(id), 0) FROM prediction").fetchone()[0])
        graded = sum(task.progress.ended for task in (*now, *gone) if task.kind == "grade")
        is_moved = worker != self._worker or now != self.open or bool(gone)
        before = self._stored
        grew = before is not None and is_moved and (newest != before[0] or (graded != before[1] and graded > 0))
        self.open, self._worker, self._stored = now, worker, (newest, graded)
        self.growth += grew
        return Seen(is_moved, tuple(gone), grew)

    def is_still(self) -> bool:
        """Called where nothing has changed at all: whether open tasks have stood still for too long now."""
        self._still = self._still + 1 if self.open else 0
        if self._still < STILL_LOOKS:
            return False
        self._still = 0
        return True


def _task(db: sqlite3.Connection, number: int) -> StoredTask | None:
    try:
        return get_task(db, number)
    except UsageError:
        return None
