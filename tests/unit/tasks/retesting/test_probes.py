"""Which predictions a grader is tried on, and what they bring along."""

from __future__ import annotations

import pytest

from rft_tui.errors import UsageError
from rft_tui.model import Verdict
from rft_tui.store.database import Store
from rft_tui.store.drafts import pin
from rft_tui.store.graders import add_external_grader
from rft_tui.store.review import toggle_mark
from rft_tui.tasks.retesting import probes
from rft_tui.tasks.retesting.probes import ProbeChoice, person_right, probe_set
from tests.unit.store.building import ME, failed, give
from tests.unit.tasks.retesting.worlds import EXACT, fill, judge_by_hand, python, rows_of, stored

LENGTH = python("min(1.0, len(sample['output_text']) / 10)", "length", pass_threshold=0.5)


def chosen(store: Store, choice: ProbeChoice, *args: object) -> list[int]:
    base = args[0] if args else None
    return [row.prediction for row in probe_set(store, choice, base, ME).rows]  # type: ignore[arg-type]


class TestChoices:
    def test_mistakes_are_the_lowest_scores(self, store: Store) -> None:
        a, b, c, _full = fill(store, ["four", "x", "sevenxx", "ten letters"])
        length = stored(store, LENGTH)
        assert chosen(store, ProbeChoice("mistakes"), length) == [b, a, c]
        assert chosen(store, ProbeChoice("mistakes", count=2), length) == [b, a]

    def test_what_was_judged_last_comes_first_and_takes_half(self, store: Store) -> None:
        a, b, c, full = fill(store, ["four", "x", "sevenxx", "ten letters"])
        length = stored(store, LENGTH)
        for prediction in (b, a, c, full):
            judge_by_hand(store, prediction, Verdict.GRADER if prediction == full else Verdict.WRONG, length)
        assert chosen(store, ProbeChoice("mistakes", count=4), length) == [full, c, b, a]
        judge_by_hand(store, a, Verdict.SKIP)
        judge_by_hand(store, full, Verdict.RIGHT)
        assert chosen(store, ProbeChoice("mistakes", count=3), length) == [c, b, a]

    def test_a_new_grader_takes_the_mistakes_of_the_one_at_hand(self, store: Store) -> None:
        a, b = fill(store, ["four", "x"])
        stored(store, LENGTH)
        rows = probe_set(store, ProbeChoice("mistakes"), None, ME).rows
        assert [row.prediction for row in rows] == [b, a]
        assert [row.old for row in rows] == [None, None]

    def test_without_any_grader_there_are_none(self, store: Store) -> None:
        fill(store, ["four"])
        assert chosen(store, ProbeChoice("mistakes")) == []

    def test_pinned_marked_and_filtered(self, store: Store) -> None:
        a, b, c = fill(store, ["four", "x", "sevenxx"])
        length = stored(store, LENGTH)
        with store.write() as db:
            for one in (c, a):
                pin(db, one)
            toggle_mark(db, b)
        assert chosen(store, ProbeChoice("pinned"), length) == [c, a]
        assert chosen(store, ProbeChoice("marks"), length) == [b]
        assert chosen(store, ProbeChoice("marks")) == [b]
        assert chosen(store, ProbeChoice("filter", "score>=0.3"), length) == [a, c]
        assert chosen(store, ProbeChoice("filter", "prediction:seven"), length) == [c]

    def test_a_random_sample_can_be_drawn_again(self, store: Store) -> None:
        everything = fill(store, [f"a{number}" if number % 4 else failed() for number in range(400)])
        with store.read() as db:
            answered = {row[0] for row in db.execute("SELECT id FROM prediction WHERE error_kind IS NULL")}
        first, other = ProbeChoice("random", count=50), ProbeChoice("random", count=50, seed=7)
        drawn = chosen(store, first)
        assert drawn == chosen(store, first) != chosen(store, other)
        assert len(set(drawn)) == 50
        assert set(drawn) <= answered < set(everything)
        assert set(chosen(store, ProbeChoice("random", count=2000))) == answered

    def test_a_sample_of_many_looks_at_few(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        from rft_tui.store import probes as drawing

        fill(store, [f"a{number}" for number in range(900)])
        monkeypatch.setattr(drawing, "CHUNK", 20)
        drawn = chosen(store, ProbeChoice("random", count=30))
        assert len(set(drawn)) == 30
        assert max(drawn) - min(drawn) > 400

    def test_a_run_by_number_or_model(self, store: Store) -> None:
        mine = fill(store, ["a", "b"], runs=2)
        cheat = fill(store, ["yes yes", "no"], model="cheat")
        assert sorted(chosen(store, ProbeChoice("run", "cheat"))) == cheat
        assert sorted(chosen(store, ProbeChoice("run", "1"))) == mine[:2]
        with pytest.raises(UsageError, match="no run or model"):
            chosen(store, ProbeChoice("run", "nobody"))

    @pytest.mark.parametrize(
        ("text", "found"), [("model:theirs", 3), ("prediction:yes", 4), ("-pass", 0), ("score>=0", 2), ("re:^no", 1)]
    )
    def test_who_graded_matters_only_where_a_filter_asks_for_grades(self, store: Store, text: str, found: int) -> None:
        fill(store, ["yes", "yes"])
        fill(store, ["yes", "yes", "no"], model="theirs")
        mine = stored(store, EXACT)
        with store.write() as db:
            db.execute("DELETE FROM grade WHERE grader = ? AND run = 2", [mine.id])
        assert len(chosen(store, ProbeChoice("filter", text), mine)) == found

    @pytest.mark.parametrize(
        ("choice", "total"),
        [(ProbeChoice("random", count=5), 24), (ProbeChoice("run", "m", count=5), 24),
         (ProbeChoice("filter", "model:m", count=5), 24), (ProbeChoice("filter", "re:^n", count=5), 12),
         (ProbeChoice("filter", "score<1", count=5), 12), (ProbeChoice("mistakes", count=5), 12),
         (ProbeChoice("pinned", count=5), 6), (ProbeChoice("marks", count=5), 6),
         (ProbeChoice("random"), 24), (ProbeChoice("filter", "score<1"), 12)],
    )  # fmt: skip
    def test_how_many_would_fit_is_known(self, store: Store, choice: ProbeChoice, total: int) -> None:
        everything = fill(store, ["yes", "no"] * 4, runs=3)
        exact = stored(store, EXACT)
        with store.write() as db:
            for one in everything[:6]:
                pin(db, one)
                toggle_mark(db, one)
        found = probe_set(store, choice, exact, ME)
        assert (len(found.rows), found.total) == (min(choice.count, total), total)

    @pytest.mark.parametrize("choice", [ProbeChoice("random", count=20), ProbeChoice("run", "m", count=20)])
    def test_the_runs_of_an_item_stand_together(self, store: Store, choice: ProbeChoice) -> None:
        fill(store, [f"a{number}" for number in range(12)], runs=4)
        rows = probe_set(store, choice, None, ME).rows
        items = [row.item for row in rows]
        assert [items[at] for at in range(0, 20, 4) for _run in range(4)] == items
        assert len(set(items)) == 5
        assert items != sorted(items)
        assert [row.run_index for row in rows] == [1, 2, 3, 4] * 5

    @pytest.mark.parametrize(
        ("choice", "by_score"),
        [(ProbeChoice("mistakes"), True), (ProbeChoice("filter", "gout score<0.5"), True),
         (ProbeChoice("filter", "list:flips"), True), (ProbeChoice("filter", "-fail"), True),
         (ProbeChoice("filter", "model:m verdict"), False), (ProbeChoice("random", "score<1"), False)],
    )  # fmt: skip
    def test_what_is_chosen_by_score(self, choice: ProbeChoice, by_score: bool) -> None:
        assert choice.is_by_score is by_score

    def test_an_empty_cache(self, store: Store) -> None:
        for kind in ("mistakes", "pinned", "filter", "marks", "random"):
            assert chosen(store, ProbeChoice(kind)) == []


class TestRows:
    def test_what_a_row_holds(self, store: Store) -> None:
        fill(store, ["yes", failed("incomplete", "cut off")])
        first, second = rows_of(store, stored(store, EXACT), "filter")
        assert (first.output_text, first.reference, first.fields) == ("yes", "yes", {"reference_answer": "yes"})
        assert (first.model, first.run_index, first.old_passed) == ("m", 1, True)
        assert first.old is not None
        assert first.old.score == 1.0
        assert (second.error_kind, second.error_message, second.old_passed) == ("incomplete", "cut off", None)
        assert first.gradable.output_text == "yes"

    def test_the_old_grades_may_be_of_another_version(self, store: Store) -> None:
        fill(store, ["yes", "no"])
        exact, length = stored(store, EXACT), stored(store, LENGTH)
        rows = probe_set(store, ProbeChoice("filter"), length, ME, held=exact).rows
        assert [(row.old.score, row.own.score) for row in rows if row.old and row.own] == [(1.0, 0.3), (0.0, 0.2)]
        assert [row.old_passed for row in rows] == [True, False]
        assert all(row.own == row.old for row in probe_set(store, ProbeChoice("filter"), length, ME).rows)

    def test_a_row_knows_how_many_runs_its_item_has(self, store: Store) -> None:
        fill(store, ["yes", failed()], runs=3)
        fill(store, ["yes"], model="other")
        rows = rows_of(store, kind="filter")
        assert {(row.model, row.run_index): (row.group, row.runs) for row in rows} == {
            ("m", 1): (1, 3), ("m", 2): (1, 3), ("m", 3): (1, 3), ("other", 1): (4, 1),
        }  # fmt: skip

    def test_old_grades_that_are_not_there_are_made_and_not_stored(self, store: Store) -> None:
        from rft_tui.tasks.graders import ensure_grader

        fill(store, ["yes", "no"])
        rows = rows_of(store, ensure_grader(store, EXACT))
        assert [row.old_passed for row in rows] == [True, False]
        with store.read() as db:
            assert db.execute("SELECT count(*) FROM grade").fetchone()[0] == 0

    def test_a_slow_old_version_holds_nothing_up(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        from rft_tui.tasks.graders import ensure_grader

        fill(store, ["yes"])
        monkeypatch.setattr(probes, "OLD_GRADES_S", 0.05)
        endless = {"type": "python", "name": "e", "source": "def grade(sample, item):\n    while True: pass\n"}
        (row,) = rows_of(store, ensure_grader(store, endless))
        assert row.old is None

    def test_an_external_grader_is_read_only(self, store: Store) -> None:
        a, b = fill(store, ["yes", "no"])
        with store.write() as db:
            external = add_external_grader(db, "theirs")
            give(db, external, {a: 0.7})
        rows = rows_of(store, external)
        assert [row.old_passed for row in rows] == [True, None]
        assert [row.prediction for row in rows] == [a, b]


class TestPerson:
    @pytest.mark.parametrize(
        ("verdict", "passed", "right"),
        [
            (Verdict.RIGHT, False, True), (Verdict.BOTH, None, True), (Verdict.WRONG, True, False),
            (Verdict.GRADER, True, False), (Verdict.GRADER, False, True), (Verdict.GRADER, None, None),
            (Verdict.LABEL, True, None), (Verdict.SKIP, True, None), (None, True, None),
        ],
    )  # fmt: skip
    def test_what_a_verdict_says(self, verdict: Verdict | None, passed: bool | None, right: bool | None) -> None:
        assert person_right(verdict, passed) is right

    def test_grader_wrong_is_said_of_the_version_that_was_on_the_screen(self, store: Store) -> None:
        (a,) = fill(store, ["maybe yes"])
        exact, length = stored(store, EXACT), stored(store, LENGTH)
        judge_by_hand(store, a, Verdict.GRADER, length)  # which passes it: the person holds it for wrong
        (row,) = rows_of(store, exact)
        assert (row.verdict, row.old_passed, row.person_right) == (Verdict.GRADER, False, False)
        judge_by_hand(store, a, Verdict.GRADER, exact)
        (row,) = rows_of(store, exact)
        assert row.person_right is True
