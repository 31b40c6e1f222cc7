"""The one thread that writes: groups, bad pieces, seals, and a disk that is busy or full."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from rft_tui.errors import StoreBusyError, StoreError, UsageError
from rft_tui.store import database
from rft_tui.store.database import Store
from rft_tui.store.session import load_session, save_session
from rft_tui.tasks.background.writing import LostTask, Once, StoreWriter

Work = Callable[[sqlite3.Connection], object]


@pytest.fixture
def writer(store: Store) -> Iterator[StoreWriter]:
    made = StoreWriter(store, patience_s=0.1)
    yield made
    made.close()


def note(number: int) -> Work:
    """Work that notes a number in its order and returns it."""

    def work(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO session VALUES (?, ?)", [f"{number:04}", number])
        return number

    return work


def noted(store: Store) -> list[str]:
    with store.read() as db:
        return [row[0] for row in db.execute("SELECT name FROM session ORDER BY rowid")]


def together(writer: StoreWriter, pieces: list[Work]) -> list[Future[object]]:
    """Hand in pieces while the thread is busy, so that they make one group."""
    gate, begun = threading.Event(), threading.Event()

    def wait(_db: sqlite3.Connection) -> None:
        begun.set()
        gate.wait(5)

    first = writer.submit(wait)
    begun.wait(5)
    futures = [writer.submit(piece) for piece in pieces]
    gate.set()
    first.result(5)
    return futures


def test_results_come_in_order_and_are_committed(store: Store, writer: StoreWriter) -> None:
    futures = together(writer, [note(number) for number in range(600)])
    assert [future.result(5) for future in futures] == list(range(600))
    assert noted(store) == [f"{number:04}" for number in range(600)]


def test_one_bad_piece_spoils_no_other(store: Store, writer: StoreWriter) -> None:
    def bad(db: sqlite3.Connection) -> None:
        note(99)(db)
        raise UsageError("bad")

    def broken(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO mark VALUES (77)")

    futures = together(writer, [note(1), bad, note(2), broken, note(3)])
    assert [future.result(5) for future in futures if future.exception(5) is None] == [1, 2, 3]
    assert isinstance(futures[1].exception(), UsageError)
    assert isinstance(futures[3].exception(), StoreError)
    assert noted(store) == ["0001", "0002", "0003"]
    assert writer.trouble == ""


def test_what_the_disk_is_not_to_blame_for_is_not_tried_again(writer: StoreWriter) -> None:
    tries: list[int] = []

    def broken(db: sqlite3.Connection) -> None:
        tries.append(1)
        db.execute("INSERT INTO mark VALUES (77)")

    with pytest.raises(StoreError, match="FOREIGN KEY"):
        writer.submit(broken).result(5)
    assert len(tries) == 1


async def test_who_waits_may_be_cancelled(store: Store, writer: StoreWriter) -> None:
    """What was begun is done all the same, and the thread lives on."""
    gate = threading.Event()
    writer.submit(lambda _db: gate.wait(5))
    waiting = asyncio.create_task(writer.do(note(1)))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled()
    gate.set()
    assert await writer.do(note(2)) == 2
    assert noted(store) == ["0001", "0002"]


def test_a_seal_is_set_once_for_a_group_and_breaks_only_its_own_work(store: Store, writer: StoreWriter) -> None:
    sealed: list[str] = []

    def good(db: sqlite3.Connection) -> None:
        sealed.append("good")

    def lost(db: sqlite3.Connection) -> None:
        raise LostTask("lost")

    gate = threading.Event()
    writer.submit(lambda _db: gate.wait(5))
    futures = [writer.submit(note(number), good) for number in (1, 2)]
    gate.set()
    assert [future.result(5) for future in futures] == [1, 2]
    assert sealed == ["good"]
    futures = [writer.submit(note(3), good), writer.submit(note(4), lost), writer.submit(note(5))]
    assert futures[0].result(5) == 3
    assert isinstance(futures[1].exception(5), LostTask)
    assert futures[2].result(5) == 5
    assert noted(store) == ["0001", "0002", "0003", "0005"]


def test_a_busy_cache_is_waited_for(store: Store, writer: StoreWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 2)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    future = writer.submit(note(1))
    with pytest.raises(StoreBusyError), store.write(1):
        pass
    until = threading.Event()
    while not writer.trouble:
        until.wait(0.002)
    assert not future.done()
    other.execute("ROLLBACK")
    other.close()
    assert future.result(5) == 1
    assert writer.submit(lambda _db: writer.trouble).result(5) == ""


class TestFullDisk:
    @staticmethod
    def fill_up(db: sqlite3.Connection) -> None:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")

    @staticmethod
    def free(db: sqlite3.Connection) -> None:
        db.execute("PRAGMA max_page_count = 1000000")

    @staticmethod
    def big(db: sqlite3.Connection) -> str:
        save_session(db, {"big": "x" * 100_000})
        return "stored"

    def test_it_is_tried_again_until_there_is_room(self, store: Store, writer: StoreWriter) -> None:
        writer.submit(self.fill_up).result(5)
        tries: list[str] = []

        def big(db: sqlite3.Connection) -> str:
            tries.append(writer.trouble)
            if len(tries) == 2:
                self.free(db)
            return self.big(db)

        assert writer.submit(big).result(5) == "stored"
        assert len(tries) == 2
        assert "the disk is full" in tries[1]
        assert writer.submit(lambda _db: writer.trouble).result(5) == ""

    def test_it_is_given_up_once_for_a_whole_group(self, store: Store, writer: StoreWriter) -> None:
        writer.submit(self.fill_up).result(5)
        futures = together(writer, [self.big] * 20)
        for future in futures:
            with pytest.raises(StoreError, match="the disk is full"):
                future.result(1.5)
        writer.submit(self.free).result(5)
        with store.read() as db:
            assert load_session(db) == {}
        assert writer.submit(self.big).result(5) == "stored"
        assert writer.trouble == ""


def test_figures_change_once_however_often_the_work_is_tried(store: Store, writer: StoreWriter) -> None:
    figures: list[int] = []
    count = Once(lambda: figures.append(1))

    def work(db: sqlite3.Connection) -> None:
        note(1)(db)
        count()

    def bad(_db: sqlite3.Connection) -> None:
        raise UsageError("bad")

    futures = together(writer, [work, bad])
    futures[0].result(5)
    assert isinstance(futures[1].exception(5), UsageError)
    assert figures == [1]


def test_what_is_given_up_is_counted_no_more_before_anything_else_is_written(store: Store, writer: StoreWriter) -> None:
    figures: list[int] = []
    count = Once(lambda: figures.append(1), lambda: figures.append(-1))
    never = Once(lambda: figures.append(10), lambda: figures.append(-1))

    def bad(_db: sqlite3.Connection) -> None:
        count()
        raise UsageError("bad")

    def worse(_db: sqlite3.Connection) -> None:
        raise UsageError("worse")

    given_up = [writer.submit(bad, counted=count), writer.submit(worse, counted=never)]
    after = writer.submit(lambda _db: sum(figures)).result(5)
    assert [type(future.exception(5)) for future in given_up] == [UsageError] * 2
    assert (after, sorted(figures)) == (9, [-1, -1, 1, 10])


def test_closing_finishes_what_was_begun(store: Store) -> None:
    writer = StoreWriter(store)
    futures = [writer.submit(note(number)) for number in range(300)]
    writer.close()
    assert all(future.done() for future in futures)
    assert len(noted(store)) == 300
