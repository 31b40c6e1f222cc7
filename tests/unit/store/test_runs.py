"""Runs and predictions: kept once, never overwritten, and told apart by content."""

from __future__ import annotations

import pytest

from rft_tui.errors import UsageError
from rft_tui.model import Answer, PredictionError, Prompt, ScoreRule, Usage
from rft_tui.store.database import Store
from rft_tui.store.filters import Selection
from rft_tui.store.graders import get_grader
from rft_tui.store.prompts import add_prompt, get_prompt, list_prompts
from rft_tui.store.review import get_review_item
from rft_tui.store.run_figures import run_lines
from rft_tui.store.runs import Added, ensure_run, list_runs, resolve_runs, run_groups
from tests.unit.store.building import ME, dataset, failed, give, grader, item, predict, predictions, run_key, tables

ITEMS = [item("Q1?"), item("Q2?"), item("Q3?")]


def test_a_run_is_made_once(store: Store) -> None:
    with store.write() as db:
        mine = dataset(db, "mine", ITEMS).id
        run = ensure_run(db, run_key(mine))
        assert ensure_run(db, run_key(mine, profile="another name")) == run
        others = [
            run_key(mine, service="http://there"),
            run_key(mine, effort="high"),
            run_key(mine, prompt="f" * 32),
            run_key(mine, parameters='{"temperature":0}'),
            run_key(mine, run_index=2),
            run_key(mine, model="n"),
        ]
        assert len({run, *(ensure_run(db, key) for key in others)}) == 7


def test_predictions_are_counted_and_never_overwritten(store: Store) -> None:
    with store.write() as db:
        key = run_key(dataset(db, "mine", ITEMS).id)
        assert predict(db, key, ["yes", failed()])[1] == Added(new=2)
        before = tables(db)
        assert predict(db, key, ["yes", failed()])[1] == Added(known=2)
        assert predict(db, key, ["no", "late"])[1] == Added(differing=2)
        assert tables(db) == before
        assert predict(db, key, ["no", failed(), "new"])[1] == Added(new=1, known=1, differing=1)


def test_two_datasets_with_the_same_inputs_share_answers(store: Store) -> None:
    with store.write() as db:
        one, two = dataset(db, "one", ITEMS), dataset(db, "two", [item("Q2?", "no")])
        assert run_key(one.id).answer_key("i") == run_key(two.id, profile="p").answer_key("i")
        predict(db, run_key(one.id), ["a", "b"])
        run, added = predict(db, run_key(two.id), ["b"])
        assert added == Added(new=1)
        answers = [row[0] for row in db.execute("SELECT answer FROM prediction ORDER BY id")]
        assert answers[1] == answers[2]
        assert db.execute("SELECT count(*) FROM answer").fetchone()[0] == 2
        assert get_review_item(db, Selection(None, None, ME), predictions(db, run)[0]).reference == "no"


def test_lists_and_details_never_tell_of_different_answers(store: Store) -> None:
    """An answer that differs from a shared one used to become a row whose snippet was not its text."""
    with store.write() as db:
        one, two = dataset(db, "one", ITEMS), dataset(db, "two", [item("Q2?", "no")])
        predict(db, run_key(one.id), ["a", "b"])
        run, added = predict(db, run_key(two.id), ["another"])
        assert added == Added(differing=1)
        assert predictions(db, run) == []


def test_usage_latency_and_extra_are_kept(store: Store) -> None:
    answer = Answer("ok\nfine", "because", Usage(1, 2, 3), 0.5, extra={"tool_calls": []})
    with store.write() as db:
        mine = dataset(db, "mine", ITEMS)
        add_prompt(db, Prompt("short", "Be short.", "f" * 32))
        key = run_key(mine.id, prompt="f" * 32, parameters='{"temperature":0}')
        run, _ = predict(db, key, [answer, failed(), Answer("x", latency_s=1.5)])
        stored = list_runs(db, [run])[0]
        assert (stored.items, stored.done, stored.errors) == (3, 2, 1)
        assert (stored.input_tokens, stored.output_tokens, stored.reasoning_tokens) == (1, 2, 3)
        assert stored.latency_s == pytest.approx(1.0)
        assert (stored.prompt_name, stored.parameters) == ("short", {"temperature": 0})
        seen = get_review_item(db, Selection(None, None, ME), predictions(db)[0])
        assert (seen.output_text, seen.summary, seen.output_tokens, seen.reasoning_tokens) == (
            "ok\nfine",
            "because",
            2,
            3,
        )
        error = get_review_item(db, Selection(None, None, ME), predictions(db)[1])
        assert (error.error_kind, error.error_message) == ("incomplete", "cut off")
        assert list_runs(db, []) == []


def test_runs_are_named_by_number_or_model(store: Store) -> None:
    with store.write() as db:
        mine = dataset(db, "mine", ITEMS).id
        runs = [ensure_run(db, run_key(mine, model, index)) for model in ("m", "7", "n") for index in (1, 2)]
        assert resolve_runs(db, ["n", "m", "1"]) == [*runs[4:], *runs[:2]]
        assert resolve_runs(db, ["7"]) == runs[2:4]
        for name in ("99", "9" * 30, "x", "", "٣٣", "m\udce9"):
            with pytest.raises(UsageError, match="there is no run or model") as caught:
                resolve_runs(db, [name])
            assert "7, m, n" in caught.value.hint


def test_groups_hold_runs_that_differ_in_their_index_only(store: Store) -> None:
    with store.write() as db:
        for name in ("one", "two"):
            made = dataset(db, name, ITEMS if name == "one" else ITEMS[:1]).id
            for index in (2, 1):
                predict(db, run_key(made, run_index=index), ["a"])
        ensure_run(db, run_key(made, effort="high"), simulated=True)
        groups = run_groups(db)
    assert [(one.dataset, one.effort, one.runs, one.simulated) for one in groups] == [
        ("one", "low", (2, 1), False),
        ("two", "high", (5,), True),
        ("two", "low", (4, 3), False),
    ]
    assert groups[0].label == "one · m ×2"


def test_lines_of_groups_and_runs_with_their_figures(store: Store) -> None:
    with store.write() as db:
        mine = dataset(db, "mine", ITEMS).id
        for index in (1, 2):
            predict(db, run_key(mine, run_index=index), [Answer("a", usage=Usage(1, 10), latency_s=index), failed()])
        exact = grader(db, rule=ScoreRule(pass_threshold=0.5))
        give(db, exact, {1: 1.0, 2: None, 3: 0.0})
        group, first, second = run_lines(db, get_grader(db, exact.id))
        assert (group.items, group.done, group.errors, group.tokens, group.latency_s) == (6, 2, 2, 20, 1.5)
        assert group.summary is not None
        assert (group.summary.graded, group.summary.scored, group.summary.mean.mean) == (3, 2, 0.5)
        assert (first.runs, second.runs, group.runs) == ((1,), (2,), (1, 2))
        assert first.summary is not None
        assert first.summary.pass_rate == 1.0
        assert all(line.summary is None for line in run_lines(db, None))
        unused = grader(db, "other")
        assert all(line.summary is None for line in run_lines(db, unused))


def test_prompts_keep_every_version(store: Store) -> None:
    first = Prompt("p", "One.", "1" * 32, ({"role": "user", "content": "q \ud83d"},))
    second = Prompt("p", "Two.", "2" * 32)
    with store.write() as db:
        for prompt in (first, second, Prompt("renamed", "One.", "1" * 32)):
            add_prompt(db, prompt)
        assert list_prompts(db) == [first, second]
        assert get_prompt(db, "2" * 32) == second
        assert get_prompt(db, "3" * 32) is None


def test_an_error_without_text_is_shown_by_its_message(store: Store) -> None:
    with store.write() as db:
        mine = dataset(db, "mine", ITEMS).id
        predict(db, run_key(mine), [Answer("", error=PredictionError("refusal", "I\ncannot"))])
        assert db.execute("SELECT snippet, length, error_kind FROM prediction").fetchone() == ("I cannot", 0, "refusal")
