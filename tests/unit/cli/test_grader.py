"""Grader files on the command line: listing, checking, making, comparing."""

from __future__ import annotations

import json
from pathlib import Path

from rft_tui.graders.examples import example_spec
from tests.unit.cli.conftest import Cli


def test_list_has_stored_versions_and_new_files(cli: Cli, demo: Path) -> None:
    graders = cli("-C", demo, "grader", "list", "--json").document["graders"]
    stored = {one["grader"]: one for one in graders if one["stored"]}
    assert set(stored) == {"exact", "contains_reference", "fuzzy", "word_overlap", "phrase_and_exact"}
    assert stored["fuzzy"]["pass_threshold"] == 0.8
    assert stored["exact"]["graded"] == 720
    assert {one["grader"] for one in graders if not one["stored"]} == {"verdict", "same_thing"}
    (demo / "graders" / "torn.json").write_text("{")
    result = cli("-C", demo, "grader", "list")
    assert result.code == 0
    assert "torn.json" in result.err


def test_show_gives_the_json_of_a_version(cli: Cli, demo: Path) -> None:
    spec = json.loads((demo / "graders" / "multi_phrase_exact.json").read_text())
    assert json.loads(cli("-C", demo, "grader", "show", "phrase_and_exact").out) == spec
    document = cli("-C", demo, "grader", "show", "phrase_and_exact", "--json").document
    assert document["spec"] == spec
    version = document["version"]
    assert cli("-C", demo, "grader", "show", f"phrase_and_exact@{version[:6]}", "--json").document == document
    assert cli("-C", demo, "grader", "show", "phrase_and_exact@0000").code == 2


def test_check_is_a_document_whatever_is_in_the_file(cli: Cli, demo: Path, tmp_path: Path) -> None:
    good = cli("grader", "check", demo / "graders" / "string_check_eq.json", "--json")
    assert (good.code, good.document["ok"], good.document["type"]) == (0, True, "string_check")
    assert good.document["choices"]
    path = tmp_path / "bad.json"
    for content in ("{", '{"type": "string_check", "name": "x", "operation": "equals"}', "[]", "\udcff"):
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
        result = cli("grader", "check", path, "--json")
        assert result.code == 1
        assert result.document["ok"] is False
        assert all(set(one) == {"path", "kind", "severity", "message"} for one in result.document["problems"])
        assert cli("grader", "check", path).code == 1
    assert cli("grader", "check", tmp_path / "missing.json").code == 2
    assert cli("-C", demo, "grader", "check", "fuzzy").code == 0


def test_an_edited_file_is_a_new_version(cli: Cli, demo: Path) -> None:
    path = demo / "graders" / "string_check_eq.json"
    before = cli("-C", demo, "grade", "--grader", "exact", "--run", "1", "--json", "--summary").document
    path.write_text(path.read_text().replace('"eq"', '"ilike"'))
    after = cli("-C", demo, "grade", "--grader", "exact", "--run", "1", "--json", "--summary").document
    assert after["grader"]["version"] != before["grader"]["version"]
    assert after["cached"] == 0
    old = f"exact@{before['grader']['version'][:8]}"
    diff = cli("-C", demo, "grader", "diff", old, "exact", "--json").document
    assert diff["compared"] == 713
    assert all(flip["passed_after"] and not flip["passed_before"] for flip in diff["flips"])


def test_diff_agrees_with_the_grades(cli: Cli, demo: Path) -> None:
    diff = cli(
        "-C", demo, "grader", "diff", "exact", "word_overlap", "--threshold", "0.9", "--run", "smollm2", "--json"
    )
    assert diff.code == 0
    document = diff.document
    grades = {
        name: cli("-C", demo, "grade", "--grader", name, "--run", "smollm2", "--json").document["grades"]
        for name in ("exact", "word_overlap")
    }
    pairs = [(a, b) for a, b in zip(grades["exact"], grades["word_overlap"], strict=True) if a["score"] is not None]
    flips = [(a["prediction"], a["score"], b["score"]) for a, b in pairs if (a["score"] == 1) != (b["score"] >= 0.9)]
    assert document["compared"] == len(pairs) == 353
    assert [(one["prediction"], one["before"], one["after"]) for one in document["flips"]] == flips
    text = cli("-C", demo, "grader", "diff", "exact", "word_overlap")
    assert text.code == 0
    assert "713 predictions compared" in text.out


def test_diff_needs_predictions(cli: Cli, workspace: Path) -> None:
    result = cli("-C", workspace, "grader", "diff", "exact_match", "fuzzy")
    assert result.code == 2


def test_new_from_a_function_grades(cli: Cli, workspace: Path, tmp_path: Path) -> None:
    source = tmp_path / "mine.py"
    source.write_text(
        "def starts(output_text, reference_answer):\n    return float(output_text[:1] == reference_answer[:1])\n"
    )
    made = cli("-C", workspace, "grader", "new", "--from", f"{source}:starts", "--json")
    assert made.code == 0
    assert made.document["grader"] == "starts"
    rows = tmp_path / "p.jsonl"
    item = {"messages": [{"role": "user", "content": "?"}], "reference_answer": "abc"}
    rows.write_text("".join(json.dumps({"item": item, "output_text": text}) + "\n" for text in ("axe", "box")))
    graded = cli("-C", workspace, "grade", "--grader", "starts", "--predictions", rows, "--json").document
    assert [one["score"] for one in graded["grades"]] == [1.0, 0.0]
    assert cli("-C", workspace, "grader", "new", "--from", f"{source}:starts").code == 2
    assert cli("-C", workspace, "grader", "new", "--from", f"{source}:ends").code == 2
    assert cli("-C", workspace, "grader", "new").code == 2


def test_new_from_a_type_needs_no_workspace(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "made.json"
    assert cli("grader", "new", "--type", "text_similarity", "--name", "near", "-o", path).code == 0
    assert json.loads(path.read_text())["name"] == "near"
    assert cli("grader", "check", path).code == 0
    assert cli("grader", "new", "--type", "none", "-o", tmp_path / "other.json").code == 2
    judged = tmp_path / "judged.json"
    assert cli("grader", "new", "--type", "score_model", "-o", judged).code == 0
    checked = cli("grader", "check", judged, "--for", "local", "--json")
    assert checked.code == 0
    assert [one["kind"] for one in checked.document["problems"]] == ["needs_service"]


def test_a_diff_asks_no_judge_and_says_what_would(cli: Cli, demo: Path) -> None:
    for name, threshold in (("first", 0.5), ("second", 0.25)):
        spec = {**example_spec("score_model"), "name": "asks", "pass_threshold": threshold}
        (demo / "graders" / f"{name}.json").write_text(json.dumps(spec))
    files = [str(demo / "graders" / f"{name}.json") for name in ("first", "second")]
    result = cli("-C", demo, "grader", "diff", *files)
    assert result.code == 0
    assert "0 predictions compared" in result.out
    said = "asks a model and has not graded 713 predictions; to ask: rft-tui grade --grader asks@"
    assert result.err.count(said) == 2
    document = cli("-C", demo, "grader", "diff", "exact", files[0], "--json").document
    assert (document["compared"], document["not_graded"]) == (0, {"a": 0, "b": 713})
