"""Answers over HTTP: what the description says, what the official client reads, and how faults look."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import BadStatusLine, HTTPConnection, IncompleteRead
from typing import Any

import openai
import pytest
from openai import OpenAI

from rft_tui.simulator.running import RunningSimulator, running_simulator
from tests.unit.simulator.conftest import ask
from tests.unit.simulator.contract import assert_fits
from tests.unit.simulator.test_rules import CHAT, EMBEDDINGS, RESPONSES, SCHEMA

OCEAN = "Which is the largest ocean on Earth?"
JOINT = "Which joint lies between the thigh and the lower leg?"
"""A question whose three recorded answers differ."""

ITEM = {"reference_answer": "pacific ocean", "topic": "geography"}


def chat_body(**others: Any) -> dict[str, Any]:
    return {"model": "simulated-smollm2", "messages": [{"role": "user", "content": f"Short.\n\n{OCEAN}"}], **others}


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
        ("POST", "/v1/fine_tuning/jobs", {"model": "m", "training_file": "f"}, 404),
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
        ("string_check_eq", "pacific ocean", 1.0),
        ("text_similarity_fuzzy_match", "pacific ocean", 1.0),
        ("python_token_set", "pacific ocean", 1.0),
        ("multi_phrase_exact", "pacific ocean", 1.0),
        ("score_model_rubric", "ocean", 0.6667),
    ],
)
def test_graders_run_for_real(shared: RunningSimulator, name: str, sample: str, reward: float) -> None:
    body = {"grader": grader(name), "model_sample": sample, "item": ITEM}
    assert_fits(body, "RunGraderRequest")
    got = ask(shared.base_url, "POST", RUN, body)
    assert_fits(got.json, "RunGraderResponse")
    assert got.json["reward"] == pytest.approx(reward)
    assert not [key for key, value in got.json["metadata"]["errors"].items() if value]
    if name == "score_model_rubric":
        assert got.json["metadata"]["sampled_model_name"] == "simulated-judge"
        assert got.json["metadata"]["token_usage"]["total_tokens"] > 0
    if name == "multi_phrase_exact":
        assert set(got.json["sub_rewards"]) == set(grader(name)["graders"])


@pytest.mark.parametrize(
    ("made", "item", "flag"),
    [
        (lambda: grader("string_check_eq"), {}, "invalid_variable_error"),
        (
            lambda: {"type": "python", "name": "p", "source": "def grade(sample, item):\n    return 1 / 0\n"},
            {},
            "python_grader_runtime_error",
        ),
        (
            lambda: {**grader("string_check_eq"), "input": "{{sample.output_json.a}}"},
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
    asked = grader("string_check_eq")
    path = "/v1/fine_tuning/alpha/graders/validate"
    got = ask(shared.base_url, "POST", path, {"grader": {k: v for k, v in asked.items() if k != "name"}})
    assert_fits(got.json, "ValidateGraderResponse")
    assert got.json["grader"]["name"].startswith("grader-")
    assert ask(shared.base_url, "POST", path, {"grader": asked}).json == {"grader": asked}


def test_the_list_of_jobs_is_empty(client: OpenAI) -> None:
    assert client.fine_tuning.jobs.list().data == []
    with pytest.raises(openai.NotFoundError, match="does not run fine-tuning jobs yet"):
        client.fine_tuning.jobs.create(model="m", training_file="f")


def test_files_as_the_client_keeps_them(own_client: OpenAI) -> None:
    content = b'{"a": 1}\r\n--boundary\r\n' + bytes(range(256))
    made = own_client.files.create(file=("rows \u00fc.jsonl", content), purpose="fine-tune")
    assert_fits(made.to_dict(), "OpenAIFile")
    assert (made.bytes, made.purpose) == (len(content), "fine-tune")
    others = [own_client.files.create(file=(f"{number}", b""), purpose="batch") for number in range(2)]
    assert own_client.files.content(made.id).read() == content
    assert [one.id for one in own_client.files.list(limit=1)] == [others[1].id, others[0].id, made.id]
    assert [one.id for one in own_client.files.list(purpose="fine-tune", order="asc")] == [made.id]
    assert own_client.files.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        own_client.files.retrieve(made.id)


def test_uploads_as_the_client_sends_them(client: OpenAI) -> None:
    content = b"0123456789" * 1000
    upload = client.uploads.create(filename="f", purpose="batch", bytes=len(content), mime_type="text/jsonl")
    assert_fits(upload.to_dict(), "Upload")
    second, first = (client.uploads.parts.create(upload.id, data=data) for data in (content[6000:], content[:6000]))
    assert_fits(first.to_dict(), "UploadPart")
    with pytest.raises(openai.BadRequestError):
        client.uploads.complete(upload.id, part_ids=[first.id])
    digest = hashlib.md5(content).hexdigest()
    done = client.uploads.complete(upload.id, part_ids=[first.id, second.id], md5=digest)
    assert_fits(done.to_dict(), "Upload")
    assert done.file is not None
    assert client.files.content(done.file.id).read() == content
    with pytest.raises(openai.BadRequestError):
        client.uploads.cancel(upload.id)


def batch_lines(count: int, **others: Any) -> bytes:
    lines = [
        {"custom_id": f"c{number}", "method": "POST", "url": "/v1/chat/completions", "body": chat_body(seed=number)}
        | others
        for number in range(count)
    ]
    return b"\n".join(json.dumps(line).encode() for line in lines)


def run_batch(client: OpenAI, content: bytes) -> Any:
    stored = client.files.create(file=("in.jsonl", content), purpose="batch")
    batch = client.batches.create(
        input_file_id=stored.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"k": "v"}
    )
    assert_fits(batch.to_dict(), "Batch")
    assert batch.status == "validating"
    seen = []
    while batch.status not in ("completed", "failed", "expired", "cancelled"):
        batch = client.batches.retrieve(batch.id)
        seen.append(batch.status)
    assert_fits(batch.to_dict(), "Batch")
    assert [one for number, one in enumerate(seen) if one not in seen[:number]] == sorted(
        set(seen), key=["validating", "in_progress", "finalizing", batch.status].index
    )
    return batch


def rows(client: OpenAI, file_id: str | None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in client.files.content(file_id).text.splitlines()] if file_id else []


def test_a_batch_answers_every_line(client: OpenAI) -> None:
    bad = {"custom_id": "bad", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "simulated-smollm2"}}
    batch = run_batch(client, batch_lines(150) + b"\n" + json.dumps(bad).encode())
    assert batch.status == "completed"
    assert (batch.request_counts.completed, batch.request_counts.failed) == (150, 1)
    good, failed = rows(client, batch.output_file_id), rows(client, batch.error_file_id)
    assert {row["custom_id"] for row in good} == {f"c{number}" for number in range(150)}
    assert [row["custom_id"] for row in good] != [f"c{number}" for number in range(150)]
    for row in good:
        assert_fits(row["response"]["body"], "CreateChatCompletionResponse")
    assert [(row["custom_id"], row["response"]["status_code"]) for row in failed] == [("bad", 400)]
    assert batch.usage.total_tokens > 0
    assert [one.id for one in client.batches.list(limit=1)] == [batch.id]


def test_the_same_line_again_is_the_next_run(client: OpenAI) -> None:
    line = json.loads(batch_lines(1))
    line["body"]["messages"] = [{"role": "user", "content": JOINT}]
    content = b"\n".join(json.dumps({**line, "custom_id": str(run)}).encode() for run in range(3))
    batch = run_batch(client, content)
    said = {row["response"]["body"]["choices"][0]["message"]["content"] for row in rows(client, batch.output_file_id)}
    assert len(said) == 3


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"{", "invalid_json_line"),
        (b'{"custom_id": "a", "method": "GET", "url": "/v1/chat/completions", "body": {}}', "invalid_method"),
        (batch_lines(1, url="/v1/responses"), "mismatched_url"),
        (batch_lines(2, custom_id="same"), "duplicate_custom_id"),
        (batch_lines(1) + b"\n" + batch_lines(1, custom_id="b", body={"model": "other"}), "mismatched_model"),
    ],
)
def test_a_bad_batch_file_fails_with_its_lines(client: OpenAI, content: bytes, code: str) -> None:
    batch = run_batch(client, content)
    assert batch.status == "failed"
    assert code in {error.code for error in batch.errors.data}


def test_lines_that_expire_are_named_and_get_through_later(simulator: RunningSimulator, own_client: OpenAI) -> None:
    simulator.set_faults({"batch-expired": 0.5})
    batch = run_batch(own_client, batch_lines(40))
    assert batch.status == "expired"
    expired = rows(own_client, batch.error_file_id)
    assert 5 < len(expired) < 35
    assert {row["error"]["code"] for row in expired} == {"batch_expired"}
    assert len(rows(own_client, batch.output_file_id)) == 40 - len(expired)
    simulator.set_faults()
    assert run_batch(own_client, batch_lines(40)).status == "completed"


def test_a_cancelled_batch_ends() -> None:
    with running_simulator(batch_stage_s=30) as simulator:
        client = OpenAI(base_url=simulator.base_url, api_key="any", max_retries=0)
        with client:
            stored = client.files.create(file=("in", batch_lines(2)), purpose="batch")
            made = client.batches.create(
                input_file_id=stored.id, endpoint="/v1/chat/completions", completion_window="24h"
            )
            assert client.batches.cancel(made.id).status == "cancelling"
            assert_fits(client.batches.retrieve(made.id).to_dict(), "Batch")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("429", 429, "rate_limit_exceeded"),
        ("429-bare", 429, "rate_limit_exceeded"),
        ("quota", 429, "insufficient_quota"),
        ("500", 500, None),
        ("503", 503, "slow_down"),
    ],
)
def test_faults_with_a_status(simulator: RunningSimulator, fault: str, status: int, code: str | None) -> None:
    simulator.set_faults({fault: 1.0})
    got = ask(simulator.base_url, "POST", "/v1/chat/completions", chat_body())
    assert_fits(got.json, "ErrorResponse")
    assert (got.status, got.json["error"]["code"]) == (status, code)
    assert ("retry-after" in got.headers) == (fault == "429")
    assert ask(simulator.base_url, "GET", "/v1/models").status == 200
    assert simulator.state()["met"] == {fault: 1}
    assert "POST /v1/chat/completions" not in simulator.state()["answered"]


def test_a_reset_comes_in_the_middle_of_the_body(simulator: RunningSimulator) -> None:
    simulator.set_faults({"reset": 1.0})
    with pytest.raises((ConnectionResetError, IncompleteRead, BadStatusLine)):
        ask(simulator.base_url, "POST", "/v1/chat/completions", chat_body())


def test_a_body_can_end_in_its_middle_or_be_a_page_or_drip() -> None:
    with running_simulator({"half-json": 1.0}, drip_s=0.05) as simulator:
        got = ask(simulator.base_url, "POST", "/v1/chat/completions", chat_body())
        with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
            json.loads(got.body)
        simulator.set_faults({"content-type": 1.0})
        got = ask(simulator.base_url, "POST", "/v1/chat/completions", chat_body())
        assert got.headers["content-type"].startswith("text/html")
        assert b"<html>" in got.body
        simulator.set_faults({"drip": 1.0})
        got = ask(simulator.base_url, "POST", "/v1/chat/completions", chat_body())
        assert_fits(got.json, "CreateChatCompletionResponse")
        assert simulator.state()["answered"]["POST /v1/chat/completions"] == 1


def test_a_stall_lasts_until_the_client_gives_up(simulator: RunningSimulator) -> None:
    simulator.set_faults({"stall": 1.0})
    client = OpenAI(base_url=simulator.base_url, api_key="any", max_retries=0, timeout=0.1)
    with client, pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(**chat_body())
    assert simulator.state()["met"] == {"stall": 1}


def test_a_refusal_and_doubled_ids_as_the_client_reads_them(simulator: RunningSimulator, own_client: OpenAI) -> None:
    simulator.set_faults({"refusal": 1.0})
    assert own_client.chat.completions.create(**chat_body()).choices[0].message.refusal
    part: Any = own_client.responses.create(model="echo", input=OCEAN).output[0]
    assert part.content[0].type == "refusal"
    simulator.set_faults({"duplicate-id": 1.0})
    first, second = (own_client.responses.create(model="echo", input=text) for text in ("a", "b"))
    assert first.id == second.id


def test_a_repeated_request_meets_the_same_faults_again_and_is_counted() -> None:
    def statuses() -> list[int]:
        with running_simulator({"500": 0.5}, seed=7) as simulator:
            found = [
                ask(simulator.base_url, "POST", "/v1/chat/completions", chat_body(seed=1)).status for _ in range(8)
            ]
            state = simulator.state()
        assert state["different"] == 1
        (counted,) = state["repeated"].values()
        assert counted == {"asked": 8, "answered": found.count(200)}
        assert state["asked_again_after_answer"] == 7 - found.index(200)
        return found

    first = statuses()
    assert set(first) == {200, 500}
    assert first == statuses()


def test_faults_are_set_and_the_state_read_over_http(simulator: RunningSimulator) -> None:
    setting = {"faults": {"500": 1.0}, "paths": ["/v1/models"]}
    assert ask(simulator.base_url, "PUT", "/simulator/faults", setting).json["faults"] == {"500": 1.0}
    assert ask(simulator.base_url, "GET", "/v1/models").status == 500
    state = ask(simulator.base_url, "GET", "/simulator/state").json
    assert state["simulated"] is True
    assert state["requests"] == {"GET /v1/models": 1}
    assert state["token"] == simulator.state()["token"]


def test_many_at_once_are_counted_at_their_peak() -> None:
    with running_simulator(latency_s=0.2) as simulator:
        with ThreadPoolExecutor(6) as pool:
            bodies = [chat_body(seed=number) for number in range(6)]
            got = list(pool.map(lambda body: ask(simulator.base_url, "POST", "/v1/chat/completions", body), bodies))
        assert {one.status for one in got} == {200}
        assert simulator.state()["peak_concurrency"] == 6


@pytest.mark.parametrize("retry_after", [True, False])
def test_a_rate_lets_no_more_through(retry_after: bool) -> None:
    with running_simulator(rate=3, retry_after=retry_after) as simulator:
        got = [ask(simulator.base_url, "GET", "/v1/models") for _ in range(8)]
    refused = [one for one in got if one.status == 429]
    assert 3 <= len(refused) <= 5
    assert got[0].headers["x-ratelimit-limit-requests"] == "3"
    assert got[0].headers["x-ratelimit-remaining-requests"] == "2"
    assert all(("retry-after" in one.headers) == retry_after for one in refused)


def test_a_key_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULATED_KEY", "right")
    with running_simulator(api_key_env="SIMULATED_KEY") as simulator:
        got = ask(simulator.base_url, "GET", "/v1/models", authorization="Bearer wrong")
        assert_fits(got.json, "ErrorResponse")
        assert (got.status, got.json["error"]["code"]) == (401, "invalid_api_key")
        assert ask(simulator.base_url, "GET", "/v1/models").status == 401
        assert ask(simulator.base_url, "GET", "/v1/models", authorization="Bearer right").status == 200
        assert ask(simulator.base_url, "GET", "/v1/models", api_key="right").status == 200
