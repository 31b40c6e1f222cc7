"""The HTML report in a real browser: nothing is complained about, nothing is asked for, hostile text is inert."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.integration.browser import find_browser, open_page

ROOT = Path(__file__).resolve().parents[2]

BROWSER = find_browser()

needs_browser = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here to open the report in")

HOSTILE = (
    "<script>document.title = 'obeyed'</script><img src=http://127.0.0.1:9/a.png onerror=\"document.title='obeyed'\">"
    "</pre></details></table><iframe src=http://127.0.0.1:9/b></iframe><style>@import 'http://127.0.0.1:9/c'</style>"
    "'\"><svg onload=\"document.title='obeyed'\">\x1b]0;obeyed\x07]]>&lt;"
)


class Elements(HTMLParser):
    """The names of a page's elements, and its title."""

    def __init__(self, dom: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.handlers: list[str] = []
        self.title = ""
        self._in_title = False
        self.feed(dom)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element and of what it would run."""
        self.names.add(tag)
        self.handlers += [name for name, _value in attrs if name.startswith("on")]
        self._in_title = tag == "title"

    def handle_data(self, data: str) -> None:
        """Take note of the title."""
        if self._in_title:
            self.title += data
            self._in_title = False


def run(folder: Path, *arguments: str) -> str:
    """A command of the product in a workspace; what it printed."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH")}
    folders = {f"XDG_{name}_HOME": str(folder / name) for name in ("CONFIG", "STATE", "DATA", "CACHE")}
    done = subprocess.run(
        [sys.executable, "-m", "rft_tui", *arguments], cwd=folder, capture_output=True, text=True, check=False,
        env=kept | folders | {"HOME": str(folder), "PYTHONPATH": str(ROOT)}, stdin=subprocess.DEVNULL, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample workspace, and hostile answers to its questions beside the recorded ones."""
    folder = tmp_path_factory.mktemp("report")
    run(folder, "demo", "--dir", "w", "--json")
    rows = (ROOT / "sample_data" / "questions_train.jsonl").read_text().splitlines()[:40]
    lines = [
        {"item": json.loads(row), "output_text": HOSTILE, "model": HOSTILE, "reasoning_summary": HOSTILE}
        for row in rows
    ]
    (folder / "hostile.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder / "w"


@needs_browser
def test_the_report_of_the_sample_workspace_is_quiet(workspace: Path, tmp_path: Path) -> None:
    assert BROWSER is not None
    models = sorted({one["model"] for one in json.loads(run(workspace, "run", "list", "--json"))["runs"]})
    run(workspace, "report", models[0], models[-1], "-o", str(tmp_path / "report.html"))
    opened = open_page(BROWSER, tmp_path / "report.html", tmp_path)
    assert (opened.console, opened.asked) == ([], [])
    page = Elements(opened.dom)
    assert {"table", "svg", "details"} <= page.names
    assert page.names.isdisjoint({"script", "img", "iframe", "object", "embed"})


@needs_browser
def test_hostile_answers_are_shown_and_not_obeyed(workspace: Path, tmp_path: Path) -> None:
    assert BROWSER is not None
    run(workspace, "import", str(workspace.parent / "hostile.jsonl"))
    runs = json.loads(run(workspace, "run", "list", "--json"))["runs"]
    hostile = next(one for one in runs if "obeyed" in one["model"])
    honest = next(one for one in runs if one["dataset"] == hostile["dataset"] and one["model"] != hostile["model"])
    graders = json.loads(run(workspace, "grader", "list", "--json"))["graders"]
    grader = next(one["grader"] for one in graders if one["type"] in ("string_check", "text_similarity", "multi"))
    run(workspace, "grade", "--grader", grader, "--run", str(hostile["run"]), "--run", str(honest["run"]), "--summary")
    run(workspace, "report", str(honest["run"]), str(hostile["run"]), "--grader", grader, "--title", HOSTILE,
        "-o", str(tmp_path / "report.html"))  # fmt: skip
    opened = open_page(BROWSER, tmp_path / "report.html", tmp_path)
    assert (opened.console, opened.asked) == ([], [])
    page = Elements(opened.dom)
    assert page.title.startswith("<script>document.title = 'obeyed'")
    assert page.handlers == []
    assert page.names.isdisjoint({"script", "img", "iframe", "object", "embed"})


@needs_browser
def test_a_page_that_misbehaves_would_be_noticed(tmp_path: Path) -> None:
    assert BROWSER is not None
    page = tmp_path / "bad.html"
    page.write_text("<script>console.error('heard'); nosuch()</script><img src='http://127.0.0.1:9/x.png'>")
    opened = open_page(BROWSER, page, tmp_path)
    assert opened.asked == ["http://127.0.0.1:9/x.png"]
    assert "heard" in opened.console[0]
    assert "nosuch is not defined" in opened.console[1]
