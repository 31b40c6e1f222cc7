from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.providers.outcomes import QUOTA_CODES, RULES, classify, classify_code, classify_exception


def body(code: str | None = None, *, param: str | None = None, message: str = "said", kind: str = "x") -> bytes:
    return json.dumps({"error": {"message": message, "type": kind, "param": param, "code": code}}).encode()


@pytest.mark.parametrize(
    ("status", "code", "kind", "retry", "stops"),
    [
        (400, None, "bad_request", False, ""),
        (400, "context_length_exceeded", "bad_request", False, ""),
        (400, "unsupported_parameter", "bad_request", False, "bad_request"),
        (400, "content_filter", "content_filter", False, ""),
        (400, "model_not_found", "not_found", False, "not_found"),
        (401, None, "auth", False, "auth"),
        (402, None, "quota", False, "quota"),
        (403, None, "permission", False, "permission"),
        (404, "model_not_found", "not_found", False, "not_found"),
        (405, None, "not_found", False, "not_found"),
        (408, None, "timeout", True, ""),
        (409, None, "server", True, ""),
        (422, None, "bad_request", False, ""),
        (429, "rate_limit_exceeded", "rate_limit", True, ""),
        (429, "resource_unavailable", "rate_limit", True, ""),
        (429, None, "rate_limit", True, ""),
        (500, None, "server", True, ""),
        (501, None, "not_found", False, "not_found"),
        (503, "slow_down", "server", True, ""),
        (302, None, "not_found", False, "not_found"),
        *((429, code, "quota", False, "quota") for code in sorted(QUOTA_CODES)),
    ],
)
def test_statuses(status: int, code: str | None, kind: str, retry: bool, stops: str) -> None:
    found = classify(status, {}, body(code))
    assert (found.kind, found.retry, found.stops) == (kind, retry, stops)


def test_quota_is_told_by_its_type_as_well_and_overrules_the_header() -> None:
    found = classify(429, {"x-should-retry": "true"}, body(kind="insufficient_quota"))
    assert (found.kind, found.retry, found.stops) == ("quota", False, "quota")


def test_should_retry_is_honoured() -> None:
    assert not classify(500, {"x-should-retry": "false"}, body()).retry
    again = classify(400, {"x-should-retry": "true"}, body())
    assert again.retry
    assert again.attempts == 2


@pytest.mark.parametrize("status", [429, 503])
def test_push_back(status: int) -> None:
    assert classify(status, {}, b"").slow_down
    assert not classify(500, {}, b"").slow_down


def test_a_parameter_of_one_item_does_not_stop_the_others() -> None:
    assert classify(400, {}, body("unsupported_value", param="messages[0].role")).stops == ""
    assert classify(400, {}, body("unsupported_value", param="reasoning.effort")).stops == "bad_request"


@given(st.integers(100, 999), st.binary(max_size=200) | st.sampled_from([b"[" * 100_000, b'{"error": 3}', b"null"]))
def test_any_body_is_a_known_kind_with_short_safe_words(status: int, content: bytes) -> None:
    found = classify(status, {}, content)
    assert found.kind in RULES
    assert len(found.message) < 700
    assert found.message.isprintable()


@pytest.mark.parametrize(
    ("code", "kind"),
    [("rate_limit_exceeded", "rate_limit"), ("invalid_prompt", "content_filter"), ("server_error", "server")],
)
def test_codes_inside_an_answer(code: str, kind: str) -> None:
    assert classify_code(code, "words").kind == kind


def test_exceptions_without_a_client() -> None:
    assert classify_exception(TimeoutError()).kind == "timeout"
    broken = classify_exception(ConnectionResetError(104, "Connection reset by peer"))
    assert (broken.kind, broken.unsent) == ("connection", False)
    assert "reset by peer" in broken.message
