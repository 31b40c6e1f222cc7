"""The Review list without a screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from rft_tui.model import Verdict
from rft_tui.store.kept_lists import put_list
from rft_tui.store.review import answers_of
from rft_tui.store.verdicts import EventKind, record
from rft_tui.workspace import open_workspace
from tests.unit.cli.conftest import Cli


def test_everything_by_the_grader_that_graded_most(cli: Cli, demo: Path) -> None:
    document = cli("-C", demo, "review", "list", "--json").document
    assert document["count"] == len(document["predictions"]) == 720
    assert sum(document["bands"].values()) == sum(document["histogram"]["counts"]) == 713
    assert len(document["histogram"]["edges"]) == 11
    first = document["predictions"][0]
    assert {
        "prediction", "item", "run", "run_index", "model", "grader", "score", "band", "verdict", "tags", "note",
        "output_text", "reference", "error",
    } <= set(first)  # fmt: skip
    assert first["grader"] == "phrase_and_exact"
    scores = [one["score"] for one in document["predictions"] if one["score"] is not None]
    assert scores == sorted(scores)
    errors = [one for one in document["predictions"] if one["error"]]
    assert len(errors) == 7
    assert all(one["score"] is None and one["band"] is None for one in errors)


def test_a_version_that_graded_little_is_not_the_one_shown(cli: Cli, demo: Path) -> None:
    (demo / "graders" / "late.json").write_text(
        '{"type": "string_check", "name": "late", "operation": "eq", "input": "{{sample.output_text}}",'
        ' "reference": "{{item.reference_answer}}"}'
    )
    assert cli("-C", demo, "grade", "--grader", demo / "graders" / "late.json", "--run", "1").code == 0
    document = cli("-C", demo, "review", "list", "--limit", "1", "--json").document
    assert document["grader"]["name"] == "phrase_and_exact"
    document = cli("-C", demo, "review", "list", "--run", "1", "--limit", "1", "--json").document
    assert document["grader"]["name"] == "late", "the newest of several that graded all of it"


def test_filters_hold_together(cli: Cli, demo: Path) -> None:
    def listed(*words: str) -> list[dict[str, object]]:
        document = cli("-C", demo, "review", "list", *words, "--json").document
        assert document["count"] == len(document["predictions"])
        found: list[dict[str, object]] = document["predictions"]
        return found

    mistakes = listed("--grader", "exact", "--mistakes", "--run", "smollm2")
    assert {(one["model"], one["score"], one["grader"]) for one in mistakes} == {("smollm2", 0.0, "exact")}
    assert len(mistakes) == 257
    partial = listed("--band", "partial", "--run", "1")
    assert {one["band"] for one in partial} == {"partial"}
    assert len(listed("--band", "off-base")) == len(listed("--filter", "band:off_base"))
    assert all("femur" in f"{one['reference']} {one['output_text']}" for one in listed("--text", "femur"))
    assert listed("--text", "femur")
    both = listed("--text", "femur", "--mistakes")
    assert len(both) == sum(one["score"] != 1 for one in listed("--text", "femur") if one["score"] is not None)


def test_verdicts_tags_and_notes_by_name_and_key(cli: Cli, demo: Path) -> None:
    workspace = open_workspace(demo)
    with workspace.store.write() as db:
        for kind, value, prediction in (
            (EventKind.VERDICT, Verdict.WRONG, 5),
            (EventKind.TAG, "synonym", 5),
            (EventKind.NOTE, "look \x1b[31m again", 5),
            (EventKind.VERDICT, Verdict.LABEL, 6),
        ):
            record(db, workspace.reviewer, kind, value, answers=answers_of(db, [prediction]))
    workspace.store.close()
    for words in (["--verdict", "x"], ["--verdict", "wrong"], ["--tag", "synonym"], ["--filter", "note"]):
        result = cli("-C", demo, "review", "list", *words, "--json")
        (only,) = result.document["predictions"]
        assert (only["prediction"], only["verdict"], only["tags"]) == (5, "wrong", ["synonym"])
        assert only["note"] == "look \x1b[31m again"
        assert "\x1b" not in result.out
    assert cli("-C", demo, "review", "list", "--verdict", "b", "--json").document["count"] == 1
    assert "wrong" in cli("-C", demo, "review", "list", "--verdict", "x").out


def test_limit_does_not_change_the_counts(cli: Cli, demo: Path) -> None:
    whole = cli("-C", demo, "review", "list", "--mistakes", "--json").document
    part = cli("-C", demo, "review", "list", "--mistakes", "--limit", 3, "--json").document
    assert part["predictions"] == whole["predictions"][:3]
    assert (part["count"], part["bands"], part["histogram"]) == (whole["count"], whole["bands"], whole["histogram"])


@pytest.mark.parametrize(
    "words", [["--verdict", "maybe"], ["--band", "best"], ["--run", "nobody"], ["--grader", "none"]]
)
def test_unknown_names_say_what_there_is(cli: Cli, demo: Path, words: list[str]) -> None:
    result = cli("-C", demo, "review", "list", *words, "--json")
    assert result.code == 2
    assert result.error["hint"]


def test_predictions_without_grades_are_listed(cli: Cli, workspace: Path, demo: Path) -> None:
    from rft_tui.sample import sample_folder

    imported = cli("-C", workspace, "import", sample_folder() / "predictions", "--json")
    assert imported.document["new"] == 720
    document = cli("-C", workspace, "review", "list", "--json").document
    assert document["count"] == 720
    assert {one["grader"] for one in document["predictions"]} == {None}
    assert sum(document["bands"].values()) == 0


def test_a_kept_list_in_its_own_order(cli: Cli, demo: Path) -> None:
    workspace = open_workspace(demo)
    with workspace.store.write() as db:
        put_list(db, "mine", [30, 4, 500])
    workspace.store.close()

    def listed(*words: str) -> list[int]:
        document = cli("-C", demo, "review", "list", *words, "--json").document
        return [one["prediction"] for one in document["predictions"]]

    assert listed("--filter", "list:mine") == [30, 4, 500]
    assert listed("--filter", "list:mine", "--descending") == [500, 4, 30]
    assert sorted(listed("--filter", "list:mine", "--sort", "score")) == [4, 30, 500]
    assert set(listed("--filter", "-list:mine")) == set(range(1, 721)) - {30, 4, 500}
    unknown = cli("-C", demo, "review", "list", "--filter", "list:other", "--json")
    assert (unknown.code, unknown.document["count"]) == (0, 0)
    assert "there is no list 'other'; lists here: mine" in unknown.err
    wrong = cli("-C", demo, "review", "list", "--sort", "list", "--json")
    assert (wrong.code, wrong.error["message"]) == (2, "the order of a list needs a list")
