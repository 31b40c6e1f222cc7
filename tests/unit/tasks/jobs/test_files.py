"""Files of a job: bytes as they came, prompts in front, samples that do not change, and nothing half written."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from rft_tui.datasets.limits import Part
from rft_tui.errors import InputError, UsageError
from rft_tui.model import Prompt
from rft_tui.store.database import Store
from rft_tui.tasks.jobs.files import FOLDER, RESHAPED, RowPlan, UploadFile, plan_rows, write_upload
from rft_tui.tasks.jobs.pilot import pilot_of
from rft_tui.tasks.jobs.request import DataSource, JobRequest
from tests.unit.tasks.jobs.requests import (
    a_request,
    add_rows,
    imported,
    preference_rows,
    questions,
    supervised_rows,
    two_parts,
)

PROMPT = Prompt("short", "Be short.", "f" * 32, ({"question": "1?", "answer": "1"},))


def written(store: Store, request: JobRequest, prompt: Prompt | None = None, part: Part = "train") -> UploadFile:
    plan = plan_rows(request, part, prompt)
    assert plan is not None
    return write_upload(store, plan)


def lines(file: UploadFile) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.path.read_bytes().splitlines()]


def test_without_a_prompt_every_byte_stays(store: Store, tmp_path: Path) -> None:
    content = b'{"messages": [{"role":"user","content":"\\u00e9?"}],  "n":1.50, "reference_answer":"\xc3\xa9"}\n' * 3
    path = tmp_path / "odd.jsonl"
    path.write_bytes(content)
    file = written(store, a_request(training=DataSource("file", str(path))))
    assert file.path.read_bytes() == content
    assert (file.rows, file.size, file.sha256) == (3, len(content), sha256(content).hexdigest())
    assert file.path.parent == store.path.parent / FOLDER
    stored = imported(store, tmp_path, "train", [{"messages": [{"role": "user", "content": "x"}], "a": "é"}])
    assert written(store, a_request()).path.read_bytes() == stored


def test_the_same_rows_are_the_same_bytes_in_files_of_their_own(store: Store) -> None:
    two_parts(store)
    first, second = written(store, a_request()), written(store, a_request())
    assert first.sha256 == second.sha256
    assert first.path.read_bytes() == second.path.read_bytes()
    assert set(first.path.parent.iterdir()) == {first.path, second.path}
    assert len({first.path, second.path}) == 2


def test_the_prompt_stands_in_front_with_its_examples(store: Store) -> None:
    two_parts(store, train=3)
    file = written(store, a_request(), PROMPT)
    assert lines(file)[0]["messages"] == [
        {"role": "user", "content": "Be short.\n\n1?"},
        {"role": "assistant", "content": "1"},
        {"role": "user", "content": "Be short.\n\nT0: what follows 0?"},
    ]
    assert lines(file)[0]["reference_answer"] == "yes"
    assert file.notes == {"1 worked example before the item": 3}
    plain = Prompt("p", "P.", "a" * 32)
    assert lines(written(store, a_request(as_developer=True), plain))[0]["messages"] == [
        {"role": "developer", "content": "P."},
        {"role": "user", "content": "T0: what follows 0?"},
    ]


def test_preference_rows_get_the_prompt_in_their_input(store: Store, tmp_path: Path) -> None:
    imported(store, tmp_path, "train", preference_rows())
    row = lines(written(store, a_request("dpo"), Prompt("p", "P.", "a" * 32)))[0]
    assert row["input"] == {"messages": [{"role": "user", "content": "P.\n\nQ0?"}]}
    assert row["preferred_output"] == [{"role": "assistant", "content": "good"}]


def test_rows_of_another_shape_become_reinforcement_rows(store: Store, tmp_path: Path) -> None:
    imported(store, tmp_path, "train", supervised_rows())
    file = written(store, a_request())
    assert lines(file)[0] == {"messages": [{"role": "user", "content": "Q0?"}], "reference_answer": "A0"}
    assert file.notes == {RESHAPED: 12}
    assert lines(written(store, a_request("supervised")))[0] == supervised_rows()[0]
    table = tmp_path / "t.csv"
    table.write_text("question,answer,topic\nWhat?,That,x\n")
    row = lines(written(store, a_request(training=DataSource("file", str(table)))))[0]
    assert row == {"messages": [{"role": "user", "content": "What?"}], "topic": "x", "reference_answer": "That"}


def test_a_pilot_draws_the_same_few_rows_each_time(store: Store, tmp_path: Path) -> None:
    two_parts(store, train=100, valid=50)
    pilot = pilot_of(a_request())
    train, valid = written(store, pilot), written(store, pilot, part="validation")
    assert (train.rows, valid.rows) == (32, 16)
    assert written(store, pilot).sha256 == train.sha256
    assert written(store, pilot_of(a_request(seed=7))).sha256 != train.sha256
    whole = [row["messages"] for row in lines(written(store, a_request()))]
    drawn = [row["messages"] for row in lines(train)]
    assert drawn == [row for row in whole if row in drawn]
    path = tmp_path / "rows.jsonl"
    path.write_bytes(written(store, a_request()).path.read_bytes())
    assert written(store, pilot_of(a_request(training=DataSource("file", str(path))))).rows == 32


def test_few_rows_are_all_taken(store: Store) -> None:
    two_parts(store, train=5)
    assert written(store, pilot_of(a_request())).rows == 5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"messages": [\n', "line 1"),
        (b"", "no rows"),
        (b'{"question": "Q?", "answer": "a"}\n{"question": "", "answer": "a"}\n', "line 2"),
    ],
)
def test_a_row_that_would_be_missing_stops_everything(store: Store, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        written(store, a_request(training=DataSource("file", str(path))))
    assert not list((store.path.parent / FOLDER).glob("*"))


def test_rows_at_the_service_need_no_file(store: Store) -> None:
    remote = a_request(training=DataSource("remote", "file-1"), validation=None)
    assert plan_rows(remote, "train", None) is None
    assert plan_rows(remote, "validation", None) is None
    with pytest.raises(UsageError, match="no dataset 'train'"):
        write_upload(store, RowPlan(DataSource("dataset", "train"), "train", "dpo"))


def test_hostile_rows_are_written_as_they_are(store: Store) -> None:
    add_rows(store, "train", ["\x1b[2J [bold]x[/] \u202e", *questions(2)])
    assert lines(written(store, a_request()))[0]["messages"] == [
        {"role": "user", "content": "\x1b[2J [bold]x[/] \u202e"}
    ]
