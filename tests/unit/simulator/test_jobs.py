"""Jobs as the official client sees them: every request and answer against the published description."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI

from rft_tui.simulator.running import ManualClock, RunningSimulator, running_simulator
from tests.unit.simulator.conftest import ask
from tests.unit.simulator.contract import assert_fits, fits
from tests.unit.simulator.jobs_helpers import (
    FORMAT,
    GRADERS,
    LABEL_MODEL,
    MULTI,
    STRING_CHECK,
    assert_events_fit,
    assert_job_fits,
    body,
    plain,
    send_rows,
)

ALL_HYPERPARAMETERS: dict[str, dict[str, Any]] = {
    "supervised": {"batch_size": 256, "learning_rate_multiplier": 0.1, "n_epochs": 50},
    "dpo": {"batch_size": 1, "learning_rate_multiplier": 2, "n_epochs": 1, "beta": 2},
    "reinforcement": {
        "batch_size": "auto", "learning_rate_multiplier": "auto", "n_epochs": 5, "compute_multiplier": 10,
        "eval_interval": 3, "eval_samples": 2, "reasoning_effort": "high",
    },
}  # fmt: skip


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def running(clock: ManualClock) -> Iterator[RunningSimulator]:
    with running_simulator(clock=clock, job_seconds=100) as made:
        yield made


@pytest.fixture
def client(running: RunningSimulator) -> Iterator[OpenAI]:
    with OpenAI(base_url=running.base_url, api_key="any", max_retries=0, timeout=10) as made:
        yield made


@pytest.fixture(scope="module")
def refusing() -> Iterator[OpenAI]:
    """The client of a service in which no job is ever created."""
    with running_simulator() as running, OpenAI(base_url=running.base_url, api_key="any", max_retries=0) as made:
        yield made


def shown(client: OpenAI, job_id: str) -> dict[str, Any]:
    got = plain(client.fine_tuning.jobs.retrieve(job_id))
    assert_job_fits(got)
    return got


def events(client: OpenAI, job_id: str) -> list[dict[str, Any]]:
    return [one.to_dict() for one in client.fine_tuning.jobs.list_events(job_id, limit=100)]


def create(client: OpenAI, asked: dict[str, Any]) -> dict[str, Any]:
    assert_fits(asked, "CreateFineTuningJobRequest")
    made = plain(client.fine_tuning.jobs.create(**asked))
    assert_job_fits(made)
    return made


@pytest.mark.parametrize("method", ["supervised", "dpo", "reinforcement"])
def test_a_job_goes_through_its_stages(client: OpenAI, clock: ManualClock, method: str) -> None:
    asked = body(client, method, suffix="my run!", metadata={"mark": "m1"})
    asked["method"][method]["hyperparameters"] = ALL_HYPERPARAMETERS[method]
    asked["integrations"] = [{"type": "wandb", "wandb": {"project": "p", "name": None, "tags": ["a"]}}]
    made = create(client, asked)
    assert (made["status"], made["model"], made["seed"]) == ("validating_files", "simulated-smollm2", 7)
    assert made["method"][method]["hyperparameters"] == ALL_HYPERPARAMETERS[method]
    assert made["metadata"] == {"mark": "m1"}
    assert made["user_provided_suffix"] == "my run!"
    assert made["eval_id"] is made["estimated_finish"] is made["finished_at"] is None
    clock.advance(5)
    assert shown(client, made["id"])["status"] == "queued"
    clock.advance(40)
    running = shown(client, made["id"])
    assert (running["status"], running["result_files"]) == ("running", [])
    assert running["estimated_finish"] == clock.now + 55
    assert running["error"] == ({} if method == "reinforcement" else None)
    clock.advance(56)
    ended = shown(client, made["id"])
    assert ended["status"] == "succeeded"
    assert ended["finished_at"] == running["estimated_finish"]
    assert ended["trained_tokens"]
    assert ended["fine_tuned_model"].startswith("ft:simulated-smollm2:simulated:my-run-:")
    assert (ended["eval_id"] is not None) == (method == "reinforcement")
    page = client.fine_tuning.jobs.list_events(made["id"], limit=50).to_dict()
    assert_events_fit(page)
    told = events(client, made["id"])
    assert [one["message"] for one in told[-2:]] == [
        f"Validating training file: {made['training_file']} and validation file: {made['validation_file']}",
        f"Created fine-tuning job: {made['id']}",
    ]
    assert told[0]["message"] == "The job has successfully completed"
    assert [one["type"] for one in told].count("moderation_checks") == 1
    stages = [one["data"]["step"] for one in told if one["type"] == "metrics"]
    assert stages == list(range(stages[0], 0, -1))
    checkpoints = client.fine_tuning.jobs.checkpoints.list(made["id"])
    assert_fits(checkpoints.to_dict(), "ListFineTuningJobCheckpointsResponse")
    assert [one.fine_tuned_model_checkpoint for one in checkpoints.data] == [
        f"{ended['fine_tuned_model']}:ckpt-step-{one.step_number}" for one in checkpoints.data
    ]
    result = client.files.retrieve(ended["result_files"][0])
    assert_fits(result.to_dict(), "OpenAIFile")
    content = client.files.content(result.id).read()
    assert len(content) == result.bytes
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert [int(one["step"]) for one in rows] == stages[::-1]
    assert {"supervised": "train_loss", "dpo": "valid_loss", "reinforcement": "train_mean_reward"}[method] in rows[0]
    assert ended["fine_tuned_model"] in [model.id for model in client.models.list()]


@pytest.mark.parametrize("kind", GRADERS)
def test_every_type_of_grader_is_taken_and_told_of(client: OpenAI, clock: ManualClock, kind: str) -> None:
    grader = GRADERS[kind]
    asked = body(client)
    asked["method"]["reinforcement"] |= {"grader": grader, "response_format": FORMAT}
    made = create(client, asked)
    assert made["method"]["reinforcement"]["grader"] == grader
    assert made["method"]["reinforcement"]["response_format"] == FORMAT
    clock.advance(101)
    assert_events_fit(client.fine_tuning.jobs.list_events(made["id"], limit=100).to_dict())
    data = next(one["data"] for one in events(client, made["id"]) if one["type"] == "metrics")
    names = list(grader["graders"]) if kind == "multi" else [grader["name"]]
    for part in (data["scores"], data["usage"], data["timing"], data["errors"]):
        assert len(part["graders"]) == len(names)
    assert ("simulated-gpt-4o" in data["model_graders_token_usage"]) == (kind in ("score_model", "multi"))


def keys_of(value: Any) -> Iterator[str]:
    for inner in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from keys_of(inner)
    yield from value if isinstance(value, dict) else ()


def test_steps_without_an_evaluation_say_nothing_of_validation(client: OpenAI, clock: ManualClock) -> None:
    made = create(client, body(client))
    clock.advance(101)
    for one in events(client, made["id"]):
        if one["type"] != "metrics":
            continue
        keys = set(keys_of(one["data"]))
        is_evaluated = one["data"]["step"] % 5 == 0
        assert ("eval" in keys) == is_evaluated
        assert any(key.startswith(("valid_", "full_valid_")) for key in keys) == is_evaluated
        assert one["message"].startswith(f"Step {one['data']['step']}/30 , train mean reward=")
        assert isinstance(one["data"]["usage"]["samples"]["train_reasoning_tokens_count"], float)


def refused(**changes: Any) -> tuple[dict[str, Any], str]:
    param = changes.pop("param")
    return changes, param


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        refused(suffix="", param="suffix"),
        refused(suffix="x" * 65, param="suffix"),
        refused(seed=-1, param="seed"),
        refused(seed=2**31, param="seed"),
        refused(metadata={str(number): "x" for number in range(17)}, param="metadata"),
        refused(metadata={"k" * 65: "x"}, param="metadata"),
        refused(metadata={"k": "x" * 513}, param="metadata.k"),
        refused(metadata={"scenario": "unheard"}, param="metadata.scenario"),
        refused(metadata={"steps": "0"}, param="metadata.steps"),
        refused(unknown=1, param="unknown"),
        refused(training_file="file-none", param="training_file"),
        refused(validation_file=None, param="validation_file"),
        refused(integrations=[{"type": "wandb", "wandb": {}}], param="integrations[0].wandb.project"),
        refused(method={"type": "ppo"}, param="method.type"),
        refused(method={"type": "reinforcement"}, param="method.reinforcement"),
        refused(method={"type": "dpo", "supervised": {}}, param="method.supervised"),
        refused(
            method={"type": "reinforcement", "reinforcement": {"grader": LABEL_MODEL}},
            param="method.reinforcement.grader.type",
        ),
        refused(
            method={"type": "reinforcement", "reinforcement": {"grader": {**MULTI, "graders": STRING_CHECK}}},
            param="method.reinforcement.grader.graders",
        ),
        *[
            refused(
                method={"type": kind, kind: {"grader": STRING_CHECK, "hyperparameters": {name: value}}}
                if kind == "reinforcement"
                else {"type": kind, kind: {"hyperparameters": {name: value}}},
                param=f"method.{kind}.hyperparameters.{name}",
            )
            for kind, name, value in [
                ("supervised", "batch_size", 257),
                ("supervised", "n_epochs", 51),
                ("supervised", "learning_rate_multiplier", 0),
                ("supervised", "beta", 0.1),
                ("dpo", "beta", 2.1),
                ("reinforcement", "compute_multiplier", 0.00001),
                ("reinforcement", "eval_interval", 0),
                ("reinforcement", "eval_samples", 1.5),
                ("reinforcement", "reasoning_effort", "auto"),
            ]
        ],
    ],
)
def test_wrong_requests_are_refused_at_their_place(refusing: OpenAI, changes: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        refusing.fine_tuning.jobs.create(**body(refusing), extra_body=changes)
    assert caught.value.param == param
    assert not refusing.fine_tuning.jobs.list().data


def test_files_of_another_purpose_are_refused(refusing: OpenAI) -> None:
    other = refusing.files.create(file=("x", b"{}"), purpose="batch")
    with pytest.raises(openai.BadRequestError, match="purpose"):
        refusing.fine_tuning.jobs.create(**{**body(refusing), "training_file": other.id})


@pytest.mark.parametrize(
    ("rows", "code"), [(range(5), "invalid_validation_file"), (range(100, 100), "invalid_validation_file")]
)
def test_bad_files_fail_while_they_are_validated(client: OpenAI, clock: ManualClock, rows: range, code: str) -> None:
    asked = {**body(client), "validation_file": send_rows(client, rows)}
    made = create(client, asked)
    assert made["status"] == "validating_files"
    clock.advance(5)
    failed = shown(client, made["id"])
    assert (failed["status"], failed["error"]["code"]) == ("failed", code)
    assert failed["error"]["param"] == "validation_file"
    told = events(client, made["id"])
    assert (told[0]["level"], failed["error"]["message"] in told[0]["message"]) == ("error", True)


def test_lists_are_paged_and_filtered_by_metadata(client: OpenAI) -> None:
    asked = body(client, "supervised")
    ids = [create(client, {**asked, "metadata": {"n": str(n), "all": "y"}})["id"] for n in range(3)]
    bare = create(client, asked)["id"]
    page = client.fine_tuning.jobs.list(limit=2)
    assert ([one.id for one in page.data], page.has_more) == ([bare, ids[2]], True)
    assert [one.id for one in client.fine_tuning.jobs.list(limit=2)] == [bare, *ids[::-1]]
    assert [one.id for one in client.fine_tuning.jobs.list(metadata={"n": "1"})] == [ids[1]]
    assert [one.id for one in client.fine_tuning.jobs.list(metadata={"n": "1", "all": "no"})] == []
    base_url = str(client.base_url).rstrip("/")
    got = ask(base_url, "GET", "/v1/fine_tuning/jobs?metadata=null").json
    assert [one["id"] for one in got["data"]] == [bare]
    whole = ask(base_url, "GET", "/v1/fine_tuning/jobs").json
    whole["data"] = [one for one in whole["data"] if one["method"]["type"] == "supervised"]
    assert fits(whole, "ListPaginatedFineTuningJobsResponse")
    assert ask(base_url, "GET", "/v1/fine_tuning/jobs?limit=0").status == 400


def test_events_are_paged_while_new_ones_come(client: OpenAI, clock: ManualClock) -> None:
    made = create(client, body(client))
    clock.advance(40)
    first = client.fine_tuning.jobs.list_events(made["id"], limit=5)
    clock.advance(30)
    second = client.fine_tuning.jobs.list_events(made["id"], limit=5, after=first.data[-1].id)
    every = events(client, made["id"])
    place = [one["id"] for one in every].index(first.data[0].id)
    assert [one.id for one in (*first.data, *second.data)] == [one["id"] for one in every[place : place + 10]]
    last = client.fine_tuning.jobs.list_events(made["id"], after=every[-1]["id"])
    assert (last.data, last.has_more) == ([], False)


def test_a_job_is_paused_resumed_and_cancelled(client: OpenAI, clock: ManualClock) -> None:
    made = create(client, body(client))
    jobs = client.fine_tuning.jobs
    for wrong in (jobs.pause, jobs.resume):
        with pytest.raises(openai.BadRequestError):
            wrong(made["id"])
    clock.advance(33)
    paused = jobs.pause(made["id"]).to_dict()
    assert_job_fits(paused)
    assert paused["status"] == "paused"
    (snapshot, *_others) = jobs.checkpoints.list(made["id"]).data
    assert snapshot.step_number == 8
    assert (client.responses.create(model=snapshot.fine_tuned_model_checkpoint, input="What?")).output_text
    before = events(client, made["id"])
    clock.advance(1000)
    assert events(client, made["id"]) == before
    resumed = jobs.resume(made["id"]).to_dict()
    assert_job_fits(resumed)
    assert resumed["status"] == "queued"
    clock.advance(5)
    assert shown(client, made["id"])["status"] == "running"
    clock.advance(20)
    after = events(client, made["id"])
    assert after[-len(before) :] == before
    steps = [one["data"]["step"] for one in after if one["type"] == "metrics"]
    assert steps == list(range(steps[0], 0, -1))
    assert steps[0] > 8
    assert jobs.cancel(made["id"]).status == "cancelled"
    clock.advance(100)
    assert shown(client, made["id"])["status"] == "cancelled"
    with pytest.raises(openai.BadRequestError, match="cancelled"):
        jobs.cancel(made["id"])


def test_the_same_request_with_the_same_seed_tells_the_same_story(client: OpenAI, clock: ManualClock) -> None:
    asked = body(client)
    told = []
    for seed in (7, 7, 8):
        made = create(client, {**asked, "seed": seed})
        clock.advance(200)
        told.append([one["data"] for one in events(client, made["id"]) if one["type"] == "metrics"])
    assert told[0] == told[1] != told[2]


def test_a_job_of_no_seconds_is_over_at_once() -> None:
    with running_simulator(job_seconds=0) as running, OpenAI(base_url=running.base_url, api_key="any") as client:
        made = client.fine_tuning.jobs.create(**body(client))
        assert made.status == "succeeded"
        assert running.state()["requests"]["POST /v1/fine_tuning/jobs"] == 1


def test_a_lost_answer_leaves_a_job_that_is_found_by_its_mark(running: RunningSimulator, client: OpenAI) -> None:
    asked = body(client, metadata={"mark": "abc"})
    running.set_faults({"reset": 1.0}, paths=("/v1/fine_tuning/jobs",))
    with pytest.raises(openai.APIConnectionError):
        client.fine_tuning.jobs.create(**asked)
    running.set_faults({"503": 1.0}, paths=("/v1/fine_tuning/jobs",))
    with pytest.raises(openai.InternalServerError):
        client.fine_tuning.jobs.list()
    with pytest.raises(openai.InternalServerError):
        client.fine_tuning.jobs.create(**asked)
    running.set_faults()
    (found,) = client.fine_tuning.jobs.list(metadata={"mark": "abc"}).data
    running.set_faults({"half-json": 1.0}, paths=("/v1/fine_tuning/jobs",))
    got = ask(running.base_url, "GET", f"/v1/fine_tuning/jobs/{found.id}/events")
    with pytest.raises(ValueError, match=r"\w"):
        got.json  # noqa: B018 - reading it fails
    assert got.headers["x-rft-tui-simulated"] == "1"
