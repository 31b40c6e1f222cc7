"""Writing rows back: byte for byte, with a prompt, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rft_tui.datasets.mapping import FieldMapping
from rft_tui.datasets.prompts import make_prompt
from rft_tui.datasets.write import rendered_row, shaped_row, write_rows
from rft_tui.errors import InputError
from tests.unit.datasets.samples import items, reply, save, save_bytes, shared, user

PROMPT = make_prompt("p", "Be brief.")


def test_untouched_rows_come_out_byte_for_byte(tmp_path: Path) -> None:
    first = b'{ "messages":[{"content":"caf\\u00e9","role":"user"}] ,"n":1.0}'
    data = first + b'\n{"messages": [{"role": "user", "content": "b"}]}\n'
    path = save_bytes(tmp_path, data)
    assert write_rows(tmp_path / "out.jsonl", [item.raw for item in items(path)]) == 2
    assert (tmp_path / "out.jsonl").read_bytes() == data


@pytest.mark.parametrize("name", ["sample/questions_train.jsonl", "numersense/items.jsonl"])
def test_real_files_come_out_byte_for_byte(tmp_path: Path, name: str) -> None:
    path = shared(name)
    write_rows(tmp_path / "out.jsonl", [item.raw for item in items(path)])
    assert (tmp_path / "out.jsonl").read_bytes() == path.read_bytes()


def test_marks_and_carriage_returns_are_left_out(tmp_path: Path) -> None:
    row = b'{"messages": [{"role": "user", "content": "a"}]}'
    path = save_bytes(tmp_path, b"\xef\xbb\xbf" + row + b"\r\n\r\n" + row.replace(b"a", b"b", 1))
    write_rows(path, [item.raw for item in items(save_bytes(tmp_path, b"\xef\xbb\xbf" + row + b"\r\n", "in.jsonl"))])
    assert path.read_bytes() == row + b"\n"


def test_a_rendered_row_keeps_its_other_keys_in_their_order(tmp_path: Path) -> None:
    row = {"z": 1, "messages": [user("Why?")], "a": {"é": [1.50]}}
    (item,) = items(save(tmp_path, [row]))
    data, notes = rendered_row(item, PROMPT)
    assert (
        data.decode() == '{"z": 1, "messages": [{"role": "user", "content": "Be brief.\\n\\nWhy?"}], "a": {"é": [1.5]}}'
    )
    assert notes == ()


def test_supervised_and_preference_rows_keep_their_answers(tmp_path: Path) -> None:
    (item,) = items(save(tmp_path, [{"messages": [user("Why?"), reply("So.")]}]))
    assert json.loads(rendered_row(item, PROMPT).data) == {"messages": [user("Be brief.\n\nWhy?"), reply("So.")]}
    sides = {"preferred_output": [reply("A")], "non_preferred_output": [reply("B")]}
    (item,) = items(save(tmp_path, [{"input": {"messages": [user("Why?")]}, **sides}]))
    rendered = json.loads(rendered_row(item, PROMPT).data)
    assert rendered == {"input": {"messages": [user("Be brief.\n\nWhy?")]}, **sides}


def test_mapped_rows_are_rendered_in_the_reinforcement_shape(tmp_path: Path) -> None:
    path = save(tmp_path, [{"q": "Why?", "gold": "So.", "n": 1}])
    (item,) = items(path, mapping=FieldMapping(prompt_field="q", reference_field="gold"))
    assert json.loads(shaped_row(item)) == {"messages": [user("Why?")], "n": 1, "reference_answer": "So."}
    assert json.loads(rendered_row(item, PROMPT).data)["messages"] == [user("Be brief.\n\nWhy?")]


def test_a_failed_write_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = save_bytes(tmp_path, b"before\n")

    def failing() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_rows(path, failing())
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("data.jsonl", b"before\n")]


def test_a_folder_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_rows(tmp_path / "nowhere" / "out.jsonl", [])


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    path = save_bytes(tmp_path, b"before\n")
    path.chmod(0o640)
    link = tmp_path / "link.jsonl"
    link.symlink_to(path)
    write_rows(link, [b"after"])
    assert link.is_symlink()
    assert path.read_bytes() == b"after\n"
    assert path.stat().st_mode & 0o777 == 0o640
