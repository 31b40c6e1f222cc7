"""One prediction in full, what is like it, marks, and what a session remembers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import UsageError
from rft_tui.model import Answer, Grade, Prompt, Verdict
from rft_tui.store.database import Store
from rft_tui.store.filters import Selection
from rft_tui.store.prompts import add_prompt
from rft_tui.store.review import Sibling, answers_of, clear_marks, get_review_item, siblings, toggle_mark
from rft_tui.store.session import load_session, save_session
from rft_tui.store.similar import similar_groups
from rft_tui.store.verdicts import EventKind, ReviewState, record
from tests.unit.store.building import ME, dataset, failed, give, grader, item, predict, run_key

SELECTION = Selection(None, 1, ME, baseline=2)


def test_everything_about_one_prediction(store: Store) -> None:
    with store.write() as db:
        add_prompt(db, Prompt("short", "Be short.", "f" * 32))
        mine = dataset(db, "mine", [item("Q1?", "ja", topic="Ärzte"), item("Q2?")])
        for index in (1, 2):
            predict(db, run_key(mine.id, prompt="f" * 32, run_index=index), [Answer("yes", "because"), failed()])
        predict(db, run_key(mine.id, "other"), ["no"])
        exact, base = grader(db), grader(db, "base")
        give(db, exact, {1: Grade(0.5, True, {"a": None}, ("one", "two")), 3: 1.0})
        give(db, base, {1: 0.25})
        record(db, ME, EventKind.VERDICT, Verdict.LABEL, answers=[1])
        record(db, ME, EventKind.REFERENCE, "", row_id=item("Q1?", "ja", topic="Ärzte").row_id)
        record(db, "bob", EventKind.NOTE, "not mine", answers=[1])
        seen = get_review_item(db, SELECTION, 1)
        assert (seen.dataset, seen.line, seen.question, seen.reference) == ("mine", 1, "Q1?", "ja")
        assert seen.messages == [{"role": "user", "content": "Q1?"}]
        assert (seen.model, seen.effort, seen.prompt, seen.run_index) == ("m", "low", "short", 1)
        assert seen.fields == {"reference_answer": "ja", "topic": "Ärzte"}
        assert (seen.output_text, seen.summary, seen.error_kind) == ("yes", "because", None)
        assert seen.grade == Grade(0.5, True, {"a": None}, ("one", "two"))
        assert (seen.baseline_score, seen.correction) == (0.25, "")
        assert seen.state == ReviewState(Verdict.LABEL)
        assert seen.siblings == (Sibling(1, 1, 0.5, None), Sibling(3, 2, 1.0, None))
        error = get_review_item(db, Selection(None, None, ME), 4)
        assert (error.error_kind, error.grade, error.baseline_score) == ("incomplete", None, None)
        assert siblings(db, SELECTION, error.item, error.run) == (
            Sibling(2, 1, None, "incomplete"),
            Sibling(4, 2, None, "incomplete"),
        )
        with pytest.raises(UsageError, match="no prediction 77"):
            get_review_item(db, SELECTION, 77)


def test_what_others_say_is_told_to_those_who_have_said_something(store: Store) -> None:
    with store.write() as db:
        predict(db, run_key(dataset(db, "d", [item("Q1?")]).id), ["yes"])
        record(db, "bob", EventKind.VERDICT, Verdict.WRONG, answers=[1])
        record(db, "bob", EventKind.NOTE, "no unit", answers=[1])
        record(db, "ann", EventKind.VERDICT, Verdict.RIGHT, answers=[1])
        record(db, "ann", EventKind.VERDICT, "", answers=[1])
        selection = Selection(None, None, ME)
        assert get_review_item(db, selection, 1).others == ()
        record(db, ME, EventKind.VERDICT, Verdict.RIGHT, answers=[1])
        assert get_review_item(db, selection, 1).others == (("bob", ReviewState(Verdict.WRONG, (), "no unit")),)


def test_marks(store: Store) -> None:
    with store.write() as db:
        predict(db, run_key(dataset(db, "mine", [item("Q1?"), item("Q2?")]).id), ["a", "b"])
        assert [toggle_mark(db, 1), toggle_mark(db, 2), toggle_mark(db, 1)] == [True, True, False]
        assert toggle_mark(db, 1) is True
        assert clear_marks(db) == 2
        assert clear_marks(db) == 0


def test_answers_behind_predictions_are_counted_once(store: Store) -> None:
    with store.write() as db:
        for name in ("one", "two"):
            predict(
                db, run_key(dataset(db, name, [item("Q1?"), item("Q2?")][: 2 if name == "one" else 1]).id), ["a", "b"]
            )
        assert answers_of(db, [1, 2, 3]) == [1, 2]
        assert answers_of(db, []) == []


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(st.characters())),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)


def test_a_session_remembers_any_value(store: Store) -> None:
    @given(st.dictionaries(st.sampled_from(["screen", "filter", "größe"]), JSON))
    def check(values: dict[str, object]) -> None:
        db = store.connection()
        db.execute("BEGIN")
        save_session(db, {"screen": "data"})
        save_session(db, values)
        assert load_session(db) == {"screen": "data"} | values
        db.execute("ROLLBACK")

    check()


def test_a_filter_that_is_no_text_is_remembered(store: Store) -> None:
    with store.write() as db:
        save_session(db, {"filter": "caf\udce9"})
        assert load_session(db) == {"filter": "caf\udce9"}


class TestSimilar:
    @pytest.fixture
    def filled(self, store: Store) -> Store:
        """Runs 1 and 2 over four questions; 1-4 and 5-8 are the predictions, all mistakes but 8."""
        with store.write() as db:
            items = [item("Q1?", "yes"), item("Q2?", "yes"), item("Q3?", "no"), item("Q4?", None)]
            mine = dataset(db, "mine", items).id
            predict(db, run_key(mine), ["A", "a", "c", failed()])
            predict(db, run_key(mine, run_index=2), ["a", "x", "A", failed()])
            give(db, grader(db), {1: 0.0, 2: 0.5, 3: 0.0, 5: 0.9, 6: 0.0, 7: 0.0, 4: None, 8: None})
        return store

    def groups(self, store: Store, prediction: int, runs: tuple[int, ...] | None = None) -> dict[str, tuple[int, ...]]:
        with store.read() as db:
            found = similar_groups(db, Selection(runs, 1, ME), prediction)
        return {group.label: group.predictions for group in found}

    def test_the_closest_kinship_first(self, filled: Store) -> None:
        assert list(self.groups(filled, 1).items()) == [
            ("the same answer to the same question", (1, 5)),
            ("the same answer where the same reference was wanted", (1, 2, 5)),
            ("the same answer to any question", (1, 2, 5, 7)),
            ("the same reference answer", (1, 2, 5, 6)),
        ]

    def test_other_answers_to_the_question(self, filled: Store) -> None:
        assert self.groups(filled, 3) == {"the same question, whatever was answered": (3, 7)}

    def test_errors_are_like_errors(self, filled: Store) -> None:
        assert self.groups(filled, 4) == {"the same error: incomplete": (4, 8)}

    def test_only_runs_that_are_looked_at_and_only_mistakes(self, filled: Store) -> None:
        assert self.groups(filled, 1, (1,)) == {"the same answer where the same reference was wanted": (1, 2)}
        with filled.write() as db:
            db.execute("UPDATE grade SET score = 1, sort_score = 1 WHERE prediction = 5")
        assert "the same answer to the same question" not in self.groups(filled, 1)
        assert self.groups(filled, 77) == {}

    def test_a_common_beginning_is_not_the_same_answer(self, store: Store) -> None:
        beginning = "Let me think about this step by step. " * 10
        with store.write() as db:
            mine = dataset(db, "mine", [item("Q1?", None), item("Q2?", None), item("Q3?", None)]).id
            predict(db, run_key(mine), [f"{beginning} A", f"{beginning} another answer", f"{beginning} a"])
            give(db, grader(db), dict.fromkeys((1, 2, 3), 0.0))
        assert self.groups(store, 1) == {"the same answer to any question": (1, 3)}
        assert self.groups(store, 2) == {}
