"""The verdict log: it only ever grows, and what it says at present is what a plain model of it says."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rft_tui.errors import StoreError, UsageError
from rft_tui.model import Verdict
from rft_tui.store.database import Store
from rft_tui.store.verdicts import (
    EventKind,
    ReviewState,
    Undone,
    clean_tag,
    count_verdicts,
    known_tags,
    record,
    review_state,
    undo,
)
from tests.unit.store.building import ME, dataset, item, predict, run_key

REVIEWERS = ("ada", "bob")
ROWS = ("row-1", "row-2")
ANSWERS = (1, 2, 3)
TAGS = ("wrong unit", "no answer", "größe", "100%")


@dataclass(frozen=True)
class Step:
    """One undoable step as the model remembers it."""

    reviewer: str
    kind: EventKind
    value: str
    answers: tuple[int, ...] = ()
    row: str | None = None


def state_of(steps: list[Step], reviewer: str, answer: int) -> ReviewState:
    verdict: Verdict | None = None
    tags: dict[str, None] = {}
    note = ""
    for step in steps:
        if step.reviewer != reviewer or answer not in step.answers:
            continue
        if step.kind is EventKind.VERDICT:
            verdict = Verdict(step.value)
        elif step.kind is EventKind.TAG:
            tags.setdefault(step.value)
        elif step.kind is EventKind.UNTAG:
            tags.pop(step.value, None)
        else:
            note = step.value
    return ReviewState(verdict, tuple(tags), note)


def filled(path: Path) -> Store:
    store = Store(path)
    with store.write() as db:
        mine = dataset(db, "mine", [item(f"Q{number}?") for number in range(3)])
        predict(db, run_key(mine.id), ["a", "b", "c"])
    return store


class VerdictLog(RuleBasedStateMachine):
    """Several reviewers say, tag, note, correct and undo; the store is opened anew at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.steps: list[Step] = []
        self.log: list[tuple[Any, ...]] = []

    @initialize()
    def begin(self) -> None:
        self.store = filled(self.folder / "cache.db")

    def say(self, step: Step) -> None:
        with self.store.write() as db:
            record(db, step.reviewer, step.kind, step.value, answers=step.answers, row_id=step.row)
        self.steps.append(step)

    @rule(reviewer=st.sampled_from(REVIEWERS), answer=st.sampled_from(ANSWERS), verdict=st.sampled_from(list(Verdict)))
    def judge(self, reviewer: str, answer: int, verdict: Verdict) -> None:
        self.say(Step(reviewer, EventKind.VERDICT, verdict, (answer,)))

    @rule(
        reviewer=st.sampled_from(REVIEWERS),
        answers=st.sets(st.sampled_from(ANSWERS), min_size=1),
        tag=st.sampled_from(TAGS),
        kind=st.sampled_from([EventKind.TAG, EventKind.UNTAG]),
    )
    def tag(self, reviewer: str, answers: set[int], tag: str, kind: EventKind) -> None:
        self.say(Step(reviewer, kind, tag, tuple(sorted(answers))))

    @rule(
        reviewer=st.sampled_from(REVIEWERS), answer=st.sampled_from(ANSWERS), text=st.sampled_from(["", "odd\n\nnote"])
    )
    def note(self, reviewer: str, answer: int, text: str) -> None:
        self.say(Step(reviewer, EventKind.NOTE, text, (answer,)))

    @rule(reviewer=st.sampled_from(REVIEWERS), row=st.sampled_from(ROWS), text=st.sampled_from(["right", "richtig"]))
    def correct(self, reviewer: str, row: str, text: str) -> None:
        self.say(Step(reviewer, EventKind.REFERENCE, text, row=row))

    @rule(reviewer=st.sampled_from(REVIEWERS), times=st.integers(1, 4))
    def take_back(self, reviewer: str, times: int) -> None:
        for _ in range(times):
            mine = [step for step in self.steps if step.reviewer == reviewer]
            with self.store.write() as db:
                undone = undo(db, reviewer)
            if not mine:
                assert undone is None
                return
            last = mine[-1]
            assert undone == Undone(last.kind, last.value, last.answers, (last.row,) if last.row else ())
            del self.steps[max(number for number, step in enumerate(self.steps) if step is last)]

    @rule()
    def open_anew(self) -> None:
        self.store.close()
        self.store = Store(self.folder / "cache.db")

    @rule()
    def fail(self) -> None:
        with pytest.raises(StoreError), self.store.write() as db:
            record(db, "ada", EventKind.VERDICT, Verdict.RIGHT, answers=[1, 77])

    @invariant()
    def the_state_is_that_of_the_model(self) -> None:
        with self.store.read() as db:
            for reviewer in REVIEWERS:
                for answer in ANSWERS:
                    assert review_state(db, reviewer, answer) == state_of(self.steps, reviewer, answer)
                judged = sum(state_of(self.steps, reviewer, answer).verdict is not None for answer in ANSWERS)
                assert count_verdicts(db, reviewer) == judged
                uses = [step for step in self.steps if step.reviewer == reviewer and step.kind is EventKind.TAG]
                tags = list(dict.fromkeys(step.value for step in uses))
                tags.sort(key=lambda tag: -sum(len(step.answers) for step in uses if step.value == tag))
                assert known_tags(db, reviewer) == tags
            rows = db.execute("SELECT reviewer, row_id, reference FROM correction ORDER BY 1, 2").fetchall()
            corrected = {(step.reviewer, step.row): step.value for step in self.steps if step.row}
            assert rows == [(*key, corrected[key]) for key in sorted(corrected, key=str)]
            for _reviewer, _answer, verdict, _grader, tags_text, note in db.execute("SELECT * FROM review"):
                assert verdict or tags_text or note

    @invariant()
    def the_log_only_grows(self) -> None:
        with self.store.read() as db:
            log = db.execute("SELECT * FROM verdict_log ORDER BY id").fetchall()
        assert log[: len(self.log)] == self.log
        assert len({row[1] for row in log}) == len(log)
        self.log = log

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)


TestVerdictLog = VerdictLog.TestCase
TestVerdictLog.settings = settings(max_examples=30, stateful_step_count=25)


@pytest.fixture
def log(tmp_path: Path) -> Any:
    store = filled(tmp_path / "cache.db")
    yield store
    store.close()


def test_a_group_is_tagged_and_taken_back_in_one_step(log: Store) -> None:
    with log.write() as db:
        record(db, ME, EventKind.TAG, "first", answers=[1])
        record(db, ME, EventKind.TAG, "all", answers=ANSWERS)
        assert [review_state(db, ME, answer).tags for answer in ANSWERS] == [("first", "all"), ("all",), ("all",)]
        assert undo(db, ME) == Undone(EventKind.TAG, "all", ANSWERS, ())
        assert [review_state(db, ME, answer).tags for answer in ANSWERS] == [("first",), (), ()]


def test_undo_reaches_behind_undone_steps_and_a_later_verdict_replaces(log: Store) -> None:
    with log.write() as db:
        for verdict in Verdict:
            record(db, ME, EventKind.VERDICT, verdict, answers=[1], grader_version="v")
        for verdict in reversed(Verdict):
            assert review_state(db, ME, 1).verdict is verdict
            assert undo(db, ME) is not None
        assert undo(db, ME) is None
        assert review_state(db, ME, 1) == ReviewState()
        record(db, ME, EventKind.VERDICT, Verdict.BOTH, answers=[1])
        assert db.execute("SELECT count(*) FROM verdict_log").fetchone()[0] == 2 * len(Verdict) + 1


def test_the_grader_on_the_screen_is_kept_with_the_verdict(log: Store) -> None:
    with log.write() as db:
        record(db, ME, EventKind.VERDICT, Verdict.GRADER, answers=[1], grader_version="v1")
        record(db, ME, EventKind.TAG, "odd", answers=[1], grader_version="v2")
        assert db.execute("SELECT verdict_grader FROM review").fetchall() == [("v1",)]


@pytest.mark.parametrize("tag", ["a\nb", "  a \t b ", "a\x85b", "a\u2028b", "a\r\nb"])
def test_a_tag_is_one_line_whoever_gives_it(log: Store, tag: str) -> None:
    with log.write() as db:
        record(db, ME, EventKind.TAG, tag, answers=[1])
        assert review_state(db, ME, 1).tags == (clean_tag(tag),) == ("a b",)
        record(db, ME, EventKind.UNTAG, tag, answers=[1])
        assert review_state(db, ME, 1).tags == ()


@pytest.mark.parametrize("tag", ["", " \n "])
def test_a_tag_without_a_name_is_refused(log: Store, tag: str) -> None:
    with pytest.raises(UsageError, match="name"), log.write() as db:
        record(db, ME, EventKind.TAG, tag, answers=[1])
    with log.write() as db:
        assert undo(db, ME) is None


def test_a_note_that_is_no_text_is_kept_as_near_as_can_be(log: Store) -> None:
    with log.write() as db:
        record(db, ME, EventKind.NOTE, "odd \udce9", answers=[1])
        assert review_state(db, ME, 1).note == "odd \ufffd"


@pytest.mark.parametrize("change", ["DELETE FROM review", "DELETE FROM correction"])
def test_what_lists_show_can_be_made_again_from_the_log(log: Store, change: str) -> None:
    with log.write() as db:
        record(db, ME, EventKind.VERDICT, Verdict.WRONG, answers=[1])
        record(db, ME, EventKind.REFERENCE, "no", row_id="row-1")
        db.execute(change)
        record(db, ME, EventKind.TAG, "odd", answers=[1])
        record(db, ME, EventKind.REFERENCE, "nope", row_id="row-1")
        assert review_state(db, ME, 1) == ReviewState(Verdict.WRONG, ("odd",))
        undo(db, ME)
        assert db.execute("SELECT reference FROM correction").fetchall() == [("no",)]
