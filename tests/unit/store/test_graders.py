"""Versions of graders: saved, renamed, deleted and all of it taken back; grades are never lost."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft_tui.errors import UsageError
from rft_tui.model import JsonObject, ScoreRule
from rft_tui.store.database import Store
from rft_tui.store.drafts import load_draft, save_draft
from rft_tui.store.graders import (
    StoredGrader,
    add_grader,
    delete_grader,
    find_grader,
    get_grader,
    grader_text,
    list_graders,
    previous_version,
    rename_grader,
    save_version,
    set_note,
    undo_grader_change,
    versions_of,
)  # fmt: skip
from tests.unit.store.building import dataset, give, item, predict, predictions, run_key


def spec(number: int, **more: Any) -> JsonObject:
    return {"type": "python", "name": "p", "source": f"# {number}"} | more


def save(db: sqlite3.Connection, name: str, number: int, note: str = "", text: str | None = None) -> StoredGrader:
    return save_version(db, name, spec(number), ScoreRule(), note, text=text)


def listed(db: sqlite3.Connection) -> list[tuple[str, str]]:
    return [(grader.name, grader.spec["source"]) for grader in list_graders(db)]


class TestSaving:
    def test_versions_have_times_and_notes(self, store: Store) -> None:
        with store.write() as db:
            first, second = save(db, "p", 1, "begun"), save(db, "p", 2)
            assert [(one.version, one.note) for one in versions_of(db, "p")] == [
                (second.version, ""),
                (first.version, "begun"),
            ]
            assert first.created_at <= second.created_at
            assert find_grader(db, "p") == second

    def test_the_text_is_kept_as_it_was_written(self, store: Store) -> None:
        text = '{"type" :"python", "source": "# 1",\n  "name": "p", "pass_threshold": 5e-1}\n'
        with store.write() as db:
            saved = save_version(db, "p", json.loads(text), ScoreRule(pass_threshold=0.5), text=text)
            assert grader_text(db, saved) == text
            plain = add_grader(db, "q", spec(7), ScoreRule())
            assert json.loads(grader_text(db, plain)) == spec(7)

    def test_an_old_version_saved_again_is_the_newest(self, store: Store) -> None:
        with store.write() as db:
            first, second = save(db, "p", 1), save(db, "p", 2)
            again = save(db, "p", 1, text="{ }")
            assert again.id == first.id
            assert [one.id for one in versions_of(db, "p")] == [first.id, second.id]
            assert find_grader(db, "p").id == first.id
            third = save(db, "p", 3)
            assert find_grader(db, "p") == third
            change = undo_grader_change(db)
            assert change is not None
            assert change.kind == "restore"
            assert [one.id for one in versions_of(db, "p")] == [third.id, second.id, first.id]

    def test_saving_the_newest_again_changes_nothing(self, store: Store) -> None:
        with store.write() as db:
            first = save(db, "p", 1, "a note")
            assert save(db, "p", 1) == first
            assert undo_grader_change(db) is None

    def test_the_same_grader_under_another_name_is_refused(self, store: Store) -> None:
        with store.write() as db:
            first = save(db, "p", 1)
            with pytest.raises(UsageError, match=first.label):
                save(db, "q", 1)

    @pytest.mark.parametrize("name", ["", "  \n "])
    def test_a_name_is_needed(self, store: Store, name: str) -> None:
        with store.write() as db, pytest.raises(UsageError, match="needs a name"):
            save(db, name, 1)

    def test_previous_version_follows_the_order_of_saving(self, store: Store) -> None:
        with store.write() as db:
            mine = dataset(db, "mine", [item("Q?")])
            run, _added = predict(db, run_key(mine.id), ["yes"])
            (prediction,) = predictions(db, run)
            first, second = save(db, "p", 1), save(db, "p", 2)
            give(db, first, {prediction: 1.0})
            give(db, second, {prediction: 0.0})
            again = save(db, "p", 1)
            assert previous_version(db, again) == second
            assert previous_version(db, second) is None


class TestDeleting:
    def test_hidden_and_its_grades_kept(self, store: Store) -> None:
        with store.write() as db:
            mine = dataset(db, "mine", [item("Q?")])
            run, _added = predict(db, run_key(mine.id), ["yes"])
            first, other = save(db, "p", 1), save(db, "q", 2)
            give(db, first, {predictions(db, run)[0]: 0.5})
            (gone,) = delete_grader(db, "p")
            assert gone.deleted
            assert list_graders(db) == [other]
            for name in ("p", first.label):
                with pytest.raises(UsageError, match="no grader"):
                    find_grader(db, name)
            assert get_grader(db, first.id) == gone
            assert db.execute("SELECT score FROM grade").fetchall() == [(0.5,)]
            change = undo_grader_change(db)
            assert change is not None
            assert (change.kind, change.graders) == ("delete", (first,))
            assert find_grader(db, "p") == first

    def test_one_version(self, store: Store) -> None:
        with store.write() as db:
            first, second = save(db, "p", 1), save(db, "p", 2)
            delete_grader(db, f"p@{second.version[:10]}")
            assert versions_of(db, "p") == [first]
            with pytest.raises(UsageError):
                delete_grader(db, "nobody")

    @pytest.mark.parametrize("used", ["saved", "added"])
    def test_a_deleted_version_that_is_used_again_is_there_again(self, store: Store, used: str) -> None:
        with store.write() as db:
            first = save(db, "p", 1)
            delete_grader(db, "p")
            if used == "saved":
                assert save(db, "q", 1).id == first.id
                assert listed(db) == [("q", "# 1")]
                assert [undo_grader_change(db) is not None for _ in range(3)] == [True, True, False]
            else:
                assert add_grader(db, "p", spec(1), ScoreRule()) == first
            assert listed(db) == [("p", "# 1")]


class TestRenaming:
    def test_draft_and_orders_go_along_and_come_back(self, store: Store) -> None:
        with store.write() as db:
            dataset(db, "mine", [item("Q?")])
            first = save(db, "p", 1)
            save_draft(db, "p", first.version, "{")
            (renamed,) = rename_grader(db, "p", " new\nname ")
            assert (renamed.name, renamed.version) == ("new name", first.version)
            assert find_grader(db, "new name").id == first.id
            assert load_draft(db, "p") is None
            assert load_draft(db, "new name") is not None
            change = undo_grader_change(db)
            assert change is not None
            assert (change.kind, change.name) == ("rename", "new name")
            assert listed(db) == [("p", "# 1")]
            assert load_draft(db, "p") is not None

    def test_names_that_are_taken(self, store: Store) -> None:
        with store.write() as db:
            save(db, "p", 1)
            save(db, "q", 2)
            save_draft(db, "r", None, "{")
            for taken in ("q", "r"):
                with pytest.raises(UsageError, match="there is"):
                    rename_grader(db, "p", taken)
            with pytest.raises(UsageError, match="no grader"):
                rename_grader(db, "nobody", "s")
            assert len(rename_grader(db, "p", "p")) == 1
            assert undo_grader_change(db) is None

    def test_a_name_that_was_given_away_is_not_taken_back(self, store: Store) -> None:
        with store.write() as db:
            save(db, "p", 1)
            rename_grader(db, "p", "r")
            save(db, "p", 2)
            with pytest.raises(UsageError, match="another grader is called 'p' now"):
                undo_grader_change(db)
            rename_grader(db, "p", "s")
            assert undo_grader_change(db) is not None
            assert [grader.name for grader in list_graders(db)] == ["r", "p"]


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["save", "rename", "delete", "note"]),
        st.sampled_from("pqr"),
        st.sampled_from("pqrs"),
        st.integers(1, 4),
    ),
    max_size=8,
)


@given(ACTIONS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_changes_are_taken_back_step_by_step(store: Store, actions: list[tuple[str, str, str, int]]) -> None:
    db = store.connection()
    db.execute("BEGIN IMMEDIATE")
    try:
        for number, name in ((1, "p"), (2, "p"), (3, "q")):
            save(db, name, number)
        states: list[list[StoredGrader]] = []
        for action, name, other, number in actions:
            before, changes = list_graders(db), _changes(db)
            try:
                if action == "save":
                    save(db, name, number % 3 + 1)
                elif action == "rename":
                    rename_grader(db, name, other)
                elif action == "delete":
                    delete_grader(db, name)
                else:
                    set_note(db, find_grader(db, name), other)
            except UsageError:
                assert list_graders(db) == before
            if _changes(db) > changes:
                states.append(before)
        for state in reversed(states):
            assert undo_grader_change(db) is not None
            assert list_graders(db) == state
        assert undo_grader_change(db) is None
    finally:
        db.execute("ROLLBACK")


def _changes(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(DISTINCT batch) FROM grader_change").fetchone()[0])
