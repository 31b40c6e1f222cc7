"""Datasets on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft_tui.sample import sample_folder
from tests.unit.cli.conftest import Cli, question, write_lines


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return write_lines(
        tmp_path / "capitals.jsonl",
        [question(f"What is the capital of country number {n}?", f"City {n}", topic=f"t{n % 3}") for n in range(30)],
    )


def names(cli: Cli, workspace: Path) -> list[str]:
    return [one["dataset"] for one in cli("-C", workspace, "data", "list", "--json").document["datasets"]]


def test_import_list_show(cli: Cli, workspace: Path, rows: Path) -> None:
    done = cli("-C", workspace, "data", "import", rows, "--json").document
    assert (done["dataset"], done["rows"], done["skipped"]) == ("capitals", 30, 0)
    listed = cli("-C", workspace, "data", "list", "--json").document["datasets"]
    assert [(one["dataset"], one["id"], one["rows"], one["problems"]) for one in listed] == [
        ("capitals", done["id"], 30, 0)
    ]
    shown = cli("-C", workspace, "data", "show", "capitals", "--line", 3, "--json").document
    assert shown["items"][0]["reference"] == "City 2"
    assert shown["items"][0]["fields"] == {"reference_answer": "City 2", "topic": "t2"}
    text = cli("-C", workspace, "data", "show", "capitals", "--limit", 2)
    assert "country number 1" in text.out
    assert "2 of 30" in text.err
    assert cli("-C", workspace, "data", "show", "capitals", "--line", 99).code == 2
    again = cli("-C", workspace, "data", "import", rows, "--json").document
    assert again["id"] == done["id"]


def test_empty_states_say_what_to_do(cli: Cli, workspace: Path) -> None:
    for words in (["data", "list"], ["run", "list"], ["prompt", "list"], ["review", "list"]):
        result = cli("-C", workspace, *words)
        assert (result.code, result.out) == (0, "")
        assert "rft-tui" in result.err


def test_a_bad_file_changes_nothing(cli: Cli, workspace: Path, tmp_path: Path, rows: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text(json.dumps(question("a question?", "x")) + "\n{broken\n", encoding="utf-8")
    assert cli("-C", workspace, "data", "import", bad, "--json").error["kind"] == "input"
    assert cli("-C", workspace, "data", "import", rows, bad).code == 2
    assert names(cli, workspace) == []
    done = cli("-C", workspace, "data", "import", bad, "--skip-bad", "--json").document
    assert (done["rows"], done["skipped"]) == (1, 1)


def test_fields_are_mapped(cli: Cli, workspace: Path, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("Q,Ground-True Answer,extra\nwhat is one?,1,a\nwhat is two?,2,b\n", encoding="utf-8")
    options = ["--prompt-field", "Q", "--reference-field", "Ground-True Answer", "--other-fields", "extra"]
    assert cli("-C", workspace, "data", "import", path, "--name", "mapped", *options, "--json").document["rows"] == 2
    item = cli("-C", workspace, "data", "show", "mapped", "--json").document["items"][1]
    assert (item["question"], item["reference"]) == ("what is two?", "2")
    assert item["fields"] == {"extra": "b", "reference_answer": "2"}
    assert cli("-C", workspace, "data", "check", "mapped", "--json").document["rows"] == 2


def test_check_names_line_key_and_kind(cli: Cli, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [question(f"question {n} about topic {n}?", "x") for n in range(12)])
    with path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(question("question 3 about topic 3?", "x")) + '\n{"messages": []}\n')
    result = cli("data", "check", path, "--json")
    assert result.code == 1
    document = result.document
    assert (document["file"], document["rows"], document["ok"]) == (str(path), 14, False)
    assert all(set(one) == {"line", "key", "kind", "severity", "message"} for one in document["problems"])
    assert {13, 14} <= {one["line"] for one in document["problems"]}
    text = cli("data", "check", path)
    assert text.code == 1
    assert f"{path}:14: " in text.out


def test_check_of_an_empty_file_is_a_document(cli: Cli, tmp_path: Path) -> None:
    empty = tmp_path / "none.jsonl"
    empty.write_text("")
    result = cli("data", "check", empty, "--json")
    assert result.code == 1
    assert result.document["problems"][0]["kind"] == "empty_file"
    assert cli("data", "check", tmp_path / "missing.jsonl", "--json").code == 2
    assert cli("data", "check", tmp_path, "--json").code == 2


def test_check_holds_several_files_against_each_other(cli: Cli, tmp_path: Path, rows: Path) -> None:
    first = json.loads(rows.read_text().splitlines()[4])
    other = write_lines(
        tmp_path / "val.jsonl",
        [question(f"Who wrote the book called number {n}?", "x", topic="b") for n in range(12)] + [first],
    )
    result = cli("data", "check", rows, other, "--json")
    assert result.code == 1
    assert result.document["ok"] is False
    train, val = result.document["files"]
    assert train["ok"] is True
    assert [(one["line"], one["kind"]) for one in val["problems"] if one["severity"] == "error"] == [(13, "leakage")]


def test_check_of_a_stored_dataset_says_what_the_file_says(
    cli: Cli, workspace: Path, rows: Path, tmp_path: Path
) -> None:
    cli("-C", workspace, "data", "import", rows)
    grader = tmp_path / "g.json"
    reference = {"type": "string_check", "name": "g", "operation": "eq", "input": "{{item.missing}}", "reference": "x"}
    grader.write_text(json.dumps(reference))
    stored = cli("-C", workspace, "data", "check", "capitals", "--grader", grader, "--json")
    of_file = cli("data", "check", rows, "--grader", grader, "--json")
    assert stored.code == of_file.code == 1
    assert stored.document["problems"] == of_file.document["problems"]
    assert "missing_variable" in {one["kind"] for one in stored.document["problems"]}
    assert cli("-C", workspace, "data", "check", "capitals", rows, "--json").code == 1


def test_split_is_disjoint_seeded_and_normalised(cli: Cli, workspace: Path, rows: Path, tmp_path: Path) -> None:
    cli("-C", workspace, "data", "import", rows)
    sizes = ["--size", "train=15", "--size", "validation=8", "--size", "test=4"]
    result = cli(
        "-C",
        workspace,
        "data",
        "split",
        "capitals",
        *sizes,
        "--lowercase",
        "reference_answer",
        "-o",
        tmp_path / "parts",
        "--json",
    )
    assert result.code == 0
    assert [(one["dataset"], one["rows"]) for one in result.document["parts"]] == [
        ("train", 15),
        ("validation", 8),
        ("test", 4),
    ]
    drawn: list[set[str]] = []
    for part in result.document["parts"]:
        lines = [json.loads(line) for line in Path(part["file"]).read_text().splitlines()]
        assert all(line["reference_answer"].startswith("city ") for line in lines)
        drawn.append({line["messages"][0]["content"] for line in lines})
    assert len(set.union(*drawn)) == 27
    again = cli("-C", workspace, "data", "split", "capitals", *sizes, "--lowercase", "reference_answer", "--json")
    assert [one["id"] for one in again.document["parts"]] == [one["id"] for one in result.document["parts"]]
    assert cli("-C", workspace, "data", "split", "capitals", "--size", "train=3", "--seed", 7).code == 2
    assert cli("-C", workspace, "data", "split", "capitals", "--size", "x").code == 2


def test_split_filters_and_warns_without_a_test_part(cli: Cli, workspace: Path, rows: Path) -> None:
    cli("-C", workspace, "data", "import", rows)
    words = ["--size", "a=6", "--size", "val=50", "--where", "topic~^t1$", "--json"]
    document = cli("-C", workspace, "data", "split", "capitals", *words).document
    assert [one["rows"] for one in document["parts"]] == [6, 4]
    assert any("test part" in note for note in document["notes"])


def test_sample(cli: Cli, workspace: Path, rows: Path, tmp_path: Path) -> None:
    cli("-C", workspace, "data", "import", rows)
    lines = cli("-C", workspace, "data", "sample", "capitals", "--size", 5).out.splitlines()
    original = rows.read_text().splitlines()
    assert len(lines) == 5
    assert set(lines) <= set(original)
    bigger = cli("-C", workspace, "data", "sample", "capitals", "--size", 9).out.splitlines()
    assert set(lines) <= set(bigger)
    cli("-C", workspace, "data", "sample", "capitals", "--size", 5, "--name", "few", "-o", tmp_path / "few.jsonl")
    assert (tmp_path / "few.jsonl").read_text().splitlines() == lines
    assert "few" in names(cli, workspace)


def test_export_is_byte_identical_and_rendered(cli: Cli, demo: Path, tmp_path: Path) -> None:
    for name in ("train", "val"):
        path = tmp_path / f"{name}.jsonl"
        assert cli("-C", demo, "data", "export", name, "-o", path, "--json").document["rows"] in (80, 40)
        assert path.read_bytes() == (sample_folder() / f"questions_{name}.jsonl").read_bytes()
    rendered = cli("-C", demo, "data", "export", "val", "--prompt", "simple", "-o", "-").out.splitlines()
    prompt = (demo / "prompts" / "simple.txt").read_text().strip()
    first: dict[str, Any] = json.loads(rendered[0])
    assert first["messages"][-1]["content"].startswith(prompt + "\n\n")
    assert len(first["messages"]) == 13
    assert cli("-C", demo, "data", "export", "val", "--prompt", "none", "-o", "-").code == 2
    assert cli("-C", demo, "data", "export", "nothing", "-o", "-").code == 2
