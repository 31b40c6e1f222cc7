"""The list of a service's jobs: in order, and bounded however large the service makes it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from rft_tui.store.database import Store
from rft_tui.store.jobs import list_jobs
from rft_tui.tasks.jobs import reaching
from rft_tui.tasks.jobs.reaching import refresh_list
from tests.unit.tasks.jobs.backing import PROFILE, FakeBackend


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> FakeBackend:
    made = FakeBackend()

    @asynccontextmanager
    async def at(*_arguments: Any) -> AsyncIterator[FakeBackend]:
        yield made

    monkeypatch.setattr(reaching, "backend_at", at)
    return made


async def test_the_newest_of_a_list_has_the_highest_number(store: Store, backend: FakeBackend) -> None:
    for _number in range(5):
        backend.make()
    assert len(await refresh_list(store, PROFILE, most=3)) == 3
    with store.read() as db:
        assert [job.remote_id for job in list_jobs(db)] == ["ftjob-5", "ftjob-4", "ftjob-3"]


async def test_a_huge_list_is_cut_where_it_takes_too_much(
    store: Store, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "MOST_CHARACTERS", 10_000)
    for _number in range(50):
        backend.make(padding="x" * 1000)
    found = await refresh_list(store, PROFILE, most=1000)
    assert 0 < len(found) < 10
    with store.read() as db:
        assert list_jobs(db)[0].remote_id == "ftjob-50"
