"""A worker in a thread of the test's own process, in the place of the detached one: what it needs is loaded already."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rft_tui.store.database import Store
from rft_tui.tasks.background import following, launching
from rft_tui.tasks.background.worker import Worker


class ThreadWorkers:
    """Starts a worker in a thread where none is at work; counts how often it was wanted."""

    def __init__(self) -> None:
        self.wanted = 0
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def ensure(self, store: Store, folder: Path) -> None:
        """What the product calls."""
        with self._lock:
            self.wanted += 1
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, args=(store.path, folder), daemon=True)
                self._thread.start()

    def _work(self, path: Path, folder: Path) -> None:
        store = Store(path)
        asyncio.run(Worker(store, folder, idle_s=0.1).run())
        store.close()

    def join(self) -> None:
        """Wait until the worker has ended by itself."""
        if self._thread is not None:
            self._thread.join(20)
            assert not self._thread.is_alive()


@contextmanager
def thread_workers() -> Iterator[ThreadWorkers]:
    """Let every worker that the product starts be a thread."""
    workers = ThreadWorkers()
    with pytest.MonkeyPatch.context() as patch:
        for module in (following, launching):
            patch.setattr(module, "ensure_worker", workers.ensure)
        yield workers
        workers.join()
