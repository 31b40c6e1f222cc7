"""Curves of a job read bit by bit as events come in, and the log page by page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft_tui.job_model import JobEvent
from rft_tui.providers.backends.reading import read_job
from rft_tui.settings import WorkspaceSettings
from rft_tui.store.database import Store
from rft_tui.store.event_pages import event_positions, events_at
from rft_tui.store.job_events import add_events, series_names
from rft_tui.store.job_lines import job_lines
from rft_tui.store.jobs import saw_job
from rft_tui.tasks.jobs import curves
from rft_tui.tasks.jobs.curves import SeriesCache, read_series
from rft_tui.tasks.jobs.job_view import JobReader

ERROR = "errors/graders/exact/train_other_error_mean"

event_lists = st.lists(
    st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from(["train_mean_reward", ERROR, "unknown"]), st.integers(0, 3)),
        max_size=6,
    ),
    max_size=8,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "cache.db")
    yield made
    made.close()


def put_job(store: Store, remote_id: str = "ftjob-1", **raw: Any) -> int:
    body = {"id": remote_id, "status": "running", "model": "o4-mini", "created_at": 1_795_000_000} | raw
    with store.write() as db:
        return saw_job(db, read_job(body), profile="p", backend="openai", service="s", simulated=False)


def event(place: int, step: int | None, numbers: dict[str, float], message: str = "", level: str = "info") -> JobEvent:
    kind = "metrics" if numbers else "message"
    return JobEvent(f"e{place}", 1_795_000_000.0 + 10 * place, level, kind, message, step, numbers, {}, 50)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(event_lists)
def test_bit_by_bit_is_as_at_once(store: Store, batches: list[list[tuple[int, str, int]]]) -> None:
    number = put_job(store)
    try:
        cache, place = SeriesCache(number), 0
        for batch in batches:
            events = []
            for step, name, value in batch:
                events.append(event(place, step, {name: float(value)}))
                place += 1
            with store.write() as db:
                add_events(db, number, events)
            with store.read() as db:
                cache.update(db)
                assert cache.series() == read_series(db, number)
    finally:
        with store.write() as db:
            for table in ("job_event", "job_metric"):
                db.execute(f"DELETE FROM {table}")
            db.execute("DELETE FROM job")


def test_what_was_handed_out_does_not_change(store: Store) -> None:
    number, cache = put_job(store), SeriesCache(1)
    with store.write() as db:
        add_events(db, number, [event(0, 1, {"train_mean_reward": 0.1})])
        cache.update(db)
        before = cache.series().train_reward
        add_events(db, number, [event(1, 2, {"train_mean_reward": 0.2}), event(2, 1, {"train_mean_reward": 0.3})])
        cache.update(db)
    assert before == [(1, 0.1)]
    assert cache.series().train_reward == [(1, 0.3), (2, 0.2)]


def test_only_the_newest_values_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "MOST_POINTS", 5)
    number, cache = put_job(store), SeriesCache(1)
    with store.write() as db:
        for step in range(12):
            add_events(db, number, [event(step, step, {"train_mean_reward": step / 10})])
            cache.update(db)
    assert [step for step, _value in cache.series().train_reward] == [7, 8, 9, 10, 11]


def test_names_of_series_are_all_there(store: Store) -> None:
    number = put_job(store)
    with store.write() as db:
        add_events(db, number, [event(0, 1, {"b": 1.0, "a": 2.0, "c/d": 3.0}), event(1, 2, {"a": 2.0, "": 1.0})])
        assert series_names(db, number) == ["", "a", "b", "c/d"]
        assert series_names(db, number + 1) == []


def test_the_log_has_pages_of_any_choice(store: Store) -> None:
    number = put_job(store)
    log = [event(0, None, {}, "Created"), event(1, 1, {"x": 1.0}, "Step 1"), event(2, None, {}, "Odd", "warn"),
           event(3, 2, {"x": 1.0}, "Step 2"), event(4, None, {}, "Broke at step 2", "error")]  # fmt: skip
    with store.write() as db:
        add_events(db, number, log)
        assert list(event_positions(db, number)) == [4, 3, 2, 1, 0]
        assert list(event_positions(db, number, "messages")) == [4, 2, 0]
        assert list(event_positions(db, number, "problems")) == [4, 2]
        assert list(event_positions(db, number, "all", "STEP 2")) == [4, 3]
        assert [one.message for one in events_at(db, number, [4, 0, 99])] == ["Broke at step 2", "Created"]
        assert list(event_positions(db, number + 1)) == []


def test_lines_are_the_newest_first_whatever_the_services_say(store: Store) -> None:
    put_job(store, "ftjob-old", created_at=1_700_000_000)
    put_job(store, "ftjob-new", created_at=1_800_000_000)
    put_job(store, "ftjob-odd", created_at="yesterday")
    put_job(store, "ftjob-huge", created_at=10**300)
    number = put_job(store, "ftjob-mid", created_at=1_750_000_000)
    with store.write() as db:
        add_events(db, number, [event(0, 1, {"b": 1.0}), event(1, 9, {"b": 3.0}), event(2, 5, {"b": 2.0})])
        lines = job_lines(db, ["a", "b"], ["v"])
    assert [line.remote_id for line in lines if line.remote_id not in ("ftjob-odd", "ftjob-huge")] == [
        "ftjob-new", "ftjob-mid", "ftjob-old"
    ]  # fmt: skip
    assert all(0 < line.created < 2**33 for line in lines)
    assert (lines[[line.remote_id for line in lines].index("ftjob-mid")].train, lines[0].valid) == (3.0, None)
    with store.read() as db:
        assert len(job_lines(db, (), (), limit=2)) == 2


@pytest.mark.parametrize(
    ("raw", "ends_at", "is_reckoned"),
    [({"estimated_finish": 1_795_000_900}, 1_795_000_900.0, False), ({}, 1_795_000_500.0, True),
     ({"status": "paused", "estimated_finish": 1_795_000_900}, None, False)],
)  # fmt: skip
def test_the_end_is_the_services_else_follows_from_the_pace(
    store: Store, raw: dict[str, Any], ends_at: float | None, is_reckoned: bool
) -> None:
    number = put_job(store, **raw)
    with store.write() as db:
        add_events(db, number, [event(step, step, {"train_mean_reward": 0.5}) for step in range(21)])
        view = JobReader(number).read(db, WorkspaceSettings())
    assert (view.ends_at, view.is_reckoned) == (ends_at, is_reckoned)


def test_the_cost_of_steps_at_a_known_price(store: Store) -> None:
    reinforcement: dict[str, Any] = {"method": {"type": "reinforcement", "reinforcement": {}}}
    numbers = put_job(store, **reinforcement), put_job(store, "ftjob-2", **reinforcement, model="gpt-unknown")
    costs = []
    for number in numbers:
        with store.write() as db:
            add_events(db, number, [event(step, step, {"timing/step/full_iteration": 360.0}) for step in range(1, 6)])
            costs.append(JobReader(number).read(db, WorkspaceSettings()).cost)
    assert costs == [pytest.approx(50.0), None]


def test_names_of_curves_without_end_are_not_all_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "MOST_CURVES", 30)
    number = put_job(store)
    with store.write() as db:
        for step in range(10):
            names = [f"scores/graders/g{step}-{one}/train_reward_mean" for one in range(20)]
            add_events(db, number, [event(step, step, dict.fromkeys(names, 1.0))])
        assert len(read_series(db, number).graders) == 30
