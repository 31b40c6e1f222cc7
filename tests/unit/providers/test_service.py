from __future__ import annotations

import asyncio
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from rft_tui.errors import RftError, ServiceError, SettingsError
from rft_tui.model import Usage
from rft_tui.providers.calls import ModelCall
from rft_tui.providers.profiles import BUILT_IN, NamedProfile
from rft_tui.providers.service import ModelService
from rft_tui.settings import Profile
from tests.unit.providers.clocks import FakeTime
from tests.unit.providers.faults import STALL, Request, answer, broken, completion, refused, response, serving

KEY = "sk-very-secret-0123456789"
CALL = ModelCall("m", [{"role": "user", "content": "hi"}], effort="low", run_index=3)
GOOD = answer(response())
CUT_SHORT = response("half", status="incomplete", incomplete_details={"reason": "max_output_tokens"})
NO_THANKS = response(output=[{"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}])


def service_at(url: str, time: FakeTime | None = None, **settings: Any) -> ModelService:
    profile = NamedProfile("test", Profile(base_url=url, **settings))
    return ModelService(profile, clock=(time or FakeTime()).clock)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-another-service")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-custom: of-another-service")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")


async def test_a_call_and_its_answer() -> None:
    async with serving(GOOD) as server, service_at(server.url) as service:
        reply = await service.ask(CALL)
    assert (reply.answer.output_text, reply.answer.error, reply.attempts, reply.stops) == ("Hello", None, 1, "")
    assert reply.answer.usage == Usage(7, 5, 2, 3)
    assert reply.answer.latency_s is not None
    assert json.loads(reply.raw)["id"] == "resp_1"
    request = server.requests[0]
    assert (request.method, request.path) == ("POST", "/v1/responses")
    assert request.json["reasoning"] == {"effort": "low"}
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert "x-rft-tui-run-index" not in request.headers
    assert not {"openai-organization", "x-custom"} & set(request.headers)


async def test_a_key_in_a_header_is_sent_there_alone() -> None:
    async with (
        serving(GOOD) as server,
        service_at(server.url, headers={"api-key": "${OPENAI_API_KEY}"}, project="p") as service,
    ):
        await service.ask(CALL)
    sent = server.requests[0].headers
    assert (sent["api-key"], sent["openai-project"]) == (KEY, "p")
    assert "authorization" not in sent


async def test_the_simulated_service_is_told_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with serving(GOOD) as server:
        monkeypatch.setattr("rft_tui.providers.simulated.ensure_simulator", lambda folder: server.url)
        async with ModelService(NamedProfile("simulated", BUILT_IN["simulated"]), folder=tmp_path) as service:
            assert (await service.ask(CALL)).answer.error is None
    assert server.requests[0].headers["x-rft-tui-run-index"] == "3"
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("fault", "waits"),
    [
        (refused(429), [0.5]),
        (refused(429, retry_after="7"), [7.0]),
        (refused(429, retry_after="7", retry_after_ms="40"), [0.04]),
        (refused(500), [0.5]),
        (refused(503, "slow_down"), [0.5]),
        (broken(response()), [0.5]),
        (answer('{"id": "resp_1", "outp'), [0.5]),
        (answer("<html>bad gateway</html>", content_type="text/html"), [0.5]),
        (answer(response(status="failed", error={"code": "server_error", "message": "x"})), [0.5]),
        (b"", [0.5]),
    ],
)
async def test_faults_that_pass(fault: bytes, waits: list[float]) -> None:
    time = FakeTime()
    async with serving(fault, GOOD) as server, service_at(server.url, time) as service:
        reply = await service.ask(CALL)
    assert (reply.answer.output_text, reply.answer.error, reply.attempts) == ("Hello", None, 2)
    assert reply.answer.extra is not None
    assert reply.answer.extra["attempts"] == 2
    assert [wait for wait in time.waits if wait > 1e-3] == pytest.approx(waits)


@pytest.mark.parametrize(
    ("fault", "kind", "attempts", "stops"),
    [
        (refused(401), "auth", 1, "auth"),
        (refused(403), "permission", 1, "permission"),
        (refused(404, "model_not_found"), "not_found", 1, "not_found"),
        (refused(400), "bad_request", 1, ""),
        (refused(429, "insufficient_quota"), "quota", 1, "quota"),
        (refused(429, retry_after="3600"), "rate_limit", 1, ""),
        (refused(500, x_should_retry="false"), "server", 1, ""),
        (refused(500), "server", 6, ""),
        (answer("half {"), "malformed", 3, ""),
        (answer(b"\x1f\x8b no gzip", content_encoding="gzip"), "malformed", 3, ""),
        (answer(b"x", content_encoding="br"), "malformed", 3, ""),
        (answer(CUT_SHORT), "incomplete", 1, ""),
        (answer(NO_THANKS), "refusal", 1, ""),
        (answer(b"", 302, location="http://127.0.0.1:9/steal"), "not_found", 1, "not_found"),
    ],
)  # fmt: skip
async def test_faults_that_stay(fault: bytes, kind: str, attempts: int, stops: str) -> None:
    async with serving(fault) as server, service_at(server.url) as service:
        reply = await service.ask(CALL)
    assert reply.answer.error is not None
    assert (reply.answer.error.kind, reply.attempts, reply.stops) == (kind, attempts, stops)
    assert len(server.requests) == attempts


async def test_packed_answers_are_read_within_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    small = answer(gzip.compress(json.dumps(response()).encode()), content_encoding="gzip")
    bomb = answer(gzip.compress(b" " * 3_000_000), content_encoding="gzip")
    async with serving(small, bomb) as server, service_at(server.url) as service:
        assert (await service.ask(CALL)).answer.output_text == "Hello"
        monkeypatch.setattr("rft_tui.providers.wire.MOST_BYTES", 1_000_000)
        reply = await service.ask(CALL)
    assert reply.answer.error is not None
    assert (reply.answer.error.kind, reply.attempts) == ("malformed", 1)


async def test_a_stalled_answer_is_a_timeout() -> None:
    async with serving(STALL) as server, service_at(server.url) as service:
        with pytest.raises(ServiceError) as caught:
            await service.request("GET", "/models", timeout_s=0.05)
    assert caught.value.outcome == "timeout"
    assert len(server.requests) == 1


async def test_nobody_there_is_a_connection_error_after_some_attempts() -> None:
    async with serving(GOOD) as server:
        pass
    async with service_at(server.url) as service:
        reply = await service.ask(CALL)
        with pytest.raises(ServiceError, match="could not be reached"):
            await service.request("POST", "/batches", body={})
    assert reply.answer.error is not None
    assert (reply.answer.error.kind, reply.attempts) == ("connection", 3)


async def test_no_secret_is_repeated_whatever_a_service_says() -> None:
    said = refused(401, message=f"Incorrect API key {KEY} with header team-of-secrets " + "x" * 260 + KEY)
    async with serving(said) as server, service_at(server.url, headers={"x-team": "team-of-secrets"}) as service:
        reply = await service.ask(CALL)
        with pytest.raises(ServiceError) as caught:
            await service.request("GET", "/models")
    for text in (repr(reply), str(caught.value.as_json())):
        assert "sk-very" not in text
        assert "team-of-secrets" not in text


async def test_an_older_server_gets_the_older_name_of_the_limit() -> None:
    def choosy(request: Request) -> bytes:
        if "max_completion_tokens" in request.json:
            return refused(400, message="Unrecognized argument: max_completion_tokens")
        return answer(completion())

    call = ModelCall("m", CALL.messages, parameters={"max_output_tokens": 9})
    async with serving(choosy) as server, service_at(server.url, api="chat") as service:
        first, second = await service.ask(call), await service.ask(call)
    assert (first.answer.output_text, first.attempts, second.attempts) == ("Hello", 2, 1)
    assert [one.path for one in server.requests] == ["/v1/chat/completions"] * 3
    assert server.requests[2].json["max_tokens"] == 9


async def test_a_limit_that_is_refused_under_both_names_is_refused() -> None:
    refusal = refused(400, message="max_completion_tokens is too large")
    call = ModelCall("m", CALL.messages, parameters={"max_output_tokens": 9})
    async with serving(refusal) as server, service_at(server.url, api="chat") as service:
        reply = await service.ask(call)
        await service.ask(call)
    assert reply.answer.error is not None
    assert "max_completion_tokens" in server.requests[2].json


async def test_giving_up_ends_the_waiting_and_keeps_the_last_error() -> None:
    give_up = asyncio.Event()

    class Frozen(FakeTime):
        async def wait(self, seconds: float) -> None:
            give_up.set()
            await asyncio.Event().wait()

    async with serving(refused(500)) as server, service_at(server.url, Frozen()) as service:
        reply = await service.ask(CALL, give_up=give_up)
        never = await service.ask(CALL, give_up=give_up)
        assert service.pace.in_flight == 0
    assert reply.answer.error is not None
    assert (reply.answer.error.kind, reply.attempts, never.attempts) == ("server", 1, 0)


async def test_cancelling_a_call_frees_its_place() -> None:
    began = asyncio.Event()

    async def hang(request: Request) -> bytes:
        began.set()
        return STALL

    async with serving(hang) as server, service_at(server.url) as service:
        asked = asyncio.ensure_future(service.ask(CALL))
        await began.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert service.pace.in_flight == 0


async def test_calls_at_once_stay_within_the_limit() -> None:
    async def slowly(request: Request) -> bytes:
        for _ in range(20):
            await asyncio.sleep(0)
        return GOOD

    async with serving(slowly) as server, service_at(server.url, concurrency=4) as service:
        replies = await asyncio.gather(*(service.ask(CALL) for _ in range(40)))
        assert service.pace.peak == 4
    assert all(one.answer.error is None for one in replies)
    assert 1 < server.peak <= 4


async def test_the_same_id_twice_is_two_answers() -> None:
    async with serving(GOOD) as server, service_at(server.url) as service:
        first, second = await asyncio.gather(service.ask(CALL), service.ask(CALL))
    assert first.answer.extra == second.answer.extra
    assert len(server.requests) == 2


async def test_embeddings_through_a_fault() -> None:
    good = answer({"data": [{"index": 0, "embedding": [1, 2]}], "model": "e", "usage": {"prompt_tokens": 4}})
    async with serving(answer({"data": []}), good) as server, service_at(server.url) as service:
        found = await service.embed("e", ["text"])
    assert (found.vectors, found.attempts, found.error) == (((1.0, 2.0),), 2, None)


async def test_plain_requests() -> None:
    async with (
        serving(answer({"a": 1}), refused(500), refused(500), answer({"b": 2}), answer("no json")) as server,
        service_at(server.url) as service,
    ):
        assert (await service.request("GET", "/files?limit=1")).json() == {"a": 1}
        with pytest.raises(ServiceError):
            await service.request("POST", "/batches", body={"x": 1})
        assert (await service.request("POST", "/batches", body={"x": "é\ud800"}, repeatable=True)).json() == {"b": 2}
        with pytest.raises(ServiceError) as caught:
            (await service.request("DELETE", "/files/f")).json()
    assert caught.value.outcome == "malformed"
    assert [one.method for one in server.requests] == ["GET", "POST", "POST", "POST", "DELETE"]
    assert server.requests[0].path == "/v1/files?limit=1"


async def test_uploads_and_downloads(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"row": 1}\n' * 10_000)
    whole = b"line\n" * 50_000
    async with (
        serving(answer({"id": "file-1"}), broken({"a": "x" * 100}), answer(whole)) as server,
        service_at(server.url) as service,
    ):
        done = await service.upload("/files", fields={"purpose": "batch"}, file_name="rows.jsonl", content=path)
        assert done.json() == {"id": "file-1"}
        target = io.BytesIO(b"before")
        target.seek(0, io.SEEK_END)
        assert await service.stream("/files/f/content", target, limit=10**6) == len(whole)
        assert target.getvalue() == b"before" + whole
        with pytest.raises(ServiceError) as caught:
            await service.stream("/files/f/content", target, limit=1000)
        assert target.getvalue() == b"before" + whole
    body = server.requests[0].body
    assert b'name="purpose"' in body
    assert b'filename="rows.jsonl"' in body
    assert path.read_bytes() in body
    assert caught.value.outcome == "malformed"


async def test_a_full_disk_is_no_fault_of_the_service() -> None:
    class Full(io.BytesIO):
        def write(self, content: Any) -> int:
            raise OSError(28, "No space left on device")

    async with serving(answer(b"text")) as server, service_at(server.url) as service:
        with pytest.raises(RftError, match="No space left"):
            await service.stream("/files/f/content", Full(), limit=100)
        assert service.pace.in_flight == 0
    assert len(server.requests) == 1


async def test_a_missing_key_or_address_stops_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    for profile in (Profile(), BUILT_IN["foundry"]):
        with pytest.raises(SettingsError):
            async with ModelService(NamedProfile("x", profile)):
                pass


@pytest.mark.parametrize("charset", ["zlib", "hex", "rot13", "idna", "utf-16", "undefined"])
async def test_an_error_is_read_whatever_character_set_it_names(charset: str) -> None:
    said = answer('{"error": {"message": "so not"}}', 400, content_type=f"application/json; charset={charset}")
    async with serving(said) as server, service_at(server.url) as service:
        error = (await service.ask(CALL)).answer.error
    assert error is not None
    assert (error.kind, error.message) == ("bad_request", "HTTP 400: so not")


async def test_headers_of_any_bytes() -> None:
    said = GOOD.replace(b"\r\n", b"\r\nx-odd: \xff\xe2\x80\xae\r\n", 1)
    async with serving(said) as server, service_at(server.url) as service:
        assert (await service.ask(CALL)).answer.output_text == "Hello"


async def test_what_stands_behind_a_packed_answer_is_not_read() -> None:
    packed = gzip.compress(json.dumps(response()).encode()) + b"A" * 5_000_000
    async with serving(answer(packed, content_encoding="gzip")) as server, service_at(server.url) as service:
        assert (await service.ask(CALL)).answer.output_text == "Hello"


async def test_an_escaped_key_is_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a+key/of/the/cloud==")
    escaped = answer(json.dumps(response("KEY")).replace("KEY", "a\\u002Bkey\\/of\\/the\\/cloud\\u003d="))
    async with serving(escaped) as server, service_at(server.url) as service:
        reply = await service.ask(CALL)
    assert reply.answer.output_text == "‹key›"
    assert b"cloud" not in reply.raw


async def test_every_request_for_an_older_limit_is_counted() -> None:
    call = ModelCall("m", [{"role": "user", "content": "hi"}], parameters={"max_output_tokens": 5})
    first = refused(400, message="max_completion_tokens is unknown")
    async with serving(first, refused(400)) as server, service_at(server.url, api="chat") as service:
        reply = await service.ask(call)
    assert (reply.attempts, len(server.requests)) == (2, 2)
