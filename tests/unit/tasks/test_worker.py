"""The worker: one for a workspace, tasks side by side, wishes handed on, dead ones followed, and its clock."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from rft_tui.errors import ServiceError
from rft_tui.store.asking import claim
from rft_tui.store.database import Store
from rft_tui.store.owners import this_process
from rft_tui.store.tasks import (
    CANCEL,
    PAUSE,
    TaskProgress,
    TaskState,
    add_task,
    beat,
    become_worker,
    change_settings,
    current_worker,
    end_task,
    list_tasks,
    queue_again,
    take_task,
    wish,
)  # fmt: skip
from rft_tui.tasks.background import launching, worker
from rft_tui.tasks.background.bench import Bench
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.background.following import cancel_and_wait, follow
from rft_tui.tasks.background.worker import Watch, Worker
from tests.unit.tasks.desk import DEAD, ELSEWHERE, task_of

Do = Callable[[Bench, Control], Awaitable[TaskEnd]]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "POLL_S", 0.002)
    monkeypatch.setattr(worker, "BEAT_S", 0.01)
    monkeypatch.setattr(worker, "LEAVE_S", 0.05)


def kinds(monkeypatch: pytest.MonkeyPatch, **by_name: Do) -> None:
    monkeypatch.setattr(worker, "TASK_KINDS", by_name)


def queue(store: Store, kind: str = "test", count: int = 1, **settings: Any) -> list[int]:
    with store.write() as db:
        return [add_task(db, kind, f"{kind} {n}", {}, settings, total=3) for n in range(count)]


def a_worker(store: Store, **others: Any) -> Worker:
    return Worker(store, store.path.parent.parent, idle_s=others.pop("idle_s", 0.02), **others)


async def until_running(store: Store, task: int) -> None:
    while task_of(store, task).state is not TaskState.RUNNING:
        await asyncio.sleep(0.002)


async def until_stopped(bench: Bench, control: Control) -> TaskEnd:
    while not control.stop.is_set():
        await asyncio.sleep(0.001)
    return control.stopped()


async def at_once(_bench: Bench, control: Control) -> TaskEnd:
    control.progress.done = 3
    return TaskEnd(TaskState.DONE)


async def test_it_does_what_is_queued_and_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    most = running = 0

    async def counting(_bench: Bench, control: Control) -> TaskEnd:
        nonlocal most, running
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.005)
        running -= 1
        control.progress.done = 3
        return TaskEnd(TaskState.DONE, "well")

    kinds(monkeypatch, test=counting)
    queue(store, count=9)
    await asyncio.wait_for(a_worker(store).run(), 10)
    with store.read() as db:
        found = list_tasks(db)
        assert current_worker(db) is None
    assert {(one.state, one.progress.done, one.message, one.owner) for one in found} == {("done", 3, "well", None)}
    assert all(one.started_at and one.ended_at and one.beat for one in found)
    assert 1 < most <= worker.AT_ONCE


async def test_errors_of_a_task_are_said_and_the_worker_goes_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(_bench: Bench, _control: Control) -> TaskEnd:
        raise ServiceError("the key is wrong", hint="look at it", outcome="auth")

    async def broken(_bench: Bench, _control: Control) -> TaskEnd:
        raise ZeroDivisionError

    monkeypatch.setattr("rft_tui.logs.keep_error", lambda _error: "see the log")
    kinds(monkeypatch, test=at_once, refused=refused, broken=broken)
    numbers = [queue(store, kind)[0] for kind in ("refused", "broken", "test")]
    await asyncio.wait_for(a_worker(store).run(), 10)
    found = [task_of(store, number) for number in numbers]
    assert [one.state for one in found] == ["failed", "failed", "done"]
    assert found[0].error == {
        "title": ServiceError.title, "message": "the key is wrong", "hint": "look at it", "kind": "service",
    }  # fmt: skip
    assert "ZeroDivisionError" in found[1].message
    assert "Traceback" not in found[1].message


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced"])
async def test_it_ends_where_its_cache_is_not_in_place_any_more(
    store: Store, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    kinds(monkeypatch, test=until_stopped)
    task = queue(store)[0]
    working = asyncio.create_task(a_worker(store).run())
    await until_running(store, task)
    elsewhere = store.path.parent.with_name("elsewhere")
    if how == "moved":
        store.path.parent.rename(elsewhere)
    else:
        store.path.unlink()
    if how == "replaced":
        store.path.touch()
    await asyncio.wait_for(working, 10)
    if how == "moved":
        moved = Store(elsewhere / store.path.name)
        assert task_of(moved, task).state is TaskState.QUEUED
        moved.close()


async def test_a_second_worker_ends_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds(monkeypatch, test=until_stopped)
    task = queue(store)[0]
    first = a_worker(store)
    working = asyncio.create_task(first.run())
    await until_running(store, task)
    other = Store(store.path)
    await asyncio.wait_for(a_worker(other, owner=f"{this_process()}|second").run(), 5)
    other.close()
    assert task_of(store, task).owner == first.owner
    first.leave()
    await asyncio.wait_for(working, 5)
    assert task_of(store, task).state is TaskState.QUEUED


class TestWishes:
    @pytest.mark.parametrize(("wished", "state"), [(PAUSE, "paused"), (CANCEL, "cancelled")])
    async def test_a_wish_reaches_the_task(
        self, store: Store, monkeypatch: pytest.MonkeyPatch, wished: str, state: str
    ) -> None:
        kinds(monkeypatch, test=until_stopped)
        task = queue(store)[0]
        working = asyncio.create_task(a_worker(store).run())
        await until_running(store, task)
        with store.write() as db:
            assert wish(db, task, wished).wish == wished
        await asyncio.wait_for(working, 5)
        found = task_of(store, task)
        assert (found.state, found.wish, found.owner) == (state, "", None)
        with store.write() as db:
            assert queue_again(db, task).state is TaskState.QUEUED

    async def test_settings_reach_it_too(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        async def until_set(_bench: Bench, control: Control) -> TaskEnd:
            await control.changed.wait()
            return TaskEnd(TaskState.DONE, str(control.settings))

        kinds(monkeypatch, test=until_set)
        task = queue(store, concurrency=2)[0]
        working = asyncio.create_task(a_worker(store).run())
        await until_running(store, task)
        with store.write() as db:
            change_settings(db, task, {"spend_cap": 3.0})
        await asyncio.wait_for(working, 5)
        assert task_of(store, task).message == "{'concurrency': 2, 'spend_cap': 3.0}"

    @pytest.mark.parametrize("wished", [PAUSE, CANCEL])
    async def test_a_wish_that_is_taken_back_while_the_task_comes_to_rest(
        self, store: Store, monkeypatch: pytest.MonkeyPatch, wished: str
    ) -> None:
        turns = 0

        async def slow_to_rest(_bench: Bench, control: Control) -> TaskEnd:
            nonlocal turns
            turns += 1
            if turns > 1:
                return TaskEnd(TaskState.DONE)
            while not control.stop.is_set():
                await asyncio.sleep(0.001)
            with store.write() as db:
                queue_again(db, control.task.id)
            return control.stopped()

        kinds(monkeypatch, test=slow_to_rest)
        task = queue(store)[0]
        working = asyncio.create_task(a_worker(store).run())
        await until_running(store, task)
        with store.write() as db:
            wish(db, task, wished)
        await asyncio.wait_for(working, 5)
        assert (task_of(store, task).state, turns) == ("done", 2)

    def test_a_more_urgent_wish_goes_first(self, store: Store) -> None:
        queue(store)
        with store.write() as db:
            task = take_task(db, "me", kinds=["test"], is_gone=lambda _one: False)
        assert task is not None
        control = Control.of(task, "me")
        ends = []
        for wished in ("", "leave", PAUSE, "leave", CANCEL, PAUSE, "lost", CANCEL):
            control.wished(wished)
            ends.append(control.wish)
        assert ends == ["", "leave", PAUSE, PAUSE, CANCEL, CANCEL, "lost", "lost"]


class TestLeaving:
    async def test_tasks_go_back_into_the_queue(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        async def stubborn(_bench: Bench, control: Control) -> TaskEnd:
            control.progress.in_flight = 5
            await asyncio.Event().wait()
            raise AssertionError

        kinds(monkeypatch, test=until_stopped, stubborn=stubborn)
        tasks = [*queue(store), *queue(store, "stubborn", count=2)]
        first = a_worker(store)
        working = asyncio.create_task(first.run())
        for task in tasks:
            await until_running(store, task)
        with store.write() as db:
            wish(db, tasks[2], PAUSE)
        while first._running[tasks[2]][0].wish != PAUSE:
            await asyncio.sleep(0.001)
        first.leave()
        await asyncio.wait_for(working, 5)
        found = [task_of(store, task) for task in tasks]
        assert [one.state for one in found] == ["queued", "queued", "paused"]
        assert [(one.owner, one.progress.in_flight) for one in found] == [(None, 0)] * 3

    async def test_it_does_not_leave_while_a_task_may_have_to_be_taken_over(self, store: Store) -> None:
        queue(store)
        with store.write() as db:
            take_task(db, ELSEWHERE, kinds=["test"], is_gone=lambda _one: False)
        one = a_worker(store)
        working = asyncio.create_task(one.run())
        await asyncio.sleep(0.05)
        assert not working.done()
        one.leave()
        await asyncio.wait_for(working, 5)


class TestTakingOver:
    async def test_a_dead_process_of_this_machine_at_once(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        kinds(monkeypatch, test=at_once)
        task = queue(store)[0]
        with store.write() as db:
            assert become_worker(db, DEAD, lambda _owner, _beat: False)
            take_task(db, DEAD, kinds=["test"], is_gone=lambda _one: False)
            beat(db, task, DEAD, TaskProgress(total=3, requests=2))
            claim(db, ["k"], f"{DEAD}|task")
        await asyncio.wait_for(a_worker(store).run(), 5)
        found = task_of(store, task)
        assert (found.state, found.progress.done, found.progress.requests) == ("done", 3, 2)
        with store.read() as db:
            assert db.execute("SELECT count(*) FROM asking").fetchone() == (0,)

    async def test_one_of_another_machine_when_it_was_silent_for_long(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As after a restart of the machine, or of its container: nothing here can tell but the silence."""
        kinds(monkeypatch, test=at_once)
        monkeypatch.setattr(worker, "SILENT_S", 0.03)
        tasks = queue(store, count=2)
        with store.write() as db:
            become_worker(db, ELSEWHERE, lambda _owner, _beat: False)
            for _task in tasks:
                take_task(db, ELSEWHERE, kinds=["test"], is_gone=lambda _one: False)
            beat(db, tasks[0], ELSEWHERE, TaskProgress(total=3))
            claim(db, ["k"], f"{ELSEWHERE}|task")
        await asyncio.wait_for(a_worker(store).run(), 5)
        assert [task_of(store, task).state for task in tasks] == ["done", "done"]
        with store.read() as db:
            assert db.execute("SELECT count(*) FROM asking").fetchone() == (0,)

    async def test_never_one_that_still_beats(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        kinds(monkeypatch, test=at_once)
        task = queue(store)[0]
        with store.write() as db:
            become_worker(db, ELSEWHERE, lambda _owner, _beat: False)
            take_task(db, ELSEWHERE, kinds=["test"], is_gone=lambda _one: False)
        working = asyncio.create_task(a_worker(store).run())
        while not working.done():
            with store.write() as db:
                db.execute("UPDATE worker SET beat = beat + 1")
            await asyncio.sleep(0.002)
        assert task_of(store, task).owner == ELSEWHERE

    async def test_a_worker_whose_place_was_taken_ends(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        kinds(monkeypatch, test=until_stopped)
        task = queue(store)[0]
        working = asyncio.create_task(a_worker(store).run())
        await until_running(store, task)
        with store.write() as db:
            become_worker(db, ELSEWHERE, lambda _owner, _beat: True)
            taken = take_task(db, ELSEWHERE, kinds=["test"], is_gone=lambda _one: True)
        assert taken is not None
        await asyncio.wait_for(working, 5)
        found = task_of(store, task)
        assert (found.state, found.owner) == ("running", ELSEWHERE)
        with store.read() as db:
            assert current_worker(db) == (ELSEWHERE, 0)


class TestWatch:
    def test_only_silence_by_the_own_clock_counts(self) -> None:
        now = 0.0
        watch = Watch(lambda: now)
        assert not watch.is_gone(ELSEWHERE, 1)
        now = worker.SILENT_S - 1
        assert not watch.is_gone(ELSEWHERE, 1)
        assert not watch.is_gone(ELSEWHERE, 2)
        now += worker.SILENT_S - 1
        assert not watch.is_gone(ELSEWHERE, 2)
        now += 2
        assert watch.is_gone(ELSEWHERE, 2)
        assert not watch.is_gone(ELSEWHERE, 1), "a beat that has moved, wherever to, is a sign of life"

    def test_two_tasks_of_one_owner_are_watched_apart(self) -> None:
        now = 0.0
        watch = Watch(lambda: now)
        for at in (0.0, 20.0, worker.SILENT_S + 1):
            now = at
            found = [watch.is_gone(ELSEWHERE, 10, 1), watch.is_gone(ELSEWHERE, 20, 2), watch.is_gone(ELSEWHERE, 5)]
        assert found == [True, True, True]

    def test_processes_of_this_machine_are_looked_up(self) -> None:
        watch = Watch(lambda: 0.0)
        assert watch.is_gone(DEAD, 1)
        assert not watch.is_gone(this_process(), 1)


class Started:
    """Stands for a process that was started."""

    made: list[list[str]] = []  # noqa: RUF012 - emptied by each test

    def __init__(self, command: list[str], **others: Any) -> None:
        assert others["start_new_session"]
        self.made.append(command)

    def poll(self) -> None:
        return None


class TestLaunching:
    @pytest.fixture(autouse=True)
    def _fake(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(launching, "_begun", {})
        monkeypatch.setattr(launching, "_seen", {})
        monkeypatch.setattr(subprocess, "Popen", Started)
        Started.made.clear()

    def start(self, store: Store, tmp_path: Path) -> int:
        before = len(Started.made)
        launching.ensure_worker(store, tmp_path)
        return len(Started.made) - before

    def test_one_is_started_where_none_lives(self, store: Store, tmp_path: Path) -> None:
        assert self.start(store, tmp_path) == 1
        assert Started.made[0][-1] == str(tmp_path.resolve())
        assert self.start(store, tmp_path) == 0, "it is given time to come up"

    def test_none_is_started_beside_a_living_one(self, store: Store, tmp_path: Path) -> None:
        with store.write() as db:
            become_worker(db, this_process(), lambda _owner, _beat: False)
        assert self.start(store, tmp_path) == 0
        with store.write() as db:
            become_worker(db, DEAD, lambda _owner, _beat: True)
        assert self.start(store, tmp_path) == 1

    def test_of_another_machine_only_a_moving_beat_tells(self, store: Store, tmp_path: Path) -> None:
        with store.write() as db:
            become_worker(db, ELSEWHERE, lambda _owner, _beat: True)
        assert self.start(store, tmp_path) == 1
        launching._begun.clear()
        with store.write() as db:
            db.execute("UPDATE worker SET beat = 8")
        assert self.start(store, tmp_path) == 0
        assert self.start(store, tmp_path) == 1


class TestFollowing:
    def test_a_task_is_shown_until_it_rests(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rft_tui.tasks.background.following.LOOK_S", 0.001)
        checked: list[int] = []
        monkeypatch.setattr("rft_tui.tasks.background.following.ensure_worker", lambda *_args: checked.append(1))
        task = queue(store)[0]
        shown: list[str] = []
        other = Store(store.path)

        def show(stored: Any) -> None:
            shown.append(stored.state)
            with other.write() as db:
                if stored.state == "queued":
                    take_task(db, "me", kinds=["test"], is_gone=lambda _one: False)
                else:
                    end_task(db, task, "me", TaskState.DONE, TaskProgress(done=3))

        assert follow(store, store.path.parent, task, show).progress.done == 3
        other.close()
        assert shown == ["queued", "running", "done"]
        assert checked == [1]

    def test_cancelling_does_not_wait_for_ever(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rft_tui.tasks.background.following.CANCEL_WITHIN_S", 0.02)
        monkeypatch.setattr("rft_tui.tasks.background.following.LOOK_S", 0.001)
        waiting, running = queue(store, count=2)
        assert cancel_and_wait(store, waiting).state is TaskState.CANCELLED
        with store.write() as db:
            take_task(db, "me", kinds=["test"], is_gone=lambda _one: False)
        found = cancel_and_wait(store, running)
        assert (found.state, found.wish) == (TaskState.RUNNING, CANCEL)


HOLDER = """
import sys
from pathlib import Path
from rft_tui.store.asking import claim
from rft_tui.store.database import Store
from rft_tui.store.owners import this_process
from rft_tui.store.tasks import become_worker, take_task
store = Store(Path(sys.argv[1]))
with store.write() as db:
    become_worker(db, this_process(), lambda owner, beat: False)
    take_task(db, this_process(), kinds=["test"], is_gone=lambda task: False)
    claim(db, ["k"], this_process() + "|task")
print(this_process(), flush=True)
sys.stdin.read()
"""


async def test_what_a_killed_process_held_is_taken_over(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds(monkeypatch, test=at_once)
    task = queue(store)[0]
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(store.path), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    owner = (await child.stdout.readline()).decode().strip()
    assert task_of(store, task).owner == owner
    with store.write() as db:
        assert claim(db, ["k"], "me") == set()
    await asyncio.wait_for(a_worker(store).run(), 5)
    assert task_of(store, task).owner == owner, "it lives"
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    with store.write() as db:
        assert claim(db, ["k"], f"{this_process()}|me") == {"k"}
    await asyncio.wait_for(a_worker(store).run(), 5)
    assert task_of(store, task).state is TaskState.DONE
