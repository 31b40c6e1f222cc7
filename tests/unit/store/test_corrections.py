"""Runs taken over by a dataset that was made from another, and corrections that stand."""

from __future__ import annotations

from rft_tui.model import Verdict
from rft_tui.store.corrections import (
    DatasetChange,
    called_wrong,
    corrections_of,
    get_changes,
    put_changes,
    take_over_runs,
)
from rft_tui.store.database import Store
from rft_tui.store.runs import list_runs
from rft_tui.store.verdicts import EventKind, record, undo
from rft_tui.store.wanted import want_items
from tests.unit.store.building import dataset, failed, item, predict, run_key


def test_runs_come_along_with_what_they_are_for_and_nothing_is_asked(store: Store) -> None:
    with store.write() as db:
        old = dataset(db, "old", [item(f"Q{n}?") for n in range(4)])
        new = dataset(db, "new", [item(f"Q{n}?", "other") for n in range(1, 4)])
        whole, _added = predict(db, run_key(old.id), ["a", "b", failed(), "d"])
        part, _added = predict(db, run_key(old.id, run_index=2), {0: "a", 1: "b"})
        want_items(db, part, [1, 2, 3], is_new=True)
        pairs = [(2, 5), (3, 6), (4, 7)]
        runs, brought = take_over_runs(db, old.id, new.id, pairs, "predictions of old")
        assert (len(runs), brought) == (2, 4)
        assert take_over_runs(db, old.id, new.id, pairs, "predictions of old") == (runs, 0)
        want_items(db, runs[1], None, is_new=False)
        take_over_runs(db, old.id, new.id, pairs, "predictions of old")
        assert db.execute("SELECT count(*) FROM wanted WHERE run = ?", [runs[1]]).fetchone()[0] == 0
        listed = {run.id: run for run in list_runs(db)}
    assert [(listed[run].done, listed[run].errors, listed[run].items) for run in runs] == [(2, 1, 3), (1, 0, 3)]
    assert [listed[run].dataset for run in (whole, *runs)] == ["old", "new", "new"]
    assert {listed[run].cached for run in runs} == {3, 1}
    assert listed[runs[0]].source == "predictions of old"


def test_what_a_run_is_for_is_counted_anew_without_what_was_left_out(store: Store) -> None:
    with store.write() as db:
        old = dataset(db, "old", [item(f"Q{n}?") for n in range(3)])
        new = dataset(db, "new", [item("Q1?")])
        run, _added = predict(db, run_key(old.id), {0: "a"})
        want_items(db, run, [1, 2], is_new=True)
        (made,), brought = take_over_runs(db, old.id, new.id, [(2, 4)], "old")
        (found,) = [one for one in list_runs(db) if one.id == made]
    assert (brought, found.items, found.missing) == (0, 1, 1)


def test_corrections_that_stand_are_told_by_reviewer_and_time(store: Store) -> None:
    with store.write() as db:
        mine = dataset(db, "mine", [item("Q1?"), item("Q2?")])
        predict(db, run_key(mine.id), ["a", "b"])
        first, second = [row[0] for row in db.execute("SELECT row_id FROM item ORDER BY id")]
        record(db, "ada", EventKind.REFERENCE, "old", row_id=first)
        record(db, "ada", EventKind.REFERENCE, "new", row_id=first)
        record(db, "bob", EventKind.REFERENCE, "theirs", row_id=first)
        record(db, "bob", EventKind.REFERENCE, "gone", row_id=second)
        undo(db, "bob")
        record(db, "ada", EventKind.REFERENCE, "elsewhere", row_id="f" * 32)
        record(db, "bob", EventKind.VERDICT, Verdict.LABEL, answers=[1])
        record(db, "eve", EventKind.VERDICT, Verdict.LABEL, answers=[1, 2])
        found = corrections_of(db, mine.id)
        assert {row: [(one.reviewer, one.reference) for one in said] for row, said in found.items()} == {
            first: [("ada", "new"), ("bob", "theirs")]
        }
        last = db.execute("SELECT at FROM verdict_log WHERE value = 'new'").fetchone()[0]
        assert found[first][0].at == last
        assert next(iter(corrections_of(db, mine.id, ["bob"])[first])).reviewer == "bob"
        assert called_wrong(db, mine.id) == {1: ("bob", "eve"), 2: ("eve",)}
        assert called_wrong(db, mine.id, ["bob"]) == {1: ("bob",)}


def test_a_change_list_comes_back_as_it_was_put(store: Store) -> None:
    changes = [
        DatasetChange(3, "reference", "ada", "2026-01-02T03:04:05.678+00:00", None, "new", "a" * 32, "b" * 32),
        DatasetChange(4, "excluded", "", "2026-01-02T03:04:05.678+00:00", "old", None, "c" * 32, None),
    ]
    with store.write() as db:
        mine = dataset(db, "mine", [item("Q1?")])
        assert get_changes(db, mine.id) == []
        put_changes(db, mine.id, changes[:1])
        put_changes(db, mine.id, changes)
        assert get_changes(db, mine.id) == changes
