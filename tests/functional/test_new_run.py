"""The form of a new run: fields, what is wrong with them, the estimate, and a start that asks first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft_tui.settings import WORKSPACE_FILE
from rft_tui.store.tasks import get_task
from rft_tui.tasks.predicting.requests import ItemChoice, PredictRequest
from rft_tui.tui.screens.runs.list import RunsSource
from tests.functional.driver import NARROW, SIZES, Driver, running
from tests.functional.tasks_made import worker_store

PROFILES = """
default_profile = "local"

[profiles.local]
base_url = "http://models.example:9/v1"
api = "chat"
api_key_env = ""

[profiles.local.prices."priced"]
input = 100.0
output = 200.0
date = "2026-11-01"

[profiles.far]
base_url = "https://models.example/v1"
api_key_env = "FAR_KEY"
"""


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The workspaces for which a worker was asked; none is started."""
    folders: list[Path] = []
    monkeypatch.setattr(
        "rft_tui.tasks.background.launching.ensure_worker", lambda _store, folder: folders.append(folder)
    )
    monkeypatch.delenv("FAR_KEY", raising=False)
    return folders


@pytest.fixture
def workspace(demo: Path) -> Path:
    """The demo with profiles of its own."""
    (demo / WORKSPACE_FILE).write_text(PROFILES)
    return demo


async def fill(app: Driver, **values: str) -> None:
    """Type values into fields of the form that is shown; `yes` toggles."""
    for name, value in values.items():
        form = app.app.screen.form  # type: ignore[attr-defined]
        form.go_to(name)
        if value == "yes":
            await app.press("space")
        else:
            await app.press("enter", "ctrl+u").type(value).press("enter")


def place_of(app: Driver, model: str) -> int:
    """Where the group of a model stands in the list of runs."""
    source = app.table.source
    assert isinstance(source, RunsSource)
    return [line.group.model for line in source.lines].index(model)


def requested(folder: Path, task: int) -> PredictRequest:
    """What a stored task asks for."""
    with worker_store(folder) as store, store.read() as db:
        said: dict[str, Any] = dict(get_task(db, task).request["request"])
    items = said.pop("items")
    said |= {name: tuple(said[name]) for name in ("models", "efforts")}
    return PredictRequest(items=ItemChoice(**{**items, "where": tuple(items["where"])}), **said)


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_is_started_after_another_key(workspace: Path, launched: list[Path], size: tuple[int, int]) -> None:
    async with running(workspace, size) as app:
        await app.press("2").counts(16).press("n").see("▸New run", "local", "type one, or press s").is_sound()
        await app.see("not ready: models")
        await fill(app, models="priced, other", limit="10")
        await app.see("6 runs × 10 items", "60 requests", "unknown price").is_sound()
        await app.press("ctrl+s").see_in("footer", "y starts 60 requests, unknown price")
        await app.press("ctrl+s").see_in("footer", "nothing was done").stores("SELECT count(*) FROM task", 0)
        await app.press("ctrl+s").see_in("footer", "y starts 60").press("y").on("Runs").counts(24)
        await app.see_in("footer", "task 1: asks 60 requests").see_in("header", "0/60")
    assert launched[0] == workspace
    asked = requested(workspace, 1)
    assert (asked.dataset, asked.models, asked.runs, asked.items.limit) == ("train", ("priced", "other"), 3, 10)


async def test_every_option_arrives(workspace: Path, launched: list[Path]) -> None:
    (workspace / "answer.json").write_text(json.dumps({"type": "object", "properties": {}}))
    async with running(workspace) as app:
        await app.press("1").press("j", "n").see("▸New run", "val")
        await fill(
            app, where="topic~^geo; difficulty~easy", contains="the", sample="4", sample_seed="7", limit="3",
            models="o3-mini, priced", runs="2", temperature="0.5", top_p="0.9", max_output_tokens="200", seed="11",
            response_format="answer.json", concurrency="5", spend_cap="1.5", token_cap="100000", batch="yes",
            no_cache="yes", as_developer="yes", summary="yes", service_tier="yes", prompt="yes", then_grade="exact",
        )  # fmt: skip
        form = app.app.screen.form  # type: ignore[attr-defined]
        form.go_to("efforts")
        await app.press("enter").see("reasoning efforts", "[ ] low", "[ ] high").not_see("xhigh")
        await app.type("low").press("enter").see("[x] low").type("high").press("enter").see("[x] high").press("esc")
        await app.see("low, high").until(lambda: "request" in app.text, "no estimate")
        await fill(app, spend_cap="")
        await app.press("ctrl+s").see_in("footer", "y starts").press("y").on("Runs")
    asked = requested(workspace, 1)
    items = asked.items
    assert (items.where, items.contains, items.sample, items.seed, items.limit) == (
        ("topic~^geo", "difficulty~easy"), "the", 4, 7, 3,
    )  # fmt: skip
    assert asked.parameters == {
        "temperature": 0.5, "top_p": 0.9, "max_output_tokens": 200, "seed": 11, "summary": "auto",
        "response_format": {"type": "json_schema", "json_schema": {
            "name": "answer", "schema": {"type": "object", "properties": {}}, "strict": True}},
    }  # fmt: skip
    assert (asked.efforts, asked.prompt, asked.as_developer, asked.service_tier) == (
        ("low", "high"), "simple", True, "auto",
    )  # fmt: skip
    assert asked.then_grade.startswith("exact") or len(asked.then_grade) == 32
    assert (asked.concurrency, asked.token_cap, asked.batch, asked.no_cache) == (5, 100_000, True, True)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("where", "topic", "is no filter"),
        ("where", "topic~(", "is no regular expression"),
        ("sample", "0", "at least 1"),
        ("runs", "many", "a whole number"),
        ("temperature", "9", "from 0 to 2"),
        ("top_p", "x", "a number"),
        ("spend_cap", "0", "more than 0"),
        ("response_format", "nowhere.json", "nowhere.json: No such file"),
        ("limit", "9" * 40, "a whole number"),
    ],
)
async def test_bad_values_are_said_while_they_are_typed(
    workspace: Path, launched: list[Path], field: str, typed: str, said: str
) -> None:
    async with running(workspace) as app:
        await app.press("2").counts(16).press("n")
        await fill(app, models="priced")
        app.app.screen.form.go_to(field)  # type: ignore[attr-defined]
        await app.press("enter", "ctrl+u").type(typed).see("✗ ", said).press("enter").see(said)
        await app.press("g", "ctrl+s").see_in("footer", said).stores("SELECT count(*) FROM task", 0).is_sound()
        await app.press("x").see("3 runs × 80 items").not_see(said)


async def test_a_grader_that_there_is_not_cannot_grade_then(workspace: Path, launched: list[Path]) -> None:
    async with running(workspace) as app:
        await app.press("1").press("j", "n").see("▸New run")
        await fill(app, models="o3-mini", then_grade="nobody")
        await app.press("ctrl+s").see_in("footer", "nobody").see("▸New run")
        await fill(app, then_grade="exact")
        await app.see("then graded by exact").not_see("! then graded by").is_sound()


async def test_leaving_a_field_brings_the_old_value_back(workspace: Path, launched: list[Path]) -> None:
    async with running(workspace) as app:
        await app.press("2").counts(16).press("n")
        await fill(app, runs="5")
        app.app.screen.form.go_to("runs")  # type: ignore[attr-defined]
        await (
            app.press("enter")
            .type("x")
            .see("✗ a whole number")
            .press("esc")
            .not_see("✗")
            .see("▸ runs                  5")
        )


async def test_what_was_typed_is_there_again(workspace: Path, launched: list[Path]) -> None:
    async with running(workspace) as app:
        await app.press("2").counts(16).press("n")
        await fill(app, models="priced", temperature="hot")
        await app.press("esc").on("Runs").press("n").see("priced", "hot", "✗ a number")
    async with running(workspace) as app:
        await (
            app.on("Runs").counts(16).press("n").see("priced", "hot").press("X").see_in("footer", "y takes every field")
        )
        await app.press("y").not_see("hot").see("type one, or press s")


async def test_known_answers_start_without_a_question(workspace: Path, launched: list[Path]) -> None:
    async with running(workspace) as app:
        await app.press("2").counts(16).press("n")
        await fill(app, models="priced", limit="2", runs="1")
        await app.press("ctrl+s").see_in("footer", "y starts 2 requests, about $").press("y").on("Runs")
        from rft_tui.model import Answer
        from rft_tui.store.answers import AskedAnswer, NewPrediction, put_answer, put_prediction
        from rft_tui.store.runs import run_keys
        from rft_tui.store.wanted import iter_to_ask

        with worker_store(workspace) as store, store.write() as db:
            run = db.execute("SELECT max(id) FROM run").fetchone()[0]
            key = run_keys(db, [run])[run]
            for item in list(iter_to_ask(db, run)):
                answer = Answer("gold")
                stored = put_answer(db, AskedAnswer(key.answer_key(item.input_id), answer), run)
                put_prediction(db, NewPrediction(run, 1, item.item, stored, answer))
        await app.press("n").see("0 requests · 2 known already").press("ctrl+s")
        await app.see_in("footer", "all 2 predictions are there already")
        with worker_store(workspace) as store, store.write() as db:
            db.execute("DELETE FROM prediction WHERE run = ?", [run])
        await app.press("ctrl+s").on("Runs").see_in("footer", "come from the cache")
        await app.stores("SELECT count(*) FROM task", 2)


async def test_a_missing_key_is_said_before_anything_starts(workspace: Path, launched: list[Path]) -> None:
    async with running(workspace) as app:
        await app.press("2").counts(16).press("n")
        await fill(app, models="priced", profile="yes")
        await app.see_in("header", "far").press("ctrl+s").see_in("footer", "FAR_KEY is not set")
        await app.press("L").see_in("footer", "FAR_KEY is not set").stores("SELECT count(*) FROM task", 0)


async def test_a_simulated_profile_is_loud(demo: Path, launched: list[Path]) -> None:
    (demo / WORKSPACE_FILE).write_text('default_profile = "simulated"\n')
    async with running(demo, NARROW) as app:
        await app.press("2").counts(16).press("n").see_in("header", "simulated SIMULATED")
        await fill(app, models="sim")
        await app.see("! SIMULATED").press("ctrl+s").see_in("footer", "y starts 240 SIMULATED requests")


async def test_models_are_suggested(workspace: Path, launched: list[Path]) -> None:
    async with running(workspace) as app:
        await app.press("2").counts(16).press("n", "s").see("put a model in", "smollm2", "qwen-coder-0.5b")
        await app.type("smol").press("enter").see("▸ models                smollm2")
        await app.press("s").see("[x] smollm2").type("qwen").press("enter").see("smollm2, qwen-coder-0.5b")
        await app.press("s").type("smol").press("enter").see("▸ models                qwen-coder-0.5b")


async def test_a_retirement_is_warned_of(workspace: Path, launched: list[Path]) -> None:
    async with running(workspace) as app:
        await app.press("2").counts(16).press("n")
        await fill(app, models="gpt-3.5-turbo")
        await app.see("! gpt-3.5-turbo")


@pytest.mark.parametrize("size", SIZES)
async def test_topping_up_asks_the_same_way(workspace: Path, launched: list[Path], size: tuple[int, int]) -> None:
    async with running(workspace, size) as app:
        await app.press("2").counts(16).press("U").see_in("footer", "were imported: there is no service to ask")
        await app.press("n")
        await fill(app, models="priced", limit="4", temperature="0.5", prompt="yes")
        await app.press("ctrl+s").see_in("footer", "y starts 12").press("y").on("Runs").counts(20)
        place = place_of(app, "priced")
        app.table.go(place)
        await app.press("U").see("▸New run", "▸ runs                  6", "24 requests").is_sound()
        await app.press("ctrl+s").see_in("footer", "y starts 24").press("y").on("Runs").counts(23)
        await app.stores("SELECT max(run_index) FROM run WHERE model = 'priced'", 6)
    asked = requested(workspace, 2)
    assert (asked.prompt.partition("@")[0], asked.items.limit, asked.parameters) == ("simple", 4, {"temperature": 0.5})


async def test_resume_and_retry_ask_first(workspace: Path, launched: list[Path]) -> None:
    async with running(workspace) as app:
        await app.press("2").counts(16).press("R").see_in("footer", "were imported")
        await app.press("n")
        await fill(app, models="priced", limit="4", runs="1")
        await app.press("ctrl+s").see_in("footer", "y starts 4").press("y").on("Runs").counts(18)
        app.table.go(place_of(app, "priced"))
        await app.press("E").see_in("footer", "there are no errors in these runs")
        await app.press("R").see_in("footer", "y asks for 4 missing predictions, unknown price")
        await app.press("R").see_in("footer", "nothing was done").press("R", "y").see_in("footer", "task 2 asks for 4")
        await app.stores("SELECT title FROM task WHERE id = 2", "resume run 13").see("4 missing")


async def test_a_model_grader_says_what_it_asks_first(workspace: Path, launched: list[Path]) -> None:
    spec = {
        "type": "score_model", "name": "rubric", "model": "priced", "range": [0, 1],
        "input": [{"role": "user", "content": "{{sample.output_text}} against {{item.reference_answer}}?"}],
    }  # fmt: skip
    (workspace / "graders" / "rubric.json").write_text(json.dumps(spec))
    async with running(workspace) as app:
        await app.press("2").counts(16).press("G").type("rubric.json").press("enter")
        await app.see("rubric asks priced through", "local", "simulated").press("enter")
        await (
            app.see_in("footer", "y asks at most 240 questions, about $")
            .press("G")
            .see_in("footer", "nothing was done")
        )
        await app.stores("SELECT count(*) FROM task", 0)
        await (
            app.press("G")
            .type("rubric.json")
            .press("enter")
            .see("asks priced")
            .press("enter")
            .see_in("footer", "y asks")
        )
        await app.press("y").stores("SELECT kind FROM task", "grade").see_in("header", "grade with rubric", "0/240")
    assert launched


async def test_clicks_change_fields(workspace: Path, launched: list[Path]) -> None:
    async with running(workspace) as app:
        await app.press("2").counts(16).press("n").see("only marked")
        await app.pilot.click(offset=(30, 6))
        await app.pilot.click(offset=(30, 6))
        await app.settle()
        await app.see("▸ only marked           [x] yes")
