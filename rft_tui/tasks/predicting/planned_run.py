"""One run of a plan, before anything is asked."""

from __future__ import annotations

from dataclasses import dataclass

from rft_tui.store.runs import RunKey


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run of a plan: what makes it, its number if it exists, items it is asked for, and those it has already.

    `cached` more are answered from the cache, since the same was asked in another run; `failed` had an error and are
    asked again.
    """

    key: RunKey
    run: int | None
    items: int
    present: int
    cached: int
    failed: int

    @property
    def requests(self) -> int:
        """How many requests are left to make."""
        return self.items - self.present - self.cached
