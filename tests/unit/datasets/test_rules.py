"""Rules for single rows of each method."""

from __future__ import annotations

from typing import Any

import pytest

from rft_tui.datasets.mapping import FieldMapping, Method, RowShape
from rft_tui.datasets.rows import RawRow
from rft_tui.datasets.rules import row_problems
from tests.unit.datasets.samples import reply, user

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def kinds(value: dict[str, Any], method: Method, mapping: FieldMapping | None = None) -> list[tuple[str, str | None]]:
    shape = RowShape(method, mapping or FieldMapping(reference_field="reference_answer"))
    return [(problem.kind, problem.key) for problem in row_problems(RawRow(1, b"", value), shape)]


@pytest.mark.parametrize(
    "messages",
    [
        [user("a")],
        [{"role": "developer", "content": "d"}, user("a"), {**reply("b"), "weight": 0}, user("c")],
        [{"role": "user", "content": [{"type": "text", "text": "t"}, IMAGE], "name": "Al"}],
        [
            user("a"),
            {"role": "assistant", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "c", "content": "r"},
            user("b"),
        ],
    ],
)
def test_good_reinforcement_messages(messages: list[Any]) -> None:
    assert kinds({"messages": messages, "tools": [TOOL], "reference_answer": "x"}, "reinforcement") == []


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (None, [("missing_messages", "messages")]),
        ("hi", [("bad_messages", "messages")]),
        ([], [("empty_messages", "messages")]),
        ([user("a"), reply("b")], [("last_role", "messages[1].role")]),
        ([{"role": "system", "content": "s"}, user("a")], [("system_role", "messages[0].role")]),
        ([{"role": "robot", "content": "s"}, user("a")], [("bad_role", "messages[0].role")]),
        ([{"content": "s"}, user("a")], [("bad_role", "messages[0].role")]),
        (["hi", user("a")], [("bad_message", "messages[0]")]),
        ([user("")], [("empty_content", "messages[0].content")]),
        ([user(" \n")], [("empty_content", "messages[0].content")]),
        ([{"role": "user"}], [("empty_content", "messages[0].content")]),
        ([{"role": "user", "content": []}], [("empty_content", "messages[0].content")]),
        ([{"role": "user", "content": 5}], [("bad_content", "messages[0].content")]),
        ([{"role": "user", "content": ["t"]}], [("bad_content_part", "messages[0].content[0]")]),
        ([{"role": "user", "content": [{"type": "input_audio"}]}], [("bad_content_part", "messages[0].content[0]")]),
        ([{"role": "user", "content": [{"type": "file"}]}], [("bad_content_part", "messages[0].content[0]")]),
        ([{"role": "user", "content": [{"type": "text"}]}], [("bad_content_part", "messages[0].content[0].text")]),
        (
            [{"role": "user", "content": [{"type": "text", "text": " "}]}],
            [("empty_content", "messages[0].content[0].text")],
        ),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file:///x"}}]}],
            [("bad_content_part", "messages[0].content[0].image_url")],
        ),
        ([{"role": "user", "content": [IMAGE] * 11}], [("too_many_images", "messages")]),
        ([{"role": "assistant", "content": [IMAGE]}, user("a")], [("bad_content_part", "messages[0].content[0]")]),
        ([{**user("a"), "weight": 1}], [("bad_weight", "messages[0].weight")]),
        ([{**reply("a"), "weight": 0.5}, user("b")], [("bad_weight", "messages[0].weight")]),
        ([{**reply("a"), "weight": True}, user("b")], [("bad_weight", "messages[0].weight")]),
        ([{**user("a"), "name": 3}], [("bad_message", "messages[0].name")]),
        ([{**user("a"), "tool_calls": [CALL]}], [("bad_tool_calls", "messages[0].tool_calls")]),
        (
            [{"role": "assistant", "tool_calls": [{"id": 1}]}, user("b")],
            [("bad_tool_calls", "messages[0].tool_calls[0]")],
        ),
        ([{"role": "tool", "content": "r"}, user("b")], [("bad_tool_calls", "messages[0].tool_call_id")]),
        ([{**reply("a"), "function_call": {}}, user("b")], [("bad_tool_calls", "messages[0].function_call")]),
    ],
)
def test_bad_reinforcement_messages(messages: Any, expected: list[tuple[str, str]]) -> None:
    assert kinds({"messages": messages, "reference_answer": "x"}, "reinforcement") == expected


@pytest.mark.parametrize(
    ("tools", "key"),
    [
        ({}, "tools"),
        ([{"type": "web"}], "tools[0]"),
        ([{"type": "function"}], "tools[0].function"),
        ([{"type": "function", "function": {"name": "a b"}}], "tools[0].function.name"),
        ([TOOL, TOOL], "tools[1].function.name"),
        ([{"type": "function", "function": {"name": "f", "parameters": []}}], "tools[0].function.parameters"),
    ],
)
def test_bad_tools(tools: Any, key: str) -> None:
    assert kinds({"messages": [user("a")], "tools": tools}, "reinforcement") == [("bad_tools", key)]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([{"role": "system", "content": "s"}, user("a"), reply("b")], []),
        ([user("a")], [("no_assistant", "messages")]),
        ([user("a"), reply("b"), user("c")], [("last_role", "messages[2].role")]),
        ([reply("b")], [("no_user", "messages")]),
        ([{"role": "developer", "content": "s"}, user("a"), reply("b")], [("developer_role", "messages[0].role")]),
        ([user("a"), {"role": "assistant", "tool_calls": [CALL]}], []),
    ],
)
def test_supervised_rows(messages: list[Any], expected: list[tuple[str, str]]) -> None:
    assert kinds({"messages": messages}, "supervised") == expected


def preference(**changes: Any) -> dict[str, Any]:
    return {
        "input": {"messages": [user("a")]},
        "preferred_output": [reply("b")],
        "non_preferred_output": [reply("c")],
    } | changes


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (preference(), []),
        (preference(input="hi"), [("bad_input", "input")]),
        (preference(input={"messages": [user("a"), reply("b")]}), [("last_role", "input.messages[1].role")]),
        (preference(preferred_output=[]), [("bad_output", "preferred_output")]),
        (preference(preferred_output=[reply("b"), reply("d")]), [("bad_output", "preferred_output")]),
        (preference(non_preferred_output="c"), [("bad_output", "non_preferred_output")]),
        (preference(non_preferred_output=[reply("b")]), [("same_outputs", "non_preferred_output")]),
        (
            preference(preferred_output=[{"role": "assistant", "content": [{"type": "text", "text": "b"}]}]),
            [("bad_output", "preferred_output[0].content")],
        ),
    ],
)
def test_preference_rows(row: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert kinds(row, "dpo") == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"q": "a", "gold": "b"}, []),
        ({"gold": "b"}, [("missing_field", "q")]),
        ({"q": 5, "gold": "b"}, [("bad_content", "q")]),
        ({"q": " ", "gold": "b"}, [("empty_content", "q")]),
        ({"q": "a"}, [("missing_field", "gold")]),
        ({"q": "a", "gold": ""}, [("empty_reference", "gold")]),
        ({"q": "a", "gold": "b", "tools": "hammer"}, [("reserved_key", "tools")]),
        ({"q": "a", "gold": "b", "reference_answer": "c"}, [("replaced_field", "reference_answer")]),
    ],
)
def test_mapped_rows(row: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert kinds(row, "generic", FieldMapping(prompt_field="q", reference_field="gold")) == expected


def test_rows_with_nothing_that_looks_like_a_question() -> None:
    assert kinds({"a": 1}, "generic", FieldMapping()) == [("missing_messages", "messages")]
