from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.model import Answer, JsonObject, PredictionError, Usage
from rft_tui.providers import chat, embeddings, responses
from rft_tui.providers.calls import ModelCall
from tests.unit.providers.faults import completion, response

SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}, "strict": True}}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
CALL = ModelCall("m", [{"role": "user", "content": "hi"}])
JSON_CALL = ModelCall("m", [{"role": "user", "content": "hi"}], parameters={"response_format": SCHEMA})

NO_THANKS = response(output=[{"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}])

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


def mangled(whole: JsonObject) -> st.SearchStrategy[Any]:
    """The object with any one value, wherever it stands, replaced by anything."""

    def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return [path, *(one for key, part in inner for one in paths(part, (*path, key)))]

    def put(path: tuple[Any, ...], value: Any) -> Any:
        if not path:
            return value
        copy = json.loads(json.dumps(whole))
        place = copy
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        return copy

    return st.builds(put, st.sampled_from(paths(whole)), json_values)


def read(form: Any, whole: Any, call: ModelCall = CALL) -> Answer:
    answer: Answer = form.answer_of(json.dumps(whole).encode(), call)
    return answer


def ended(text: str, reason: str) -> JsonObject:
    return response(text, status="incomplete", incomplete_details={"reason": reason})


def test_the_body_of_a_response() -> None:
    call = ModelCall(
        "m",
        [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": [
                {"type": "text", "text": "look"},
                {"type": "image_url", "image_url": {"url": "data:x", "detail": "low"}},
                {"type": "input_audio", "input_audio": {"data": "eA==", "format": "wav"}},
                {"type": "file", "file": {"file_id": "f"}},
            ]},
            {"role": "assistant", "content": None,
             "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "seen"},
            {"role": "assistant", "content": [{"type": "text", "text": "ok"}]},
        ],
        [TOOL], "high",
        {"temperature": 0.5, "seed": 3, "summary": "auto", "max_output_tokens": 9, "response_format": SCHEMA}, "flex",
    )  # fmt: skip
    assert responses.body_of(call) == {
        "model": "m",
        "store": False,
        "input": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": [
                {"type": "input_text", "text": "look"},
                {"type": "input_image", "image_url": "data:x", "detail": "low"},
                {"type": "input_audio", "input_audio": {"data": "eA==", "format": "wav"}},
                {"type": "input_file", "file_id": "f"},
            ]},
            {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "seen"},
            {"role": "assistant", "content": [{"type": "output_text", "text": "ok"}]},
        ],
        "temperature": 0.5,
        "max_output_tokens": 9,
        "reasoning": {"effort": "high", "summary": "auto"},
        "text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}, "strict": True}},
        "tools": [{"type": "function", "name": "look", "parameters": {"type": "object"}}],
        "service_tier": "flex",
    }  # fmt: skip
    assert responses.ignored(call) == ["seed"]


def test_only_what_a_call_says_is_sent() -> None:
    assert set(responses.body_of(CALL)) == {"model", "input", "store"}
    assert chat.body_of(CALL) == {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def test_the_body_of_a_chat() -> None:
    parameters = {"seed": 3, "summary": "auto", "max_output_tokens": 9, "response_format": SCHEMA, "top_p": 0.5}
    call = ModelCall("m", CALL.messages, [TOOL], "low", parameters, "flex")
    assert chat.body_of(call) == {
        "model": "m", "messages": CALL.messages, "seed": 3, "top_p": 0.5, "response_format": SCHEMA,
        "max_completion_tokens": 9, "reasoning_effort": "low", "tools": [TOOL], "service_tier": "flex",
    }  # fmt: skip
    assert chat.body_of(call, old_limit=True)["max_tokens"] == 9
    assert chat.ignored(call) == ["summary"]


def test_a_response_is_read_whole() -> None:
    whole = response('{"a": 1}', service_tier="default")
    whole["output"] = [
        {
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "one"}, {"type": "summary_text", "text": "two"}],
        },
        *whole["output"],
        {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"},
    ]
    answer = read(responses, whole, JSON_CALL)
    assert (answer.output_text, answer.reasoning_summary, answer.error) == ('{"a": 1}', "one\n\ntwo", None)
    assert answer.usage == Usage(7, 5, 2, 3)
    assert answer.extra == {
        "output_tools": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
        "model": "m-2026-01-01", "response_id": "resp_1", "finish_reason": "completed", "service_tier": "default",
        "output_json": {"a": 1},
    }  # fmt: skip


def test_a_chat_is_read_whole() -> None:
    tool = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    answer = read(chat, completion("<think>x</think>yes", reasoning_content="because", tool_calls=[tool]))
    assert (answer.output_text, answer.reasoning_summary) == ("<think>x</think>yes", "because")
    assert answer.usage == Usage(7, 5)
    assert answer.extra == {
        "output_tools": [tool], "model": "m-2026-01-01", "response_id": "chat_1", "finish_reason": "stop",
    }  # fmt: skip
    assert read(chat, completion(reasoning="why")).reasoning_summary == "why"


def test_several_choices_are_kept() -> None:
    whole = completion()
    whole["choices"] *= 2
    assert len((read(chat, whole).extra or {})["choices"]) == 2


@pytest.mark.parametrize(
    ("form", "whole", "kind", "text"),
    [
        (responses, ended("half", "max_output_tokens"), "incomplete", "half"),
        (responses, ended("ha", "content_filter"), "content_filter", "ha"),
        (responses, response(status="failed", error={"code": "rate_limit_exceeded", "message": "x"}), "rate_limit", ""),
        (responses, response(status="failed", error={"code": "server_error", "message": "x"}), "server", ""),
        (responses, response(status="failed", error={"code": "bio_policy", "message": "x"}), "content_filter", ""),
        (responses, NO_THANKS, "refusal", ""),
        (responses, response(status="incomplete", output=[]), "incomplete", ""),
        (responses, response(output=None), "malformed", ""),
        (responses, response(output=["x"]), "malformed", ""),
        (chat, completion("half", "length"), "incomplete", "half"),
        (chat, completion("ha", "content_filter"), "content_filter", "ha"),
        (chat, completion(None, refusal="I will not"), "refusal", ""),
        (chat, {"choices": []}, "malformed", ""),
        (chat, {"error": {"message": "overloaded", "code": 500}}, "server", ""),
        (chat, [1], "malformed", ""),
    ],
)  # fmt: skip
def test_answers_that_are_none(form: Any, whole: Any, kind: str, text: str) -> None:
    answer = read(form, whole)
    assert answer.error is not None
    assert (answer.error.kind, answer.output_text) == (kind, text)


@pytest.mark.parametrize("form", [responses, chat])
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>\x1b[2J<b>502</b>", b'{"output": [', b"[" * 200_000, b'{"a":' * 200_000, b"9" * 10_000, b"\xff\xfe"],
)
def test_what_is_no_answer_is_malformed_with_a_short_safe_excerpt(form: Any, body: bytes) -> None:
    answer = form.answer_of(body, CALL)
    assert answer.error.kind == "malformed"
    assert len(answer.error.message) < 250
    assert answer.error.message.isprintable()


def test_halves_of_surrogate_pairs_become_storable() -> None:
    answer = read(chat, completion("a\ud800", tool_calls=[{"id": "\udfff"}]))
    json.dumps([answer.output_text, answer.extra], ensure_ascii=False).encode()


def test_json_that_is_nested_too_deep_is_left_to_the_text() -> None:
    text = "[" * 300 + "]" * 300
    answer = read(responses, response(text), JSON_CALL)
    assert answer.output_text == text
    assert "output_json" not in (answer.extra or {})


@given(mangled(response(service_tier="x")))
def test_any_response_is_an_answer(whole: Any) -> None:
    check(read(responses, whole, JSON_CALL))


@given(mangled(completion(tool_calls=[{"id": "c"}], reasoning="r")))
def test_any_completion_is_an_answer(whole: Any) -> None:
    check(read(chat, whole, JSON_CALL))


def check(answer: Answer) -> None:
    answer.output_text.encode()
    for count in (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.reasoning_tokens):
        assert count is None or count >= 0
    if answer.error is not None:
        assert len(answer.error.message) <= 700


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["role", "content", "tool_calls", "tool_call_id"]), json_values), max_size=3
    )
)
def test_any_messages_make_a_body(messages: list[JsonObject]) -> None:
    json.dumps(responses.body_of(ModelCall("m", messages)))


def test_vectors_come_in_the_order_of_their_texts() -> None:
    data = [{"index": 1, "embedding": [3, 4.5]}, {"index": 0, "embedding": [1.0, 2.0]}]
    found = embeddings.vectors_of(json.dumps({"data": data, "model": "e", "usage": {"prompt_tokens": 4}}).encode(), 2)
    assert (found.vectors, found.model, found.usage.input_tokens) == (((1.0, 2.0), (3.0, 4.5)), "e", 4)


@pytest.mark.parametrize(
    "data",
    [None, [], [{"index": 0, "embedding": []}], [{"index": 0, "embedding": ["x"]}], [{"index": 5, "embedding": [1]}],
     [{"index": 0, "embedding": [1e999]}], [{"index": 0, "embedding": [10**400]}], [{"embedding": "AAAA"}]],
)  # fmt: skip
def test_vectors_that_are_none(data: Any) -> None:
    error = embeddings.vectors_of(json.dumps({"data": data}).encode(), 1).error
    assert error is not None
    assert error.kind == "malformed"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"message": {}}, "malformed"),
        ({"message": {"content": 42}}, "malformed"),
        ({"message": {"content": {"text": "x"}}}, "malformed"),
        ({"message": {"content": [{"type": "text", "text": 5}]}}, "malformed"),
        ({"message": {"content": ""}, "finish_reason": "error", "error": {"code": 502, "message": "gone"}}, "server"),
        ({"message": {"content": "half"}, "error": {"message": "gone"}}, "server"),
    ],
)
def test_what_is_no_answer_is_no_empty_answer_of_a_chat(change: JsonObject, kind: str) -> None:
    answer = read(chat, {**completion(), "choices": [change]})
    assert (answer.output_text, answer.error and answer.error.kind) == ("", kind)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"error": "boom", "output": []}, "server"),
        ({"error": {"type": "x"}, "output": []}, "server"),
        ({"status": "expired", "output": []}, "malformed"),
        ({"output": [{"type": "message", "content": "plain"}]}, "malformed"),
        ({"output": [{"type": "message", "content": [{"type": "output_text", "text": 5}]}]}, "malformed"),
    ],
)
def test_what_is_no_answer_is_no_empty_response(change: JsonObject, kind: str) -> None:
    answer = read(responses, {**response(), **change})
    assert (answer.output_text, answer.error and answer.error.kind) == ("", kind)
    assert answer.error is not None
    assert answer.error.message


def test_errors_in_words_and_texts_in_pieces() -> None:
    assert read(chat, {"error": "boom"}).error == PredictionError("server", "boom")
    assert read(chat, {"choices": [{"message": {"content": ["a", {"type": "text", "text": "b"}]}}]}).output_text == "ab"
    assert read(chat, {"choices": [{"message": {"content": None}}]}) == Answer("")


@pytest.mark.parametrize("number", ["NaN", "1e999", "-Infinity"])
def test_numbers_that_json_lacks_are_not_kept(number: str) -> None:
    call = {"id": "a", "function": {"name": "f", "arguments": 12345}}
    body = json.dumps({"choices": [{"message": {"content": None, "tool_calls": [call]}}]}).replace("12345", number)
    extra = chat.answer_of(body.encode(), CALL).extra
    assert extra is not None
    assert extra["output_tools"][0]["function"]["arguments"] is None
    output = {"choices": [{"message": {"content": f'{{"a": {number}}}'}}]}
    assert json.dumps(read(chat, output, JSON_CALL).extra, allow_nan=False) == '{"output_json": {"a": null}}'


def test_names_are_cut_and_counts_stay_summable() -> None:
    usage = {"prompt_tokens": 2**53 - 1, "completion_tokens": 10**12}
    answer = read(chat, {**completion(), "model": "m" * 10_000, "id": "i" * 10_000, "usage": usage})
    assert answer.usage == Usage(None, 10**12)
    assert answer.extra is not None
    assert {len(answer.extra[name]) for name in ("model", "response_id")} == {200}


def test_names_are_plain_text_on_one_line() -> None:
    extra = read(chat, {**completion(), "model": "a\n\x1b[31m\ud800b"}).extra
    assert extra is not None
    assert extra["model"] == "a ␛[31m�b"


def test_embeddings_without_output_tokens_have_a_price() -> None:
    body = {"data": [{"index": 0, "embedding": [1.0]}], "usage": {"prompt_tokens": 7, "total_tokens": 7}}
    assert embeddings.vectors_of(json.dumps(body).encode(), 1).usage == Usage(7, 0)
