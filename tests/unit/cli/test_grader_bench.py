"""``rft-tui grader bench``, and the graders that ``grader new`` begins with."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rft_tui.errors import StoreError
from rft_tui.settings import CACHE_FILE
from tests.unit.cli.conftest import Cli, question, write_lines

EXACT = {
    "type": "string_check",
    "name": "same",
    "operation": "ilike",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}
TAMPERED = {
    "type": "score_model",
    "name": "taught_wrong",
    "model": "judge",
    "input": [
        {"role": "system", "content": "Lexical: Levenshtein.\nReference: red fox\nAnswer: fox\nLexical ≈ 0.70\n"},
        {"role": "user", "content": "Reference: {{item.reference_answer}}\nAnswer: {{sample.output_text}}"},
    ],
}
MIXED = """
from rapidfuzz.fuzz import token_set_ratio


def likeness(one, other):
    return token_set_ratio(one.lower(), other.lower()) / 100


def mixed(sample, item, share=0.15):
    said, wanted = sample["output_text"], item["reference_answer"]
    return (1 - share) * likeness(said, wanted) + share * (said == wanted)
"""


def written(path: Path, spec: Any) -> Path:
    path.write_text(json.dumps(spec), encoding="utf-8")
    return path


@pytest.fixture
def animals(cli: Cli, workspace: Path, tmp_path: Path) -> Path:
    """A workspace with six items."""
    names = ("red fox", "badger", "otter", "grey wolf", "pine marten", "\x1b[31mstoat")
    rows = [question(f"What is no. {at}?", name) for at, name in enumerate(names)]
    assert cli("-C", workspace, "data", "import", write_lines(tmp_path / "animals.jsonl", rows)).code == 0
    return workspace


def test_the_document(cli: Cli, demo: Path) -> None:
    result = cli("-C", demo, "grader", "bench", "exact", "--json")
    assert result.code == 1
    document = result.document
    assert document["ok"] is False
    assert len(document["probes"]) == 200
    assert {"probe", "item", "expected", "score", "ok"} <= set(document["probes"][0])
    first = document["probes"][:2]
    assert [one["probe"] for one in first] == ["reference", "padding"]
    assert (first[0]["expected"], first[0]["at_least"], first[0]["score"], first[0]["ok"]) == ("at least 1", 1, 1, True)
    assert {one["probe"] for one in document["probes"] if not one["ok"]} == {"surface"}
    assert document["skipped"] == []
    assert cli("-C", demo, "grader", "bench", "exact", "--json").document == document
    assert len(cli("-C", demo, "grader", "bench", "exact", "--items", 3, "--json").document["probes"]) == 30


def test_a_bench_that_holds_ends_with_0(cli: Cli, animals: Path, tmp_path: Path) -> None:
    words = ["reference", "echo", "empty", "refusal", "other_reference", "injection", "very_long"]
    chosen = [part for word in words for part in ("--probe", word)]
    path = written(tmp_path / "same.json", EXACT | {"operation": "eq"})
    result = cli("-C", animals, "grader", "bench", path, *chosen)
    assert result.code == 0
    assert "sound, 42 of 42 hold" in result.out
    assert "Evidence" not in result.out


def test_the_table_shows_failures_with_their_evidence_in_bounded_lines(cli: Cli, animals: Path, tmp_path: Path) -> None:
    result = cli("-C", animals, "grader", "bench", written(tmp_path / "same.json", EXACT))
    assert result.code == 1
    lines = result.out.splitlines()
    assert lines[2].split() == ["probe", "item", "expected", "score", "ok"]
    assert any(line.startswith("padding") and "0 of 6 hold" in line and "0.2 below reference" in line for line in lines)
    assert any(line.startswith("padding") and "and 3 more" in line for line in lines)
    assert any(line.startswith("  padding ") and "most likely the usual" in line for line in lines)
    assert "\x1b" not in result.out
    assert max(map(len, lines)) <= 200
    every = cli("-C", animals, "grader", "bench", tmp_path / "same.json", "--all")
    assert "more" not in every.out
    assert "␛" in every.out
    assert "6 of the 20 items asked for" in result.err


def test_limits_move_the_verdict(cli: Cli, animals: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "same.json", EXACT)
    call = ("-C", animals, "grader", "bench", path, "--probe", "surface", "--json")
    assert cli(*call).document["ok"] is True
    assert cli("-C", animals, "grader", "bench", path, "--probe", "padding", "--limit", "padding=0").code == 0


def test_orderings_stand_beside_the_grader(cli: Cli, animals: Path) -> None:
    written(animals / "graders" / "same.json", EXACT | {"operation": "eq"})
    fixtures = [
        {"item": {"reference_answer": "otter"}, "answers": ["otter", "hotter"]},
        {"item": {"reference_answer": "otter"}, "answers": ["sea otter", "otter"]},
    ]
    write_lines(animals / "graders" / "same.orderings.jsonl", fixtures)
    call = ("-C", animals, "grader", "bench", "same", "--probe", "reference")
    document = cli(*call, "--json").document
    assert [(one["ok"], one["inverted"]) for one in document["orderings"]] == [(True, []), (False, [0])]
    text = cli(*call)
    assert text.code == 1
    assert "1. 0.000 sea otter  ← not more than the next" in text.out
    assert cli("-C", animals, "grader", "list").code == 0


def test_figures_of_a_prompt_need_no_service_and_no_workspace(cli: Cli, tmp_path: Path) -> None:
    path = written(tmp_path / "judge.json", TAMPERED)
    result = cli("grader", "bench", path, "--static", "--json")
    assert result.code == 1
    (finding,) = result.document["worked_examples"]
    assert (finding["check"], finding["stated"], finding["ok"], finding["line"]) == ("lexical", 0.7, False, 3)
    assert finding["computed"] == pytest.approx(3 / 7)
    assert "fox for red fox (input.0.content, line 3)" in cli("grader", "bench", path, "--static").out
    assert cli("grader", "bench", written(tmp_path / "same.json", EXACT), "--static").code == 0


def test_a_judge_is_asked_through_a_profile_and_marked(cli: Cli, animals: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "judge.json", TAMPERED)
    call = ("-C", animals, "grader", "bench", path, "--profile", "simulated", "--items", 2, "--repeat", 2)
    result = cli(*call, "--judge-examples")
    assert result.code == 1
    assert "at most 40 questions through simulated" in result.err
    assert "SIMULATED" in result.out
    assert "asked 2 times: 0 of 20 scores vary" in result.out
    document = cli(*call, "--json").document
    assert document["simulated"] is True
    assert document["variance"]["answers"] == 20
    assert all(len(one["scores"]) == 2 for one in document["probes"])


def test_what_comes_out_is_kept_for_the_version(cli: Cli, animals: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "same.json", EXACT)
    assert cli("-C", animals, "grader", "show", path, "--json").document["bench"] == {"state": "never"}
    printed = cli("-C", animals, "grader", "bench", path, "--json").document
    with closing(sqlite3.connect(animals / CACHE_FILE)) as db:
        kept = db.execute("SELECT name, version, ok, checks, failures, document FROM bench_result").fetchall()
        stored = db.execute("SELECT count(*) FROM grader").fetchone()
    assert kept[0][:5] == ("same", printed["grader"]["version"], 0, 60, 12)
    document = json.loads(kept[0][5])
    assert {"probes", "summary", "limits", "seed"} <= set(document)
    assert printed == printed | document
    assert stored == (0,)
    shown = cli("-C", animals, "grader", "show", path)
    assert "fails the bench (just now, 60 checks on 6 items): padding 6 of 6, alternatives 6 of 6" in shown.err
    bench = cli("-C", animals, "grader", "show", path, "--json").document["bench"]
    assert (bench["state"], bench["items"], bench["failing"]) == ("failed", 6, ["padding", "alternatives"])


def test_the_list_has_the_newest_bench_of_each_version(cli: Cli, demo: Path) -> None:
    cli("-C", demo, "grader", "bench", "exact", "--items", 3)
    rows = cli("-C", demo, "grader", "list", "--json").document["graders"]
    assert {one["grader"]: one["bench"]["state"] for one in rows}["exact"] == "failed"
    assert {one["bench"]["state"] for one in rows if one["grader"] != "exact"} == {"never"}
    assert "✗ 1 of 10" in cli("-C", demo, "grader", "list").out


def test_figures_alone_are_not_kept_and_some_probes_are_kept_as_a_part(cli: Cli, animals: Path, tmp_path: Path) -> None:
    judge = written(tmp_path / "judge.json", TAMPERED)
    static = cli("-C", animals, "grader", "bench", judge, "--static", "--json").document
    assert static["partial"] is True
    assert cli("-C", animals, "grader", "show", judge, "--json").document["bench"] == {"state": "never"}
    path = written(tmp_path / "same.json", EXACT)
    part = cli("-C", animals, "grader", "bench", path, "--probe", "echo", "--json").document
    assert (part["ok"], part["partial"]) == (True, True)
    assert cli("-C", animals, "grader", "show", path, "--json").document["bench"]["state"] == "partial"


def test_a_cache_that_cannot_be_written_does_not_hide_the_result(
    cli: Cli, animals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object, **_named: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr("rft_tui.store.benches.keep_bench", full)
    result = cli("-C", animals, "grader", "bench", written(tmp_path / "same.json", EXACT))
    assert result.code == 1
    assert "not kept: the disk is full" in result.err
    assert "not sound, 48 of 60 hold" in result.out


def test_a_judge_that_ends_early_leaves_nothing(cli: Cli, animals: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "judge.json", TAMPERED)
    (animals / "rft.toml").write_text(
        '[profiles.away]\nbase_url = "http://127.0.0.1:9/v1"\napi = "chat"\napi_key_env = ""\n'
    )
    assert cli("-C", animals, "grader", "bench", path, "--profile", "away", "--json").code == 3
    assert cli("-C", animals, "grader", "show", path, "--json").document["bench"] == {"state": "never"}


def test_words_in_common_with_a_share_for_the_exact_text_pay_for_padding(
    cli: Cli, workspace: Path, tmp_path: Path
) -> None:
    """A forgiving likeness and an exact share, as a function of a file: what stands beside the answer costs nothing."""
    rows = [
        question(f"What helps in case {at}?", name) for at, name in enumerate(("ginger tea", "honey", "warm broth"))
    ]
    assert cli("-C", workspace, "data", "import", write_lines(tmp_path / "helps.jsonl", rows)).code == 0
    (tmp_path / "mixed.py").write_text(MIXED)
    path = tmp_path / "mixed.json"
    assert cli("-C", workspace, "grader", "new", "--from", f"{tmp_path / 'mixed.py'}:mixed", "-o", path).code == 0
    write_lines(tmp_path / "mixed.orderings.jsonl", [{"item": {"reference_answer": "honey"},
                "answers": ["honey", "plenty of honey in hot milk twice a day plus rest"]}])  # fmt: skip
    result = cli("-C", workspace, "grader", "bench", path, "--limit", "ordering=0.3", "--json")
    assert result.code == 1
    padding = [one for one in result.document["probes"] if one["probe"] == "padding"]
    assert [(round(one["score"], 6), one["expected"], one["ok"]) for one in padding] == [
        (0.85, "at most 0.8", False)
    ] * 3
    (ordering,) = result.document["orderings"]
    assert [round(one["score"], 6) for one in ordering["answers"]] == [1.0, 0.85]
    assert (ordering["inverted"], ordering["ok"]) == ([0], False)
    text = cli("-C", workspace, "grader", "bench", path)
    assert "0.2 below reference       0.850 – 0.850  no" in text.out


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--limit", "echo=2"), "from 0 to 1"),
        (("--limit", "nothing=0.1"), "sets no limit"),
        (("--probe", "nothing"), "no probe"),
        (("--dataset", "nothing"), "no dataset"),
        (("--reference-field", "nothing"), "none of the 6 items"),
        (("--orderings", "nothing.jsonl"), "cannot be read"),
    ],
)
def test_wrong_use(cli: Cli, animals: Path, tmp_path: Path, options: tuple[str, str], word: str) -> None:
    path = written(tmp_path / "same.json", EXACT)
    result = cli("-C", animals, "grader", "bench", path, *options, "--json")
    assert result.code == 2
    assert word in result.error["message"]


def test_a_service_that_cannot_be_used(cli: Cli, animals: Path, tmp_path: Path) -> None:
    settings = animals / "rft.toml"
    for name, address in (("gone", "http://127.0.0.1:9/v1"), ("dear", "https://models.invalid/v1")):
        added = f'\n[profiles.{name}]\nbase_url = "{address}"\napi_key_env = ""\n'
        settings.write_text(settings.read_text() + added)
    call = ("-C", animals, "grader", "bench", written(tmp_path / "judge.json", TAMPERED), "--items", 1, "--json")
    assert cli(*call, "--profile", "gone").code == 3
    assert "the judge's price" in cli(*call, "--profile", "dear", "--spend-cap", 1).error["message"]


@pytest.mark.parametrize("template", ["string-combination", "model-rubric", "model-levels"])
def test_new_from_a_template(cli: Cli, workspace: Path, template: str) -> None:
    made = cli("-C", workspace, "grader", "new", "--template", template, "--json").document
    assert Path(made["file"]).is_file()
    assert cli("grader", "check", made["file"], "--json").document["ok"] is True


def test_new_from_another_grader(cli: Cli, demo: Path, tmp_path: Path) -> None:
    copy = cli("-C", demo, "grader", "new", "--from", "exact", "--json").document
    assert (copy["grader"], Path(copy["file"]).name) == ("exact_copy", "exact_copy.json")
    path = written(tmp_path / "same.json", EXACT | {"own": [1]})
    made = cli("-C", demo, "grader", "new", "--from", path, "--name", "mine", "--json").document
    assert json.loads(Path(made["file"]).read_text()) == EXACT | {"own": [1], "name": "mine"}


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ((), "begins with"),
        (("--type", "python", "--template", "model-rubric"), "begins with"),
        (("--template", "nothing"), "no template"),
        (("--from", "nothing.py:grade"), "no such file"),
        (("--from", "nothing"), "no grader"),
    ],
)
def test_new_from_nothing(cli: Cli, workspace: Path, options: tuple[str, ...], word: str) -> None:
    result = cli("-C", workspace, "grader", "new", *options, "--json")
    assert result.code == 2
    assert word in result.error["message"]
