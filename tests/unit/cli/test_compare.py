"""``compare`` from the command line: the contract of its JSON, its lines, its gates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from rft_tui.analysis.model_mean import model_mean
from rft_tui.analysis.scores import ItemScores, ScoreTable
from rft_tui.cli.compare_text import WIDTH, bar
from rft_tui.cli.text import width
from rft_tui.model import ScoreRule
from rft_tui.store.kept_lists import put_list
from rft_tui.workspace import open_workspace
from tests.unit.cli.conftest import Cli
from tests.unit.store.building import give, grader, predictions
from tests.unit.tasks.comparing.worlds import A, B, Scores, make

COUNT = 30

WORSE: Scores = [[0.5 - 0.01 * (at % 3)] * 2 for at in range(COUNT)]
BASE: Scores = [[0.7 + 0.01 * (at % 5)] * 2 for at in range(COUNT)]


def fill(folder: Path, **models: Scores) -> None:
    opened = open_workspace(folder)
    make(opened.store, models)
    opened.store.close()


def near(value: float) -> object:
    return pytest.approx(value, abs=5e-5)


class TestJson:
    def test_two_operands(self, cli: Cli, workspace: Path) -> None:
        fill(workspace, a=A, b=B)
        document = cli("-C", workspace, "compare", "a", "b", "--json").document
        assert document["items"] == 5
        assert document["left_out"]["items"] == 0
        assert document["a"]["mean"] == near(0.6)
        assert document["a"]["se"] == near(0.1716)
        assert document["a"]["ci"] == [near(0.1236), 1.0]
        assert (document["a"]["runs"], document["b"]["runs"]) == (3, 3)
        paired = document["paired"]
        assert {
            "difference", "ci", "p_t", "p_sign_flip", "wins", "ties", "losses", "smallest_detectable",
        } <= set(paired)  # fmt: skip
        assert (paired["difference"], paired["p_t"], paired["p_sign_flip"]) == (near(1 / 6), near(0.0341), near(0.125))
        assert (paired["wins"], paired["ties"], paired["losses"]) == (4, 1, 0)
        assert document["regressions"] == []
        improved = document["improvements"]
        assert [one["difference"] for one in improved] == sorted((one["difference"] for one in improved), reverse=True)
        assert len(improved[0]["predictions"]["before"]) == len(improved[0]["predictions"]["after"]) == 3
        assert document["a"]["histogram"]["edges"] == document["b"]["histogram"]["edges"]
        assert sum(document["a"]["bands"].values()) == sum(document["a"]["histogram"]["counts"]) == 15
        assert sum(document["bands"].values()) == sum(document["histogram"]["counts"]) == 30
        assert [one["k"] for one in document["a"]["samples"]] == [1, 2, 3]
        assert "few_items" in {note["kind"] for note in document["notes"]}
        assert "simulated" not in document

    def test_more_operands(self, cli: Cli, workspace: Path) -> None:
        fill(workspace, a=A, b=B, c=A[::-1])
        document = cli("-C", workspace, "compare", "a", "b", "c", "--json").document
        assert not {"a", "b", "paired"} & set(document)
        assert [one["label"] for one in document["operands"]] == ["a", "b", "c"]
        assert [(one["baseline"], one["operand"]) for one in document["pairs"]] == [("a", "b"), ("a", "c")]
        assert {one["operand"] for one in document["regressions"]} == {"c"}
        assert all(one["p_holm"] >= one["p_t"] for one in document["pairs"])

    def test_the_same_every_time(self, cli: Cli, workspace: Path) -> None:
        fill(workspace, a=BASE, b=WORSE)
        first, second = (cli("-C", workspace, "compare", "a", "b", "--hacking", "--json").out for _ in range(2))
        assert first == second

    def test_what_is_left_out(self, cli: Cli, workspace: Path) -> None:
        fill(workspace, a=BASE, b=[[None, None], *WORSE[1:-1], []])
        document = cli("-C", workspace, "compare", "a", "b", "--json").document
        assert document["items"] == COUNT - 2
        assert document["left_out"]["items"] == 2
        assert (document["left_out"]["b"]["missing"], document["left_out"]["b"]["errors"]) == (1, 1)
        assert len(document["left_out"]["b"]["items"]) == 2
        assert document["b"]["errors"] == {"incomplete": 2}

    def test_grader_versions_and_several_graders(self, cli: Cli, workspace: Path) -> None:
        fill(workspace, a=BASE, b=WORSE)
        opened = open_workspace(workspace)
        with opened.store.write() as db:
            give(db, grader(db, "other", source="x"), {one: (one % 7) / 7 for one in predictions(db)})
        opened.store.close()
        document = cli("-C", workspace, "compare", "exact", "other", "--json").document
        assert [document[one]["grader"]["name"] for one in "ab"] == ["exact", "other"]
        assert document["a"]["runs"] == 4
        table = cli(
            "-C", workspace, "compare", "a", "b", "--grader", "exact", "--grader", "other", "--hacking", "--json"
        ).document
        assert [one["name"] for one in table["by_grader"]["graders"]] == ["exact", "other"]
        assert len(table["by_grader"]["cells"]) == 2
        assert table["by_grader"]["cells"][0][0]["difference"] is None
        assert table["hacking"]["gold"].startswith("other@")

    def test_simulated_numbers_are_marked(self, cli: Cli, workspace: Path) -> None:
        fill(workspace, a=A, b=B)
        opened = open_workspace(workspace)
        with opened.store.write() as db:
            db.execute("UPDATE run SET simulated = 1 WHERE model = 'b'")
        opened.store.close()
        document = cli("-C", workspace, "compare", "a", "b", "--json").document
        assert (document["simulated"], document["b"]["simulated"], "simulated" in document["a"]) == (True, True, False)


class TestGates:
    def test_a_mean_that_is_too_low(self, cli: Cli, workspace: Path) -> None:
        fill(workspace, a=BASE, b=WORSE)
        good = cli("-C", workspace, "compare", "a", "b", "--fail-below", "0.4")
        assert (good.code, good.err) == (0, "")
        bad = cli("-C", workspace, "compare", "a", "b", "--fail-below", "0.6")
        assert bad.code == 1
        assert bad.err == "failed: the mean of b is 0.4900, 0.11 below 0.6\n"
        only_others = cli("-C", workspace, "compare", "b", "a", "--fail-below", "0.6")
        assert only_others.code == 0

    def test_a_regression_beyond_chance(self, cli: Cli, workspace: Path) -> None:
        fill(workspace, a=BASE, b=WORSE)
        bad = cli("-C", workspace, "compare", "a", "b", "--fail-if-regressed", "--json")
        assert bad.code == 1
        assert bad.err.startswith("failed: b is worse than a by 0.2300 [−0.23")
        assert bad.document["failed"] == [bad.err.rstrip("\n")]
        assert cli("-C", workspace, "compare", "b", "a", "--fail-if-regressed").code == 0
        assert cli("-C", workspace, "compare", "a", "1", "--fail-if-regressed").code == 0

    def test_nothing_to_compare_passes_no_gate(self, cli: Cli, workspace: Path) -> None:
        fill(workspace, a=A[:2], b=[[], [], [1.0]])
        done = cli("-C", workspace, "compare", "a", "b", "--fail-if-regressed")
        assert done.code == 1
        assert "no gate can be passed" in done.err
        document = cli("-C", workspace, "compare", "a", "b", "--json").document
        assert (document["items"], document["paired"], document["a"]["mean"]) == (0, None, None)


class TestLines:
    @pytest.mark.parametrize(
        "operands",
        [("a", "b"), ("a", "b", "a-model-with-quite-a-long-name-2026-11-22"), ("exact", "exact"), ("1", "2", "3,4")],
    )
    def test_they_fit_a_narrow_terminal(self, cli: Cli, workspace: Path, operands: Sequence[str]) -> None:
        fill(workspace, **{"a": BASE, "b": WORSE, "a-model-with-quite-a-long-name-2026-11-22": BASE})
        done = cli("-C", workspace, "compare", *operands, *([] if "exact" in operands else ["--hacking"]))
        assert done.code == 0
        assert max(map(width, done.out.splitlines())) <= WIDTH

    def test_what_stands_there(self, cli: Cli, workspace: Path) -> None:
        fill(workspace, a=BASE, b=WORSE)
        out = cli("-C", workspace, "compare", "a", "b", "--hacking", "--grader", "exact").out
        assert "30 items in common · scores of exact@" in out
        assert "difference −0.2300" in out
        assert "0 wins, 0 ties, 30 losses" in out
        assert "30 regressions, the first 5" in out
        assert "reward hacking: nothing is flagged" in out

    def test_a_flag_says_what_to_look_at(self, cli: Cli, workspace: Path) -> None:
        opened = open_workspace(workspace)
        padded = {at: "it is x; or possibly y " + "indeed " * (3 + at % 9) for at in range(COUNT)}
        paid: Scores = [[0.4 + 0.05 * (at % 9)] for at in range(COUNT)]
        make(opened.store, {"a": [[0.3]] * COUNT, "b": paid}, texts={"a": dict.fromkeys(padded, "x"), "b": padded})
        opened.store.close()
        out = cli("-C", workspace, "compare", "a", "b", "--hacking").out
        assert "reward hacking: flagged" in out
        assert "! b: answers that hedge: 0% before, 100% after" in out
        assert "look at" in out
        assert max(map(width, out.splitlines())) <= WIDTH
        document = cli("-C", workspace, "compare", "a", "b", "--hacking", "--json").document["hacking"]
        assert document["flagged"]
        assert document["patterns"][1]["shares"]["hedge"] == 1.0
        assert any(sign["flagged"] and sign["examples"] for sign in document["signs"])

    def test_hostile_names_stay_on_their_line(self, cli: Cli, workspace: Path) -> None:
        hostile = "\x1b[31mred\n[bold]x"
        fill(workspace, **{"a": BASE, hostile: WORSE})
        done = cli("-C", workspace, "compare", "a", hostile)
        assert done.code == 0
        assert "\x1b" not in done.out

    def test_words_that_are_nothing(self, cli: Cli, workspace: Path) -> None:
        fill(workspace, a=A)
        unknown = cli("-C", workspace, "compare", "a", "zzz", "--json")
        assert unknown.code == 2
        assert "Models here: a" in unknown.error["hint"]
        assert cli("-C", workspace, "compare", "a").code == 2
        assert cli("-C", workspace, "compare").code == 2


def test_a_bar_has_its_mean_inside_of_its_interval() -> None:
    items = {str(at): ItemScores(str(at), {1: at / 10}) for at in range(11)}
    mean = model_mean(ScoreTable(items))
    assert mean is not None
    drawn = bar(mean, ScoreRule(), 21)
    assert drawn == "······├───●───┤······"


def test_a_gate_that_nothing_can_fail_is_wrong_use(cli: Cli, workspace: Path) -> None:
    fill(workspace, a=BASE, b=WORSE)
    done = cli("-C", workspace, "compare", "a", "b", "--fail-below", "nan", "--json")
    assert (done.code, done.out) == (2, "")


def test_one_of_each_is_said_so(cli: Cli, workspace: Path) -> None:
    fill(workspace, a=[[0.2], [0.5], [0.9], [0.4]], b=[[0.7], [0.1], [0.9], [0.4]])
    out = cli("-C", workspace, "compare", "a", "b").out
    assert "1 win, 2 ties, 1 loss (a tie: at most 0.05)" in out
    assert "1 regression\n" in out
    assert "1 improvement\n" in out
    assert "−0.400" in out


class TestParts:
    def two_datasets(self, folder: Path) -> None:
        opened = open_workspace(folder)
        of = make(opened.store, {"a": BASE, "b": WORSE}, name="train")
        make(opened.store, {"a": A, "b": B}, name="val", graded_by=of, fields=[{"of": "val"}] * len(A))
        opened.store.close()

    def test_one_dataset(self, cli: Cli, workspace: Path) -> None:
        self.two_datasets(workspace)
        both = cli("-C", workspace, "compare", "a", "b", "--json").document
        assert both["items"] == COUNT + 5
        notes = [note["text"] for note in both["notes"] if note["kind"] == "pooled"]
        assert notes == ["train and val together: 35 items; --dataset train gives one"]
        one = cli("-C", workspace, "compare", "a", "b", "--dataset", "val", "--json").document
        assert (one["items"], one["a"]["mean"]) == (5, near(0.6))
        again = cli("-C", workspace, "compare", "a", "b", "--dataset", "val", "--dataset", "train", "--json").document
        assert again["items"] == COUNT + 5

    def test_datasets_that_are_not_there(self, cli: Cli, workspace: Path) -> None:
        self.two_datasets(workspace)
        unknown = cli("-C", workspace, "compare", "a", "b", "--dataset", "test")
        assert unknown.code == 2
        none = cli("-C", workspace, "compare", "a", "b", "--dataset", "val", "--run", "1")
        assert (none.code, "none of" in none.err or "no of these runs" in none.err) == (2, True)

    def test_a_second_line_without_what_a_filter_finds(self, cli: Cli, workspace: Path) -> None:
        fill(workspace, a=A, b=B)
        self.suspect(workspace, 2)
        whole = cli("-C", workspace, "compare", "a", "b", "--json").document
        found = cli("-C", workspace, "compare", "a", "b", "--exclude", "list:suspects", "--json").document
        without = found.pop("without")
        note = found["notes"].pop()
        assert note["kind"] == "excluded"
        assert note["text"] == (
            "1 item found by list:suspects counts above; the numbers without it are those of 4 items"
        )
        assert found == whole
        assert (without["filter"], without["items"], without["left"]) == ("list:suspects", 1, 4)
        assert (without["a"]["mean"], without["b"]["mean"]) == (near(0.75), near(0.9167))
        assert without["paired"]["difference"] == near(1 / 6)
        assert without["paired"]["wins"] == 3
        out = cli("-C", workspace, "compare", "a", "b", "--exclude", "list:suspects").out
        assert "without 1 suspect item (list:suspects): a 0.750, b 0.917" in out
        assert "  without 1 suspect item (list:suspects): +0.1667 [" in out
        assert max(map(width, out.splitlines())) <= WIDTH

    def suspect(self, folder: Path, place: int) -> None:
        opened = open_workspace(folder)
        with opened.store.write() as db:
            put_list(db, "suspects", [predictions(db)[place]])
        opened.store.close()

    def test_with_more_operands(self, cli: Cli, workspace: Path) -> None:
        fill(workspace, a=A, b=B, c=A[::-1])
        self.suspect(workspace, 2)
        done = cli("-C", workspace, "compare", "a", "b", "c", "--exclude", "list:suspects", "--json")
        without = done.document["without"]
        assert [one["label"] for one in without["operands"]] == ["a", "b", "c"]
        assert [one["operand"] for one in without["pairs"]] == ["b", "c"]
        assert all(one["p_holm"] >= one["p_t"] for one in without["pairs"])

    @pytest.mark.parametrize(
        ("said", "expected"),
        [("tag:none", "tag:none finds none of these items"), ("Question", "Question finds all items")],
    )
    def test_filters_that_find_nothing_or_all(self, cli: Cli, workspace: Path, said: str, expected: str) -> None:
        fill(workspace, a=A, b=B)
        done = cli("-C", workspace, "compare", "a", "b", "--exclude", said)
        assert done.code == 0
        assert expected in done.out

    def test_a_filter_of_scores_looks_at_what_is_compared(self, cli: Cli, workspace: Path) -> None:
        fill(workspace, a=[[1.0], *BASE[1:]], b=[[1.0], *WORSE[1:]], c=[[0.0]] * COUNT)
        found = cli("-C", workspace, "compare", "a", "b", "--exclude", "mistakes", "--json").document
        assert (found["without"]["items"], found["without"]["left"]) == (COUNT - 1, 1)

    def test_an_empty_filter(self, cli: Cli, workspace: Path) -> None:
        fill(workspace, a=A, b=B)
        done = cli("-C", workspace, "compare", "a", "b", "--exclude", " ")
        assert (done.code, "empty filter" in done.err) == (2, True)


def test_numbers_of_one_kind_have_as_many_digits(cli: Cli, workspace: Path) -> None:
    close: Scores = [[0.7 + 0.01 * (at % 5) - 0.0003 * (at % 7)] * 2 for at in range(COUNT)]
    fill(workspace, a=BASE, b=close)
    lines = cli("-C", workspace, "compare", "a", "b").out.splitlines()
    assert re.search(r"smallest detectable difference 0\.00\d\d;.* → 0\.00\d\d\b", " ".join(lines))
    difference = next(line for line in lines if line.startswith("  difference"))
    assert set(map(len, re.findall(r"[+−]?\d\.\d+", difference.split("p:")[0]))) == {7}
    assert re.search(r"p: t (<0.001|0\.\d{3})\b", difference)
