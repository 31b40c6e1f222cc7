"""How asking for predictions ends or goes on: interruptions, caps, wishes, services and disks that fail."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft_tui.errors import UsageError
from rft_tui.model import Usage
from rft_tui.providers.calls import ModelCall, ModelReply
from rft_tui.store import database
from rft_tui.store.database import Store
from rft_tui.store.tasks import CANCEL, PAUSE, TaskState, change_settings, queue_again, wish
from rft_tui.tasks.background import outage
from rft_tui.tasks.background.control import Control
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.predicting import predict
from rft_tui.tasks.predicting.predict import Predicting
from rft_tui.tasks.predicting.task import work_of
from tests.unit.tasks.desk import (
    PROFILE,
    A,
    Asker,
    B,
    add_items,
    answer,
    begin,
    claims,
    do,
    error,
    question,
    request,
    rows,
    run,
    take,
    task_of,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict, "LOOK_AGAIN_S", 0.005)
    monkeypatch.setattr(predict, "CANCEL_GRACE_S", 0.02)
    monkeypatch.setattr(outage, "HOLD_S", (0.002, 0.005))


def flaky(call: ModelCall) -> ModelReply:
    return error("refusal") if question(call) in ("Q1?", "Q4?") else answer(question(call))


class TestInterrupted:
    @pytest.mark.parametrize("after", range(1, 9))
    @pytest.mark.parametrize("most", [1, 3])
    async def test_another_worker_goes_on_and_asks_nothing_again(self, store: Store, after: int, most: int) -> None:
        add_items(store, count=8)
        task = begin(store)
        first, second = Asker(flaky), Asker(flaky)
        control = take(store, A)
        working = asyncio.create_task(do(store, control, first, most=most))

        def kill(number: int) -> None:
            if number == after:
                working.cancel()

        first.on_call = kill
        with pytest.raises(asyncio.CancelledError):
            await working
        committed = {row[3] for row in rows(store)}
        other = take(store, B, gone=[A])
        assert claims(store) == []
        assert other.progress.ended == len(committed)
        end = await do(store, other, second, most=most)
        assert end.state is TaskState.DONE
        asked_again = {int(question(call)[1]) for call in second.calls}
        assert not asked_again & committed
        assert set(second.asked.values()) <= {1}
        self.check(store, task)

    @staticmethod
    def check(store: Store, task: int) -> None:
        found = rows(store)
        assert [(row[3], row[5]) for row in found] == [(n, "refusal" if n in (1, 4) else None) for n in range(8)]
        progress = task_of(store, task).progress
        assert (progress.done, progress.errors) == (6, {"refusal": 2})
        assert claims(store) == []

    async def test_a_service_whose_call_is_cancelled_from_within(self, store: Store) -> None:
        add_items(store, count=8)
        task = begin(store)

        def script(call: ModelCall) -> ModelReply:
            if question(call) == "Q3?":
                raise asyncio.CancelledError
            return flaky(call)

        end = await do(store, take(store, A), Asker(script))
        assert (end.state, task_of(store, task).state) == (TaskState.FAILED, TaskState.FAILED)
        assert "given up" in end.message
        with store.write() as db:
            queue_again(db, task)
        second = Asker(flaky)
        assert (await do(store, take(store, A), second)).state is TaskState.DONE
        self.check(store, task)

    async def test_a_service_that_breaks_ends_the_task_in_words(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rft_tui.logs.keep_error", lambda _error: "see the log")
        add_items(store, count=4)
        task = begin(store)

        def script(call: ModelCall) -> ModelReply:
            raise ZeroDivisionError

        end = await do(store, take(store, A), Asker(script))
        assert (end.state, claims(store)) == (TaskState.FAILED, [])
        assert task_of(store, task).error is not None

    @given(st.data())
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_any_interleaving_keeps_the_books(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        store = Store(tmp_path_factory.mktemp("any") / "cache.db")
        asyncio.run(self.interleaved(store, data))
        store.close()

    @staticmethod
    async def interleaved(store: Store, data: st.DataObject) -> None:
        texts = data.draw(st.lists(st.sampled_from(["a?", "b?", "c?", "d?", "e?"]), min_size=1, max_size=8))
        bad = data.draw(st.sets(st.sampled_from(["a?", "b?", "c?"])))
        add_items(store, texts=texts)
        runs = data.draw(st.integers(1, 2))
        task = begin(store, request(runs=runs))
        worker = 0
        while task_of(store, task).state is not TaskState.DONE:
            kills_after = data.draw(st.one_of(st.none(), st.integers(1, 6))) if worker < 4 else None
            wished = data.draw(st.sampled_from(["", PAUSE, CANCEL, "leave"])) if worker < 4 else ""
            names = [f"{A}{number}" for number in range(worker + 1)]
            control = take(store, names[-1], gone=names[:-1])
            asker = Asker(lambda call: error("refusal") if question(call) in bad else answer())
            working = asyncio.create_task(do(store, control, asker, most=data.draw(st.integers(1, 3))))

            def interrupt(number: int) -> None:
                if number == kills_after:  # noqa: B023 - used within this turn only
                    control.wished(wished) if wished else working.cancel()  # noqa: B023

            asker.on_call = interrupt
            await asyncio.wait({working})
            with store.write() as db:
                if task_of(store, task).state in (TaskState.PAUSED, TaskState.CANCELLED):
                    queue_again(db, task)
            worker += 1
        found = rows(store)
        assert [(row[2], row[3]) for row in found] == [(n, i) for n in range(1, runs + 1) for i in range(len(texts))]
        assert [row[5] for row in found] == ["refusal" if text in bad else None for text in texts] * runs
        progress = task_of(store, task).progress
        assert (progress.done, progress.failed) == (
            sum(row[5] is None for row in found), sum(row[5] is not None for row in found)
        )  # fmt: skip
        assert progress.ended == progress.total
        assert claims(store) == []


def dear(_call: ModelCall) -> ModelReply:
    return answer()


class TestCaps:
    @pytest.mark.parametrize(("cap", "expected"), [(1.0, 1), (3.5, 3), (4.0, 4), (50.0, 12)])
    async def test_money_is_never_spent_beyond_a_cap_and_one_call(
        self, store: Store, cap: float, expected: int
    ) -> None:
        add_items(store, count=12)
        asker = Asker(dear)
        task = await run(store, asker, request(spend_cap=cap), most=8)
        assert expected <= len(asker.calls) <= expected + 1
        assert task.progress.cost == len(asker.calls)
        assert task.state == ("done" if cap == 50 else "paused")
        if cap < 50:
            assert "the cap leaves no room for one more call: $" in task.message

    async def test_tokens_are_capped_where_no_price_is_known(self, store: Store) -> None:
        add_items(store, count=12)
        asker = Asker(dear)
        task = await run(store, asker, request(("n",), token_cap=45, spend_cap=0.01), most=8)
        assert (len(asker.calls), task.state, task.progress.unpriced, task.progress.cost) == (3, "paused", 3, 0.0)

    @pytest.mark.parametrize("caps", [{"token_cap": 1000}, {"spend_cap": 5.0}])
    async def test_a_service_that_keeps_its_counts_to_itself_is_not_asked_on(self, store: Store, caps: Any) -> None:
        add_items(store, count=12)
        asker = Asker(lambda _call: replace(answer(), answer=replace(answer().answer, usage=Usage())))
        task = await run(store, asker, request(**caps), most=8)
        assert (len(asker.calls), task.state, task.progress.done) == (1, "paused", 1)
        assert "the cap cannot be held" in task.message

    async def test_a_higher_cap_goes_on(self, store: Store) -> None:
        add_items(store, count=6)
        asker = Asker(dear)
        task = await run(store, asker, request(spend_cap=2.0))
        assert (task.state, len(asker.calls)) == ("paused", 2)
        with store.write() as db:
            change_settings(db, task.id, {"spend_cap": 100.0})
            queue_again(db, task.id)
        await do(store, take(store, B), asker)
        found = task_of(store, task.id)
        assert (found.state, found.progress.done, found.progress.cost) == ("done", 6, 6.0)
        assert set(asker.asked.values()) == {1}

    async def test_errors_without_usage_count_as_no_unknown_price(self, store: Store) -> None:
        add_items(store, count=2)
        task = await run(store, Asker(lambda _call: error("server")))
        assert (task.progress.unpriced, task.progress.failed) == (0, 2)

    async def test_a_cap_does_not_slow_a_free_service(self, store: Store) -> None:
        add_items(store, count=12)
        free = Asker(
            lambda _call: replace(
                answer(), answer=replace(answer().answer, usage=replace(answer().answer.usage, input_tokens=0))
            )
        )
        task = await run(store, free, request(spend_cap=1.0), most=6)
        assert (task.state, free.most > 1) == ("done", True)


class TestWishes:
    async def working(
        self, store: Store, asker: Asker, **others: int
    ) -> tuple[asyncio.Task[object], Predicting | None]:
        raise NotImplementedError

    async def test_pause_lets_calls_in_flight_answer(self, store: Store) -> None:
        add_items(store, count=8)
        task, gate = begin(store), asyncio.Event()
        asker = Asker(gate=gate)
        control = take(store, A)
        working = asyncio.create_task(do(store, control, asker, most=3))
        while len(asker.calls) < 3:
            await asyncio.sleep(0.001)
        control.wished(PAUSE)
        await asyncio.sleep(0.03)
        assert not working.done()
        gate.set()
        end = await working
        assert (end.state, len(asker.calls), len(rows(store))) == (TaskState.PAUSED, 3, 3)
        with store.write() as db:
            queue_again(db, task)
        await do(store, take(store, A), asker)
        assert (task_of(store, task).progress.done, set(asker.asked.values())) == (8, {1})

    @pytest.mark.parametrize("first", ["", PAUSE])
    async def test_cancel_gives_calls_in_flight_up_after_a_while(self, store: Store, first: str) -> None:
        add_items(store, count=8)
        begin(store)
        asker = Asker(gate=asyncio.Event())
        control = take(store, A)
        working = asyncio.create_task(do(store, control, asker, most=3))
        while len(asker.calls) < 3:
            await asyncio.sleep(0.001)
        control.wished(first)
        await asyncio.sleep(0.001)
        control.wished(CANCEL)
        end = await asyncio.wait_for(working, 5)
        assert (end.state, len(asker.calls), claims(store)) == (TaskState.CANCELLED, 3, [])

    async def test_concurrency_changes_while_it_runs(self, store: Store) -> None:
        add_items(store, count=9)
        begin(store)
        gate = asyncio.Event()
        asker = Asker(gate=gate)
        control, told = take(store, A), list[int]()
        working = asyncio.create_task(
            do(store, control, asker, most=2, seen=lambda one: setattr(one, "_set_most", told.append))
        )
        while len(asker.calls) < 2:
            await asyncio.sleep(0.001)
        control.set({"concurrency": 5})
        while len(asker.calls) < 5:
            await asyncio.sleep(0.001)
        gate.set()
        await working
        assert (asker.most, told) == (5, [5])


class TestStops:
    @pytest.mark.parametrize(("kind", "state"), [("auth", "failed"), ("quota", "paused"), ("permission", "failed")])
    async def test_what_no_call_can_pass_ends_the_task(self, store: Store, kind: str, state: str) -> None:
        add_items(store, count=20)
        asker = Asker(lambda _call: error(kind, "the key is wrong", stops=kind))
        task = await run(store, asker, request(("m", "n")), most=3)
        assert (task.state, task.message) == (state, "the key is wrong")
        assert len(asker.calls) <= 4
        assert (rows(store), claims(store)) == ([], [])
        assert task.error is not None
        assert task.error["kind"] == "service"
        good = Asker()
        with store.write() as db:
            queue_again(db, task.id)
        await do(store, take(store, A), good)
        assert (len(good.calls), task_of(store, task.id).progress.done) == (40, 40)

    async def test_one_unknown_model_does_not_stop_the_other(self, store: Store) -> None:
        add_items(store, count=20)
        asker = Asker(
            lambda call: error("not_found", "no such model", stops="not_found") if call.model == "m" else answer()
        )
        task = await run(store, asker, request(("m", "n")), most=2)
        assert (task.state, task.progress.done) == ("failed", 20)
        assert "m: no such model" in task.message
        assert Counter(call.model for call in asker.calls)["m"] <= 2
        assert {row[1] for row in rows(store)} == {"n"}
        assert claims(store) == []


class TestOutage:
    async def test_a_service_that_never_answered_fails_the_task(self, store: Store) -> None:
        add_items(store, count=9)
        asker = Asker(lambda _call: error("connection", "refused"))
        task = await run(store, asker, most=3)
        assert (task.state, task.message, task.progress.failed) == ("failed", "refused", 0)
        assert len(asker.calls) <= 4
        assert (rows(store), claims(store)) == ([], [])

    async def test_one_that_answered_is_waited_for(self, store: Store) -> None:
        add_items(store, count=9)
        down = iter([False] * 3 + [True] * 4 + [False] * 100)
        asker = Asker(lambda _call: error("connection") if next(down) else answer())
        task = await run(store, asker, most=2)
        assert (task.state, task.progress.done, task.progress.failed, task.message) == ("done", 9, 0, "")
        assert len(asker.calls) == 13

    async def test_however_long_it_takes(self, store: Store) -> None:
        add_items(store, count=2)
        script = iter([answer(), *[replace(error("connection"), unsent=True)] * 20, answer()])
        asker = Asker(lambda _call: next(script))
        task = await run(store, asker, most=1)
        assert (task.state, task.progress.done, task.progress.failed) == ("done", 2, 0)
        assert len(asker.calls) == 22

    async def test_an_error_in_words_is_an_answer_too(self, store: Store) -> None:
        add_items(store, count=3)
        script = iter([error("refusal"), error("connection"), answer(), answer()])
        task = await run(store, Asker(lambda _call: next(script)), most=1)
        assert (task.state, task.progress.done, task.progress.failed) == ("done", 2, 1)

    async def test_a_question_that_breaks_every_connection_is_kept_as_an_error(self, store: Store) -> None:
        add_items(store, count=4)
        asker = Asker(lambda call: error("connection") if question(call) == "Q2?" else answer())
        task = await run(store, asker, most=1)
        assert (task.state, task.progress.errors) == ("done", {"connection": 1})
        assert asker.asked["m", "", 1, "Q2?"] == outage.MOST_TRIES + 1


class TestDisk:
    async def test_a_busy_cache_is_waited_for(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 5)
        add_items(store, count=6)
        begin(store)
        control, asker = take(store, A), Asker()
        writer = StoreWriter(store)
        other = sqlite3.connect(store.path, isolation_level=None)

        def lock(number: int) -> None:
            if number == 2:
                other.execute("BEGIN IMMEDIATE")

        asker.on_call = lock
        working = asyncio.create_task(do_unended(store, control, asker, writer))
        while not writer.trouble:
            await asyncio.sleep(0.001)
        assert "another process is writing" in writer.trouble
        other.execute("ROLLBACK")
        assert (await working) == "done"
        writer.close()
        other.close()
        assert (len(rows(store)), len(asker.calls), writer.trouble) == (6, 6, "")

    async def test_a_full_disk_fails_the_task_and_keeps_what_was_stored(self, store: Store) -> None:
        add_items(store, count=30)
        begin(store)
        control = take(store, A)
        asker = Asker(lambda call: answer(question(call) + "x" * 20_000))
        writer = StoreWriter(store, patience_s=0.02)

        def fill_up(db: sqlite3.Connection) -> None:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {pages + 40}")

        await writer.do(fill_up)
        state = await do_unended(store, control, asker, writer)
        assert state == "failed"
        stored = len(rows(store))
        assert 0 < stored < 30
        assert control.progress.done == stored <= control.progress.requests <= len(asker.calls)
        await writer.do(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
        writer.close()
        again = Asker()
        await do(store, take(store, B, gone=[A]), again)
        assert (len(rows(store)), len(again.calls)) == (30, 30 - stored)
        assert store.integrity() == []


async def do_unended(store: Store, control: Control, asker: Asker, writer: StoreWriter) -> str:
    """Do a task and leave its end unsaid; the state in which it ended."""
    with store.read() as db:
        work = work_of(db, control.task.request, PROFILE)
    return str((await Predicting(store, writer, asker, work, control, most=2).run()).state)


def test_a_cancelled_wish_is_not_pending(store: Store) -> None:
    add_items(store, count=1)
    task = begin(store)
    with store.write() as db:
        assert wish(db, task, CANCEL).state is TaskState.CANCELLED
        with pytest.raises(UsageError, match="has ended"):
            wish(db, task, PAUSE)
