"""A job brought into the cache: its state, each new event once, its checkpoints, all of it together or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft_tui.errors import ServiceError, UsageError
from rft_tui.providers.backends.backend import JobBackend
from rft_tui.providers.backends.reading import read_job
from rft_tui.store.database import Store
from rft_tui.store.job_events import checkpoints_of, last_event_at, raw_events, series_of
from rft_tui.store.jobs import StoredJob, get_job
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.jobs import mirror
from rft_tui.tasks.jobs.alarms import alarms_of, span_of
from rft_tui.tasks.jobs.job_view import seen_time
from rft_tui.tasks.jobs.mirror import OVERLAP, Look, mirror_job, saw
from tests.unit.tasks.jobs.backing import PROFILE, FakeBackend, an_event, away


@pytest.fixture
def writer(store: Store) -> Iterator[StoreWriter]:
    made = StoreWriter(store)
    yield made
    made.close()


def known(store: Store, backend: FakeBackend) -> StoredJob:
    job_id = next(iter(backend.jobs_made), None) or backend.make()
    with store.write() as db:
        return get_job(db, saw(db, read_job(backend.jobs_made[job_id]), PROFILE, cast(JobBackend, backend)))


async def look(store: Store, writer: StoreWriter, backend: FakeBackend) -> Look:
    return await mirror_job(store, writer, cast(JobBackend, backend), PROFILE, known(store, backend))


def ids(store: Store) -> list[str]:
    with store.read() as db:
        return [one for one, _raw in raw_events(db, 1, limit=100_000)]


async def test_what_is_new_comes_behind_what_is_there(store: Store, writer: StoreWriter) -> None:
    backend = FakeBackend(shown_events=[an_event(number) for number in range(1, 60)])
    assert (await look(store, writer, backend)).new_events == 59
    assert (await look(store, writer, backend)).new_events == 0
    backend.shown_events += [an_event(60), an_event(61)]
    assert (await look(store, writer, backend)).new_events == 2
    assert ids(store) == [f"ftevent-{number}" for number in range(1, 62)]


async def test_old_events_are_not_read_again(store: Store, writer: StoreWriter) -> None:
    backend = FakeBackend(shown_events=[an_event(number) for number in range(1, 500)])
    await look(store, writer, backend)
    read = 0

    def count(call: str) -> None:
        nonlocal read
        read += call == "event"

    backend.before = count
    backend.shown_events.append(an_event(500))
    await look(store, writer, backend)
    assert read == OVERLAP + 1


async def test_a_late_event_among_the_newest_is_taken_in(store: Store, writer: StoreWriter) -> None:
    backend = FakeBackend(shown_events=[an_event(number) for number in range(1, 30) if number != 20])
    await look(store, writer, backend)
    backend.shown_events.insert(19, an_event(20))
    assert (await look(store, writer, backend)).new_events == 1
    assert ids(store)[-1] == "ftevent-20"
    with store.read() as db:
        assert [step for step, _value in series_of(db, 1, "train_mean_reward")] == list(range(1, 30))


async def test_events_without_end_are_read_as_far_as_there_is_room(
    store: Store, writer: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "MOST_CHARACTERS", 50_000)
    backend = FakeBackend(shown_events=[an_event(number, message="m" * 1000) for number in range(1, 2000)])
    assert 40 < (await look(store, writer, backend)).new_events < 50
    assert ids(store)[-1] == "ftevent-1999"


async def test_an_event_without_a_time_is_not_taken_for_one_of_long_ago(store: Store, writer: StoreWriter) -> None:
    backend = FakeBackend(shown_events=[an_event(1), an_event(2, created_at=None)])
    await look(store, writer, backend)
    with store.read() as db:
        assert last_event_at(db, 1) == 1_795_000_001


async def test_an_error_in_the_middle_keeps_nothing_of_the_look(store: Store, writer: StoreWriter) -> None:
    backend = FakeBackend(shown_events=[an_event(number) for number in range(1, 30)])
    known(store, backend)
    backend.jobs_made["ftjob-1"]["status"] = "failed"
    backend.before = lambda call: _raise(away()) if call == "checkpoints" else None
    with pytest.raises(ServiceError):
        await mirror_job(store, writer, cast(JobBackend, backend), PROFILE, _job(store))
    assert ids(store) == []
    assert _job(store).status == "running"


@pytest.mark.parametrize("ahead_s", [-7200.0, 0.0, 7200.0])
async def test_silence_is_measured_by_one_clock(
    store: Store, writer: StoreWriter, monkeypatch: pytest.MonkeyPatch, ahead_s: float
) -> None:
    """However far this machine's clock is from the service's."""
    clock = Clock(1_795_000_000 + ahead_s)
    monkeypatch.setattr("rft_tui.store.jobs.now", clock.said)
    backend = FakeBackend(shown_events=[an_event(number) for number in range(1, 30)])
    await look(store, writer, backend)
    assert "silent" not in ringing(store)
    clock.at += 1200
    await look(store, writer, backend)
    assert "silent" in ringing(store)
    backend.shown_events.append(an_event(30))
    await look(store, writer, backend)
    assert "silent" not in ringing(store)


@pytest.mark.parametrize("jump_s", [-7200.0, 7200.0])
async def test_a_clock_that_is_set_leaves_no_alarm_behind(
    store: Store, writer: StoreWriter, monkeypatch: pytest.MonkeyPatch, jump_s: float
) -> None:
    clock = Clock(1_795_000_000)
    monkeypatch.setattr("rft_tui.store.jobs.now", clock.said)
    backend = FakeBackend(shown_events=[an_event(number) for number in range(1, 30)])
    await look(store, writer, backend)
    clock.at += jump_s
    backend.shown_events.append(an_event(30))
    await look(store, writer, backend)
    assert "silent" not in ringing(store)
    clock.at -= 100
    await look(store, writer, backend)
    assert "silent" not in ringing(store)


class Clock:
    """This machine's clock, in seconds since 1970."""

    def __init__(self, at: float) -> None:
        self.at = at

    def said(self) -> str:
        """The time as the store writes it."""
        return datetime.fromtimestamp(self.at, UTC).isoformat()


def ringing(store: Store) -> set[str]:
    """The alarms of the job as it was last looked at."""
    job = _job(store)
    with store.read() as db:
        return {one.name for one in alarms_of(db, job, now=seen_time(job))}


@pytest.mark.parametrize("outcome", ["not_found", "bad_request"])
async def test_a_service_without_checkpoints(store: Store, writer: StoreWriter, outcome: str) -> None:
    backend = FakeBackend(shown_events=[an_event(1)])
    backend.before = lambda call: _raise(away(outcome)) if call == "checkpoints" else None
    assert (await look(store, writer, backend)).new_events == 1


async def test_a_checkpoint_that_is_no_longer_shown_stays(store: Store, writer: StoreWriter) -> None:
    backend = FakeBackend(shown_events=[an_event(1)])
    backend.shown_checkpoints = [
        {"id": f"c{step}", "fine_tuned_model_checkpoint": f"m:{step}", "step_number": step} for step in (1, 2)
    ]
    await look(store, writer, backend)
    del backend.shown_checkpoints[0]
    backend.shown_events.append(an_event(2))
    await look(store, writer, backend)
    with store.read() as db:
        assert [one.model for one in checkpoints_of(db, 1)] == ["m:1", "m:2"]


async def test_a_job_of_another_service_is_not_mixed_up(store: Store, writer: StoreWriter) -> None:
    backend = FakeBackend()
    known(store, backend)
    with store.write() as db:
        db.execute("UPDATE job SET service = 'https://elsewhere/v1'")
    with pytest.raises(UsageError, match="leads to"):
        await mirror_job(store, writer, cast(JobBackend, backend), PROFILE, _job(store))
    with store.write() as db:
        db.execute("UPDATE job SET service = ?, remote_id = NULL", [PROFILE.address])
    with pytest.raises(ServiceError, match="no id"):
        await mirror_job(store, writer, cast(JobBackend, backend), PROFILE, _job(store))


@settings(max_examples=25)
@given(st.lists(st.integers(0, 12), max_size=8))
def test_however_events_arrive_each_is_kept_once(shown: list[int]) -> None:
    """Looks that find any number of new events, none included, keep all of them in their order."""
    import asyncio
    import tempfile
    from pathlib import Path

    async def looks(store: Store, writer: StoreWriter) -> int:
        backend = FakeBackend()
        for count in shown:
            first = len(backend.shown_events)
            backend.shown_events += [an_event(number) for number in range(first, first + count)]
            assert (await look(store, writer, backend)).new_events == count
        return len(backend.shown_events)

    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "cache.db")
        writer = StoreWriter(store)
        total = asyncio.run(looks(store, writer))
        assert ids(store) == [f"ftevent-{number}" for number in range(total)]
        writer.close()
        store.close()


async def test_alarms_are_read_on_the_range_of_the_grader(store: Store, writer: StoreWriter) -> None:
    """A jump of 0.3 is one on a range of 1 and none on a range of 10."""
    backend = FakeBackend()
    backend.shown_events = [
        an_event(step, data={"step": step, "train_mean_reward": 0.2 if step < 10 else 0.5}) for step in range(1, 21)
    ]
    await look(store, writer, backend)
    with store.read() as db:
        assert [alarm.name for alarm in alarms_of(db, _job(store), now=1_795_000_040)] == ["jump"]
    backend.jobs_made["ftjob-1"]["method"]["reinforcement"]["grader"] = {"type": "score_model", "range": [0, 10]}
    await look(store, writer, backend)
    with store.read() as db:
        job = _job(store)
        assert span_of(job) == 10
        assert "jump" not in [alarm.name for alarm in alarms_of(db, job)]


@pytest.mark.parametrize("grader", [None, 3, [], {}, {"type": ["x"]}, {"type": "score_model", "range": [1, 1]}])
async def test_a_grader_that_cannot_be_read_has_the_usual_range(
    store: Store, writer: StoreWriter, grader: object
) -> None:
    backend = FakeBackend()
    backend.make(method={"type": "reinforcement", "reinforcement": {"grader": grader}})
    job = known(store, backend)
    assert span_of(job) == 1
    assert job.grader is None or isinstance(grader, dict)


def _job(store: Store) -> StoredJob:
    with store.read() as db:
        return get_job(db, 1)


def _raise(error: ServiceError) -> None:
    raise error
