"""Answers by what was asked: errors step aside, answers stay, and nothing hostile breaks the books."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft_tui.model import Answer, PredictionError, Usage, Verdict
from rft_tui.store import answers as module
from rft_tui.store.answers import (
    AskedAnswer,
    NewPrediction,
    known_answers,
    note_served_model,
    put_answer,
    put_prediction,
    raw_body,
)
from rft_tui.store.database import Store
from rft_tui.store.origin import origin_of
from rft_tui.store.review import toggle_mark
from rft_tui.store.runs import ensure_run, list_runs
from rft_tui.store.verdicts import EventKind, record, review_state
from tests.unit.store.building import ME, dataset, failed, give, grader, item, predictions, run_key

GOOD = Answer("yes", "thought", Usage(10, 5, 2, 1), 0.5, extra={"model": "m-1", "response_id": "r"})


def a_run(db: sqlite3.Connection, count: int = 2) -> int:
    mine = dataset(db, "mine", [item(f"Q{number}?") for number in range(count)])
    return ensure_run(db, run_key(mine.id))


def test_everything_that_came_is_kept(store: Store) -> None:
    with store.write() as db:
        run = a_run(db)
        number = put_answer(db, AskedAnswer("k", GOOD, b'{"raw": 1}', 0.25), run)
        put_prediction(db, NewPrediction(run, 1, 1, number, GOOD, cost=0.25))
        found = known_answers(db, ["k", "other"])
        assert list(found) == ["k"]
        assert (found["k"].answer, found["k"].cost, found["k"].asked_by) == (GOOD, 0.25, run)
        assert found["k"].asked_at is not None
        assert raw_body(db, number) == b'{"raw": 1}'
        assert raw_body(db, number + 1) is None
        one = list_runs(db)[0]
        assert (one.served_models, one.cost, one.cached, one.input_tokens, one.reasoning_tokens) == (
            ("m-1",), 0.25, 0, 10, 2,
        )  # fmt: skip


def test_an_answer_stays_whatever_comes_after(store: Store) -> None:
    with store.write() as db:
        run = a_run(db)
        number = put_answer(db, AskedAnswer("k", GOOD), run)
        for later in (Answer("no"), failed("server")):
            assert put_answer(db, AskedAnswer("k", later), run) == number
        assert known_answers(db, ["k"])["k"].answer == GOOD
        assert db.execute("SELECT count(*) FROM answer").fetchone() == (1,)


@pytest.mark.parametrize("kind", ["incomplete", "content_filter", "refusal", "server"])
def test_an_error_is_kept_with_its_verdicts_and_gives_its_place(store: Store, kind: str) -> None:
    with store.write() as db:
        run, of = a_run(db), grader(db)
        bad = failed(kind, "cut\ud800 off")
        first = put_answer(db, AskedAnswer("k", bad, b"raw", 0.5), run)
        put_prediction(db, NewPrediction(run, 1, 1, first, bad, cost=0.5))
        assert known_answers(db, ["k"]) == {}
        give(db, of, {predictions(db)[0]: None})
        toggle_mark(db, predictions(db)[0])
        record(db, ME, EventKind.VERDICT, Verdict.WRONG, answers=[first])
        second = put_answer(db, AskedAnswer("k", failed("timeout")), run)
        put_prediction(db, NewPrediction(run, 1, 1, second, failed("timeout")))
        third = put_answer(db, AskedAnswer("k", GOOD), run)
        put_prediction(db, NewPrediction(run, 1, 1, third, GOOD))
        assert len({first, second, third}) == 3
        rows = db.execute("SELECT answer, error_kind, snippet FROM prediction").fetchall()
        assert rows == [(third, None, "yes")]
        for table in ("grade", "grade_detail", "mark"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        assert db.execute("SELECT id, error_kind FROM answer ORDER BY id").fetchall() == [
            (first, kind), (second, "timeout"), (third, None),
        ]  # fmt: skip
        assert db.execute("SELECT error_message FROM answer WHERE id = ?", [first]).fetchone() == ("cut\ufffd off",)
        assert review_state(db, ME, first).verdict is Verdict.WRONG
        assert raw_body(db, first) == b"raw"
        assert known_answers(db, ["k"])["k"].id == third
    assert store.integrity() == []


def test_a_prediction_is_never_taken_from_an_answer(store: Store) -> None:
    with store.write() as db:
        run = a_run(db)
        good, bad = put_answer(db, AskedAnswer("k", GOOD), run), put_answer(db, AskedAnswer("l", failed()), run)
        put_prediction(db, NewPrediction(run, 1, 1, good, GOOD))
        put_prediction(db, NewPrediction(run, 1, 1, bad, failed()))
        assert db.execute("SELECT answer, error_kind FROM prediction").fetchall() == [(good, None)]


def test_raw_bodies_have_a_limit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RAW_LIMIT", 100)
    with store.write() as db:
        run = a_run(db)
        kept = [put_answer(db, AskedAnswer(str(size), GOOD, b"x" * size), run) for size in (0, 100, 101)]
        assert [raw_body(db, one) for one in kept] == [None, b"x" * 100, None]


def test_names_of_models_are_bounded(store: Store) -> None:
    with store.write() as db:
        run = a_run(db)
        for name in (None, 7, "", "m", "m", "x" * 5000, "\x1b[31m\ud800", *(f"m{number}" for number in range(50))):
            note_served_model(db, run, name)
        names = list_runs(db)[0].served_models
        assert len(names) == 20
        assert names[0] == "m"
        assert all(len(name) <= 200 and "\x1b" not in name for name in names)


def test_the_origin_of_what_is_not_there(store: Store) -> None:
    with store.write() as db:
        run = a_run(db)
        assert origin_of(db, run, 1) is None
        put_prediction(db, NewPrediction(run, 1, 2, put_answer(db, AskedAnswer("k", GOOD), run), GOOD))
        found = origin_of(db, run, 2)
        assert found is not None
        assert (found.key, found.cached, found.model, found.served_model) == ("k", False, "m", "m-1")
        assert found.as_json()["shared_by"] == (run,)


_texts = st.text(st.characters(codec=None), max_size=20)
_answers = st.builds(
    Answer,
    _texts,
    st.none() | _texts,
    st.builds(Usage, *[st.none() | st.integers(0, 2**53 - 1)] * 4),
    st.none() | st.floats(0, 1e9),
    extra=st.none() | st.dictionaries(_texts, st.none() | _texts | st.floats() | st.lists(_texts), max_size=3),
)


@given(_answers, st.binary(max_size=50), st.none() | st.floats(0, 1e6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_answer_comes_back_as_it_can_be_stored(
    store: Store, answer: Answer, raw: bytes, cost: float | None
) -> None:
    with store.write() as db:
        db.execute("DELETE FROM answer_raw")
        db.execute("DELETE FROM answer")
        number = put_answer(db, AskedAnswer("k", answer, raw, cost), None)
        found = known_answers(db, ["k"])["k"]
        assert (found.id, found.cost, found.answer.usage, found.answer.latency_s) == (
            number, cost, answer.usage, answer.latency_s,
        )  # fmt: skip
        assert len(found.answer.output_text) == len(answer.output_text)
        found.answer.output_text.encode()
        assert raw_body(db, number) == (raw or None)


def test_error_kinds_of_errors_without_words(store: Store) -> None:
    with store.write() as db:
        run = a_run(db)
        put_answer(db, AskedAnswer("k", Answer("half an", error=PredictionError("incomplete", ""))), run)
        assert known_answers(db, ["k"]) == {}
