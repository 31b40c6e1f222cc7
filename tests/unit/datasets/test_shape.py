"""Rows made into items: methods, mapping, guesses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft_tui.datasets.items import ItemStream
from rft_tui.datasets.mapping import FieldMapping, choose_shape, detect_method
from rft_tui.datasets.shape import item_row
from rft_tui.identity import canonical_json, input_id, row_id
from tests.unit.datasets.samples import items, question, reply, save, save_bytes, shared, user


def test_a_reinforcement_row_keeps_fields_and_bytes(tmp_path: Path) -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    row = {"topic": "x", **question("What?", 7), "tools": tools}
    path = save(tmp_path, [row])
    (item,) = items(path)
    assert item.question == "What?"
    assert item.reference == "7"
    assert item.fields == {"topic": "x", "reference_answer": 7}
    assert item.raw == path.read_bytes().rstrip(b"\n")
    assert json.loads(item.messages) == row["messages"]
    assert item.tools == canonical_json(tools)
    assert item.input_id == input_id(row["messages"], tools)
    assert item.row_id == row_id(item.input_id, item.fields)
    assert item_row(item) == row


def test_a_supervised_row_is_asked_without_its_last_answer(tmp_path: Path) -> None:
    messages = [{"role": "system", "content": "Be brief."}, user("2+2?"), reply("4")]
    (item,) = items(save(tmp_path, [{"messages": messages}]))
    assert json.loads(item.messages) == messages[:-1]
    assert item.reference == item.fields["reference_answer"] == "4"
    assert item.question == "system: Be brief.\nuser: 2+2?"


def test_a_preference_row_is_asked_its_input(tmp_path: Path) -> None:
    row = {"input": {"messages": [user("Hi")]}, "preferred_output": [reply("A")], "non_preferred_output": [reply("B")]}
    (item,) = items(save(tmp_path, [row]))
    assert (item.question, item.reference) == ("Hi", "A")
    assert item.fields["non_preferred_output"] == [reply("B")]


def test_a_csv_file_is_mapped_by_guess_and_the_guess_is_said(tmp_path: Path) -> None:
    data = "Open-ended Verifiable Question,Ground-True Answer,topic\nWho?,Ann,names\n"
    stream = ItemStream(save_bytes(tmp_path, data.encode(), "data.csv"))
    entries = list(stream)
    assert stream.shape is not None
    assert stream.shape.method == "generic"
    assert len(stream.shape.notes) == 2
    assert "Ground-True Answer" in stream.shape.notes[1]
    (item,) = [entry.item for entry in entries if not hasattr(entry, "kind")]
    assert json.loads(item.messages) == [user("Who?")]
    assert item.fields == {"reference_answer": "Ann", "topic": "names"}
    assert item_row(item) == {"messages": [user("Who?")], "reference_answer": "Ann", "topic": "names"}


def test_a_mapping_that_is_given_wins_over_guesses(tmp_path: Path) -> None:
    row = {"prompt": "not this", "q": "this", "answer": "no", "gold": "yes", "extra": 1}
    mapping = FieldMapping(prompt_field="q", reference_field="gold", other_fields=("extra",))
    (item,) = items(save(tmp_path, [row]), mapping=mapping)
    assert (item.question, item.reference, item.fields) == ("this", "yes", {"reference_answer": "yes", "extra": 1})


@pytest.mark.parametrize("as_text", [False, True])
def test_messages_may_stand_in_another_field_or_as_text(tmp_path: Path, as_text: bool) -> None:
    messages = [user("One"), reply("Two")]
    value: Any = json.dumps(messages) if as_text else messages
    (item,) = items(save(tmp_path, [{"chat": value}]), mapping=FieldMapping(messages_field="chat"))
    assert json.loads(item.messages) == [user("One")]
    assert item.reference == "Two"


def test_a_csv_column_with_messages_is_read(tmp_path: Path) -> None:
    data = 'messages,answer\n"[{""role"": ""user"", ""content"": ""Hi""}]",Ho\n'
    (item,) = items(save_bytes(tmp_path, data.encode(), "data.csv"))
    assert (item.question, item.reference) == ("Hi", "Ho")


def test_images_and_calls_are_shown_as_signs(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "See"}, {"type": "image_url", "image_url": {"url": "https://x/y.png"}}]
    call = {"id": "1", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}}
    messages = [
        {"role": "user", "content": parts},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "seen"},
        user("So?"),
    ]
    (item,) = items(save(tmp_path, [{"messages": messages}]))
    assert item.question == 'user: See\n[image]\nassistant: look({"a": 1})\ntool: seen\nuser: So?'
    assert item.reference is None


@pytest.mark.parametrize(
    ("row", "method"),
    [
        (question("a"), "reinforcement"),
        ({"messages": [user("a"), reply("b")]}, "supervised"),
        ({"messages": [user("a"), reply("b")], "reference_answer": "b"}, "reinforcement"),
        ({"input": {}, "preferred_output": []}, "dpo"),
        ({"question": "a", "answer": "b"}, "generic"),
    ],
)
def test_methods_are_told_by_their_keys(row: dict[str, Any], method: str) -> None:
    assert detect_method([row, row, {"odd": 1}]) == method


def test_one_odd_row_does_not_change_the_method() -> None:
    values = [{"messages": [user("a"), reply("b")]}, question("c"), question("d")]
    assert choose_shape(values).method == "reinforcement"


def test_real_rows_without_reference_answer() -> None:
    stream = ItemStream(shared("countdown/countdown_train_100.jsonl"))
    loaded = [entry.item for entry in stream if not hasattr(entry, "kind")]
    assert len(loaded) == 100
    assert stream.shape is not None
    assert stream.shape.mapping.reference_field == "target"
    assert all({"target", "nums"} <= set(item.fields) for item in loaded)
