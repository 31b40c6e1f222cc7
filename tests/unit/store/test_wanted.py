"""Which items a run is for, and which it still has to ask."""

from __future__ import annotations

import sqlite3

import pytest

from rft_tui.model import Answer
from rft_tui.store import wanted
from rft_tui.store.answers import AskedAnswer, NewPrediction, put_answer, put_prediction
from rft_tui.store.database import Store
from rft_tui.store.runs import ensure_run, find_run, highest_index, list_runs
from rft_tui.store.tasks import add_task
from rft_tui.store.wanted import FAILED, MISSING, OPEN, count_to_ask, iter_to_ask, last_answer, want_items
from tests.unit.store.building import dataset, failed, item, run_key


def a_run(db: sqlite3.Connection, count: int = 6) -> int:
    mine = dataset(db, "mine", [item(f"Q{number}?") for number in range(count)])
    return ensure_run(db, run_key(mine.id))


def settle(db: sqlite3.Connection, run: int, at: int, answer: Answer) -> None:
    put_prediction(db, NewPrediction(run, 1, at, put_answer(db, AskedAnswer(str(at), answer), run), answer))


def to_ask(db: sqlite3.Connection, run: int, **how: object) -> list[int]:
    found = [one.item for one in iter_to_ask(db, run, **how)]  # type: ignore[arg-type]
    assert count_to_ask(db, run, **how) == len(found)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("page", [1, 2, 200])
def test_what_is_missing_and_what_failed(store: Store, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    monkeypatch.setattr(wanted, "PAGE", page)
    with store.write() as db:
        run = a_run(db)
        assert to_ask(db, run) == [1, 2, 3, 4, 5, 6]
        settle(db, run, 2, Answer("yes"))
        settle(db, run, 3, failed("refusal"))
        settle(db, run, 5, failed("server"))
        assert to_ask(db, run, which=OPEN) == [1, 3, 4, 5, 6]
        assert to_ask(db, run, which=MISSING) == [1, 4, 6]
        assert to_ask(db, run, which=FAILED) == [3, 5]
        assert to_ask(db, run, which=FAILED, kinds=["server", "x"]) == [5]
        before = last_answer(db)
        settle(db, run, 3, failed("refusal"))
        settle(db, run, 1, failed("server"))
        assert to_ask(db, run, before=before) == [4, 5, 6], "errors of this task are not asked again"
        assert to_ask(db, run, which=FAILED, before=before) == [5]
        assert last_answer(db) > before


def test_what_is_answered_while_it_is_read_is_passed_over(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wanted, "PAGE", 2)
    with store.write() as db:
        run = a_run(db)
        reading = iter_to_ask(db, run)
        assert [next(reading).item, next(reading).item] == [1, 2]
        settle(db, run, 3, Answer("yes"))
        assert [one.item for one in reading] == [4, 5, 6]


def test_a_question_as_it_is_asked(store: Store) -> None:
    with store.write() as db:
        run = a_run(db, 1)
        one = next(iter_to_ask(db, run))
        assert one.messages == [{"role": "user", "content": "Q0?"}]
        assert (one.tools, len(one.input_id)) == (None, 32)


class TestWanted:
    def test_more_and_more(self, store: Store) -> None:
        with store.write() as db:
            run = a_run(db)
            want_items(db, run, [2, 3], is_new=True)
            assert (to_ask(db, run), list_runs(db)[0].items) == ([2, 3], 2)
            settle(db, run, 2, Answer("yes"))
            want_items(db, run, [3, 5], is_new=False)
            assert (to_ask(db, run), list_runs(db)[0].items, list_runs(db)[0].missing) == ([3, 5], 3, 2)
            want_items(db, run, None, is_new=False)
            assert (to_ask(db, run), list_runs(db)[0].items) == ([1, 3, 4, 5, 6], 6)
            assert db.execute("SELECT count(*) FROM wanted").fetchone() == (0,)
            want_items(db, run, [1], is_new=False)
            assert list_runs(db)[0].items == 6, "a run that is for all stays so"

    def test_a_task_keeps_to_its_items(self, store: Store) -> None:
        with store.write() as db:
            run = a_run(db)
            task = add_task(db, "predict", "t", {})
            assert to_ask(db, run, task=task) == [1, 2, 3, 4, 5, 6]
            db.executemany("INSERT INTO task_item VALUES (?, ?)", [(task, 2), (task, 4)])
            assert to_ask(db, run, task=task) == [2, 4]
            want_items(db, run, [4, 5], is_new=True)
            assert to_ask(db, run, task=task) == [4]
            assert to_ask(db, run, task=task + 1) == [4, 5]


def test_run_indexes_count_over_all_datasets(store: Store) -> None:
    with store.write() as db:
        a_run(db)
        yours = dataset(db, "yours", [item("Q?")])
        ensure_run(db, run_key(yours.id, run_index=4))
        ensure_run(db, run_key(yours.id, "other", run_index=9))
        assert highest_index(db, run_key(1)) == 4
        assert highest_index(db, run_key(1, effort="high")) == 0
        assert find_run(db, run_key(1, run_index=4)) is None
