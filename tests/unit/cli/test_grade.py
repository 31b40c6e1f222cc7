"""Grading on the command line, from runs and from files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft_tui.sample import sample_folder
from tests.unit.cli.conftest import Cli, question, write_lines

EXACT = {
    "type": "string_check",
    "name": "same",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}


@pytest.fixture
def exact(tmp_path: Path) -> Path:
    path = tmp_path / "same.json"
    path.write_text(json.dumps(EXACT))
    return path


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    rows: list[dict[str, Any]] = [
        {"item": question("one?", "1"), "output_text": "1", "run_index": 1},
        {"item": question("two?", "2"), "output_text": "two", "run_index": 1},
        {"item": question("one?", "1"), "output_text": "uno", "run_index": 2},
        {"item": question("one?", "eins"), "output_text": "eins", "run_index": 1},
    ]
    return write_lines(tmp_path / "predictions.jsonl", rows)


def test_runs_give_every_grade_and_the_figures(cli: Cli, demo: Path) -> None:
    result = cli("-C", demo, "grade", "--grader", "exact", "--run", "smollm2", "--json")
    assert result.code == 1
    document = result.document
    assert document["grader"]["name"] == "exact"
    assert document["grader"]["type"] == "string_check"
    assert (document["scored"], document["errors"], document["cached"]) == (353, 7, 360)
    assert len(document["grades"]) == 360
    assert sum(document["bands"].values()) == sum(document["histogram"]["counts"]) == 353
    errors = [one for one in document["grades"] if one["error"]]
    assert all(one["score"] is None and one["error"]["kind"] == "prediction" for one in errors)
    scores: dict[str, list[float]] = {}
    for one in document["grades"]:
        if one["score"] is not None:
            scores.setdefault(one["item"], []).append(one["score"])
    means = [sum(each) / len(each) for each in scores.values()]
    assert document["mean"] == pytest.approx(sum(means) / len(means))
    assert document["pass_rate"] == pytest.approx(sum(one["passed"] is True for one in document["grades"]) / 353)
    assert "grades" not in cli("-C", demo, "grade", "--grader", "exact", "--run", "1", "--json", "--summary").document


def test_a_new_grader_is_stored_and_computed_once(cli: Cli, demo: Path, exact: Path) -> None:
    first = cli("-C", demo, "grade", "--grader", exact, "--run", "1", "--run", "2", "--json", "--summary")
    assert first.code == 0
    assert first.document["cached"] == 0
    second = cli("-C", demo, "grade", "--grader", "same", "--run", "1", "--run", "2", "--json", "--summary").document
    assert second["cached"] == 160
    assert second["mean"] == first.document["mean"]
    text = cli("-C", demo, "grade", "--grader", "same", "--run", "1")
    assert "37.5%" in text.out


def test_a_file_needs_no_workspace(cli: Cli, exact: Path, predictions: Path) -> None:
    result = cli("grade", "--grader", exact, "--predictions", predictions, "--json")
    assert result.code == 0
    document = result.document
    assert [one["score"] for one in document["grades"]] == [1.0, 0.0, 0.0, 1.0]
    assert [one["run_index"] for one in document["grades"]] == [1, 1, 2, 1]
    items = [one["item"] for one in document["grades"]]
    assert items[0] == items[2]
    assert len(set(items)) == 3
    assert document["mean"] == pytest.approx((0.5 + 0 + 1) / 3)
    assert document["pass_rate"] == pytest.approx(0.5)
    assert document["cached"] == 0


def test_a_file_in_a_workspace_is_computed_once(cli: Cli, workspace: Path, exact: Path, predictions: Path) -> None:
    words = ["-C", workspace, "grade", "--grader", exact, "--predictions", predictions, "--json"]
    first, second = cli(*words).document, cli(*words).document
    assert (first["cached"], second["cached"]) == (0, 4)
    assert second["grades"] == first["grades"]
    assert cli("-C", workspace, "run", "list", "--json").document["runs"] == []
    changed = predictions.read_text().replace('"two"', '"2"')
    predictions.write_text(changed)
    third = cli(*words).document
    assert third["cached"] == 3
    assert [one["score"] for one in third["grades"]] == [1.0, 1.0, 0.0, 1.0]


def test_a_failed_child_is_an_error_with_the_other_values(cli: Cli, tmp_path: Path, predictions: Path) -> None:
    child = {
        "type": "python",
        "name": "p",
        "source": "def grade(sample, item):\n    return 1 / (len(item['reference_answer']) - 4)\n",
    }
    multi = {"type": "multi", "name": "m", "graders": {"same": EXACT, "code": child}, "calculate_output": "same + code"}
    path = tmp_path / "multi.json"
    path.write_text(json.dumps(multi))
    result = cli("grade", "--grader", path, "--predictions", predictions, "--item-timeout", 20, "--json")
    assert result.code == 1
    last = result.document["grades"][3]
    assert last["score"] is None
    assert last["sub_scores"] == {"same": 1.0, "code": None}
    assert "ZeroDivisionError" in last["error"]["message"]
    assert (result.document["scored"], result.document["errors"]) == (3, 1)
    assert "1 × " in cli("grade", "--grader", path, "--predictions", predictions).out


def test_the_sample_grades_as_it_says(cli: Cli) -> None:
    folder = sample_folder()
    words = [
        "--grader",
        folder / "graders" / "exact.json",
        "--predictions",
        folder / "predictions",
        "--summary",
    ]
    document = cli("grade", *words, "--json").document
    assert (document["scored"], document["errors"]) == (713, 7)


def test_wrong_use(cli: Cli, workspace: Path, exact: Path, predictions: Path) -> None:
    assert cli("-C", workspace, "grade", "--grader", exact).code == 2
    assert cli("-C", workspace, "grade", "--grader", exact, "--run", "1", "--predictions", predictions).code == 2
    assert cli("-C", workspace, "grade", "--grader", exact, "--run", "nobody").code == 2
    assert cli("-C", workspace, "grade", "--grader", "nothing", "--predictions", predictions).code == 2
    assert cli("grade", "--grader", "nothing", "--predictions", predictions).code == 2
    assert cli("grade", "--grader", exact, "--predictions", "missing.jsonl", "--json").error["kind"] == "input"
    bad = exact.with_name("bad.json")
    bad.write_text("{")
    assert cli("grade", "--grader", bad, "--predictions", predictions, "--json").error["kind"] == "grader"
