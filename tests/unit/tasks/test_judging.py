"""The judge behind a profile: nothing twice, the best form that the service holds to, typed errors, and full stops."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from concurrent.futures import CancelledError, Future

import pytest

from rft_tui.graders.judge import JudgeReply
from rft_tui.model import Answer, PredictionError, Usage
from rft_tui.providers.calls import Embeddings, ModelCall, ModelReply
from rft_tui.store import replies
from rft_tui.store.asking import claim
from rft_tui.store.database import Store
from rft_tui.store.owners import this_process
from rft_tui.store.replies import Reply, put_reply
from rft_tui.tasks.background import outage
from rft_tui.tasks.judging import judge as module
from rft_tui.tasks.judging.judge import CAP_REACHED
from tests.unit.tasks.judge_service import Service, error, form_of, judge_call, judging, profile, said


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN_S", 0.002)
    monkeypatch.setattr(module, "GRACE_S", 0.05)
    monkeypatch.setattr(outage, "HOLD_S", (0.002,))


def results(futures: list[Future[JudgeReply]]) -> list[JudgeReply]:
    return [future.result(5) for future in futures]


class TestCache:
    def test_the_same_question_is_asked_once_ever(self, store: Store) -> None:
        service = Service()
        with judging(store, service) as judge:
            first = judge.ask(judge_call()).result(5)
            again = judge.ask(judge_call()).result(5)
            assert (judge.tally.requests, judge.tally.cached, judge.tally.cost) == (1, 1, 1.0)
        with judging(store, Service(lambda _call: said("never asked"))) as judge:
            later = judge.ask(judge_call()).result(5)
        assert (len(service.calls), first.text, first.form) == (1, json.dumps({"result": 1.0, "steps": []}), "schema")
        assert (again.text, later.text) == (first.text, first.text)
        assert [one.use.cached for one in (first, again, later)] == [False, True, True]
        assert {(one.use.model, one.use.usage, one.use.cost) for one in (first, again, later)} == {
            ("judge-1", Usage(10, 5), 1.0)
        }

    def test_what_makes_it_another_question(self, store: Store) -> None:
        service = Service()
        different = [
            judge_call(),
            judge_call("bad?"),
            judge_call(repeat=1),
            judge_call(temperature=0),
            judge_call(seed=1),
        ]
        with judging(store, service) as judge:
            assert all(not one.use.cached for one in results([judge.ask(call) for call in different]))
            assert all(one.use.cached for one in results([judge.ask(call) for call in different]))
        with judging(store, service, profile=profile(api="chat")) as judge:
            assert not judge.ask(judge_call()).result(5).use.cached
        assert len(service.calls) == 6

    def test_identical_questions_in_flight_share_one_request(self, store: Store) -> None:
        service = Service()
        service.gate.clear()
        with judging(store, service) as judge:
            futures = [judge.ask(judge_call()) for _ in range(20)]
            service.gate.set()
            found = results(futures)
            assert (judge.tally.requests, judge.tally.cached) == (1, 19)
        assert len(service.calls) == 1
        assert sorted(one.use.cached for one in found) == [False] + [True] * 19

    def test_giving_up_one_of_them_does_not_harm_the_others(self, store: Store) -> None:
        service = Service()
        service.gate.clear()
        with judging(store, service) as judge:
            futures = [judge.ask(judge_call()) for _ in range(4)]
            while not service.calls:
                asyncio.run(asyncio.sleep(0.001))
            futures[1].cancel()
            futures[0].cancel()
            service.gate.set()
            found = results(futures[2:])
            for one in futures[:2]:
                with pytest.raises(CancelledError):
                    one.result(5)
            assert judge.ask(judge_call()).result(5).use.cached
        assert [one.error for one in found] == [None, None]
        assert len(service.calls) == 1

    def test_two_processes_make_one_request(self, store: Store) -> None:
        service = Service()
        service.gate.clear()
        other = Store(store.path)
        a, b = (f"{this_process()}|{name}" for name in "ab")
        with judging(store, service, owner=a) as mine, judging(other, service, owner=b) as yours:
            futures = [mine.ask(judge_call()), yours.ask(judge_call())]
            while not service.calls:
                asyncio.run(asyncio.sleep(0.001))
            service.gate.set()
            found = results(futures)
        other.close()
        assert len(service.calls) == 1
        assert sorted(one.use.cached for one in found) == [False, True]

    def test_a_reply_that_comes_between_the_look_and_the_claim_is_taken(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The other process stores its reply and lets go just after this one has looked in vain."""
        service, look = Service(), replies.get_reply
        looks: list[str] = []

        def late(db: sqlite3.Connection, key: str) -> Reply | None:
            looks.append(key)
            found = look(db, key)
            if len(looks) == 1:
                with other.write() as writing:
                    put_reply(writing, key, Reply("judge", "judge", "judge-0", {"text": "theirs", "form": "schema"}))
            return found

        other = Store(store.path)
        monkeypatch.setattr(module, "get_reply", late)
        with judging(store, service) as judge:
            found = judge.ask(judge_call()).result(5)
        other.close()
        assert (found.text, found.use.cached, service.calls) == ("theirs", True, [])

    def test_an_answer_that_cannot_be_read_is_asked_for_anew(self, store: Store) -> None:
        script = iter([said("who knows"), said("who knows"), said({"result": 0.5})])
        service = Service(lambda _call: next(script))
        with judging(store, service) as judge:
            first, again, kept = (judge.ask(judge_call()).result(5) for _ in range(3))
        assert [one.text for one in (first, again, kept)] == ["who knows", '{"result": 0.5}', '{"result": 0.5}']
        assert [one.use.cached for one in (first, again, kept)] == [False, False, True]

    def test_errors_are_not_kept(self, store: Store) -> None:
        script = iter([error("server"), said({"result": 0.5})])
        service = Service(lambda _call: next(script))
        with judging(store, service) as judge:
            failed, good = (judge.ask(judge_call()).result(5) for _ in range(2))
        assert failed.error is not None
        assert good.error is None


class TestForms:
    def test_parameters_go_as_the_service_names_them(self, store: Store) -> None:
        service = Service()
        call = judge_call(
            temperature=0.5, top_p=None, seed=7, max_completions_tokens=99, reasoning_effort="low", other=1
        )
        with judging(store, service) as judge:
            judge.ask(call).result(5)
        sent = service.calls[0]
        assert sent.effort == "low"
        assert {name: value for name, value in sent.parameters.items() if name != "response_format"} == {
            "temperature": 0.5, "seed": 7, "max_output_tokens": 99,
        }  # fmt: skip
        schema = sent.parameters["response_format"]["json_schema"]
        assert (schema["strict"], schema["schema"], schema["name"]) == (True, call.schema, "score")
        assert sent.messages == call.messages

    @pytest.mark.parametrize("knows", ["json_schema", "json_object", "words"])
    @pytest.mark.parametrize("silent", [False, True])
    def test_the_best_form_that_the_service_takes(self, store: Store, knows: str, silent: bool) -> None:
        order = ["json_schema", "json_object", "words"]

        def script(call: ModelCall) -> ModelReply:
            form = form_of(call)
            if order.index(form) >= order.index(knows):
                return said({"result": 1.0})
            if silent and form == "json_schema":
                return said("I think it is fine.")
            return error("bad_request", "response_format is not supported here", stops="bad_request")

        service = Service(script)
        with judging(store, service) as judge:
            found = [judge.ask(judge_call(str(number))).result(5) for number in range(3)]
            assert judge.stopped is None
        form = {"json_schema": "schema", "json_object": "json", "words": "text"}[knows]
        assert [(one.form, one.error) for one in found] == [(form, None)] * 3
        assert len(service.calls) == 3 + order.index(knows)
        last = service.calls[-1]
        assert ("JSON schema" in str(last.messages[-1])) is (knows != "json_schema")

    def test_many_at_once_never_go_back_up(self, store: Store) -> None:
        service = Service(
            lambda call: said({"result": 1.0}) if form_of(call) == "words" else error("bad_request", "json_schema: no")
        )
        with judging(store, service) as judge:
            found = results([judge.ask(judge_call(str(number))) for number in range(30)])
            assert {one.form for one in found} == {"text"}
            before = len(service.calls)
            judge.ask(judge_call("one more")).result(5)
        assert len(service.calls) == before + 1

    @pytest.mark.parametrize(("declared", "form"), [("no", "json_object"), ("yes", "json_schema")])
    def test_what_the_profile_declares(self, store: Store, declared: str, form: str) -> None:
        service = Service(lambda _call: said("no JSON at all"))
        with judging(store, service, profile=profile(json_schema=declared)) as judge:
            judge.ask(judge_call()).result(5)
        assert [form_of(call) for call in service.calls] == [form]

    @pytest.mark.parametrize("text", ["[" * 100_000, "[1]", "1", '{"a": 1', "\ud800"])
    def test_hostile_answers_are_only_answers(self, store: Store, text: str) -> None:
        with judging(store, Service(lambda _call: said(text))) as judge:
            first, again = (judge.ask(judge_call()).result(5) for _ in range(2))
        assert (first.form, first.error, again.text) == ("json", None, first.text)


class TestErrors:
    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("refusal", "model_grader_refusal_error"),
            ("content_filter", "model_grader_refusal_error"),
            ("incomplete", "model_grader_exceeded_max_tokens_error"),
            ("malformed", "model_grader_parse_error"),
            ("server", "model_grader_server_error"),
            ("timeout", "model_grader_server_error"),
            ("bad_request", "model_grader_server_error"),
        ],
    )
    def test_they_are_typed_and_stop_nothing(self, store: Store, kind: str, expected: str) -> None:
        with judging(store, Service(lambda _call: error(kind, "because", usage=Usage(10, 5)))) as judge:
            found = judge.ask(judge_call()).result(5)
            assert (judge.stopped, judge.tally.requests, judge.tally.cost) == (None, 1, 1.0)
        assert found.error is not None
        assert (found.error.kind, found.error.message) == (expected, f"{kind}: because")
        assert found.text == ""

    @pytest.mark.parametrize("kind", ["auth", "quota", "permission", "not_found"])
    def test_what_no_question_can_pass_stops_everything_once(self, store: Store, kind: str) -> None:
        told: list[str] = []
        service = Service(lambda _call: error(kind, "the key", stops=kind), limit=2)
        with judging(store, service, on_stop=lambda one: told.append(one.outcome)) as judge:
            found = results([judge.ask(judge_call(str(number))) for number in range(40)])
            assert judge.stop.is_set()
            assert judge.stopped is not None
            assert (judge.stopped.message, judge.stopped.outcome) == ("the key", kind)
        assert told == [kind]
        assert len(service.calls) <= 2
        assert all(one.error is not None for one in found)

    @pytest.mark.parametrize("cap", [1.0, 3.5])
    def test_a_spend_cap_stops_it(self, store: Store, cap: float) -> None:
        service = Service(limit=2)
        with judging(store, service, spend_cap=cap) as judge:
            found = results([judge.ask(judge_call(str(number))) for number in range(30)])
            assert judge.stopped is not None
            assert judge.stopped.outcome == CAP_REACHED
            assert cap - 1 < judge.tally.cost <= cap
        assert sum(one.error is None for one in found) == len(service.calls) == int(cap)

    def test_a_spend_cap_that_cannot_be_held_stops_it(self, store: Store) -> None:
        uncounted = ModelReply(Answer('{"result": 1, "steps": []}'))
        service = Service(lambda _call: uncounted, limit=2)
        with judging(store, service, spend_cap=100.0) as judge:
            results([judge.ask(judge_call(str(number))) for number in range(30)])
            assert judge.stopped is not None
            assert judge.stopped.outcome == CAP_REACHED
            assert "cannot be held" in judge.stopped.message
            assert judge.tally.unpriced == len(service.calls) <= 2


class TestOutage:
    def test_a_service_that_never_answered_stops_it(self, store: Store) -> None:
        service = Service(lambda _call: error("connection", "refused"), limit=2)
        with judging(store, service) as judge:
            results([judge.ask(judge_call(str(number))) for number in range(20)])
            assert judge.stopped is not None
            assert judge.stopped.outcome == "connection"
        assert len(service.calls) <= 2

    def test_one_that_answered_is_waited_for(self, store: Store) -> None:
        script = iter([said({"result": 1}), error("connection"), error("connection"), said({"result": 0})])
        service = Service(lambda _call: next(script))
        with judging(store, service) as judge:
            found = [judge.ask(judge_call(str(number))).result(5) for number in range(2)]
            assert (judge.stopped, judge.waiting_for) == (None, "")
        assert [one.error for one in found] == [None, None]
        assert len(service.calls) == 4

    def test_but_not_for_ever(self, store: Store) -> None:
        script = iter([said({"result": 1})])
        service = Service(lambda _call: next(script, error("connection", "reset")))
        with judging(store, service) as judge:
            judge.ask(judge_call("a")).result(5)
            found = judge.ask(judge_call("b")).result(5)
        assert found.error is not None
        assert found.error.kind == "model_grader_server_error"
        assert len(service.calls) == 1 + outage.MOST_TRIES + 1


class TestEmbeddings:
    def test_they_are_kept_by_their_texts(self, store: Store) -> None:
        service = Service()
        with judging(store, service) as judge:
            first, again, other = (
                judge.embed("embed", texts).result(5) for texts in (["a", "bb"], ["a", "bb"], ["abb"])
            )
            assert judge.tally.input_tokens == 6
        assert (first.vectors, again.vectors) == (((1.0, 1.0), (2.0, 1.0)),) * 2
        assert [one.use.cached for one in (first, again, other)] == [False, True, False]
        assert service.embedded == [("a", "bb"), ("abb",)]

    @pytest.mark.parametrize("kind", ["auth", "not_found", "connection"])
    def test_hopeless_errors_stop_everything(self, store: Store, kind: str) -> None:
        service = Service(embedding=lambda _texts: Embeddings(error=PredictionError(kind, "no")))
        with judging(store, service) as judge:
            found = judge.embed("embed", ["a"]).result(5)
            assert judge.stopped is not None
            judge.embed("embed", ["b"]).result(5)
            judge.ask(judge_call()).result(5)
        assert found.error is not None
        assert (len(service.embedded), service.calls) == (1, [])

    @pytest.mark.parametrize(("caps", "most"), [({"spend_cap": 0.7}, 2), ({"most_requests": 3}, 3)])
    def test_caps_hold_for_them_too(self, store: Store, caps: dict[str, float], most: int) -> None:
        service = Service()
        with judging(store, service, **caps) as judge:
            found = [one.result(5) for one in [judge.embed("embed", [str(number)]) for number in range(20)]]
            assert judge.stopped is not None
            assert judge.stopped.outcome == CAP_REACHED
        assert sum(one.error is None for one in found) == len(service.embedded) == most

    def test_cheap_vectors_say_nothing_of_what_a_judge_costs(self, store: Store) -> None:
        service = Service(embedding=lambda _texts: Embeddings(((1.0,),), "embed", Usage(0, 0)))
        with judging(store, service, spend_cap=2.5) as judge:
            for number in range(5):
                judge.embed("embed", [str(number)]).result(5)
            results([judge.ask(judge_call(str(number))) for number in range(20)])
            assert judge.tally.cost == 2.0
        assert len(service.calls) == 2

    def test_others_are_typed_and_not_kept(self, store: Store) -> None:
        script = iter([Embeddings(error=PredictionError("server", "down")), Embeddings(((1.0,),), "embed-1")])
        with judging(store, Service(embedding=lambda _texts: next(script))) as judge:
            first, again = (judge.embed("embed", ["a"]).result(5) for _ in range(2))
            assert judge.stopped is None
        assert first.error is not None
        assert first.error.kind == "model_grader_server_error"
        assert again.vectors == ((1.0,),)


def test_nothing_stays_claimed(store: Store) -> None:
    service = Service()
    service.gate.clear()
    with judging(store, service) as judge:
        futures = [judge.ask(judge_call(str(number))) for number in range(5)]
        while len(service.calls) < 5:
            asyncio.run(asyncio.sleep(0.001))
        for one in futures:
            one.cancel()
        service.gate.set()
        assert judge.ask(judge_call("0")).result(5).error is None
    assert len(service.calls) == 5, "what was on its way is kept"
    stuck = Service()
    stuck.gate.clear()
    with judging(store, stuck) as judge:
        late = judge.ask(judge_call("late"))
        while not stuck.calls:
            asyncio.run(asyncio.sleep(0.001))
    with pytest.raises(CancelledError):
        late.result(5)
    with store.write() as db:
        assert db.execute("SELECT count(*) FROM asking").fetchone() == (0,)
        assert claim(db, ["k"], "me") == {"k"}
