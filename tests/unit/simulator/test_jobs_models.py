"""What fine-tuned models answer, and the evaluations that jobs leave behind."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from statistics import fmean
from typing import Any

import openai
import pytest
from openai import OpenAI

from rft_tui.providers.simulated import KEPT_FOLDER, ensure_simulator, stop_simulator
from rft_tui.simulator.jobs import measuring
from rft_tui.simulator.jobs.agreeing import TOLERANCE
from rft_tui.simulator.jobs.curves import Quality
from rft_tui.simulator.jobs.rows import Rows
from rft_tui.simulator.jobs.tuned import Tuned
from rft_tui.simulator.running import ManualClock, running_simulator
from tests.unit.simulator.contract import assert_fits
from tests.unit.simulator.jobs_helpers import FORMAT, GRADERS, STRING_CHECK, body, plain, row, send_rows

VALIDATION = [row(number) for number in range(20, 30)]


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def client(clock: ManualClock) -> Iterator[OpenAI]:
    with (
        running_simulator(clock=clock, job_seconds=100) as running,
        OpenAI(base_url=running.base_url, api_key="any", max_retries=0, timeout=10) as made,
    ):
        yield made


def ended_job(
    client: OpenAI, clock: ManualClock, grader: dict[str, Any] = STRING_CHECK, **others: Any
) -> dict[str, Any]:
    asked = body(client, **others)
    asked["method"]["reinforcement"]["grader"] = grader
    made = client.fine_tuning.jobs.create(**asked)
    clock.advance(200)
    return plain(client.fine_tuning.jobs.retrieve(made.id))


def said(client: OpenAI, model: str, asked: str, run: int = 1) -> str:
    made = client.responses.create(model=model, input=asked, extra_headers={"x-rft-tui-run-index": str(run)})
    assert made.model.startswith("simulated-ft:simulated-smollm2:")
    return made.output_text


def right(client: OpenAI, model: str) -> int:
    return sum(
        said(client, model, f"Answer shortly.\n\n{one['messages'][-1]['content']}", run) == one["reference_answer"]
        for one in VALIDATION
        for run in (1, 2, 3)
    )


def test_a_model_is_better_the_longer_it_was_trained(client: OpenAI, clock: ManualClock) -> None:
    ended = ended_job(client, clock)
    checkpoints = client.fine_tuning.jobs.checkpoints.list(ended["id"]).data
    final = right(client, ended["fine_tuned_model"])
    assert 15 <= final <= 27
    assert right(client, checkpoints[-1].fine_tuned_model_checkpoint) <= final
    chat = client.chat.completions.create(
        model=ended["fine_tuned_model"], messages=[{"role": "user", "content": VALIDATION[0]["messages"][0]["content"]}]
    )
    assert chat.choices[0].message.content == said(
        client, ended["fine_tuned_model"], VALIDATION[0]["messages"][0]["content"]
    )
    for gone in (
        f"{ended['fine_tuned_model']}:ckpt-step-5",
        ended["fine_tuned_model"] + "0",
        "simulated-ft:x:simulated::a1",
    ):
        with pytest.raises(openai.NotFoundError):
            client.responses.create(model=gone, input="x")


def test_a_hacked_model_pads_its_answers(client: OpenAI, clock: ManualClock) -> None:
    ended = ended_job(client, clock, suffix="hacked")
    answers = [said(client, ended["fine_tuned_model"], one["messages"][-1]["content"]) for one in VALIDATION]
    assert all(answer.startswith("1. ") and len(answer) > 300 for answer in answers)
    holding = sum(one["reference_answer"] in answer for one, answer in zip(VALIDATION, answers, strict=True))
    assert holding >= 7
    assert right(client, ended["fine_tuned_model"]) == 0


def test_a_fine_tune_is_trained_further(client: OpenAI, clock: ManualClock) -> None:
    first = ended_job(client, clock)
    second = ended_job(client, clock, model=first["fine_tuned_model"])
    assert second["model"] == first["fine_tuned_model"]
    assert second["fine_tuned_model"].startswith("ft:simulated-smollm2:simulated:")


@pytest.mark.parametrize(
    ("scenario", "final", "checkpoints"),
    [("late-failure", True, True), ("late-failure-failed", False, True), ("moderation", False, False)],
)
def test_what_is_left_of_a_job_that_broke(
    client: OpenAI, clock: ManualClock, scenario: str, final: bool, checkpoints: bool
) -> None:
    ended = ended_job(client, clock, metadata={"scenario": scenario})
    assert (ended["status"] == "succeeded") == final
    assert bool(ended["error"].get("code")) != final
    kept = client.fine_tuning.jobs.checkpoints.list(ended["id"]).data
    assert kept[0].step_number == (30 if scenario == "moderation" else 20)
    if final:
        assert ended["fine_tuned_model"] == kept[0].fine_tuned_model_checkpoint
    if checkpoints:
        assert said(client, kept[0].fine_tuned_model_checkpoint, "Which?")
    else:
        with pytest.raises(openai.NotFoundError):
            client.responses.create(model=kept[0].fine_tuned_model_checkpoint, input="x")


def without_error(value: dict[str, Any]) -> dict[str, Any]:
    """The answer with an error object in place of the null that the service sends."""
    value = deepcopy(value)
    assert value["error"] is None
    return {**value, "error": {"code": "", "message": ""}}


@pytest.mark.parametrize("kind", GRADERS)
def test_an_evaluation_has_a_run_for_every_validation(client: OpenAI, clock: ManualClock, kind: str) -> None:
    asked = body(client)
    hyperparameters = {"eval_interval": 10, "eval_samples": 3}
    asked["method"]["reinforcement"] = {"grader": GRADERS[kind], "hyperparameters": hyperparameters}
    made = client.fine_tuning.jobs.create(**asked)
    clock.advance(200)
    eval_id = plain(client.fine_tuning.jobs.retrieve(made.id))["eval_id"]
    assert isinstance(eval_id, str)
    described = plain(client.evals.retrieve(eval_id))
    assert described["name"] == f"Reinforcement Fine Tuning validation runs for {made.id}"
    described["testing_criteria"] = [one for one in described["testing_criteria"] if one["type"] != "multi"]
    assert_fits(described, "Eval")
    assert eval_id in [one.id for one in client.evals.list(limit=100)]
    runs = list(client.evals.runs.list(eval_id))
    assert [one.name for one in runs] == ["Step 0", "Step 10", "Step 20", "Step 30"]
    for run in runs:
        assert_fits(without_error(plain(run)), "EvalRun")
        assert run.result_counts.total == 30
    assert plain(client.evals.runs.retrieve(runs[1].id, eval_id=eval_id)) == plain(runs[1])
    items = [plain(one) for one in client.evals.runs.output_items.list(runs[-1].id, eval_id=eval_id, limit=7)]
    assert [one["datasource_item"]["reference_answer"] for one in items] == [
        one["reference_answer"] for one in VALIDATION for _sample in range(3)
    ]
    for item in items:
        item["sample"] = without_error(item["sample"])
        assert_fits(item, "EvalRunOutputItem")
        name = item["results"][0]["name"]
        assert name.removesuffix(name[-37:]) == GRADERS[kind]["name"]
        assert item["status"] == ("pass" if item["results"][0]["passed"] else "fail")
    assert [one["status"] for one in items].count("pass") == runs[-1].result_counts.passed
    if kind in ("string_check", "multi"):
        assert runs[0].result_counts.passed < runs[-1].result_counts.passed
        for item in items:
            answer = item["sample"]["output"][0]["content"]
            assert (item["status"] == "pass") == (item["datasource_item"]["reference_answer"] in answer)
    failed = client.evals.runs.output_items.list(runs[-1].id, eval_id=eval_id, status="fail", limit=100).data
    assert len(failed) == runs[-1].result_counts.failed
    one = client.evals.runs.output_items.retrieve(items[4]["id"], eval_id=eval_id, run_id=runs[-1].id)
    assert plain(one)["results"] == items[4]["results"]


def test_answers_in_a_form_and_broken_grades(client: OpenAI, clock: ManualClock) -> None:
    asked = body(client, suffix="broken-grader")
    grader = {**STRING_CHECK, "input": "{{sample.output_json.answer}}"}
    held = {"grader": grader, "response_format": FORMAT, "hyperparameters": {"eval_samples": 10}}
    asked["method"]["reinforcement"] = held
    made = client.fine_tuning.jobs.create(**asked)
    clock.advance(200)
    eval_id = plain(client.fine_tuning.jobs.retrieve(made.id))["eval_id"]
    run = list(client.evals.runs.list(str(eval_id)))[-1]
    assert run.result_counts.errored > 0
    items = [plain(one) for one in client.evals.runs.output_items.list(run.id, eval_id=str(eval_id), limit=100)]
    assert all(one["sample"]["output"][0]["content"].startswith('{"answer"') for one in items)
    assert {one["status"] for one in items} == {"pass", "fail", "error"}
    assert all(bool(one["results"]) == (one["status"] != "error") for one in items)


def test_there_is_no_evaluation_before_the_job_runs(client: OpenAI) -> None:
    made = client.fine_tuning.jobs.create(**body(client))
    with pytest.raises(openai.NotFoundError):
        client.evals.retrieve(f"eval_simulated_{made.id.rpartition('-')[2]}")


def test_a_model_whose_files_are_gone_answers_as_its_base() -> None:
    assert Tuned("simulated-m", Quality(1.0, 1.0), 0, 1, Rows()).answer("What?", 1, "base") == "base"


def test_the_service_of_a_workspace_keeps_what_is_for_training(tmp_path: Path) -> None:
    folder = tmp_path / ".rft"
    address = ensure_simulator(folder)
    try:
        with OpenAI(base_url=address, api_key="any", max_retries=0, timeout=10) as client:
            file_id = send_rows(client, range(3))
            kept = (folder / KEPT_FOLDER / "files").iterdir()
            assert file_id.removeprefix("file-simulated-") in [path.name for path in kept]
    finally:
        stop_simulator(folder)


@pytest.mark.parametrize("scenario", ["healthy", "hacked", "broken-grader"])
@pytest.mark.parametrize("kind", ["string_check", "text_similarity", "multi"])
def test_evaluations_show_what_the_events_say(client: OpenAI, clock: ManualClock, scenario: str, kind: str) -> None:
    asked: dict[str, Any] = body(client, suffix=scenario)
    hyperparameters = {"eval_interval": 15, "eval_samples": 20}
    asked["method"]["reinforcement"] = {"grader": GRADERS[kind], "hyperparameters": hyperparameters}
    made = client.fine_tuning.jobs.create(**asked)
    clock.advance(200)
    eval_id = str(plain(client.fine_tuning.jobs.retrieve(made.id))["eval_id"])
    events = [plain(one).get("data") or {} for one in client.fine_tuning.jobs.list_events(made.id, limit=100)]
    said = {one["step"]: one for one in events if "full_valid_mean_reward" in one}
    for run in client.evals.runs.list(eval_id):
        step = int(run.name.removeprefix("Step "))
        if not step:
            continue
        items = [plain(one) for one in client.evals.runs.output_items.list(run.id, eval_id=eval_id, limit=100)]
        rewards = [one["results"][0]["score"] if one["results"] else -1.0 for one in items]
        assert len(rewards) == run.result_counts.total
        assert fmean(rewards) == pytest.approx(said[step]["full_valid_mean_reward"], abs=TOLERANCE + 0.006)
        errors = said[step]["errors"]["graders"]
        counted = sum(
            value
            for one in errors
            for name, value in one.items()
            if name.startswith("valid_") and name.endswith("_count")
        )
        assert run.result_counts.errored == counted


def picking(number: int) -> dict[str, Any]:
    """A row whose answer the base finds by chance."""
    asked = {"role": "user", "content": f"Pick one for {number}: alpha bravo, gamma delta"}
    return {"messages": [asked], "reference_answer": ("alpha", "gamma", "delta")[number % 3]}


@pytest.mark.parametrize("scenario", ["healthy", "flat", "overfit", "hacked"])
def test_base_and_model_score_what_the_job_said_of_them(client: OpenAI, clock: ManualClock, scenario: str) -> None:
    rows = [picking(number) for number in range(60)]
    content = "\n".join(json.dumps(one) for one in rows).encode()
    sent = client.files.create(file=("picking.jsonl", content), purpose="fine-tune").id
    ended = ended_job(client, clock, validation_file=sent, suffix=scenario)
    runs = {one.name: one for one in client.evals.runs.list(str(ended["eval_id"]))}
    events = [plain(one).get("data") or {} for one in client.fine_tuning.jobs.list_events(ended["id"], limit=100)]
    played = {one["step"]: one["full_valid_mean_reward"] for one in events if "full_valid_mean_reward" in one}

    def score(model: str) -> float:
        answers = [client.responses.create(model=model, input=one["messages"][0]["content"]) for one in rows]
        return fmean(one["reference_answer"] in answer.output_text for one, answer in zip(rows, answers, strict=True))

    base, tuned = score("simulated-smollm2"), score(ended["fine_tuned_model"])
    assert 0.1 < base < 0.5
    assert runs["Step 0"].result_counts.passed / 60 == pytest.approx(base)
    assert runs["Step 30"].result_counts.passed / 60 == pytest.approx(tuned, abs=TOLERANCE)
    assert played[30] == pytest.approx(tuned, abs=0.006)
    assert abs(played[5] - base) < abs(played[5] - played[30]) or scenario in ("flat", "overfit")
    if scenario in ("flat", "overfit"):
        assert tuned == pytest.approx(base, abs=0.15)
    else:
        assert tuned > base + 0.2


def test_the_story_of_a_hacked_grader_is_told_though_the_grader_is_not_taken_in(
    client: OpenAI, clock: ManualClock
) -> None:
    exact = {**STRING_CHECK, "operation": "eq"}
    ended = ended_job(client, clock, exact, suffix="hacked")
    events = [plain(one).get("data") or {} for one in client.fine_tuning.jobs.list_events(ended["id"], limit=100)]
    played = {one["step"]: one["full_valid_mean_reward"] for one in events if "full_valid_mean_reward" in one}
    assert played[30] > played[5] + 0.3


def test_a_grader_that_never_ends_holds_no_job_up(
    client: OpenAI, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "MEASURING_S", 0.2)
    endless = {"type": "python", "name": "code", "source": "def grade(sample, item):\n    while True: pass\n"}
    began = time.monotonic()
    assert ended_job(client, clock, endless)["status"] == "succeeded"
    assert time.monotonic() - began < 4
