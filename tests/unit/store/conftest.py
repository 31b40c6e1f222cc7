from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rft_tui.store.database import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / ".rft" / "cache.db")
    yield made
    made.close()
