"""What a new version changes on everything that is cached, and that no child is graded twice."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest

from rft_tui.errors import GraderSpecError
from rft_tui.graders.registry import compile_open
from rft_tui.model import Grade, GradeError, JsonObject
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader
from rft_tui.store.grades import get_grade
from rft_tui.tasks.grade import grade_runs
from rft_tui.tasks.graders import ensure_grader
from rft_tui.tasks.retesting import reuse
from rft_tui.tasks.retesting.consequences import Consequences, consequences
from rft_tui.tasks.retesting.reuse import child_steps, plan_reuse
from tests.unit.judges import ScriptedJudge, judged_spec
from tests.unit.store.building import dataset, failed, item, predict, predictions, run_key
from tests.unit.tasks.retesting.worlds import EXACT, fill, multi, python, stored

LOWER = {**EXACT, "name": "any_case", "operation": "ilike"}


def told(store: Store, before: StoredGrader, after: StoredGrader, **more: Any) -> Consequences:
    found = consequences(store, before, after, **more)
    assert found is not None
    return found


def grades_of(store: Store, grader: StoredGrader) -> dict[int, Grade | None]:
    with store.read() as db:
        return {prediction: get_grade(db, grader.id, prediction) for prediction in predictions(db)}


class TestFlips:
    def test_exactly_the_seven_planted_ones_among_5000(self, store: Store) -> None:
        planted = {5, 777, 1234, 2500, 3999, 4000, 4999}
        with store.write() as db:
            mine = dataset(db, "mine", [item(f"Q{number}?", "yes") for number in range(1000)])
            for index in range(5):
                texts = [
                    "Yes" if index * 1000 + at in planted else "yes" if at % 3 else "nothing of it"
                    for at in range(1000)
                ]
                predict(db, run_key(mine.id, run_index=index + 1), list(texts))
            made = predictions(db)
        found = told(store, stored(store, EXACT), ensure_grader(store, LOWER))
        assert {made.index(prediction) for prediction in found.predictions} == planted
        assert len(found.flips) == 7
        assert found.diff.compared == 5000
        assert found.diff.changed == 7
        assert all(flip.passed_after and not flip.passed_before for flip in found.flips)

    def test_progress_is_told_while_sub_scores_are_taken_over(self, store: Store) -> None:
        fill(store, ["yes", "no"] * 300)
        seen: list[tuple[int, int]] = []
        before, after = stored(store, multi("e", e=EXACT)), ensure_grader(store, multi("e / 2", e=EXACT))
        found = told(store, before, after, progress=lambda done, of: seen.append((done, of)))
        assert (seen, found.reused) == ([(250, 600), (500, 600)], 600)

    def test_the_largest_change_comes_first(self, store: Store) -> None:
        a, b, c, _d = fill(store, ["x", "xxxxxxx", "xxxx", "xxxxx"])
        before = stored(store, python("0.5", "half", pass_threshold=0.5))
        after = ensure_grader(store, python("len(sample['output_text']) / 10", "length", pass_threshold=0.5))
        found = told(store, before, after)
        assert found.predictions == (a, c)
        assert b not in found.predictions
        assert [round(flip.after - flip.before, 1) for flip in found.flips] == [-0.4, -0.1]

    def test_errors_are_left_out_and_no_flips(self, store: Store) -> None:
        fill(store, ["yes", failed()])
        before = stored(store, EXACT)
        found = told(store, before, ensure_grader(store, python("1 / 0 if sample else 0", "broken")))
        assert (found.flips, found.diff.compared, found.diff.left_out) == ((), 0, 2)

    def test_stopped_it_says_nothing(self, store: Store) -> None:
        fill(store, ["yes"])
        stop = Event()
        stop.set()
        assert consequences(store, stored(store, EXACT), ensure_grader(store, LOWER), stop=stop) is None

    def test_a_grader_that_cannot_run(self, store: Store) -> None:
        fill(store, ["yes"])
        with pytest.raises(GraderSpecError):
            consequences(store, stored(store, EXACT), ensure_grader(store, {**EXACT, "operation": "like it"}))

    def test_a_judge_is_not_asked_by_accident(self, store: Store) -> None:
        fill(store, ["yes", "no"])
        before, after = stored(store, EXACT), ensure_grader(store, judged_spec())
        assert told(store, before, after).diff.left_out == 2
        found = told(store, before, after, judge=ScriptedJudge())
        assert (found.diff.compared, found.flips) == (2, ())


LENGTH = python("len(sample['output_text']) / 10", "length")


class TestReuse:
    def both(self, store: Store, before: JsonObject, after: JsonObject, **more: Any) -> tuple[int, list[str]]:
        """How many grades took over sub-scores, and the types of what was compiled to run for them.

        What is stored equals what a grading from nothing gives.
        """
        opened: list[str] = []
        compiled = compile_open

        def noted(spec: JsonObject) -> Any:
            opened.append(str(spec["name"]))
            return compiled(spec)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reuse, "compile_open", noted)
            old = stored(store, before)
            new = ensure_grader(store, after)
            found = told(store, old, new, **more)
        made = grades_of(store, new)
        with store.write() as db:
            db.execute("DELETE FROM grade_detail WHERE grader = ?", [new.id])
            db.execute("DELETE FROM grade WHERE grader = ?", [new.id])
        grade_runs(store, new)
        assert grades_of(store, new) == made
        return found.reused, opened

    def test_a_new_formula_grades_no_child(self, store: Store) -> None:
        fill(store, ["yes", "no", "perhaps it is"])
        before, after = multi("e + l", e=EXACT, l=LENGTH), multi("e - l", e=EXACT, l=LENGTH)
        assert self.both(store, before, after) == (3, [])

    def test_only_the_changed_child_is_graded(self, store: Store) -> None:
        fill(store, ["yes", "Yes", "perhaps it is", failed()])
        before, after = multi("e + l", e=EXACT, l=LENGTH), multi("2 * e + l", e=LOWER, l=LENGTH)
        assert self.both(store, before, after) == (3, ["any_case"])

    def test_a_renamed_child_is_known_by_what_it_is(self, store: Store) -> None:
        fill(store, ["yes", "no"])
        assert self.both(store, multi("e", e=EXACT), multi("same", same=EXACT)) == (2, [])

    def test_a_missing_sub_score_is_graded_anew(self, store: Store) -> None:
        fill(store, ["yes", "no", ""])
        shaky = python("1 / len(sample['output_text'])", "shaky")
        before, after = multi("e + s", e=EXACT, s=shaky), multi("e - s", e=EXACT, s=shaky)
        assert self.both(store, before, after) == (2, [])

    def test_a_division_by_zero_of_the_new_formula_is_its_error(self, store: Store) -> None:
        fill(store, ["yes", "no"])
        assert self.both(store, multi("e", e=EXACT), multi("1 / e", e=EXACT)) == (2, [])

    def test_what_a_judge_said_is_not_asked_again(self, store: Store) -> None:
        fill(store, ["yes", "no"])
        formulas = ("j + e", "j / 2 + e")
        old, new = (ensure_grader(store, multi(formula, j=judged_spec(), e=EXACT)) for formula in formulas)
        judge = ScriptedJudge()
        grade_runs(store, old, judge=judge)
        asked = len(judge.calls)
        found = told(store, old, new)
        assert (len(judge.calls), found.reused, found.diff.compared) == (asked, 2, 2)
        for grade in grades_of(store, new).values():
            assert grade is not None
            assert [use.cached for use in grade.judged] == [True]
            assert any(step.startswith("j: ") for step in grade.steps)

    @pytest.mark.parametrize(
        ("before", "after"),
        [(EXACT, LOWER), (EXACT, multi("e", e=EXACT)), (multi("e", e=EXACT), multi("l", l=LENGTH))],
    )
    def test_nothing_in_common(self, store: Store, before: JsonObject, after: JsonObject) -> None:
        assert plan_reuse(ensure_grader(store, before), ensure_grader(store, after)) is None

    def test_steps_go_to_their_child(self) -> None:
        steps = ("0.5 = a 0.5", "a: first", "of two lines", "b: other: thing", "a: again")
        assert child_steps(steps, ["a", "b"]) == {"a": ["first\nof two lines", "again"], "b": ["other: thing"]}


def test_an_error_is_kept_as_it_is(store: Store) -> None:
    fill(store, [failed("incomplete", "cut off")])
    old = stored(store, multi("e", e=EXACT))
    new = ensure_grader(store, multi("e * 1", e=EXACT))
    told(store, old, new)
    (grade,) = grades_of(store, new).values()
    assert grade == Grade(None, error=GradeError("prediction", "incomplete: cut off"))
