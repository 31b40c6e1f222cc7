"""What a request would do, before anything is done: its runs, its exact counts, its price, and what is said of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rft_tui.errors import StoreError, UsageError
from rft_tui.model import Prompt, Usage
from rft_tui.providers.prices import cost_of, price_of
from rft_tui.providers.profiles import BUILT_IN, NamedProfile
from rft_tui.settings import Profile
from rft_tui.store.database import Store
from rft_tui.store.runs import list_runs
from rft_tui.store.tasks import list_tasks
from rft_tui.tasks.graders import ensure_grader
from rft_tui.tasks.guesses import ASSUMED_OUTPUT, JUDGE_OUTPUT
from rft_tui.tasks.predicting.asking import PROMPT_ROLE
from rft_tui.tasks.predicting.estimate import estimate_grading
from rft_tui.tasks.predicting.planning import MOST_RUNS, start
from rft_tui.tasks.predicting.requests import ItemChoice
from rft_tui.tasks.predicting.task import work_of
from tests.unit.judges import judged_spec
from tests.unit.store.building import tables
from tests.unit.tasks.desk import PROFILE, Asker, add_items, begin, do, planned, question, request, run, take, task_of

FREE = NamedProfile("local", Profile(base_url="http://127.0.0.1:8080/v1"))
SIMULATED = NamedProfile("simulated", BUILT_IN["simulated"])
PROMPT = Prompt("short", "Be short.", "f" * 32, ({"question": "Q?", "answer": "A"},))


class TestRefused:
    @pytest.mark.parametrize(
        ("others", "said"),
        [
            ({"models": ()}, "a model is missing"),
            ({"models": ("m", " ")}, "a model is missing"),
            ({"runs": 0}, "at least 1, not 0"),
            ({"runs": MOST_RUNS + 1}, "more than 1000 runs"),
            ({"parameters": {"tempreature": 1}}, "no parameter 'tempreature'"),
            ({"concurrency": 0}, "the concurrency must be at least 1"),
            ({"token_cap": 0}, "the token cap must be at least 1"),
            ({"spend_cap": 0.0}, "the spend cap must be more than 0"),
            ({"dataset": "yours"}, "there is no dataset 'yours'"),
            ({"items": ItemChoice(limit=0)}, "the limit must be at least 1"),
            ({"items": ItemChoice(sample=0)}, "the sample must be at least 1"),
            ({"items": ItemChoice(contains="nowhere")}, "no item of 'mine' is left"),
            ({"items": ItemChoice(marked=True)}, "no item of 'mine' is left"),
            ({"items": ItemChoice(where=("topic",))}, "is no filter"),
        ],
    )
    def test_what_cannot_be_meant_changes_nothing(self, store: Store, others: dict[str, Any], said: str) -> None:
        add_items(store)
        with store.read() as db:
            before = tables(db)
        with pytest.raises(UsageError, match=said):
            planned(store, request(**others))
        with store.read() as db:
            assert tables(db) == before


def test_planning_changes_nothing_and_starting_everything_at_once(store: Store) -> None:
    add_items(store, count=3)
    with store.read() as db:
        before = tables(db)
    plan = planned(store, request(("m", "n"), efforts=("low",), runs=2), PROMPT)
    with store.read() as db:
        assert tables(db) == before
    assert (plan.items, plan.requests, plan.known) == (3, 12, 0)
    assert [(one.key.model, one.key.run_index) for one in plan.runs] == [("m", 1), ("n", 1), ("m", 2), ("n", 2)]
    task = start(store, plan)
    with store.read() as db:
        assert [(one.model, one.effort, one.prompt, one.prompt_name) for one in list_runs(db)] == [
            (model, "low", "f" * 32, "short") for model in "mmnn"
        ]
        stored = list_tasks(db)[0]
    assert (stored.id, stored.kind, stored.title) == (task, "predict", "predict m, n on mine")
    assert (stored.progress.total, stored.state) == (12, "queued")
    assert stored.request["request"] == json.loads(json.dumps(plan.request.as_json()))


@pytest.mark.parametrize("as_developer", [False, True])
async def test_the_prompt_goes_with_every_question(store: Store, as_developer: bool) -> None:
    add_items(store, count=2)
    task = begin(store, request(as_developer=as_developer, parameters={"temperature": 0, "top_p": None}), PROMPT)
    asker = Asker()
    await do(store, take(store, "me"), asker)
    assert task_of(store, task).state == "done"
    first = asker.calls[0]
    assert first.parameters == {"temperature": 0}
    assert "Be short." in str(first.messages)
    assert ("developer" in [one["role"] for one in first.messages]) is as_developer
    with store.read() as db:
        assert (PROMPT_ROLE in list_runs(db)[0].parameters) is as_developer
    again = Asker()
    begin(store, request(as_developer=not as_developer, parameters={"temperature": 0}), PROMPT)
    await do(store, take(store, "me"), again)
    assert len(again.calls) == 2, "another way to ask is another run"


async def test_counts_are_exact_whatever_is_there(store: Store) -> None:
    add_items(store, texts=["a?", "b?", "a?", "c?", "d?"])
    add_items(store, "yours", texts=["b?", "e?", "b?"])
    asker = Asker()
    await run(store, asker, request(items=ItemChoice(limit=2)))
    for of in (request(runs=2), request(dataset="yours", runs=3), request(("m", "n"))):
        plan, before = planned(store, of), len(asker.calls)
        await run(store, asker, of)
        assert len(asker.calls) - before == plan.requests
        assert plan.known + plan.requests == plan.items * len(plan.runs)
    assert set(asker.asked.values()) == {1}


async def test_two_profiles_of_one_service_share_answers(store: Store) -> None:
    add_items(store, count=2)
    await run(store, Asker())
    same = NamedProfile("other name", PROFILE.profile)
    assert planned(store, profile=same).requests == 0
    assert (
        planned(store, profile=NamedProfile("chat", Profile(base_url="http://example.test/v1", api="chat"))).requests
        == 2
    )


def test_a_task_whose_run_is_gone_is_refused(store: Store) -> None:
    add_items(store)
    task = begin(store)
    with store.write() as db:
        db.execute("DELETE FROM run")
    with store.read() as db, pytest.raises(StoreError, match="run 1 of the task is not in the cache"):
        work_of(db, task_of(store, task).request, PROFILE)


class TestEstimate:
    def test_a_known_price_with_its_date(self, store: Store) -> None:
        add_items(store, texts=["x" * 400] * 1 + ["y" * 400])
        figures = planned(store, request(runs=2)).estimate
        assert (figures.requests, figures.output_tokens) == (4, 4 * ASSUMED_OUTPUT)
        assert figures.input_tokens == pytest.approx(4 * 100, rel=0.2)
        assert figures.cost == cost_of(Usage(figures.input_tokens, figures.output_tokens), price_of(PROFILE, "m"))
        assert any("2026-09-01" in note for note in figures.notes)
        assert any("has not answered here yet" in note for note in figures.notes)

    def test_an_unknown_price_is_said_and_is_no_zero(self, store: Store) -> None:
        add_items(store)
        figures = planned(store, request(("n", "m"))).estimate
        assert figures.cost is None
        assert any("unknown price: n" in note for note in figures.notes)
        assert any("price of m as of 2026-09-01" in note for note in figures.notes)
        assert planned(store, profile=FREE).estimate.cost == 0

    def test_half_and_double_price(self, store: Store) -> None:
        add_items(store)
        costs = [
            planned(store, request(**others)).estimate.cost or 0
            for others in ({}, {"batch": True}, {"service_tier": "flex"}, {"service_tier": "priority"})
        ]
        assert costs == pytest.approx([costs[0], costs[0] / 2, costs[0] / 2, costs[0] * 2])

    async def test_what_the_model_took_before_is_what_it_will_take(self, store: Store) -> None:
        add_items(store, count=4)
        await run(store, Asker(), request(items=ItemChoice(limit=1)))
        figures = planned(store).estimate
        assert (figures.requests, figures.output_tokens) == (3, 15)
        assert not any("assumed" in note for note in figures.notes)

    def test_nothing_to_ask_costs_nothing(self, store: Store) -> None:
        add_items(store, count=0)
        figures = planned(store, request(("n",))).estimate
        assert (figures.requests, figures.cost, figures.notes) == (0, 0.0, ())

    async def test_grading(self, store: Store) -> None:
        add_items(store, count=3)
        await run(store, Asker())
        of = ensure_grader(store, judged_spec())
        with store.read() as db:
            figures = estimate_grading(db, of, [1], PROFILE)
            assert (figures.requests, figures.output_tokens, figures.cost) == (3, 3 * JUDGE_OUTPUT, None)
            assert any("unknown price: judge" in note for note in figures.notes)
            assert estimate_grading(db, of, [1], FREE).cost == 0


class TestWarnings:
    def test_a_cap_that_cannot_hold(self, store: Store) -> None:
        add_items(store)
        found = planned(store, request(("m", "n"), spend_cap=1.0)).warnings
        assert any("the spend cap cannot hold for n:" in one for one in found)
        assert planned(store, request(spend_cap=1.0)).warnings == ()
        assert planned(store, request(("n",), token_cap=10)).warnings == ()

    def test_the_simulated_service_is_loud(self, store: Store) -> None:
        add_items(store)
        plan = planned(store, profile=SIMULATED)
        assert any(one.startswith("SIMULATED") for one in plan.warnings)
        task = start(store, plan)
        assert task_of(store, task).simulated
        with store.read() as db:
            assert list_runs(db)[0].simulated


async def test_what_a_question_is_made_of(store: Store) -> None:
    add_items(store, count=1)
    asker = Asker()
    await run(store, asker, request(efforts=("high",), service_tier="flex", parameters={"seed": 1, "summary": ""}))
    call = asker.calls[0]
    assert (call.model, call.effort, call.service_tier, call.run_index) == ("m", "high", "flex", 1)
    assert (call.parameters, question(call), call.tools) == ({}, "Q0?", None)  # responses have no place for a seed
