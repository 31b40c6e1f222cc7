"""Logs of several machines: whatever order and repetition they are brought together in, the state is the same."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft_tui.errors import InputError
from rft_tui.model import Verdict
from rft_tui.store import review_log
from rft_tui.store.database import Store
from rft_tui.store.review_log import LogEvent, apply_waiting, count_waiting, iter_log, let_stand, merge_events
from rft_tui.store.verdicts import EventKind, record, review_state, undo
from tests.unit.store.building import dataset, item, predict, run_key

ANSWERS = ("one", "two", "three")
REVIEWERS = ("ada", "bob")


def fill(store: Store, answers: tuple[str, ...] = ANSWERS) -> None:
    with store.write() as db:
        made = dataset(db, "mine", [item(f"Q{number}?") for number in range(len(ANSWERS))])
        predict(db, run_key(made.id), dict(enumerate(answers)))


@contextmanager
def stores(count: int) -> Iterator[list[Store]]:
    """Stores with the same predictions, each as another machine would have made them."""
    folder = Path(tempfile.mkdtemp())
    made = [Store(folder / f"{number}.db") for number in range(count)]
    try:
        for store in made:
            fill(store)
        yield made
    finally:
        for store in made:
            store.close()
        shutil.rmtree(folder)


def log_of(store: Store) -> list[LogEvent]:
    with store.read() as db:
        return list(iter_log(db))


def merge(store: Store, events: list[LogEvent]) -> None:
    with store.write() as db:
        merge_events(db, events)


def state(store: Store) -> object:
    with store.read() as db:
        return (
            db.execute("SELECT * FROM review ORDER BY reviewer, answer").fetchall(),
            db.execute("SELECT * FROM correction ORDER BY reviewer, row_id").fetchall(),
            db.execute("SELECT uid, event FROM verdict_waiting ORDER BY uid").fetchall(),
        )


steps = st.tuples(
    st.integers(0, 1),
    st.sampled_from(REVIEWERS),
    st.one_of(
        st.tuples(st.just(EventKind.VERDICT), st.sampled_from([verdict.value for verdict in Verdict])),
        st.tuples(st.sampled_from((EventKind.TAG, EventKind.UNTAG)), st.sampled_from(("odd", "unit"))),
        st.tuples(st.just(EventKind.NOTE), st.sampled_from(("why", ""))),
        st.tuples(st.just(EventKind.REFERENCE), st.sampled_from(("yes", "no"))),
        st.tuples(st.just(EventKind.UNDO), st.just("")),
    ),
    st.lists(st.integers(1, 3), min_size=1, max_size=3, unique=True),
)


@settings(max_examples=30)
@given(st.lists(steps, max_size=14), st.data())
def test_any_order_and_repetition_makes_the_same_state(
    said: list[tuple[int, str, tuple[EventKind, str], list[int]]], data: st.DataObject
) -> None:
    with stores(4) as (first, second, third, fourth):
        machines = (first, second)
        for machine, reviewer, (kind, value), answers in said:
            with machines[machine].write() as db:
                if kind is EventKind.UNDO:
                    undo(db, reviewer)
                elif kind is EventKind.REFERENCE:
                    record(db, reviewer, kind, value, row_id="f" * 32)
                else:
                    record(db, reviewer, kind, value, answers=answers)
        events = log_of(first) + log_of(second)
        shuffled = data.draw(st.permutations(events + events[: len(events) // 2]))
        merge(third, events)
        for event in shuffled:
            merge(fourth, [event])
        merge(first, log_of(second))
        merge(second, log_of(fourth))
        merge(second, log_of(third))
        assert state(first) == state(second) == state(third) == state(fourth)
        assert log_of(first) == log_of(second) == log_of(third) == log_of(fourth)


def test_the_later_verdict_of_a_reviewer_stands_and_the_log_keeps_both() -> None:
    with stores(2) as (first, second):
        with first.write() as db:
            record(db, "ada", EventKind.VERDICT, Verdict.RIGHT, answers=[1])
        merge(second, log_of(first))
        with second.write() as db:
            record(db, "ada", EventKind.VERDICT, Verdict.WRONG, answers=[1])
            record(db, "bob", EventKind.VERDICT, Verdict.BOTH, answers=[1])
        merge(first, log_of(second))
        with first.read() as db:
            assert review_state(db, "ada", 1).verdict is Verdict.WRONG
            assert review_state(db, "bob", 1).verdict is Verdict.BOTH
        assert len(log_of(first)) == 3


def test_what_is_said_now_is_later_than_what_came_from_a_clock_that_is_ahead() -> None:
    with stores(2) as (first, second):
        with first.write() as db:
            record(db, "ada", EventKind.VERDICT, Verdict.RIGHT, answers=[1])
        ahead = [replace(event, at="2999-12-31T23:59:59.999+00:00") for event in log_of(first)]
        merge(second, ahead)
        with second.write() as db:
            record(db, "ada", EventKind.VERDICT, Verdict.WRONG, answers=[1])
            assert review_state(db, "ada", 1).verdict is Verdict.WRONG
            undo(db, "ada")
            assert review_state(db, "ada", 1).verdict is Verdict.RIGHT
        assert [event.at for event in log_of(second)][1] == "3000-01-01T00:00:00.000+00:00"


def test_verdicts_wait_for_their_predictions_and_go_on_from_there(tmp_path: Path) -> None:
    with stores(1) as (first,):
        with first.write() as db:
            record(db, "ada", EventKind.VERDICT, Verdict.RIGHT, answers=[1])
            record(db, "ada", EventKind.NOTE, "look", answers=[2])
        empty = Store(tmp_path / "empty.db")
        with empty.write() as db:
            merged = merge_events(db, log_of(first))
            assert (merged.new, merged.waiting, merged.other_answer) == (2, 2, 0)
        assert log_of(empty) == log_of(first)
        fill(empty, ("one", "another"))
        with empty.write() as db:
            assert apply_waiting(db) == 1
            assert count_waiting(db) == 1
            assert review_state(db, "ada", 1).verdict is Verdict.RIGHT
            merged = merge_events(db, log_of(first))
            assert (merged.new, merged.known, merged.waiting, merged.other_answer) == (0, 2, 1, 1)
        assert log_of(empty) == log_of(first)
        empty.close()


def test_an_id_that_says_another_thing_is_refused_and_nothing_comes_in() -> None:
    with stores(2) as (first, second):
        with first.write() as db:
            record(db, "ada", EventKind.VERDICT, Verdict.RIGHT, answers=[1, 2])
        one, other = log_of(first)
        forged = [other, one, replace(one, value=Verdict.WRONG.value)]
        with pytest.raises(InputError, match="another thing"):
            merge(second, forged)
        assert log_of(second) == []
        assert state(second) == ([], [], [])


def test_another_reviewer_cannot_undo() -> None:
    with stores(1) as (store,):
        with store.write() as db:
            record(db, "ada", EventKind.VERDICT, Verdict.RIGHT, answers=[1])
        (event,) = log_of(store)
        merge(
            store,
            [LogEvent("0" * 32, "1" * 32, "bob", event.at, EventKind.UNDO, event.batch)],
        )
        with store.write() as db:
            assert review_state(db, "ada", 1).verdict is Verdict.RIGHT
            assert undo(db, "bob") is None


def test_what_waits_for_another_answer_keeps_nobody_from_reading(tmp_path: Path) -> None:
    with stores(1) as (first,):
        with first.write() as db:
            record(db, "ada", EventKind.VERDICT, Verdict.RIGHT, answers=[1])
        other = Store(tmp_path / "other.db")
        fill(other, ("another",))
        merge(other, log_of(first))
        writer = sqlite3.connect(other.path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        assert let_stand(other) == 0
        writer.close()
        with other.read() as db:
            assert count_waiting(db) == 1
        other.close()


def test_an_event_that_stops_waiting_while_the_log_is_read_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_log, "CHUNK", 1)
    with stores(1) as (first,):
        for answer in (1, 2, 3):
            with first.write() as db:
                record(db, "ada", EventKind.VERDICT, Verdict.RIGHT, answers=[answer])
        events = log_of(first)
        reader, writer = Store(tmp_path / "other.db"), Store(tmp_path / "other.db")
        merge(reader, events)
        with reader.read() as db:
            found = iter_log(db)
            begun = [next(found)]
            fill(writer)
            assert let_stand(writer) == 3
            assert begun + list(found) == events
        reader.close()
        writer.close()
