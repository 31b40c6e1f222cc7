"""Faults, limits and counts, as they look over the wire."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from http.client import BadStatusLine, IncompleteRead
from typing import Any

import openai
import pytest
from openai import OpenAI

from rft_tui.simulator.running import RunningSimulator, running_simulator
from tests.unit.simulator.bodies import OCEAN, chat_body
from tests.unit.simulator.conftest import ask
from tests.unit.simulator.contract import assert_fits


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
