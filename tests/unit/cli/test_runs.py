"""Importing predictions, runs and prompts on the command line."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from rft_tui.sample import sample_folder
from tests.unit.cli.conftest import Cli, question, write_lines


def test_importing_again_adds_nothing(cli: Cli, demo: Path) -> None:
    result = cli("-C", demo, "import", sample_folder() / "predictions", "--json")
    assert result.code == 0
    assert (result.document["new"], result.document["known"]) == (0, 720)
    assert {one["model"] for one in result.document["runs"]} == {"qwen-coder-0.5b", "smollm2"}
    assert sorted(one["predictions"] for one in result.document["runs"]) == [40] * 6 + [80] * 6


def test_predictions_that_differ_are_left_out_and_said(cli: Cli, workspace: Path, tmp_path: Path) -> None:
    row = {"item": question("one?", "1"), "output_text": "1", "run_index": 1, "model": "m"}
    path = write_lines(tmp_path / "p.jsonl", [row])
    assert cli("-C", workspace, "import", path).code == 0
    write_lines(path, [row | {"output_text": "2"}])
    result = cli("-C", workspace, "import", path)
    assert result.code == 1
    assert "the stored one stays" in result.err
    assert cli("-C", workspace, "import", path, "--run-index", 2).code == 0
    assert cli("-C", workspace, "import", path, "--format", "nonsense").code == 2


def test_run_list_and_show(cli: Cli, demo: Path) -> None:
    runs = cli("-C", demo, "run", "list", "--json").document["runs"]
    assert len(runs) == 12
    assert {
        "run", "dataset", "profile", "model", "effort", "prompt", "run_index", "items", "done", "errors", "tokens",
        "cost",
    } <= set(runs[0])  # fmt: skip
    assert sum(one["done"] for one in runs) == 713
    assert {one["prompt"] for one in runs} == {"simple"}
    shown = cli("-C", demo, "run", "show", "smollm2", 1, "--json").document["runs"]
    assert len(shown) == 7
    exact = next(one for one in shown[0]["graders"] if one["grader"]["name"] == "exact")
    assert exact["mean"] == pytest.approx(0.375)
    assert "0.375" in cli("-C", demo, "run", "show", 1).out
    assert cli("-C", demo, "run", "show", "nobody").code == 2


def test_prompts(cli: Cli, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = cli("-C", demo, "prompt", "list", "--json").document["prompts"]
    assert [(one["prompt"], one["examples"], one["is_file"]) for one in listed] == [("simple", 6, True)]
    text = cli("-C", demo, "prompt", "show", "simple", "--json").document["text"]
    assert text == (demo / "prompts" / "simple.txt").read_text().strip()
    assert cli("-C", demo, "prompt", "new", "short", "--text", "Be short.").code == 0
    stdin = io.TextIOWrapper(io.BytesIO(b"Be very short.\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert cli("-C", demo, "prompt", "new", "shorter", "--from", "-").code == 0
    diff = cli("-C", demo, "prompt", "diff", "short", "shorter", "--json").document
    assert diff["equal"] is False
    assert {"-Be short.", "+Be very short."} <= set(diff["diff"])
    assert cli("-C", demo, "prompt", "diff", "short", "short").out == ""
    assert cli("-C", demo, "prompt", "new", "short", "--text", "again").code == 2
    assert cli("-C", demo, "prompt", "new", "../out", "--text", "x").code == 2
    assert cli("-C", demo, "prompt", "show", "none").code == 2


def test_an_edited_prompt_keeps_the_version_that_runs_used(cli: Cli, demo: Path) -> None:
    before = cli("-C", demo, "prompt", "list", "--json").document["prompts"][0]["version"]
    (demo / "prompts" / "simple.txt").write_text("Another text.")
    listed = cli("-C", demo, "prompt", "list", "--json").document["prompts"]
    assert [(one["version"] == before, one["is_file"]) for one in listed] == [(False, True), (True, False)]
    old = cli("-C", demo, "prompt", "show", f"simple@{before[:6]}", "--json").document
    assert old["text"].startswith("You know science")


def test_init_leaves_what_is_there(cli: Cli, workspace: Path) -> None:
    (workspace / "rft.toml").write_text("# mine\n")
    result = cli("init", workspace, "--json")
    assert result.document["written"] == []
    assert (workspace / "rft.toml").read_text() == "# mine\n"
    assert list((workspace / "graders").glob("*.json"))
