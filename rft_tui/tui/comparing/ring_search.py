"""No search for rings of objects while a comparison is made: each search of millions of objects stops every key.

The figures of a comparison hold no rings, and what holds none is freed without a search.
"""

from __future__ import annotations

import gc
from threading import Lock
from types import TracebackType

MANY = 300_000
"""New objects after which all that are there are set aside: each search of them takes a tenth of a second."""


class RingSearchPause:
    """A context for work in any thread, for several at once: the search goes on after the last of them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._was_on = False

    def __enter__(self) -> None:
        """Stop the search."""
        with self._lock:
            if self._inside == 0:
                self._was_on = gc.isenabled()
                gc.disable()
            self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let it go on, if it was on before; set aside what has come if it is much."""
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._was_on:
                if gc.get_count()[0] > MANY:
                    gc.freeze()
                gc.enable()

    def take_back(self) -> None:
        """Let what was set aside be searched again: a comparison that is made anew has let go of most of it."""
        gc.unfreeze()


PAUSE = RingSearchPause()
"""The one of the process."""
