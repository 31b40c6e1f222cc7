"""``report`` from the command line: what is written, and what is said where it cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rft_tui.store.kept_lists import put_list
from rft_tui.workspace import open_workspace
from tests.unit.cli.conftest import Cli
from tests.unit.store.building import predictions
from tests.unit.tasks.comparing.worlds import A, B, make
from tests.unit.tasks.reporting.reports import ATTRIBUTES, TAGS, Page


@pytest.fixture
def compared(workspace: Path) -> Path:
    """A workspace with the answers of two models."""
    opened = open_workspace(workspace)
    make(opened.store, {"a": A, "b": B})
    opened.store.close()
    return workspace


def test_html_has_every_section_and_nothing_that_runs(cli: Cli, compared: Path, tmp_path: Path) -> None:
    done = cli("-C", compared, "report", "a", "b", "-o", tmp_path / "r.html", "--title", "A & <b>")
    assert done.code == 0, done.err
    page = Page((tmp_path / "r.html").read_text())
    assert set(page.tags) <= TAGS
    assert {name for name, _value in page.attributes} <= ATTRIBUTES
    for said in ("A & <b>", "Result", "Means", "Differences", "Distributions", "Several runs",
                 "What changed: b against a", "What stands behind it"):  # fmt: skip
        assert said in page.texts
    whole = " ".join(page.texts)
    assert "b scores 0.767 and a 0.600 on 5 common items: a difference of +0.167" in whole
    assert "5 items are too few" in whole


def test_markdown_and_json_say_the_same(cli: Cli, compared: Path, tmp_path: Path) -> None:
    assert cli("-C", compared, "report", "a", "b", "-o", tmp_path / "r.md").code == 0
    assert "a difference of +0.167" in (tmp_path / "r.md").read_text()
    assert cli("-C", compared, "report", "a", "b", "-o", tmp_path / "r.json", "--hacking").code == 0
    document = json.loads((tmp_path / "r.json").read_text())
    compare = cli("-C", compared, "compare", "a", "b", "--hacking", "--json").document
    assert {key: document[key] for key in compare} == compare
    assert document["title"] == "a and b"


def test_charts_are_files_too(cli: Cli, compared: Path, tmp_path: Path) -> None:
    done = cli("-C", compared, "report", "a", "b", "-o", tmp_path / "r.html", "--charts", tmp_path / "c", "--json")
    written = done.document["charts"]
    assert written[0] == str(tmp_path / "c" / "01.svg")
    assert all(Path(one).read_text().startswith("<svg ") for one in written)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a", "b", "-o", "r.pdf"), "a report is written as .html, .md, .json"),
        (("a", "nobody", "-o", "r.html"), "nobody"),
        (("a", "b", "--grader", "nobody", "-o", "r.html"), "nobody"),
    ],
)
def test_wrong_use_writes_nothing(
    cli: Cli, compared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = cli("-C", compared, "report", *arguments)
    assert done.code == 2
    assert said in done.err
    assert not list(tmp_path.glob("r.*"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "-"), "-o report.html"),
        (("-o", "folder.html"), "is a folder"),
        (("-o", "r.html", "--charts", "file"), "is no folder"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is(
    cli: Cli, compared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "file").write_text("")
    done = cli("-C", compared, "report", "a", "b", *arguments)
    assert done.code == 2
    assert said in done.err
    assert not (tmp_path / "r.html").exists()


def test_a_long_title_stays_one_short_line(cli: Cli, compared: Path, tmp_path: Path) -> None:
    out = cli("-C", compared, "report", "a", "b", "-o", tmp_path / "r.html", "--title", "x\ny" * 1000).out
    assert out.count("\n") == 1
    assert len(out) < len(str(tmp_path)) + 200


def test_fewer_runs_of_some_items_are_said(cli: Cli, workspace: Path, tmp_path: Path) -> None:
    opened = open_workspace(workspace)
    make(opened.store, {"a": A, "b": [[1, 1, None], *B[1:]]})
    opened.store.close()
    assert cli("-C", workspace, "report", "a", "b", "-o", tmp_path / "r.md").code == 0
    text = (tmp_path / "r.md").read_text()
    assert "b: 4 of 5 items have 3 scores;" in text
    assert "a: " not in text.split("## Several runs")[1].split("| ---")[0]


def test_the_table_of_means_has_what_the_screen_has(cli: Cli, compared: Path, tmp_path: Path) -> None:
    assert cli("-C", compared, "report", "a", "b", "-o", tmp_path / "r.md").code == 0
    written = (tmp_path / "r.md").read_text()
    row = next(line for line in written.splitlines() if line.startswith("| a |") and "0.600" in line)
    assert row.rstrip(" |").endswith("73.3%")
    assert "pass@1 counts scores from 0.5, half of the range: the grader has no threshold of its own." in written
    assert "pass rate" not in written


def test_a_second_row_without_what_a_filter_finds(cli: Cli, compared: Path, tmp_path: Path) -> None:
    opened = open_workspace(compared)
    with opened.store.write() as db:
        put_list(db, "suspects", [predictions(db)[2]])
    opened.store.close()
    done = cli("-C", compared, "report", "a", "b", "--exclude", "list:suspects", "-o", tmp_path / "r.md")
    assert done.code == 0, done.err
    lines = (tmp_path / "r.md").read_text().splitlines()
    rows = [line for line in lines if "without 1 suspect item (list:suspects)" in line]
    assert [line.split("|")[1].split(",")[0].strip() for line in rows] == ["a", "b", "b"]
    assert "+0.167" in rows[2]
    none = cli("-C", compared, "report", "a", "b", "--dataset", "nothing", "-o", tmp_path / "s.md")
    assert (none.code, (tmp_path / "s.md").exists()) == (2, False)
