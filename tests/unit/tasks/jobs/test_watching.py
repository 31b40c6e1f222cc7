"""Watching a job to its end: what is new comes in once, whatever the service does in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from rft_tui.errors import ServiceError
from rft_tui.model import JsonObject
from rft_tui.store.database import Store
from rft_tui.store.job_events import event_count, raw_events, series_of
from rft_tui.store.jobs import get_job, saw_job
from rft_tui.tasks.background.control import Control
from rft_tui.tasks.jobs import watching
from rft_tui.tasks.jobs.mirror import service_of
from rft_tui.tasks.jobs.task_kinds import WATCH
from rft_tui.tasks.jobs.watching import MOST_WAIT_S, add_watching, watching_task
from tests.unit.tasks.jobs.backing import PROFILE, Desk, Killed, a_desk, an_event, away


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    with a_desk(store) as made:
        made.backend.make()
        with store.write() as db:
            from rft_tui.providers.backends.reading import read_job

            number = saw_job(
                db, read_job(made.backend.jobs_made["ftjob-1"]), profile="here", backend="openai",
                service=service_of(PROFILE), simulated=False,
            )  # fmt: skip
            assert add_watching(db, get_job(db, number)) is not None
        yield made


def grows(desk: Desk, steps: int, status: str = "succeeded") -> None:
    """Let one step be shown at each look, and the job end after the last."""

    def more(_control: Control) -> None:
        count = len(desk.backend.shown_events)
        if count < steps:
            desk.backend.shown_events.append(an_event(count + 1))
        else:
            desk.backend.jobs_made["ftjob-1"]["status"] = status

    desk.on_rest = more


def steps_of(desk: Desk) -> list[int]:
    with desk.store.read() as db:
        return [step for step, _value in series_of(db, 1, "train_mean_reward")]


def ids_of(desk: Desk) -> list[str]:
    with desk.store.read() as db:
        return [one for one, _raw in raw_events(db, 1)]


async def test_every_step_once_until_the_end(desk: Desk) -> None:
    grows(desk, 30)
    task = await desk.work(WATCH)
    assert (task.state, task.message) == ("done", "ftjob-1 succeeded")
    assert steps_of(desk) == list(range(1, 31))
    assert ids_of(desk) == [f"ftevent-{number}" for number in range(1, 31)]
    assert (desk.job().status, desk.job().step, desk.job().total_steps) == ("succeeded", 30, 40)
    assert (task.progress.done, task.progress.total) == (30, 40)


async def test_outages_of_every_kind_lose_and_repeat_nothing(desk: Desk) -> None:
    grows(desk, 40)
    kinds = ["connection", "server", "timeout", "malformed", "rate_limit"]
    looks = 0

    def flaky(call: str) -> None:
        nonlocal looks
        looks += call == "get"
        if call == ("get", "events", "none")[looks % 3]:
            raise away(kinds[looks % len(kinds)])

    desk.backend.before = flaky
    task = await desk.work(WATCH)
    assert task.state == "done"
    assert steps_of(desk) == list(range(1, 41))
    assert len(ids_of(desk)) == len(set(ids_of(desk))) == 40
    assert max(desk.rests) <= MOST_WAIT_S


async def test_a_service_that_is_away_for_days_is_waited_for(desk: Desk) -> None:
    """The wait doubles; after a thousand failures its power must not overflow."""
    failures = 0

    def before(_call: str) -> None:
        nonlocal failures
        failures += 1
        if failures <= 1200:
            raise away()

    desk.backend.before = before
    desk.backend.jobs_made["ftjob-1"]["status"] = "failed"
    assert (await desk.work(WATCH)).state == "done"
    assert len(desk.rests) == 1201
    assert desk.rests[1100] == MOST_WAIT_S


async def test_a_refusal_that_stays_ends_the_watching(desk: Desk) -> None:
    desk.backend.before = lambda _call: _raise(away("auth"))
    task = await desk.work(WATCH)
    assert (task.state, task.error and task.error["kind"]) == ("failed", "service")
    with desk.store.write() as db:
        assert watching_task(db, 1) is None
        assert add_watching(db, get_job(db, 1)) is not None


@pytest.mark.parametrize("call", ["get", "events", "event", "checkpoints"])
async def test_a_kill_at_any_moment_of_a_look(desk: Desk, call: str) -> None:
    grows(desk, 25)
    desk.backend.shown_checkpoints.append({"id": "c1", "fine_tuned_model_checkpoint": "m:1", "step_number": 1})
    moments = 0

    def dies(name: str) -> None:
        nonlocal moments
        if name == call:
            moments += 1
            if moments in (3, 8, 13):
                raise Killed

    desk.backend.before = dies
    for owner in ("here|1", "here|2", "here|3"):
        with pytest.raises(Killed):
            await desk.work(WATCH, owner=owner)
    task = await desk.work(WATCH, owner="here|4")
    assert task.state == "done"
    assert steps_of(desk) == list(range(1, 26))
    assert len(ids_of(desk)) == len(set(ids_of(desk))) == 25


async def test_an_event_that_is_shown_after_the_end_is_not_lost(desk: Desk) -> None:
    desk.backend.shown_events += [an_event(1), an_event(2)]
    desk.backend.jobs_made["ftjob-1"]["status"] = "succeeded"

    def late(_control: Control) -> None:
        if len(desk.backend.shown_events) == 2:
            desk.backend.shown_events.append(an_event(3, type="message", data=None, message="The job has ended"))

    desk.on_rest = late
    await desk.work(WATCH)
    assert ids_of(desk) == ["ftevent-1", "ftevent-2", "ftevent-3"]


async def test_a_look_that_never_ends_is_given_up_and_gets_longer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_WITHIN_S", 0.02)
    desk.backend.jobs_made["ftjob-1"]["status"] = "cancelled"
    original, looks = desk.backend.get, 0

    async def hangs(remote_id: str) -> object:
        nonlocal looks
        looks += 1
        if looks < 3:
            await asyncio.Event().wait()
        return await original(remote_id)

    desk.backend.get = hangs  # type: ignore[method-assign, assignment]
    task = await desk.work(WATCH)
    assert (task.state, task.message) == ("done", "ftjob-1 cancelled")
    assert desk.rests[:2] == [2.0, 4.0]


async def test_a_wish_ends_it_and_the_state_decides_how_often_it_looks(desk: Desk) -> None:
    desk.backend.jobs_made["ftjob-1"]["status"] = "paused"
    seen: list[str] = []

    def on_rest(control: Control) -> None:
        seen.append(control.message)
        if len(seen) == 2:
            control.wished("pause")

    desk.on_rest = on_rest
    task = await desk.work(WATCH)
    assert task.state == "paused"
    assert desk.rests == [30.0, 30.0]
    assert seen == ["paused", "paused"]


async def test_a_failed_job_says_why(desk: Desk) -> None:
    error: JsonObject = {"code": "invalid_training_file", "message": "Line 3 is none.", "param": None}
    desk.backend.jobs_made["ftjob-1"] |= {"status": "failed", "error": error}
    task = await desk.work(WATCH)
    assert task.message == "ftjob-1 failed: invalid_training_file: Line 3 is none."
    assert desk.job().message == "invalid_training_file: Line 3 is none."


def test_a_job_is_watched_once(desk: Desk) -> None:
    with desk.store.write() as db:
        assert add_watching(db, get_job(db, 1)) is None
        db.execute("UPDATE task SET state = 'done'")
        db.execute("UPDATE job SET status = 'succeeded'")
        assert add_watching(db, get_job(db, 1)) is None
        db.execute("UPDATE job SET status = 'running', remote_id = NULL")
        assert add_watching(db, get_job(db, 1)) is None


async def test_a_profile_that_leads_elsewhere_ends_the_watching(desk: Desk) -> None:
    with desk.store.write() as db:
        db.execute("UPDATE job SET service = 'http://elsewhere/v1'")
    task = await desk.work(WATCH)
    assert task.state == "failed"
    assert "elsewhere" in task.message
    with desk.store.read() as db:
        assert event_count(db, 1) == 0


def _raise(error: ServiceError) -> None:
    raise error
