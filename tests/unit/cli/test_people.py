"""Several reviewers, corrected labels and exports, as a person types them."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rft_tui.model import Verdict
from rft_tui.store.review import answers_of
from rft_tui.store.verdicts import EventKind, record
from rft_tui.workspace import open_workspace
from tests.unit.cli.conftest import Cli, question, write_lines


def say(folder: Path, verdict: Verdict, *predictions: int, who: str | None = None) -> None:
    """Give a verdict as Review does."""
    workspace = open_workspace(folder)
    with workspace.store.write() as db:
        version = db.execute("SELECT version FROM grader WHERE name = 'exact'").fetchone()[0]
        record(
            db, who or workspace.reviewer, EventKind.VERDICT, verdict, answers=answers_of(db, predictions),
            grader_version=version,
        )  # fmt: skip
    workspace.store.close()


def correct(folder: Path, line: int, reference: str, who: str = "ada") -> None:
    """Correct a reference as Review does."""
    workspace = open_workspace(folder)
    with workspace.store.write() as db:
        row_id = db.execute("SELECT row_id FROM item WHERE dataset = 1 AND line = ?", [line]).fetchone()[0]
        record(db, who, EventKind.REFERENCE, reference, row_id=row_id)
    workspace.store.close()


def test_verdicts_go_from_one_workspace_to_another(cli: Cli, demo: Path, tmp_path: Path) -> None:
    other, log = tmp_path / "other", tmp_path / "log.jsonl"
    shutil.copytree(demo, other)
    say(demo, Verdict.WRONG, *range(1, 40), who="ada")
    say(demo, Verdict.RIGHT, 5, who="ada")
    assert cli("-C", demo, "review", "export", "-o", log, "--json").document == {
        "events": 40, "reviewers": ["ada"], "file": str(log),
    }  # fmt: skip
    done = cli("-C", other, "review", "import", log, log, "--json")
    assert done.code == 0
    assert done.document == {"new": 40, "known": 40, "waiting": 0, "other_answer": 0, "reviewers": {"ada": 40}}
    say(other, Verdict.RIGHT, 1, 5, who="bob")
    found = cli("-C", other, "review", "agreement", "--json").document
    assert found["reviewers"] == {"ada": 39, "bob": 2}
    (pair,) = found["pairs"]
    assert (pair["a"], pair["b"], pair["table"]["counts"]) == ("ada", "bob", [[1, 0], [1, 0]])
    assert found["disagreements"] == [1]
    listed = cli("-C", other, "review", "list", "--filter", "list:reviewers", "--json").document
    assert [one["prediction"] for one in listed["predictions"]] == [1]
    text = cli("-C", other, "review", "agreement")
    assert "same: 50.0% of 2" in text.out


def test_what_is_said_of_missing_predictions_waits_until_they_come(
    cli: Cli, demo: Path, workspace: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log.jsonl"
    rows = [
        {"item": question(f"Q{n}?", "yes"), "output_text": f"answer {n}", "model": "m", "run_index": 1}
        for n in range(3)
    ]
    predictions = write_lines(tmp_path / "mine.jsonl", rows)
    other = tmp_path / "other"
    assert cli("init", other).code == 0
    for folder in (workspace, other):
        assert cli("-C", folder, "data", "import", _data(tmp_path), "--name", "d").code == 0
    assert cli("-C", workspace, "import", predictions, "--dataset", "d").code == 0
    store = open_workspace(workspace).store
    with store.write() as db:
        record(db, "ada", EventKind.VERDICT, Verdict.WRONG, answers=[2])
    store.close()
    assert cli("-C", workspace, "review", "export", "-o", log).code == 0
    waiting = cli("-C", other, "review", "import", log)
    assert waiting.code == 1
    assert "1 event waits for predictions" in waiting.err
    assert cli("-C", other, "import", predictions, "--dataset", "d").code == 0
    store = open_workspace(other).store
    with store.read() as db:
        assert db.execute("SELECT reviewer, verdict FROM review").fetchall() == [("ada", "wrong")]
    store.close()
    assert cli("-C", other, "review", "import", log, "--json").document["waiting"] == 0


def _data(folder: Path) -> Path:
    return write_lines(folder / "d.jsonl", [question(f"Q{n}?", "yes") for n in range(3)])


def test_a_hostile_log_is_refused_in_words(cli: Cli, demo: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"kind": "\x1b[31m"}\n')
    refused = cli("-C", demo, "review", "import", bad, "--json")
    assert refused.code == 2
    assert "line 1" in refused.error["message"]
    assert cli("-C", demo, "review", "export", "--reviewer", "nobody", "-o", "-").code == 2
    assert cli("-C", demo, "review", "agreement", "--reviewer", "ada").code == 2


def test_a_grader_is_held_against_the_person(cli: Cli, demo: Path) -> None:
    sample = cli("-C", demo, "review", "list", "--grader", "exact", "--filter", "calibration", "--json").document
    scored = [one for one in sample["predictions"] if one["score"] is not None]
    passed = [one["prediction"] for one in scored if one["score"] == 1]
    failed = [one["prediction"] for one in scored if one["score"] == 0]
    say(demo, Verdict.RIGHT, *passed[:20], *failed[:5])
    say(demo, Verdict.WRONG, *failed[5:30])
    found = cli("-C", demo, "review", "agreement", "--grader", "exact", "--json").document
    assert found["judged"] == sum(map(sum, found["table"]["counts"]))
    assert found["kappa"]["ci"][0] < found["kappa"]["value"] < found["kappa"]["ci"][1]
    assert found["corrected_mean"]["ci"][0] < found["corrected_mean"]["ci"][1]
    assert len(found["disagreements"]) == found["table"]["counts"][1][0] > 0
    assert found["worth"]["sentence"]
    text = cli("-C", demo, "review", "agreement", "--grader", "exact")
    assert text.code == 0
    assert "on the calibration sample" in text.out
    assert found["bias"]["value"] < 0
    assert f"bias (grader less person): \N{MINUS SIGN}{-found['bias']['value']:.3f} (\N{MINUS SIGN}" in text.out
    listed = cli("-C", demo, "review", "list", "--filter", "list:disagreements", "--json").document
    assert {one["prediction"] for one in listed["predictions"]} == set(found["disagreements"])


def test_suspects_are_listed_and_corrected_in_a_new_dataset(cli: Cli, demo: Path, tmp_path: Path) -> None:
    found = cli("-C", demo, "data", "suspects", "train", "--limit", "5", "--json").document
    assert len(found["suspects"]) == 5
    assert found["figures"]["without_offered"]["mean"] > found["figures"]["everything"]["mean"]
    listed = cli("-C", demo, "review", "list", "--filter", "list:suspects", "--json").document
    assert [one["item"] for one in listed["predictions"]] == [one["item"] for one in found["suspects"]]
    assert "all items: mean" in cli("-C", demo, "data", "suspects", "train").out
    correct(demo, 56, "femur")
    say(demo, Verdict.LABEL, found["suspects"][1]["prediction"])
    out = tmp_path / "out.jsonl"
    plain = (demo / "data" / "train.jsonl").read_bytes().splitlines()
    done = cli("-C", demo, "data", "export", "train", "--corrected", "-o", out, "--json")
    assert done.code == 0
    (change,) = done.document["changes"]
    assert (change["line"], change["before"], change["after"]) == (56, "patella", "femur")
    rows = out.read_bytes().splitlines()
    assert [number for number, row in enumerate(rows, 1) if row != plain[number - 1]] == [56]
    without = cli(
        "-C", demo, "data", "export", "train", "--corrected", "--exclude-suspects", "--exclude", "list:suspects",
        "-o", out, "--json",
    )  # fmt: skip
    assert without.document["rows"] < 80
    assert cli("-C", demo, "data", "export", "train", "--corrected", "--reinforcement", "-o", out).code == 2
    assert cli("-C", demo, "data", "export", "train", "--exclude", " ", "-o", out).code == 2
    made = cli("-C", demo, "data", "correct", "train", "--as", "train-2", "--json")
    assert made.code == 0
    assert (made.document["rows"], made.document["from"], len(made.document["changes"])) == (80, "train", 1)
    assert made.document["predictions"] == 480
    local = {one["grader"]: one for one in made.document["graders"]}
    assert local["exact"]["left"] == 0
    assert local["exact"]["computed"] == 6
    changes = cli("-C", demo, "data", "changes", "train-2", "--json").document["changes"]
    assert [(one["reviewer"], one["after"]) for one in changes] == [("ada", "femur")]
    assert "femur" in cli("-C", demo, "data", "changes", "train-2").out
    assert "was not made by correcting" in cli("-C", demo, "data", "changes", "train").err
    assert "taken over" in cli("-C", demo, "data", "correct", "train", "--as", "train-2").out
    assert cli("-C", demo, "data", "correct", "val", "--as", "val-2").code == 2


@pytest.mark.parametrize("grader", ["exact", "fuzzy", "word_overlap"])
def test_planted_label_errors_of_the_sample_are_among_the_suspects(cli: Cli, demo: Path, grader: str) -> None:
    planted = json.loads((Path(__file__).parents[3] / "sample_data" / "planted-label-errors.json").read_text())
    lines = {one["line"] for one in planted}
    found = cli("-C", demo, "data", "suspects", "train", "--grader", grader, "--json").document
    assert len(lines & {one["line"] for one in found["suspects"]}) >= 4
    assert "simulated" not in found


def test_lists_take_a_grader_that_has_graded_what_is_listed(
    cli: Cli, workspace: Path, demo: Path, tmp_path: Path
) -> None:
    rows = [{"item": question("Else?", "yes"), "output_text": "no", "model": "late", "score": 0.5}]
    assert cli("-C", demo, "import", write_lines(tmp_path / "late.jsonl", rows)).code == 0
    late = cli("-C", demo, "review", "list", "--run", "late", "--json").document
    name = next(one["grader"] for one in late["predictions"] if one["model"] == "late")
    found = cli("-C", demo, "data", "suspects", "train", "--json").document
    assert found["grader"]["name"] != name
    assert found["total"] > 0
    out = tmp_path / "out.jsonl"
    made = cli("-C", demo, "export", "--run", "1", "-o", out, "--json").document
    assert made["grader"]["name"] != name
    assert all(json.loads(line)["score"] is not None for line in out.read_text().splitlines())
    made = cli("-C", demo, "export", "--grader", name, "-o", out, "--json").document
    assert (made["predictions"], made["ungraded"]) == (1, 720)
    assert "has not graded" in cli("-C", demo, "export", "--grader", name, "-o", out).err
    for words, rows_left in (("list:suspects", 65), ("allfail", range(20, 75)), ("model:smollm2", 0)):
        made = cli("-C", demo, "data", "export", "train", "--exclude", words, "-o", out, "--json").document
        assert made["rows"] in (rows_left if isinstance(rows_left, range) else (rows_left,))
    refused = cli("-C", demo, "data", "suspects", "train", "--grader", name, "--json")
    assert refused.code == 2
    assert "has not graded any prediction of train" in refused.error["message"]
    assert cli("-C", workspace, "data", "import", _data(tmp_path), "--name", "d").code == 0
    assert "no grader has graded" in cli("-C", workspace, "data", "suspects", "d", "--json").error["message"]


def test_json_lines_that_went_out_come_in_elsewhere_as_the_same(
    cli: Cli, demo: Path, workspace: Path, tmp_path: Path
) -> None:
    names = ("item", "output_text", "reasoning_summary", "model", "run_index", "usage", "error", "score", "line")
    files = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    assert cli("-C", demo, "export", "--grader", "exact", "-o", files[0]).code == 0
    for name in ("train", "val"):
        assert cli("-C", workspace, "data", "import", demo / "data" / f"{name}.jsonl").code == 0
    done = cli("-C", workspace, "import", files[0], "--json").document
    assert done["new"] == len(files[0].read_text().splitlines()) == 720
    assert cli("-C", workspace, "export", "-o", files[1]).code == 0
    before, after = (
        sorted(
            json.dumps([row["item_id"], *(row[name] for name in names)])
            for row in map(json.loads, path.read_text().splitlines())
        )
        for path in files
    )
    assert before == after
    assert any('"kind"' in line for line in after)


def test_a_filtered_list_goes_out_in_every_form(cli: Cli, demo: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    counts = {}
    for kind in ("csv", "jsonl", "parquet", "xml"):
        out = tmp_path / f"out.{kind}"
        done = cli("-C", demo, "export", "--grader", "exact", "--run", "1", "--mistakes", "-o", out, "--json")
        assert done.code == 0
        counts[kind] = done.document.get("predictions", done.document.get("tests"))
        assert done.document["grader"]["name"] == "exact"
    listed = cli("-C", demo, "review", "list", "--grader", "exact", "--run", "1", "--mistakes", "--json").document
    assert set(counts.values()) == {listed["count"]}
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["prediction"]) for row in rows] == [one["prediction"] for one in listed["predictions"]]
    root = ElementTree.parse(tmp_path / "out.xml").getroot()
    assert root.attrib["failures"] == str(listed["count"])
    by_item = cli("-C", demo, "export", "--case", "item", "-o", tmp_path / "items.xml", "--json").document
    assert by_item["tests"] == 120


def test_preference_pairs_go_out_as_a_dataset_that_comes_in_again(cli: Cli, demo: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.jsonl"
    made = cli("-C", demo, "export", "--grader", "exact", "--min-gap", "1", "-o", out, "--json").document
    assert made["pairs"] == made["inputs"] == len(out.read_text().splitlines()) > 10
    first = out.read_bytes()
    cli("-C", demo, "export", "--grader", "exact", "--min-gap", "1", "-o", out)
    assert out.read_bytes() == first
    checked = cli("data", "check", out, "--method", "dpo", "--json")
    assert checked.document["ok"], checked.document
    nothing = cli("-C", demo, "export", "--pairs", "-o", out, "--json").document
    assert nothing["pairs"] == 0
    assert nothing["left_out"]["no_verdict"] > 0
    row = json.loads(first.splitlines()[0])
    assert row["preferred_output"] != row["non_preferred_output"]


def test_wrong_use_of_export_says_what_is_right(cli: Cli, demo: Path, tmp_path: Path) -> None:
    for words, said in (
        (["-o", tmp_path / "out.txt"], ".parquet"),
        (["--pairs", "-o", tmp_path / "out.csv"], ".jsonl"),
        (["--per-item", "2", "-o", tmp_path / "out.jsonl"], "--min-gap"),
        (["--case", "item", "-o", tmp_path / "out.csv"], ".xml"),
        (["--min-gap", "nan", "-o", tmp_path / "out.jsonl"], "such as 0.5"),
        (["--threshold", "inf", "-o", tmp_path / "out.xml"], "such as 0.5"),
        (["--pairs", "--threshold", "0.5", "-o", tmp_path / "out.jsonl"], "--min-gap"),
    ):
        refused = cli("-C", demo, "export", *words, "--json")
        assert refused.code == 2
        assert said in refused.error["hint"]
    assert not list(tmp_path.glob("out.*"))


@pytest.mark.parametrize(
    "words",
    [
        ("data", "export", "{name}", "--corrected", "-o", "{out}"),
        ("data", "correct", "{name}", "--as", "new"),
        ("review", "export", "-o", "{out}"),
    ],
)
def test_a_reviewer_who_has_said_nothing_is_no_reviewer(
    cli: Cli, demo: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    correct(demo, 3, "another")
    with open_workspace(demo).store.read() as db:
        name = db.execute("SELECT name FROM dataset WHERE id = 1").fetchone()[0]
    out = tmp_path / "out.jsonl"
    filled = [word.format(name=name, out=out) for word in words]
    refused = cli("-C", demo, *filled, "--reviewer", "aad", "--json")
    assert refused.code == 2
    assert refused.error["hint"] == "Reviewers here: ada."
    assert not out.exists()
    assert cli("-C", demo, *filled, "--reviewer", "ada").code == 0


def test_one_of_anything_is_said_in_the_singular(cli: Cli, demo: Path, tmp_path: Path) -> None:
    say(demo, Verdict.WRONG, 1, who="ada")
    log, empty = tmp_path / "log.jsonl", tmp_path / "empty"
    assert "1 event\n" in cli("-C", demo, "review", "export", "-o", log).out
    assert cli("init", empty).code == 0
    assert "1 event waits for predictions" in cli("-C", empty, "review", "import", log).err
    path = write_lines(tmp_path / "one.jsonl", [{"item": question("Q?", "yes"), "output_text": "a", "score": 7}])
    told = cli("-C", empty, "import", path).err
    assert "1 prediction fits no item of a dataset; its input became" in told
    assert "1 score lies outside 0 to 1; it is kept as it is" in told
