"""Unsaved text of a grader in a real terminal: it is there again after the app was killed while somebody typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.driver import stored
from tests.functional.workspaces import make_demo_workspace
from tests.integration.emulator import Terminal

ROOT = Path(__file__).resolve().parents[2]


def test_text_survives_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    folder = make_demo_workspace(tmp_path / "sample")
    with Terminal("-m", "rft_tui", folder, size=(120, 40)) as terminal:
        terminal.see("▸3 Review")
        terminal.send("4")
        terminal.see("▸4 Graders", "lint")
        terminal.send("\r")
        terminal.see("typing")
        terminal.send("0 * half + ")
        terminal.see("unsaved", "0 * half + ")
        terminal.until(lambda: any("0 * half + " in text for text in stored(folder, "SELECT text FROM draft")), "kept")
        terminal.kill()
        terminal.wait()
    with Terminal("-m", "rft_tui", folder, size=(120, 40)) as terminal:
        terminal.see("▸4 Graders", "unsaved", "not saved last time")
        terminal.send("\r")
        terminal.see("0 * half + ", "typing")
