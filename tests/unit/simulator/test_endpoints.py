"""Answers over HTTP: what the description says, and what the official client reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

import openai
import pytest
from openai import OpenAI

from rft_tui.simulator.running import RunningSimulator
from tests.unit.simulator.bodies import CHAT, EMBEDDINGS, ITEM, JOINT, OCEAN, RESPONSES, SCHEMA, chat_body
from tests.unit.simulator.conftest import ask
from tests.unit.simulator.contract import assert_fits


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("/v1/chat/completions", CHAT, "CreateChatCompletionResponse"),
        ("/v1/chat/completions", chat_body(), "CreateChatCompletionResponse"),
        ("/v1/chat/completions", chat_body(max_completion_tokens=1), "CreateChatCompletionResponse"),
        ("/v1/responses", RESPONSES, "Response"),
        ("/v1/responses", {"model": "reasoner", "input": OCEAN, "reasoning": {"summary": "auto"}}, "Response"),
        ("/v1/responses", {"model": "reasoner", "input": OCEAN, "max_output_tokens": 16}, "Response"),
        ("/v1/embeddings", EMBEDDINGS, "CreateEmbeddingResponse"),
    ],
)
@pytest.mark.parametrize("fault", ["", "refusal", "truncated"])
def test_answers_of_models_fit_the_description(
    shared: RunningSimulator, path: str, body: dict[str, Any], name: str, fault: str
) -> None:
    shared.set_faults({fault: 1.0} if fault else None)
    got = ask(shared.base_url, "POST", path, body)
    shared.set_faults()
    assert got.status == 200
    assert_fits(got.json, name)
    assert got.json["model"].startswith("simulated-")
    assert got.headers["x-rft-tui-simulated"] == "1"
    assert got.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/chat/completions", {"model": "m"}, 400),
        ("POST", "/v1/chat/completions", chat_body(stream=True), 400),
        ("POST", "/v1/chat/completions", chat_body(model="missing"), 404),
        ("POST", "/v1/responses", b'{"model": NaN}', 400),
        ("POST", "/v1/responses", b"[" * 100_000, 400),
        ("POST", "/v1/responses", b'{"model": "m", "input": "\\ud800", "instructions": "\\ud800"}', 200),
        ("POST", "/v1/responses", {"model": "reasoner", "input": "x", "temperature": 0}, 400),
        ("POST", "/v1/responses", {"model": "reasoner", "input": "x", "reasoning": {"effort": "max"}}, 400),
        ("POST", "/v1/embeddings", {"model": "m", "input": []}, 400),
        ("GET", "/v1/nothing", None, 404),
        ("PATCH", "/v1/models", None, 404),
        ("GET", "/v1/models/unknown", None, 404),
        ("GET", "/v1/files/none", None, 404),
        ("GET", "/v1/files?limit=x", None, 400),
        ("GET", "/v1/batches/none", None, 404),
        ("POST", "/v1/files", b"no form", 400),
        ("GET", "/v1/fine_tuning/jobs/ftjob-1/events", None, 404),
        ("POST", "/v1/fine_tuning/jobs", {"model": "m", "training_file": "f"}, 400),
        ("POST", "/v1/fine_tuning/alpha/graders/validate", {"grader": {"type": "string_check"}}, 400),
        ("PUT", "/simulator/faults", {"faults": {"nonsense": 1}}, 400),
    ],
)
def test_refusals_are_error_bodies(shared: RunningSimulator, method: str, path: str, body: Any, status: int) -> None:
    got = ask(shared.base_url, method, path, body)
    assert got.status == status
    if status != 200:
        assert_fits(got.json, "ErrorResponse")


def test_bodies_are_bounded(simulator: RunningSimulator) -> None:
    port = int(simulator.base_url.rpartition(":")[2].partition("/")[0])
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("POST", "/v1/responses")
    connection.putheader("content-length", str(10**12))
    connection.endheaders()
    for _block in range(40):
        connection.send(b" " * 1_000_000)
    assert connection.getresponse().status == 413
    connection.close()


def test_models_as_the_client_reads_them(client: OpenAI) -> None:
    models = client.models.list()
    assert_fits(models.to_dict(), "ListModelsResponse")
    assert [model.id for model in models if (model.model_extra or {}).get("shutdown_date") or model.shutdown_date]
    assert_fits(client.models.retrieve("simulated-smollm2").to_dict(), "Model")


def test_runs_are_told_by_a_header_and_are_the_recorded_ones(client: OpenAI) -> None:
    def said(run: int) -> str | None:
        body = chat_body(messages=[{"role": "user", "content": JOINT}])
        made = client.chat.completions.create(**body, extra_headers={"x-rft-tui-run-index": str(run)})
        text: str | None = made.choices[0].message.content
        return text

    runs = [said(run) for run in range(1, 5)]
    assert len(set(runs)) == 3
    assert runs[0] == runs[3]


def test_a_response_as_the_client_reads_it(client: OpenAI) -> None:
    reasoning: Any = {"effort": "low", "summary": "auto"}
    made = client.responses.create(model="simulated-reasoner", input=OCEAN, reasoning=reasoning, service_tier="flex")
    assert made.output_text
    assert made.usage is not None
    assert made.usage.output_tokens_details.reasoning_tokens >= 64
    assert [item.type for item in made.output] == ["reasoning", "message"]
    assert made.service_tier == "flex"
    quiet = client.responses.create(model="simulated-reasoner", input=OCEAN, reasoning={"effort": "none"})
    assert quiet.usage is not None
    assert quiet.usage.output_tokens_details.reasoning_tokens == 0


def test_a_schema_is_kept_and_a_required_function_called(client: OpenAI) -> None:
    form: Any = {"type": "json_schema", "name": "a", "schema": SCHEMA, "strict": True}
    made = client.responses.create(model="simulated-smollm2", input=OCEAN, text={"format": form})
    assert "answer" in json.loads(made.output_text)
    tools: Any = [{"type": "function", "function": {"name": "look_up", "parameters": SCHEMA}}]
    called = client.chat.completions.create(**chat_body(tools=tools, tool_choice="required"))
    assert called.choices[0].finish_reason == "tool_calls"
    (call,) = called.choices[0].message.tool_calls or []
    assert "answer" in json.loads(getattr(call, "function").arguments)  # noqa: B009 - one member of a union


def test_embeddings_as_the_client_reads_them(client: OpenAI) -> None:
    made = client.embeddings.create(model="any", input=["pacific ocean", "ocean"], dimensions=16)
    assert [len(one.embedding) for one in made.data] == [16, 16]
    assert made.model == "simulated-any"


def grader(name: str) -> dict[str, Any]:
    from rft_tui.sample import sample_folder

    loaded: dict[str, Any] = json.loads((sample_folder() / "graders" / f"{name}.json").read_text())
    return loaded


RUN = "/v1/fine_tuning/alpha/graders/run"


@pytest.mark.parametrize(
    ("name", "sample", "reward"),
    [
        ("exact", "pacific ocean", 1.0),
        ("fuzzy", "pacific ocean", 1.0),
        ("word_overlap", "pacific ocean", 1.0),
        ("phrase_and_exact", "pacific ocean", 1.0),
        ("same_thing", "ocean", 0.6667),
    ],
)
def test_graders_run_for_real(shared: RunningSimulator, name: str, sample: str, reward: float) -> None:
    body = {"grader": grader(name), "model_sample": sample, "item": ITEM}
    assert_fits(body, "RunGraderRequest")
    got = ask(shared.base_url, "POST", RUN, body)
    assert_fits(got.json, "RunGraderResponse")
    assert got.json["reward"] == pytest.approx(reward)
    assert not [key for key, value in got.json["metadata"]["errors"].items() if value]
    if name == "same_thing":
        assert got.json["metadata"]["sampled_model_name"] == "simulated-judge"
        assert got.json["metadata"]["token_usage"]["total_tokens"] > 0
    if name == "phrase_and_exact":
        assert set(got.json["sub_rewards"]) == set(grader(name)["graders"])


@pytest.mark.parametrize(
    ("made", "item", "flag"),
    [
        (lambda: grader("exact"), {}, "invalid_variable_error"),
        (
            lambda: {"type": "python", "name": "p", "source": "def grade(sample, item):\n    return 1 / 0\n"},
            {},
            "python_grader_runtime_error",
        ),
        (
            lambda: {**grader("exact"), "input": "{{sample.output_json.a}}"},
            ITEM,
            "sample_parse_error",
        ),
    ],
)
def test_a_broken_grade_is_a_reward_of_nothing_with_its_flag(
    shared: RunningSimulator, made: Callable[[], dict[str, Any]], item: dict[str, Any], flag: str
) -> None:
    got = ask(shared.base_url, "POST", RUN, {"grader": made(), "model_sample": "no json", "item": item})
    assert got.status == 200
    assert_fits(got.json, "RunGraderResponse")
    assert got.json["reward"] == 0.0
    assert [key for key, value in got.json["metadata"]["errors"].items() if value is True] == [flag]
    assert got.json["metadata"]["errors"][f"{flag}_details"]


def test_validate_gives_a_name(shared: RunningSimulator) -> None:
    asked = grader("exact")
    path = "/v1/fine_tuning/alpha/graders/validate"
    got = ask(shared.base_url, "POST", path, {"grader": {k: v for k, v in asked.items() if k != "name"}})
    assert_fits(got.json, "ValidateGraderResponse")
    assert got.json["grader"]["name"].startswith("grader-")
    assert ask(shared.base_url, "POST", path, {"grader": asked}).json == {"grader": asked}


def test_without_a_file_there_is_no_job(client: OpenAI) -> None:
    assert client.fine_tuning.jobs.list().data == []
    with pytest.raises(openai.BadRequestError, match="training_file"):
        client.fine_tuning.jobs.create(model="m", training_file="f")
