"""Tasks: taken by one, fenced against those who lost them, steered by people, and one worker for all."""

from __future__ import annotations

import threading

import pytest

from rft_tui.errors import UsageError
from rft_tui.store.database import Store
from rft_tui.store.tasks import (
    CANCEL,
    OPEN_STATES,
    PAUSE,
    StoredTask,
    TaskProgress,
    TaskState,
    add_task,
    beat,
    become_worker,
    change_settings,
    current_worker,
    end_task,
    get_task,
    leave_worker,
    list_tasks,
    queue_again,
    take_task,
    wish,
    worker_beat,
)  # fmt: skip
from tests.unit.store.building import tables


def never(_task: StoredTask) -> bool:
    return False


def always(_task: StoredTask) -> bool:
    return True


def queued(store: Store, count: int = 1, kind: str = "predict") -> list[int]:
    with store.write() as db:
        return [add_task(db, kind, f"t{number}\ud800", {"n": number}, {"c": 1}, total=5) for number in range(count)]


def taken(store: Store, owner: str) -> StoredTask | None:
    with store.write() as db:
        return take_task(db, owner, kinds=["predict"], is_gone=never)


def test_a_new_task(store: Store) -> None:
    number = queued(store)[0]
    with store.read() as db:
        found = get_task(db, number)
        assert (found.state, found.title, found.request, found.settings) == ("queued", "t0\ufffd", {"n": 0}, {"c": 1})
        assert (found.progress, found.owner, found.beat, found.is_open) == (TaskProgress(total=5), None, 0, True)
        assert list_tasks(db, OPEN_STATES) == list_tasks(db) == [found]
        with pytest.raises(UsageError, match="there is no task 9"):
            get_task(db, 9)


def test_they_are_taken_in_their_order_and_each_once(store: Store) -> None:
    numbers = queued(store, 6)
    queued(store, kind="unknown")
    found: list[int] = []
    barrier = threading.Barrier(3)

    def taking(owner: str) -> None:
        mine = Store(store.path)
        barrier.wait()
        while (task := taken(mine, owner)) is not None:
            found.append(task.id)
        mine.close()

    threads = [threading.Thread(target=taking, args=[f"w{number}"]) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == numbers


class TestFencing:
    def test_one_who_lost_a_task_changes_nothing(self, store: Store) -> None:
        number = queued(store)[0]
        taken(store, "old")
        with store.write() as db:
            assert take_task(db, "old", kinds=["predict"], is_gone=always) is None, "it has it already"
            task = take_task(db, "new", kinds=["predict"], is_gone=always)
            assert task is not None
            assert (task.owner, task.state) == ("new", "running")
            before = tables(db)
            assert beat(db, number, "old", TaskProgress(done=5), "mine") is None
            for state in TaskState:
                assert end_task(db, number, "old", state, TaskProgress(done=5)) is False
            assert tables(db) == before
            assert beat(db, number, "new", TaskProgress(done=2), "go") == ("", {"c": 1})
            found = get_task(db, number)
            assert (found.progress.done, found.message, found.beat) == (2, "go", task.beat + 1)

    def test_nor_one_whose_task_has_ended(self, store: Store) -> None:
        number = queued(store)[0]
        taken(store, "old")
        with store.write() as db:
            assert end_task(db, number, "old", TaskState.DONE, TaskProgress(done=5))
            assert beat(db, number, "old", TaskProgress()) is None
            assert not end_task(db, number, "old", TaskState.FAILED, TaskProgress())
            assert get_task(db, number).state is TaskState.DONE

    def test_what_it_was_asking_is_free(self, store: Store) -> None:
        queued(store)
        taken(store, "old")
        with store.write() as db:
            db.execute("INSERT INTO asking VALUES ('a', 'old|task', 0), ('b', 'other|task', 0)")
            take_task(db, "new", kinds=["predict"], is_gone=always)
            assert db.execute("SELECT key FROM asking").fetchall() == [("b",)]


class TestWishes:
    def test_on_tasks_that_wait(self, store: Store) -> None:
        one, two = queued(store, 2)
        with store.write() as db:
            assert wish(db, one, PAUSE).state is TaskState.PAUSED
            assert wish(db, two, CANCEL).state is TaskState.CANCELLED
            assert get_task(db, two).ended_at is not None
            assert wish(db, one, CANCEL).state is TaskState.CANCELLED
            with pytest.raises(UsageError, match="has ended"):
                wish(db, one, PAUSE)
            again = queue_again(db, one)
            assert (again.state, again.ended_at, again.error) == ("queued", None, None)

    def test_on_one_that_runs(self, store: Store) -> None:
        number = queued(store)[0]
        taken(store, "me")
        with store.write() as db:
            assert (wish(db, number, PAUSE).state, wish(db, number, CANCEL).wish) == ("running", CANCEL)
            assert beat(db, number, "me", TaskProgress()) == (CANCEL, {"c": 1})
            assert queue_again(db, number).wish == ""
            change_settings(db, number, {"c": 2, "d": 3})
            assert beat(db, number, "me", TaskProgress()) == ("", {"c": 2, "d": 3})

    def test_a_wish_outlives_the_worker(self, store: Store) -> None:
        number = queued(store)[0]
        taken(store, "old")
        with store.write() as db:
            wish(db, number, CANCEL)
            take_task(db, "new", kinds=["predict"], is_gone=always)
            assert beat(db, number, "new", TaskProgress()) == (CANCEL, {"c": 1})

    def test_done_is_done(self, store: Store) -> None:
        number = queued(store)[0]
        taken(store, "me")
        with store.write() as db:
            end_task(db, number, "me", TaskState.DONE, TaskProgress(done=5))
            with pytest.raises(UsageError, match="is done"):
                queue_again(db, number)

    def test_errors_and_figures_are_kept_over_a_resume(self, store: Store) -> None:
        number = queued(store)[0]
        taken(store, "me")
        with store.write() as db:
            figures = TaskProgress(5, 2, 1, 4, {"refusal": 1}, 10, 20, 0.5, 1)
            end_task(db, number, "me", TaskState.FAILED, figures, message="m\ud800", error={"message": "\ud800"})
            found = get_task(db, number)
            assert (found.progress, found.message) == (figures, "m\ufffd")
            assert (figures.failed, figures.ended) == (1, 3)
            assert found.ended_at is not None
            queue_again(db, number)
        task = taken(store, "me")
        assert task is not None
        assert (task.progress, task.message, task.error) == (figures, "", None)


def test_figures_of_a_newer_version_are_passed_over(store: Store) -> None:
    number = queued(store)[0]
    with store.write() as db:
        db.execute('UPDATE task SET progress = \'{"done": 3, "hats": 1}\'')
        assert get_task(db, number).progress == TaskProgress(done=3)


class TestOneWorker:
    def test_another_comes_only_when_it_is_gone(self, store: Store) -> None:
        with store.write() as db:
            assert current_worker(db) is None
            assert become_worker(db, "a", lambda _owner, _beat: False)
            assert become_worker(db, "a", lambda _owner, _beat: False)
            assert worker_beat(db, "a")
            assert current_worker(db) == ("a", 1)
            assert not become_worker(db, "b", lambda _owner, _beat: False)
            assert become_worker(db, "b", lambda owner, beats: (owner, beats) == ("a", 1))
            assert (worker_beat(db, "a"), worker_beat(db, "b")) == (False, True)
            assert (current_worker(db) or ("", 0))[0] == "b"

    def test_it_leaves_only_where_nothing_waits(self, store: Store) -> None:
        queued(store)
        with store.write() as db:
            become_worker(db, "a", lambda _owner, _beat: False)
            assert not leave_worker(db, "a")
            take_task(db, "elsewhere", kinds=["predict"], is_gone=never)
            assert not leave_worker(db, "a")
            take_task(db, "a", kinds=["predict"], is_gone=always)
            assert leave_worker(db, "a")
            assert current_worker(db) is None
