"""Asking at pauses: caps as people write them, one question at a time, what is known costs nothing."""

from __future__ import annotations

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import UsageError
from rft_tui.store.database import Store
from rft_tui.tasks.judging.judge import CAP_REACHED
from rft_tui.tasks.judging.known import KnownAnswers
from rft_tui.tasks.retesting.pausing import PauseAnswer, PauseAsker, PauseCap, parse_cap
from rft_tui.tasks.retesting.probes import graded_now
from tests.unit.judges import judged_spec
from tests.unit.tasks.judge_service import Service, error, judge_call, judging, profile, said
from tests.unit.tasks.retesting.worlds import WAIT_S, fill, multi, python, rows_of

TEXT = json.dumps(judged_spec())


class Answers:
    """What an asker told."""

    def __init__(self) -> None:
        self.told: list[PauseAnswer] = []
        self._changed = threading.Condition()

    def take(self, answer: PauseAnswer) -> None:
        with self._changed:
            self.told.append(answer)
            self._changed.notify_all()

    def until(self, count: int) -> list[PauseAnswer]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.told) >= count, WAIT_S)
            return self.told


class TestCaps:
    @pytest.mark.parametrize(
        ("text", "cap"),
        [("0.05", PauseCap(0.05)), ("$2", PauseCap(2.0)), (" 1.5 dollars ", PauseCap(1.5)), (".5$", PauseCap(0.5)),
         ("50 questions", PauseCap(questions=50)), ("1 q", PauseCap(questions=1))],
    )  # fmt: skip
    def test_as_people_write_them(self, text: str, cap: PauseCap) -> None:
        assert parse_cap(text, priced=True) == cap
        assert parse_cap(cap.text, priced=True) == cap

    @pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "1e9", "1001", "$", ".", "0 questions", "a lot"])
    def test_nonsense_is_refused(self, text: str) -> None:
        with pytest.raises(UsageError):
            parse_cap(text, priced=True)

    def test_dollars_need_a_price(self) -> None:
        with pytest.raises(UsageError, match="cannot be held to"):
            parse_cap("0.05", priced=False)
        assert parse_cap("50 questions", priced=False) == PauseCap(questions=50)

    @given(st.text())
    def test_any_text_is_a_cap_or_refused(self, text: str) -> None:
        try:
            cap = parse_cap(text, priced=True)
        except UsageError:
            return
        assert (cap.dollars is None) != (cap.questions is None)


class TestAsking:
    def test_one_at_a_time_and_the_older_answer_is_kept(self, store: Store) -> None:
        fill(store, ["yes", "no"])
        first, second = rows_of(store)
        answers, service = Answers(), Service()
        service.gate.clear()
        with judging(store, service) as judge:
            asker = PauseAsker(store, judge, PauseCap(9.0), answers.take)
            assert asker.ask(TEXT, first)
            assert not asker.ask(TEXT, second)
            service.gate.set()
            (answer,) = answers.until(1)
            assert answer.grade is not None
            assert (answer.text, answer.prediction, answer.grade.score) == (TEXT, first.prediction, 1.0)
            assert asker.asking is None
            assert (asker.asked, asker.spent) == (1, 1.0)
            assert asker.ask(TEXT, first)
            answers.until(2)
            assert (asker.asked, len(service.calls)) == (1, 1)
            asker.close()

    def test_all_models_of_a_grader_are_asked(self, store: Store) -> None:
        fill(store, ["yes"])
        (row,) = rows_of(store)
        children = {"one": judged_spec(), "two": judged_spec(sampling_params={"seed": 2}), "code": python("0.5")}
        answers, service = Answers(), Service()
        with judging(store, service) as judge:
            asker = PauseAsker(store, judge, PauseCap(9.0), answers.take)
            asker.ask(json.dumps(multi("one + two + code") | {"graders": children}), row)
            (answer,) = answers.until(1)
            asker.close()
        assert answer.grade is not None
        assert (answer.grade.score, len(service.calls)) == (2.5, 2)

    def test_an_error_is_an_answer_and_a_text_that_is_none_says_nothing(self, store: Store) -> None:
        fill(store, ["yes"])
        (row,) = rows_of(store)
        answers = Answers()
        with judging(store, Service(lambda _call: error("auth", "no key", stops="auth"))) as judge:
            asker = PauseAsker(store, judge, PauseCap(9.0), answers.take)
            asker.ask("{", row)
            assert answers.until(1)[0].grade is None
            asker.ask(TEXT, row)
            failed = answers.until(2)[1].grade
            assert failed is not None
            assert failed.error is not None
            assert "no key" in failed.error.message
            assert asker.stopped is not None
            asker.ask(TEXT, row)
            assert answers.until(3)[2].grade is None
            asker.close()

    def test_requests_are_held_to(self, store: Store) -> None:
        fill(store, [f"a{number}" for number in range(9)])
        answers, service = Answers(), Service()
        with judging(store, service, most_requests=2) as judge:
            asker = PauseAsker(store, judge, PauseCap(questions=2), answers.take)
            for count, row in enumerate(rows_of(store)[:4], 1):
                asker.ask(TEXT, row)
                answers.until(count)
            assert asker.stopped is not None
            assert asker.stopped.outcome == CAP_REACHED
            asker.close()
        assert [answer.grade is not None for answer in answers.told] == [True, True, False, False]
        assert len(service.calls) == 2

    def test_many_at_once_are_held_to_as_well(self, store: Store) -> None:
        service = Service()
        with judging(store, service, most_requests=3) as judge:
            replies = [judge.ask(judge_call(f"good? {number}")) for number in range(10)]
            kinds = [reply.result(WAIT_S).error for reply in replies]
        assert (len(service.calls), sum(kind is None for kind in kinds)) == (3, 3)

    def test_a_judge_that_is_not_patient_does_not_wait(self, store: Store) -> None:
        service = Service()
        with judging(store, service, patient=False) as judge:
            assert judge.ask(judge_call()).result(WAIT_S).error is None
            service.script = lambda _call: error("connection", "gone")
            reply = judge.ask(judge_call("another")).result(WAIT_S)
            assert reply.error is not None
            assert judge.stopped is not None
            assert "gone" in judge.stopped.message


class TestKnownAnswers:
    def test_what_was_answered_is_known_and_nothing_is_asked(self, store: Store) -> None:
        fill(store, ["yes", "no"])
        first, second = rows_of(store)
        service = Service(lambda call: said({"result": float("yes" in str(call.messages)[-9:]), "steps": []}))
        spec = judged_spec()
        known = KnownAnswers(store, profile())
        assert graded_now([first, second], spec, known) == {}
        assert graded_now([first, second], spec) == {}
        answers = Answers()
        with judging(store, service) as judge:
            asker = PauseAsker(store, judge, PauseCap(9.0), answers.take)
            asker.ask(TEXT, first)
            (answer,) = answers.until(1)
            asker.close()
        found = graded_now([first, second], spec, known)
        assert answer.grade is not None
        assert {number: grade.score for number, grade in found.items()} == {first.prediction: answer.grade.score}
        assert found[first.prediction].judged[0].cached
        assert graded_now([first], spec, KnownAnswers(store, profile(api="chat"))) == {}
        assert len(service.calls) == 1

    def test_vectors_too(self, store: Store) -> None:
        known = KnownAnswers(store, profile())
        assert known.embed("e", ["a"]).result().error is not None
        with judging(store, Service()) as judge:
            vectors = judge.embed("e", ["a"]).result(WAIT_S).vectors
        assert known.embed("e", ["a"]).result().vectors == vectors
