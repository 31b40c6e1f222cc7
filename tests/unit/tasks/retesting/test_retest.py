"""The live retest: what is told in which order, who wins, what stays warm."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.graders.sandbox.process import WorkerProcess
from rft_tui.model import Grade, GradeError, ScoreRule, Verdict
from rft_tui.store.database import Store
from rft_tui.tasks.retesting import retest
from rft_tui.tasks.retesting.figures import RetestSummary, summarise_retest
from rft_tui.tasks.retesting.probes import ProbeRow
from rft_tui.tasks.retesting.retest import NEEDS_JUDGE, RetestUpdate
from tests.unit.judges import ScriptedJudge, judged_spec
from tests.unit.store.building import failed
from tests.unit.tasks.retesting.worlds import EXACT, WAIT_S, Desk, fill, judge_by_hand, multi, python, rows_of, stored

LENGTH = python("min(1.0, len(sample['output_text']) / 10)", "length", pass_threshold=0.5)
ENDLESS = {"type": "python", "name": "e", "source": "def grade(sample, item):\n    while True: pass\n"}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources of all sandbox processes, as they are started."""
    sources: list[str] = []
    begin = WorkerProcess.__init__

    def noted(self: WorkerProcess, *given: object, **more: object) -> None:
        sources.append(given[0].source)  # type: ignore[attr-defined]
        begin(self, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(WorkerProcess, "__init__", noted)
    return sources


class TestUpdates:
    def test_the_visible_row_comes_first_and_alone(
        self, store: Store, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(retest, "POST_S", 1000.0)
        fill(store, ["yes", "no"] * 10)
        rows = rows_of(store)
        last = desk.run(EXACT, rows, first=6, visible=4)
        told = [list(update.results) for update in desk.updates if update.results]
        assert told == [[6], [7, 8, 9], [*range(10, 20), *range(6)]]
        assert desk.results(last.serial) == {index: float(index % 2 == 0) for index in range(20)}
        assert last.summary is not None
        assert (last.summary.scored, last.summary.passed_after, last.summary.mean_after) == (20, 10, 0.5)

    def test_a_prediction_without_an_answer_is_an_error_and_no_zero(self, store: Store, desk: Desk) -> None:
        fill(store, [failed(), "yes"])
        last = desk.run(EXACT, rows_of(store, kind="filter", base=stored(store, EXACT)))
        assert last.summary is not None
        assert (last.summary.errors, last.summary.scored, last.summary.mean_after) == (1, 1, 1.0)
        assert sorted(desk.results(last.serial).values(), key=str) == [1.0, None]

    def test_bad_json_is_told_with_its_place(self, store: Store, desk: Desk) -> None:
        last = desk.run('{"type": "python",\n "source" 3}', rows_of(store))
        (problem,) = last.problems
        assert (problem.kind, problem.line, problem.column) == ("bad_json", 2, 11)
        assert last.summary is None

    def test_a_grader_that_cannot_run_says_why(self, store: Store, desk: Desk) -> None:
        fill(store, ["yes"])
        last = desk.run({**EXACT, "operation": "equals"}, rows_of(store))
        assert [problem.path for problem in last.problems] == ["operation"]
        assert (last.summary, last.results) == (None, {})

    def test_unknown_fields_are_held_against_the_rows(self, store: Store, desk: Desk) -> None:
        fill(store, ["yes"])
        last = desk.run({**EXACT, "reference": "{{item.nope}}"}, rows_of(store))
        assert [problem.kind for problem in last.problems] == ["unknown_field"]
        (grade,) = last.results.values() if last.results else desk.updates[-2].results.values()
        assert grade.error is not None
        assert last.summary is not None
        assert last.summary.errors == 1

    def test_new_problems_are_told_before_slow_grades(self, store: Store, desk: Desk) -> None:
        fill(store, ["yes"])
        desk.start({**ENDLESS, "pass_threshold": 7}, rows_of(store))
        first = desk.until(lambda update: bool(update.problems))
        assert ([problem.kind for problem in first.problems], first.results) == (["threshold_outside_range"], {})

    def test_without_rows(self, store: Store, desk: Desk) -> None:
        last = desk.run(EXACT, [])
        assert last.summary is not None
        assert (last.summary.scored, last.summary.mean_after) == (0, None)

    def test_errors_of_code_come_with_their_line(self, store: Store, desk: Desk) -> None:
        fill(store, ["yes"])
        desk.run(python("1 / 0"), rows_of(store))
        (error,) = {grade.error for update in desk.updates for grade in update.results.values()}
        assert error is not None
        assert "line 2" in error.message

    def test_a_failure_of_ours_is_told_and_the_next_one_works(
        self, store: Store, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(store, ["yes"])

        def broken(*_given: object) -> RetestSummary:
            raise ZeroDivisionError("oh")

        with monkeypatch.context() as patch:
            patch.setattr(retest, "summarise_retest", broken)
            last = desk.run(EXACT, rows_of(store))
        assert [problem.kind for problem in last.problems] == ["failed"]
        assert desk.run(EXACT, rows_of(store)).summary is not None


class TestNewestWins:
    def test_an_endless_grader_gives_way_at_once(self, store: Store, desk: Desk) -> None:
        fill(store, ["yes"] * 8)
        rows = rows_of(store)
        old = desk.start(ENDLESS, rows)
        last = desk.run(LENGTH, rows)
        assert last.serial == old + 1
        assert [update for update in desk.updates if update.serial == old and update.done] == []
        assert set(desk.results(last.serial).values()) == {0.3}

    def test_of_many_only_the_newest_ends(self, store: Store, desk: Desk) -> None:
        fill(store, ["yes"] * 8)
        rows = rows_of(store)
        serials = [desk.start(python(f"{number} / 100"), rows) for number in range(30)]
        last = desk.run(python("0.5"), rows)
        done = [update.serial for update in desk.updates if update.done]
        assert serials == sorted(set(serials))
        assert done[-1] == last.serial
        assert set(desk.results(last.serial).values()) == {0.5}

    def test_nothing_is_told_after_cancel(self, store: Store, desk: Desk) -> None:
        fill(store, ["yes"] * 50)
        rows = rows_of(store)
        began, go_on = threading.Event(), threading.Event()

        def hold(update: RetestUpdate) -> None:
            if update.results and not began.is_set():
                began.set()
                assert go_on.wait(WAIT_S)

        desk.heard = hold
        serial = desk.start(EXACT, rows)
        assert began.wait(WAIT_S)
        desk.retester.cancel()
        told = len(desk.updates)
        go_on.set()
        last = desk.run(EXACT, rows)
        assert [update.serial for update in desk.updates[told:]].count(serial) == 0
        assert last.serial == serial + 1

    def test_closed_it_starts_nothing(self, store: Store, desk: Desk) -> None:
        fill(store, ["yes"])
        desk.run(LENGTH, rows_of(store))
        desk.retester.close()
        assert desk.start(LENGTH, rows_of(store)) == 2
        assert max(update.serial for update in desk.updates) == 1
        assert not any(thread.name == "retest" for thread in threading.enumerate())


class TestWarmSandboxes:
    def test_unchanged_code_keeps_its_process(self, store: Store, desk: Desk, started: list[str]) -> None:
        fill(store, ["yes"] * 5)
        rows = rows_of(store)
        for formula in ("a", "a / 2", "a + a"):
            desk.run(multi(formula, a=LENGTH), rows)
        assert len(started) == 1

    def test_a_cancelled_retest_leaves_it_warm(self, store: Store, desk: Desk, started: list[str]) -> None:
        fill(store, ["yes"] * 50)
        rows = rows_of(store)
        desk.run(LENGTH, rows)
        for number in range(20):
            desk.start(LENGTH | {"pass_threshold": number / 100}, rows)
        desk.run(LENGTH, rows)
        assert len(started) == 1

    def test_changed_code_gets_a_new_one_and_the_old_one_ends(
        self, store: Store, desk: Desk, started: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        killed: list[str] = []
        kill = WorkerProcess.kill

        def noted(worker: WorkerProcess) -> None:
            killed.append(worker.setup.source)
            kill(worker)

        monkeypatch.setattr(WorkerProcess, "kill", noted)
        fill(store, ["yes"])
        rows = rows_of(store)
        first, second = python("0.25"), python("0.5")
        desk.run(first, rows)
        last = desk.run(second, rows)
        assert set(desk.results(last.serial).values()) == {0.5}
        assert started == [first["source"], second["source"]]
        desk.run(second, rows)
        assert killed == [first["source"]]

    def test_two_children_of_the_same_code(self, store: Store, desk: Desk) -> None:
        fill(store, ["yes"] * 5)
        last = desk.run(multi("a + b", a=LENGTH, b=LENGTH), rows_of(store))
        assert set(desk.results(last.serial).values()) == {0.6}


class TestModelGraders:
    def test_not_without_a_judge(self, store: Store, desk: Desk) -> None:
        fill(store, ["yes"])
        last = desk.run(judged_spec(), rows_of(store))
        assert NEEDS_JUDGE in {problem.kind for problem in last.problems}
        assert last.summary is None

    def test_answers_are_told_as_they_come(self, store: Store, desk: Desk) -> None:
        fill(store, ["yes", "no", "yes"])
        judge = ScriptedJudge(waits=True)
        asked: dict[int, threading.Event] = {number: threading.Event() for number in range(3)}
        judge.put = lambda number: asked[number].set()
        desk.start(judged_spec(), rows_of(store), judge=judge)
        for number in range(3):
            assert asked[number].wait(WAIT_S)
            judge.release(number)
            desk.until(lambda update, at=number: at in update.results)  # type: ignore[misc]
        last = desk.until(lambda update: update.done)
        assert desk.results(last.serial) == {0: 1.0, 1: 0.0, 2: 1.0}


class TestFigures:
    def test_before_after_flips_and_the_person(self, store: Store, desk: Desk) -> None:
        a, b, c, d = fill(store, ["yes", "yes please", "no", "exactly  ten"])
        exact = stored(store, EXACT)
        for prediction, verdict in ((a, Verdict.RIGHT), (b, Verdict.GRADER), (c, Verdict.WRONG), (d, Verdict.LABEL)):
            judge_by_hand(store, prediction, verdict, exact)
        last = desk.run(LENGTH, rows_of(store, exact))
        assert last.summary == RetestSummary(
            mean_before=0.25, mean_after=0.625, passed_before=1, passed_after=2,
            scored=4, errors=0, flips_up=2, flips_down=1, agree_before=2, agree_after=2, judged=3, scored_before=4,
        )  # fmt: skip

    def test_items_count_once_however_many_runs_they_have(self) -> None:
        rows = [row("a"), row("a"), row("b")]
        found = summarise_retest(rows, {0: Grade(1.0), 1: Grade(0.0), 2: Grade(1.0)}, ScoreRule())
        assert (found.mean_after, found.mean_before, found.passed_before, found.agree_before) == (
            0.75,
            None,
            None,
            None,
        )

    @given(st.lists(st.tuples(*[st.sampled_from([None, 0.0, 0.5, 1.0])] * 2, st.sampled_from([None, True, False]))))
    def test_the_counts_fit_together(self, made: list[tuple[float | None, float | None, bool | None]]) -> None:
        rule = ScoreRule(pass_threshold=0.5)
        rows = [
            row(str(at), old=grade(old), old_passed=None if old is None else old >= 0.5, person_right=right)
            for at, (old, _new, right) in enumerate(made)
        ]
        results = {at: grade(new) for at, (_old, new, _right) in enumerate(made)}
        found = summarise_retest(rows, results, rule)
        both = [(old, new) for old, new, _right in made if old is not None and new is not None]
        assert found.scored + found.errors == len(made)
        assert found.flips_up - found.flips_down == sum(new >= 0.5 for _o, new in both) - sum(
            old >= 0.5 for old, _n in both
        )
        assert max(found.agree_after, found.agree_before or 0) <= found.judged <= found.scored


def grade(score: float | None) -> Grade:
    return Grade(score) if score is not None else Grade(None, error=GradeError("other_error", "no"))


def row(row_id: str, **more: object) -> ProbeRow:
    plain = ProbeRow(1, 1, row_id, 1, 1, "m", "text", None, {}, {}, None, None, None)
    return replace(plain, **more)  # type: ignore[arg-type]


def test_typing_through_broken_and_whole_texts(store: Store, desk: Desk) -> None:
    """Every state that a text has while it is typed ends in a last update, the whole text in scores."""
    fill(store, ["yes", "no"])
    rows = rows_of(store)
    text = json.dumps(LENGTH)
    ends = [desk.run(text[:length], rows) for length in range(0, len(text), 7)]
    assert all(end.problems for end in ends)
    assert desk.run(text, rows).summary is not None
