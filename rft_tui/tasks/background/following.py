"""Watching a task from the process that started it: its figures as they move, until it rests."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from rft_tui.errors import StoreBusyError
from rft_tui.store.database import Store
from rft_tui.store.tasks import CANCEL, StoredTask, TaskState, get_task, wish
from rft_tui.tasks.background.launching import ensure_worker

LOOK_S = 0.1
"""How often the cache is asked whether something has changed."""

WORKER_CHECK_S = 2.0
"""How often it is checked that somebody works."""

CANCEL_WITHIN_S = 20.0
"""How long a cancelled task may take to come to rest before it is no longer waited for."""


def follow(store: Store, folder: Path, task: int, show: Callable[[StoredTask], None]) -> StoredTask:
    """Wait until a task rests, showing it whenever it has moved; a worker is started where none lives."""
    version, checked = -1, 0.0
    stored: StoredTask | None = None
    while stored is None or stored.is_open:
        now = time.monotonic()
        if now - checked >= WORKER_CHECK_S:
            checked = now
            ensure_worker(store, folder)
        changed = store.data_version()
        if changed != version:
            version = changed
            with store.read() as db:
                stored = get_task(db, task)
            show(stored)
            if not stored.is_open:
                break
        time.sleep(LOOK_S)
    return stored


def cancel_and_wait(store: Store, task: int) -> StoredTask:
    """Cancel a task and wait for a while until its worker has let go of it."""
    until = time.monotonic() + CANCEL_WITHIN_S
    while True:
        try:
            with store.write() as db:
                stored = get_task(db, task)
                if stored.is_open:
                    stored = wish(db, task, CANCEL)
            break
        except StoreBusyError:
            if time.monotonic() > until:
                raise
    while stored.state is TaskState.RUNNING and time.monotonic() < until:
        time.sleep(LOOK_S)
        with store.read() as db:
            stored = get_task(db, task)
    return stored
