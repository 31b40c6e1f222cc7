"""Grades and graders: kept as they came, copied where nothing differs, named by version."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import StoreBusyError, StoreError, UsageError
from rft_tui.model import Grade, GradeError, ScoreRule
from rft_tui.store import file_grades
from rft_tui.store.database import Store
from rft_tui.store.file_grades import FILE_NAME, FileGrades
from rft_tui.store.grade_rows import iter_grades
from rft_tui.store.graders import (
    add_external_grader,
    add_grader,
    find_grader,
    get_grader,
    list_graders,
    previous_version,
)
from rft_tui.store.grades import (
    Gradable,
    add_grades,
    copy_known_grades,
    count_ungraded,
    get_grade,
    iter_gradable,
)
from rft_tui.store.review import graded_runs
from tests.unit.store.building import dataset, failed, give, grader, item, predict, predictions, run_key, tables

ITEMS = [item("Q1?"), item("Q2?", "no", topic="Ärzte"), item("Q3?", None)]

GRADES = [
    Grade(0.5),
    Grade(-2.0, False, {"a": 1.0, "b": None}, ("a: 1", "b: failed", "", "over")),
    Grade(None, None, {"a": None}, ("tried",), GradeError("timeout", "too slow")),
    Grade(1.0, True, {}, ("",)),
]


def filled(store: Store, texts: int = 2) -> None:
    with store.write() as db:
        mine = dataset(db, "mine", ITEMS).id
        for index in range(texts):
            predict(db, run_key(mine, run_index=index + 1), ["a", "b", failed()])


@pytest.mark.parametrize("grade", GRADES, ids=str)
def test_a_grade_comes_back_as_it_was(store: Store, grade: Grade) -> None:
    filled(store)
    with store.write() as db:
        exact = grader(db)
        assert get_grade(db, exact.id, 1) is None
        assert give(db, exact, {1: grade}) == 1
        stored = get_grade(db, exact.id, 1)
        assert stored == grade or (grade.steps == ("",) and stored == Grade(1.0, True))
        assert [one.grade for one in iter_grades(db, exact.id)] == [stored]


def test_a_grade_that_is_there_stays(store: Store) -> None:
    filled(store)
    with store.write() as db:
        exact = grader(db)
        give(db, exact, {1: 0.25})
        before = tables(db)
        assert give(db, exact, {1: Grade(1.0, True, {"a": 1.0})}) == 0
        assert tables(db) == before


def test_words_of_a_grader_that_are_no_text_do_not_stop_the_work(store: Store) -> None:
    filled(store)
    with store.write() as db:
        exact = grader(db)
        give(db, exact, {1: Grade(None, steps=("x\ud83d",), error=GradeError("crash", "y\udce9"))})
        assert get_grade(db, exact.id, 1) == Grade(None, steps=("x\ufffd",), error=GradeError("crash", "y\ufffd"))


def test_what_is_still_to_grade(store: Store) -> None:
    filled(store)
    with store.write() as db:
        exact = grader(db)
        give(db, exact, {1: 1.0, 5: None})
        assert [one.prediction for one in iter_gradable(db, ungraded_by=exact.id)] == [2, 3, 4, 6]
        assert [one.prediction for one in iter_gradable(db, [2])] == [4, 5, 6]
        assert (count_ungraded(db, exact.id), count_ungraded(db, exact.id, [1]), count_ungraded(db, exact.id, [])) == (
            4,
            2,
            0,
        )
        assert graded_runs(db, exact.id) == [1, 2]
        assert graded_runs(db, exact.id, [2]) == [2]
        second, third = list(iter_gradable(db))[1:3]
    assert (second.fields, second.output_text, second.error_kind) == (ITEMS[1].fields, "b", None)
    assert (third.output_text, third.error_kind, third.error_message) == ("", "incomplete", "cut off")
    assert (second.row_id, second.run_index, second.model, second.extra) == (ITEMS[1].row_id, 1, "m", {})


def test_grades_are_copied_to_equal_rows_only(store: Store) -> None:
    """A corrected reference is another row: it keeps the answer and is graded again."""
    with store.write() as db:
        one = dataset(db, "one", ITEMS).id
        two = dataset(db, "two", [ITEMS[0], item("Q2?", "corrected"), ITEMS[2]]).id
        runs = [predict(db, run_key(which), ["a", "b", "c"])[0] for which in (one, two)]
        exact, other = grader(db), grader(db, "other")
        give(db, exact, {1: GRADES[1], 2: 1.0, 3: GRADES[2]})
        assert copy_known_grades(db, exact.id, [runs[0]]) == 0
        assert copy_known_grades(db, other.id) == 0
        assert copy_known_grades(db, exact.id, [runs[1]]) == 2
        assert [get_grade(db, exact.id, number) for number in predictions(db, runs[1])] == [GRADES[1], None, GRADES[2]]
        assert count_ungraded(db, exact.id) == 1
        assert copy_known_grades(db, exact.id) == 0
        copied = [(one.prediction, one.run, one.row_id) for one in iter_grades(db, exact.id, [runs[1]])]
        assert copied == [(4, runs[1], ITEMS[0].row_id), (6, runs[1], ITEMS[2].row_id)]


def test_an_equal_row_in_the_same_dataset_takes_the_grade_too(store: Store) -> None:
    with store.write() as db:
        mine = dataset(db, "mine", [ITEMS[0], ITEMS[0]]).id
        predict(db, run_key(mine), ["a", "a"])
        exact = grader(db)
        give(db, exact, {1: 0.75})
        assert copy_known_grades(db, exact.id) == 1
        assert get_grade(db, exact.id, 2) == Grade(0.75, True)


class TestGraders:
    def test_a_version_is_its_canonical_content(self, store: Store) -> None:
        with store.write() as db:
            first = add_grader(
                db, "exact", {"type": "python", "source": "é", "unknown": [1, {"b": 2}]}, ScoreRule(-1, 1, 0)
            )
            again = add_grader(db, "exact", {"unknown": [1, {"b": 2}], "source": "é", "type": "python"}, ScoreRule())
            assert again == first == get_grader(db, first.id)
            assert (first.rule, first.label) == (ScoreRule(-1, 1, 0), f"exact@{first.version[:4]}")
            assert first.spec == {"type": "python", "source": "é", "unknown": [1, {"b": 2}]}

    def test_names_and_versions(self, store: Store) -> None:
        with store.write() as db:
            made = [grader(db, "exact", source=str(number)) for number in range(40)]
            other = grader(db, "other")
            newest = grader(db, "exact", source="newest")
            assert find_grader(db, "exact") == newest
            assert [one.id for one in list_graders(db)] == [*(one.id for one in made), newest.id, other.id]
            for one in made:
                assert find_grader(db, f"exact@{one.version}") == one
                assert find_grader(db, f"exact@{one.version[:12].upper()}") == one
            ambiguous = next(one for one in made if sum(m.version[0] == one.version[0] for m in [*made, newest]) > 1)
            with pytest.raises(UsageError, match=r"fits \d+ versions"):
                find_grader(db, f"exact@{ambiguous.version[0]}")
            assert find_grader(db, "other@") == other
            for name in ("exact@xyz", "other@ffffffffff", "nothing", "", "@", "x\udce9"):
                with pytest.raises(UsageError, match="there is no grader") as caught:
                    find_grader(db, name)
                assert "exact, other" in caught.value.hint
            with pytest.raises(UsageError, match="fits 41 versions"):
                find_grader(db, "exact@")

    def test_a_name_with_an_at_sign(self, store: Store) -> None:
        with store.write() as db:
            odd = grader(db, "judge@4")
            assert find_grader(db, "judge@4") == odd
            assert find_grader(db, f"judge@4@{odd.version[:6]}") == odd

    def test_the_version_before_with_grades(self, store: Store) -> None:
        filled(store)
        with store.write() as db:
            made = [grader(db, source=str(number)) for number in range(4)]
            assert previous_version(db, made[3]) is None
            give(db, made[0], {1: 1.0})
            give(db, made[1], {1: 1.0})
            give(db, made[3], {1: 1.0})
            assert previous_version(db, made[3]) == made[1]
            assert previous_version(db, made[0]) is None

    def test_an_external_grader_is_only_a_name(self, store: Store) -> None:
        with store.write() as db:
            judge = add_external_grader(db, "judge")
            assert judge.is_external
            assert add_external_grader(db, "judge") == judge
            assert not grader(db).is_external
            assert get_grader(db, 77) is None

    def test_a_name_that_is_no_text(self, store: Store) -> None:
        with store.write() as db:
            odd = add_grader(db, "a\ud83d", {"type": "python", "name": "a\ud83d"}, ScoreRule())
            assert odd.name == "a\ufffd"
            assert odd.spec["name"] == "a\ud83d"


GRADABLE = Gradable(0, 0, 0, "row", 1, "m", "text", None, None, {}, {})


class TestFileGrades:
    def test_grades_are_kept_by_content(self, tmp_path: Path) -> None:
        others = [
            Gradable(9, 9, 9, "row", 2, "m", "text", None, None, {}, {}),
            Gradable(0, 0, 0, "row", 1, "m", "other", None, None, {}, {}),
            Gradable(0, 0, 0, "corrected", 1, "m", "text", None, None, {}, {}),
            Gradable(0, 0, 0, "row", 1, "m", "text", None, None, {"tool_calls": [1]}, {}),
        ]
        with FileGrades(tmp_path) as grades:
            grades.keep("v1", [(GRADABLE, GRADES[1])])
            assert grades.get("v1", others[0]) == GRADES[1]
            assert [grades.get("v1", one) for one in others[1:]] == [None] * 3
            assert grades.get("v2", GRADABLE) is None
        with FileGrades(tmp_path) as grades:
            assert grades.get("v1", GRADABLE) == GRADES[1]
            grades.keep("v1", [(GRADABLE, Grade(0.0))])
            assert grades.get("v1", GRADABLE) == GRADES[1]

    def test_errors_that_may_pass_are_not_kept(self, tmp_path: Path) -> None:
        kept = Grade(None, error=GradeError("python_grader_runtime_error", "ZeroDivisionError \ud83d"))
        with FileGrades(tmp_path) as grades:
            grades.keep("v1", [(GRADABLE, GRADES[2])])
            assert grades.get("v1", GRADABLE) is None
            grades.keep("v1", [(GRADABLE, kept)])
            assert grades.get("v1", GRADABLE) == kept

    def test_what_cannot_be_written_is_said_and_the_next_goes_through(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(file_grades, "BUSY_TIMEOUT_MS", 20)
        with FileGrades(tmp_path) as first, FileGrades(tmp_path) as second:
            first._db.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreBusyError):
                second.keep("v1", [(GRADABLE, Grade(1.0))])
            first._db.execute("ROLLBACK")
            first._db.execute("PRAGMA max_page_count = 4")
            with pytest.raises(StoreError, match="full"):
                first.keep(
                    "v1", [(Gradable(0, 0, 0, str(n), 1, "m", "", None, None, {}, {}), GRADES[1]) for n in range(900)]
                )
            second.keep("v1", [(GRADABLE, Grade(1.0))])
            assert first.get("v1", GRADABLE) == Grade(1.0)

    def test_a_damaged_file_is_said(self, tmp_path: Path) -> None:
        (tmp_path / FILE_NAME).write_bytes(b"no database, but text that is long enough for one " * 99)
        with pytest.raises(StoreError, match="damaged"):
            FileGrades(tmp_path)
        with pytest.raises(StoreError, match="cannot be opened"):
            FileGrades(tmp_path / "nowhere")


@pytest.mark.parametrize("batch", [1, 3, 12])
def test_the_first_grade_counts_in_every_part(store: Store, batch: int) -> None:
    filled(store)

    @given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from(GRADES[:3])), max_size=12))
    def check(rows: list[tuple[int, Grade]]) -> None:
        db = store.connection()
        db.execute("BEGIN")
        exact = grader(db)
        expected: dict[int, Grade] = {}
        for first in range(0, len(rows), batch):
            known = len(expected)
            for prediction, grade in rows[first : first + batch]:
                expected.setdefault(prediction, grade)
            new = add_grades(db, exact.id, [(one, 1, 1, grade) for one, grade in rows[first : first + batch]])
            assert new == len(expected) - known
        assert {one.prediction: one.grade for one in iter_grades(db, exact.id)} == expected
        db.execute("ROLLBACK")

    check()
