"""What a person said while the cache was busy: kept in order and stored as soon as it can be.

Another process may hold the cache for seconds (a large import). The keyboard must not wait for it, and nothing that was
typed may be lost: what cannot be stored at once waits here, and a worker stores it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

from rft_tui.errors import StoreBusyError
from rft_tui.store.database import Store

Write: TypeAlias = Callable[[sqlite3.Connection], Any]
"""What is done inside one write transaction."""

AT_ONCE_MS = 120
"""How long a key may wait for the cache."""


class Outbox:
    """Writes in their order; `waiting` says how many are not stored yet."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._writes: deque[Write] = deque()
        self._lock = threading.Lock()
        self._flushing = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many writes are not stored yet."""
        return len(self._writes)

    def put(self, write: Write) -> bool:
        """Store now if that takes a moment only; otherwise keep it for `flush` and return False."""
        with self._lock:
            if not self._writes:
                try:
                    with self._store.write(AT_ONCE_MS) as db:
                        write(db)
                    return True
                except StoreBusyError:
                    pass
            self._writes.append(write)
            return False

    def flush(self) -> None:
        """In a worker: store what waits, each once and in order. Raises StoreBusyError when the cache stays busy."""
        with self._flushing:
            while self._writes:
                with self._store.write() as db:
                    self._writes[0](db)
                with self._lock:
                    self._writes.popleft()
