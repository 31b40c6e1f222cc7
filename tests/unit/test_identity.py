"""Identity by content: the order of keys does not count, everything else does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.identity import (
    ID_BYTES,
    canonical_json,
    content_hash,
    grader_version,
    input_id,
    prompt_version,
    row_id,
)

TEXTS = st.text(st.characters())
"""Any text, lone halves of surrogate pairs too."""

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=10,
)


def turned(value: Any) -> Any:
    """The value with the keys of every object in the opposite order."""
    if isinstance(value, dict):
        return {key: turned(inner) for key, inner in reversed(value.items())}
    return [turned(inner) for inner in value] if isinstance(value, list) else value


@given(JSON)
def test_one_text_for_one_value(value: Any) -> None:
    text = canonical_json(value)
    assert canonical_json(turned(value)) == text
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@given(st.lists(TEXTS, max_size=4), st.lists(TEXTS, max_size=4))
def test_parts_are_kept_apart(one: list[str], other: list[str]) -> None:
    assert (content_hash(*one) == content_hash(*other)) is (one == other)


def test_the_form_of_a_hash() -> None:
    assert len(content_hash()) == 2 * ID_BYTES
    assert set(content_hash("x")) <= set("0123456789abcdef")


@given(JSON, st.dictionaries(TEXTS, JSON, max_size=3))
def test_order_of_keys_is_no_identity(messages: Any, fields: dict[str, Any]) -> None:
    assert input_id(messages) == input_id(turned(messages))
    assert row_id("i", fields) == row_id("i", turned(fields))
    assert grader_version(fields) == grader_version(turned(fields))
    assert prompt_version("p", messages) == prompt_version("p", turned(messages))


def test_what_belongs_to_an_identity() -> None:
    messages = [{"role": "user", "content": "Q?"}]
    tools = [{"type": "function", "function": {"name": "f"}}]
    assert input_id(messages) == input_id(messages, []) == input_id(messages, None)
    inputs = {input_id(messages), input_id(messages, tools), input_id([*messages, *messages]), input_id([])}
    rows = {row_id("i", {}), row_id("j", {}), row_id("i", {"a": 1}), row_id("i", {"a": "1"}), row_id("i", {"b": 1})}
    prompts = {prompt_version(""), prompt_version("a"), prompt_version("a", messages), prompt_version("A")}
    assert len(inputs) == 4
    assert len(rows) == 5
    assert len(prompts) == 4


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (input_id([{"role": "user", "content": "Größe?"}]), "585a246804a1f66ae758fd036de7f6fa"),
        (row_id("", {"a": [1, None, "é"]}), "6b92d48c358a8f2d2565310a497b49b7"),
        (grader_version({"type": "python", "source": "x"}), "3fef5a10efabd09a1b6c1ceb3197903a"),
        (prompt_version("Be short.\n"), "5c87b9b6eca9fa28d1169f9e84069168"),
    ],
)
def test_identities_never_change_between_versions(version: str, expected: str) -> None:
    assert version == expected
