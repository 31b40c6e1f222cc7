"""Tasks put into a workspace without a worker, and moved on as a worker would move them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rft_tui.settings import CACHE_FILE
from rft_tui.store.database import Store
from rft_tui.store.owners import this_process
from rft_tui.store.tasks import TaskProgress, TaskState, add_task, beat, become_worker, end_task, take_task

OWNER = this_process()
"""These tests play the worker."""


@contextmanager
def worker_store(folder: Path) -> Iterator[Store]:
    """Another process's way into the cache."""
    store = Store(folder / CACHE_FILE)
    try:
        yield store
    finally:
        store.close()


def queue(folder: Path, title: str = "predict smollm2 on train", kind: str = "predict", **given: Any) -> int:
    """Queue a task."""
    request = given.pop("request", {"profile": "simulated", "runs": [1, 2, 3], "which": "open"})
    with worker_store(folder) as store, store.write() as db:
        return add_task(db, kind, title, request, given.pop("settings", None), total=given.pop("total", 80), **given)


def work(
    folder: Path, progress: TaskProgress, message: str = "", *, kinds: Sequence[str] = ("predict", "grade", "batch")
) -> None:
    """Take the oldest task that waits, if any, and say how far it is."""
    with worker_store(folder) as store, store.write() as db:
        become_worker(db, OWNER, lambda _owner, _beat: True)
        take_task(db, OWNER, kinds=kinds, is_gone=lambda _task: False)
        for (number,) in db.execute("SELECT id FROM task WHERE state = 'running'").fetchall():
            beat(db, number, OWNER, progress, message)


def end(folder: Path, task: int, state: TaskState, progress: TaskProgress, **given: Any) -> None:
    """Let a task come to rest."""
    with worker_store(folder) as store, store.write() as db:
        end_task(db, task, OWNER, state, progress, **given)


def half_done(**given: Any) -> TaskProgress:
    """43 of 80, one of them an error."""
    figures: dict[str, Any] = {
        "total": 80, "done": 42, "errors": {"time_out": 1}, "requests": 45, "rate": 12.4, "eta_s": 3.0, "cost": 0.021,
        "input_tokens": 4100, "output_tokens": 900, "in_flight": 4,
    }  # fmt: skip
    return TaskProgress(**(figures | given))
