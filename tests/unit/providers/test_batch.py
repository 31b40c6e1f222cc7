from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.model import JsonObject
from rft_tui.providers import chat, responses
from rft_tui.providers.batch import (
    BatchReport,
    FileLine,
    iter_lines,
    line_of,
    missing_reply,
    read_batch,
    read_line,
    reply_of,
)
from rft_tui.providers.calls import ModelCall
from rft_tui.providers.outcomes import RULES

RESPONSES, CHAT = "/v1/responses", "/v1/chat/completions"
CALL = ModelCall("m", [{"role": "user", "content": "q"}], parameters={"response_format": {"type": "json_object"}})

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.text(max_size=60), st.sampled_from([RESPONSES, CHAT]))
def test_a_line_is_one_line_and_asks_what_a_live_call_asks(text: str, endpoint: str) -> None:
    call = ModelCall("m", [{"role": "user", "content": text}], effort="low", parameters={"max_output_tokens": 5})
    line = line_of("key", endpoint, call)
    assert line.endswith(b"\n")
    assert len(line.decode().splitlines()) == 1
    form = chat if endpoint == CHAT else responses
    assert json.loads(line) == {"custom_id": "key", "method": "POST", "url": endpoint, "body": form.body_of(call)}


def test_half_of_a_surrogate_pair_is_replaced_as_in_live_calls() -> None:
    line = line_of("k", CHAT, ModelCall("m", [{"role": "user", "content": "a\ud800b"}]))
    assert json.loads(line)["body"]["messages"][0]["content"] == "a\N{REPLACEMENT CHARACTER}b"


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=8), st.booleans())
def test_lines_are_read_as_they_are_and_longer_ones_passed_over(lines: list[bytes], ends: bool) -> None:
    content = b"\n".join(lines) + (b"\n" if ends else b"")
    read = list(iter_lines(io.BytesIO(content), most=12))
    wanted = [line for line in lines if line.strip() or len(line) > 12]
    assert [None if one is None else one.rstrip(b"\n") for one in read] == [
        line if len(line) <= 12 else None for line in wanted
    ]


def test_a_line_without_end_takes_no_memory() -> None:
    class Endless(io.RawIOBase):
        left = 300

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            self.left -= 1
            if self.left <= 0:
                return 0
            size = len(buffer)
            buffer[:] = b"x" * size
            return size

    assert list(iter_lines(io.BufferedReader(Endless(), 4096), most=1000)) == [None]


@given(json_values | st.dictionaries(st.sampled_from(["custom_id", "response", "error"]), json_values))
def test_any_line_is_read_or_passed_over(value: Any) -> None:
    line = read_line(json.dumps(value).encode())
    if line is not None:
        reply = reply_of(line, RESPONSES, CALL)
        assert line.custom_id == value["custom_id"]
        assert reply.reply.answer.error is None or reply.reply.answer.error.kind in RULES


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_passed_over(raw: bytes) -> None:
    assert read_line(raw) is None or isinstance(read_line(raw), FileLine)


@given(st.sampled_from([RESPONSES, CHAT]), st.integers(-10, 700), json_values)
def test_any_answer_is_an_answer_or_a_typed_error(endpoint: str, status: int, body: Any) -> None:
    line = read_line(json.dumps({"custom_id": "k", "response": {"status_code": status, "body": body}}).encode())
    assert line is not None
    reply = reply_of(line, endpoint, CALL)
    error = reply.reply.answer.error
    if not 200 <= status < 300:
        assert error is not None
    assert error is None or error.kind in RULES


def not_run(code: str) -> JsonObject:
    return {"error": {"code": code, "message": "late"}}


def given_back(status: int, body: Any) -> JsonObject:
    return {"response": {"status_code": status, "body": body}}


@pytest.mark.parametrize(
    ("line", "kind", "again", "ran", "stops"),
    [
        (not_run("batch_expired"), "timeout", True, False, ""),
        (not_run("server_error"), "server", True, True, ""),
        (not_run("insufficient_quota"), "quota", False, True, "quota"),
        ({"response": None, "error": None}, "server", True, True, ""),
        (given_back(500, "oops"), "server", True, True, ""),
        (given_back(429, {"error": {"code": "x"}}), "rate_limit", True, True, ""),
        (given_back(429, {"error": {"code": "insufficient_quota"}}), "quota", False, True, "quota"),
        (given_back(401, {}), "auth", False, True, "auth"),
        (given_back(404, {}), "not_found", False, True, "not_found"),
        (given_back(400, {"error": {"param": "input"}}), "bad_request", False, True, ""),
        (given_back(400, {"error": {"code": "content_filter"}}), "content_filter", False, True, ""),
        (given_back(200, {"status": "failed", "error": {"code": "server_error"}}), "server", True, True, ""),
        (given_back(200, 7), "malformed", True, True, ""),
    ],
)
def test_what_a_failed_line_means(line: JsonObject, kind: str, again: bool, ran: bool, stops: str) -> None:
    read = read_line(json.dumps({"custom_id": "k"} | line).encode())
    assert read is not None
    reply = reply_of(read, RESPONSES, CALL)
    assert reply.reply.answer.error is not None
    assert (reply.reply.answer.error.kind, reply.again, reply.ran, reply.reply.stops) == (kind, again, ran, stops)


def test_a_good_line_is_read_as_a_live_answer() -> None:
    body = {"model": "m-1", "choices": [{"message": {"content": '{"a": 1}'}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 4}}  # fmt: skip
    line = read_line(json.dumps({"custom_id": "k", "response": {"status_code": 200, "body": body}}).encode())
    assert line is not None
    reply = reply_of(line, CHAT, CALL)
    assert reply.reply.answer == chat.answer_of(json.dumps(body).encode(), CALL)
    assert reply.reply.answer.extra is not None
    assert reply.reply.answer.extra["output_json"] == {"a": 1}
    assert (reply.again, reply.ran, json.loads(reply.reply.raw)) == (False, True, body)
    assert missing_reply().again


@given(
    json_values
    | st.dictionaries(st.sampled_from(["id", "status", "request_counts", "errors", "metadata"]), json_values)
)
def test_any_batch_object_is_read_or_none(value: Any) -> None:
    report = read_batch(value)
    assert report is None or isinstance(report, BatchReport)


def test_a_batch_object_says_how_far_it_is() -> None:
    report = read_batch(
        {
            "id": "b", "status": "failed", "request_counts": {"total": 9, "completed": 4, "failed": 1},
            "output_file_id": "o", "metadata": {"a": "b"},
            "errors": {"data": [{"code": "token_limit_exceeded", "message": "too\nmuch", "line": None}, {"line": 4}]},
        }
    )  # fmt: skip
    assert report is not None
    assert (report.total, report.counted, report.output_file, report.error_file) == (9, 5, "o", None)
    assert report.has_ended
    assert report.is_queue_full
    assert [(error.message, error.line) for error in report.errors] == [("too much", None), ("", 4)]
