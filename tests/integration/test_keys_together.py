"""Keys that arrive in one read, as they do over a slow link: they go where they were meant for, in their order."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.driver import stored
from tests.functional.workspaces import make_demo_workspace
from tests.integration.emulator import Terminal

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    original = make_demo_workspace(tmp_path / "original")
    return Path(shutil.copytree(original, tmp_path / "sample"))


@pytest.fixture
def terminal(demo: Path) -> Iterator[Terminal]:
    with Terminal("-m", "rft_tui", demo, size=(120, 40)) as opened:
        opened.see("▸3 Review", "reference", "a right")
        yield opened
        opened.kill()


def test_a_filter_typed_at_once(terminal: Terminal) -> None:
    terminal.send("/flips")
    terminal.see("mistakes flips", "enter keep")


def test_a_line_emptied_and_typed_at_once(terminal: Terminal) -> None:
    terminal.send("o\x1526")
    terminal.see("right reference  26")


def test_a_note_typed_and_kept_at_once(terminal: Terminal, demo: Path) -> None:
    terminal.send("ia clear case\r")
    terminal.see("note a clear case")
    assert stored(demo, "SELECT kind, value FROM verdict_log") == [("note", "a clear case")]


def test_a_choice_made_at_once(terminal: Terminal) -> None:
    terminal.send("Rval smol\r")
    terminal.see("val · smollm2 ×3 · phrase_and_exact")


def test_verdicts_given_at_once(terminal: Terminal, demo: Path) -> None:
    terminal.send("axwbm")
    terminal.see("6/149")
    assert stored(demo, "SELECT value FROM verdict_log ORDER BY id") == ["right", "wrong", "grader", "label", "both"]
