"""Asking for predictions: nothing twice, by one worker or by two, and only for the items that are meant."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from rft_tui.errors import UsageError
from rft_tui.model import Grade
from rft_tui.store.asking import claim
from rft_tui.store.database import Store
from rft_tui.store.grades import add_grades
from rft_tui.store.origin import origin_of
from rft_tui.store.runs import list_runs
from rft_tui.store.tasks import TaskState
from rft_tui.store.wanted import FAILED, MISSING
from rft_tui.tasks.background import outage
from rft_tui.tasks.background.writing import LostTask
from rft_tui.tasks.predicting import predict
from rft_tui.tasks.predicting.planning import start_for_runs
from rft_tui.tasks.predicting.requests import ItemChoice
from tests.unit.store.building import grader
from tests.unit.tasks.desk import (
    DEAD,
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
    everything,
    planned,
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


class TestNothingTwice:
    async def test_the_same_again_asks_nothing(self, store: Store) -> None:
        add_items(store, count=7)
        asker = Asker()
        first = await run(store, asker, request(runs=2))
        assert (len(asker.calls), first.state, first.progress.done, first.progress.requests) == (14, "done", 14, 14)
        before = everything(store)
        again = await run(store, asker, request(runs=2))
        assert (len(asker.calls), again.state, again.progress.total, again.progress.requests) == (14, "done", 0, 0)
        assert everything(store) == before
        assert claims(store) == []

    async def test_more_runs_ask_only_for_the_new_ones(self, store: Store) -> None:
        add_items(store, count=6)
        asker = Asker()
        await run(store, asker, request(runs=3))
        before = everything(store)
        top_up = planned(store, request(runs=8))
        assert (top_up.requests, top_up.known, len(top_up.runs)) == (30, 18, 8)
        await run(store, asker, request(runs=8))
        assert len(asker.calls) == 48
        after = everything(store)
        assert all(after[name][: len(before[name])] == before[name] for name in before)
        assert set(asker.asked.values()) == {1}
        with store.read() as db:
            assert [(one.run_index, one.done, one.items, one.missing) for one in list_runs(db)] == [
                (index, 6, 6, 0) for index in range(1, 9)
            ]

    async def test_equal_inputs_are_asked_once(self, store: Store) -> None:
        add_items(store, texts=["same?", "other?", "same?", "same?"])
        asker = Asker()
        assert planned(store).requests == 2
        task = await run(store, asker)
        assert sorted(map(question, asker.calls)) == ["other?", "same?"]
        assert (task.progress.done, task.progress.cached, task.progress.requests) == (4, 2, 2)
        assert [row[4] for row in rows(store)] == ["same? 1", "other? 1", "same? 1", "same? 1"]

    async def test_another_dataset_with_the_same_inputs_is_served_from_the_cache(self, store: Store) -> None:
        add_items(store, count=4)
        add_items(store, "yours", texts=["Q3?", "new?", "Q0?"])
        asker = Asker()
        await run(store, asker)
        of = request(dataset="yours")
        assert [(one.cached, one.requests) for one in planned(store, of).runs] == [(2, 1)]
        task = await run(store, asker, of)
        assert [question(call) for call in asker.calls[4:]] == ["new?"]
        assert (task.progress.done, task.progress.cached) == (3, 2)
        with store.read() as db:
            hit, fresh = origin_of(db, 2, 1), origin_of(db, 2, 2)
        assert hit is not None
        assert fresh is not None
        assert (hit.cached, hit.asked_by, hit.shared_by, hit.served_model) == (True, 1, (1, 2), "m-2026")
        assert (fresh.cached, fresh.asked_by, fresh.shared_by) == (False, 2, (2,))

    async def test_without_the_cache_new_runs_are_made(self, store: Store) -> None:
        add_items(store, count=3)
        asker = Asker()
        await run(store, asker, request(runs=2))
        plan = planned(store, request(runs=2, no_cache=True))
        assert [one.key.run_index for one in plan.runs] == [3, 4]
        assert any("run index 3" in line for line in plan.warnings)
        await run(store, asker, request(runs=2, no_cache=True))
        assert len(asker.calls) == 12
        assert {row[2] for row in rows(store)} == {1, 2, 3, 4}

    async def test_models_and_efforts_are_combined(self, store: Store) -> None:
        add_items(store, count=2)
        asker = Asker()
        task = await run(store, asker, request(("m", "n", "m"), efforts=("low", "high"), runs=2))
        assert len(asker.calls) == task.progress.total == 2 * 2 * 2 * 2
        assert set(asker.asked.values()) == {1}
        assert Counter((call.model, call.effort) for call in asker.calls) == dict.fromkeys(
            [(model, effort) for model in "mn" for effort in ("low", "high")], 4
        )

    @pytest.mark.parametrize("kind", ["incomplete", "content_filter", "refusal", "server", "timeout"])
    async def test_errors_are_asked_again_and_never_served(self, store: Store, kind: str) -> None:
        add_items(store, count=3)
        add_items(store, "yours", texts=["Q1?"])
        bad = Asker(lambda call: error(kind) if question(call) == "Q1?" else answer())
        task = await run(store, bad)
        assert (task.state, task.progress.done, task.progress.errors) == ("done", 2, {kind: 1})
        with store.write() as db:
            numbers = db.execute("SELECT id, item, run FROM prediction ORDER BY id").fetchall()
            of = grader(db)
            add_grades(db, of.id, [(*row, Grade(0.5, steps=("s",))) for row in numbers])
        old = everything(store)
        assert planned(store, request(dataset="yours")).requests == 1
        plan = planned(store)
        assert (plan.requests, plan.runs[0].failed, plan.runs[0].present) == (1, 1, 2)
        assert any("1 items had an error" in line for line in plan.warnings)
        good = Asker()
        again = await run(store, good)
        assert [question(call) for call in good.calls] == ["Q1?"]
        assert (again.progress.done, again.progress.errors) == (1, {})
        assert [row[5] for row in rows(store)] == [None, None, None]
        with store.read() as db:
            assert db.execute("SELECT count(*) FROM grade").fetchone() == (2,)
            assert db.execute("SELECT count(*) FROM grade_detail").fetchone() == (2,)
            kept = db.execute("SELECT id, error_kind FROM answer WHERE error_kind IS NOT NULL").fetchall()
        assert kept == [(row[0], kind) for row in old["answer"] if kind in row]
        assert await self.asks_nothing(store)

    @staticmethod
    async def asks_nothing(store: Store) -> bool:
        asker = Asker()
        await run(store, asker)
        return not asker.calls

    async def test_an_error_in_the_same_task_is_not_asked_again(self, store: Store) -> None:
        add_items(store, count=4)
        asker = Asker(lambda call: error("refusal"))
        task = await run(store, asker)
        assert set(asker.asked.values()) == {1}
        assert task.progress.errors == {"refusal": 4}


class TestWhichItems:
    async def test_a_limited_run_is_topped_up(self, store: Store) -> None:
        add_items(store, count=6)
        asker = Asker()
        await run(store, asker, request(items=ItemChoice(limit=2)))
        with store.read() as db:
            assert [(one.items, one.done, one.missing) for one in list_runs(db)] == [(2, 2, 0)]
        await run(store, asker, request(items=ItemChoice(limit=4)))
        with store.read() as db:
            assert [(one.items, one.done) for one in list_runs(db)] == [(4, 4)]
        await run(store, asker)
        with store.read() as db:
            assert [(one.items, one.done) for one in list_runs(db)] == [(6, 6)]
        assert sorted(asker.asked.values()) == [1] * 6

    async def test_a_limited_request_does_not_shrink_a_run_that_waits_for_all(self, store: Store) -> None:
        add_items(store, count=5)
        whole = begin(store)
        begin(store, request(items=ItemChoice(limit=1)))
        asker = Asker()
        await do(store, take(store, A), asker)
        assert (len(asker.calls), task_of(store, whole).progress.done) == (5, 5)

    async def test_a_task_keeps_to_its_items_also_where_its_run_is_for_more(self, store: Store) -> None:
        add_items(store, count=5)
        limited = begin(store, request(items=ItemChoice(limit=2)))
        begin(store)
        asker = Asker()
        control = take(store, A)
        assert control.task.id == limited
        await do(store, control, asker)
        assert sorted(map(question, asker.calls)) == ["Q0?", "Q1?"]

    async def test_what_is_missing_and_what_failed(self, store: Store) -> None:
        add_items(store, count=6)
        script = {"Q1?": error("refusal"), "Q3?": error("server")}
        asker = Asker(lambda call: script.get(question(call), answer()))
        await run(store, asker, request(items=ItemChoice(limit=4)))
        with pytest.raises(UsageError, match="nothing in these runs is missing"):
            start_for_runs(store, PROFILE, [1], MISSING)
        start_for_runs(store, PROFILE, [1], FAILED, ("server",))
        good = Asker()
        await do(store, take(store, A), good)
        assert [question(call) for call in good.calls] == ["Q3?"]
        start_for_runs(store, PROFILE, [1], FAILED)
        await do(store, take(store, A), good)
        assert [question(call) for call in good.calls] == ["Q3?", "Q1?"]
        with pytest.raises(UsageError, match="has an error"):
            start_for_runs(store, PROFILE, [1], FAILED)

    async def test_a_retry_that_fails_again_ends(self, store: Store) -> None:
        add_items(store, count=3)
        bad = Asker(lambda _call: error("server"))
        await run(store, bad)
        start_for_runs(store, PROFILE, [1], FAILED)
        await do(store, take(store, A), bad)
        assert sorted(bad.asked.values()) == [2, 2, 2]
        assert [row[5] for row in rows(store)] == ["server"] * 3
        with store.read() as db:
            assert db.execute("SELECT count(*) FROM answer").fetchone() == (6,)


class TestTwoAtOnce:
    async def test_two_workers_make_one_request_for_each_question(self, store: Store) -> None:
        add_items(store, count=12)
        add_items(store, "yours", count=12)
        tasks = [begin(store), begin(store, request(dataset="yours"))]
        other = Store(store.path)
        asker = Asker()
        try:
            ends = await asyncio.gather(do(store, take(store, A), asker), do(other, take(other, B), asker))
        finally:
            other.close()
        assert [end.state for end in ends] == [TaskState.DONE] * 2
        assert (len(asker.calls), set(asker.asked.values())) == (12, {1})
        assert len(rows(store)) == 24
        progress = [task_of(store, task).progress for task in tasks]
        assert [one.done for one in progress] == [12, 12]
        assert sum(one.cached for one in progress) == 12
        assert claims(store) == []

    async def test_one_waits_for_the_other_and_asks_where_it_fails(self, store: Store) -> None:
        add_items(store, count=1)
        add_items(store, "yours", count=1)
        gate = asyncio.Event()
        first, second = Asker(lambda _call: error("server"), gate=gate), Asker()
        begin(store)
        begin(store, request(dataset="yours"))
        slow = asyncio.create_task(do(store, take(store, A), first))
        while not first.calls:
            await asyncio.sleep(0.001)
        quick = asyncio.create_task(do(store, take(store, B), second))
        await asyncio.sleep(0.02)
        assert second.calls == []
        gate.set()
        await asyncio.gather(slow, quick)
        assert (len(first.calls), len(second.calls)) == (1, 1)
        assert [row[5] for row in rows(store)] == ["server", None]

    async def test_what_a_dead_worker_was_asking_is_free_at_once(self, store: Store) -> None:
        add_items(store, count=3)
        plan = planned(store)
        with store.write() as db:
            keys = [row[0] for row in db.execute("SELECT hash FROM input")]
            assert len(claim(db, [plan.runs[0].key.answer_key(one) for one in keys], f"{DEAD}|task")) == 3
        asker = Asker()
        await run(store, asker)
        assert len(asker.calls) == 3

    async def test_an_answer_that_came_meanwhile_stands(self, store: Store) -> None:
        """Two that ask the same in spite of everything: the prediction says what the answer that stands says."""
        add_items(store, count=1)
        add_items(store, "yours", count=1)
        gate = asyncio.Event()
        late = Asker(lambda _call: error("server"), gate=gate)
        begin(store)
        begin(store, request(dataset="yours"))
        slow = asyncio.create_task(do(store, take(store, A), late))
        while not late.calls:
            await asyncio.sleep(0.001)
        with store.write() as db:
            db.execute("DELETE FROM asking")
        await do(store, take(store, B), Asker())
        gate.set()
        await slow
        assert [(row[4], row[5]) for row in rows(store)] == [("Q0? 1", None)] * 2


class TestFencing:
    async def test_who_has_lost_the_task_writes_nothing(self, store: Store) -> None:
        add_items(store, count=6)
        task = begin(store)
        gate = asyncio.Event()
        old = Asker(gate=gate)
        control = take(store, A)
        working = asyncio.create_task(do(store, control, old, most=2))
        while len(old.calls) < 2:
            await asyncio.sleep(0.001)
        new = take(store, B, gone=[A])
        before = everything(store)
        gate.set()
        end = await working
        assert end.state is TaskState.FAILED
        assert everything(store) == before
        assert (task_of(store, task).owner, task_of(store, task).state) == (B, TaskState.RUNNING)
        fresh = Asker()
        assert (await do(store, new, fresh)).state is TaskState.DONE
        assert len(fresh.calls) == 6

    async def test_nothing_is_taken_from_the_cache_either(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(predict, "PAGE", 1)
        add_items(store, "yours", texts=[f"Q{number}?" for number in range(1, 9)])
        await run(store, Asker(), request(dataset="yours"))
        add_items(store, count=9)
        begin(store)
        control = take(store, A)
        seen: list[object] = []

        def lose(_number: int) -> None:
            take(store, B, gone=[A])
            seen.append((everything(store), claims(store)))

        assert (await do(store, control, Asker(on_call=lose))).state is TaskState.FAILED
        assert seen == [(everything(store), claims(store))]

    async def test_who_has_lost_it_before_the_start_asks_nothing(self, store: Store) -> None:
        add_items(store, count=2)
        begin(store)
        control = take(store, A)
        take(store, B, gone=[A])
        asker = Asker()
        with pytest.raises(LostTask):
            await do(store, control, asker)
        assert (asker.calls, claims(store), rows(store)) == ([], [], [])
