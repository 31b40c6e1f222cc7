from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rft_tui.store.database import Store
from tests.unit.tasks.retesting.worlds import Desk


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "cache.db")
    yield made
    made.close()


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    made = Desk(store)
    yield made
    made.retester.close()
