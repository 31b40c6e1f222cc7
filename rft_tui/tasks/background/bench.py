"""What a worker gives every task that it does."""

from __future__ import annotations

from dataclasses import dataclass

from rft_tui.store.database import Store
from rft_tui.tasks.background.services import Services
from rft_tui.tasks.background.writing import StoreWriter


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker gives its tasks: the cache, one writer, the open services."""

    store: Store
    writer: StoreWriter
    services: Services
