"""The person's own editor."""

from __future__ import annotations

from pathlib import Path

import pytest

from rft_tui.errors import UsageError
from rft_tui.tui.editor import edit_text, editor_command


def program(folder: Path, text: str) -> str:
    path = folder / "my editor"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return f"'{path}'"


def test_visual_comes_before_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "ed")
    assert editor_command() == ["ed"]
    monkeypatch.setenv("VISUAL", "code --wait 'a b'")
    assert editor_command() == ["code", "--wait", "a b"]
    monkeypatch.setenv("VISUAL", "  ")
    assert editor_command() == ["ed"]


def test_no_editor_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="there is no editor"):
        editor_command()


def test_an_editor_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "vim 'unclosed")
    with pytest.raises(UsageError, match=r"\$VISUAL cannot be read"):
        editor_command()


def test_the_text_goes_there_and_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    copy = tmp_path / "seen"
    monkeypatch.setenv(
        "VISUAL", program(tmp_path, f'cp "$1" {copy}; echo "$1" > {tmp_path}/name; printf "new 日" > "$1"')
    )
    assert edit_text("old \x1b[31m 日本", ".md") == "new 日"
    assert copy.read_text() == "old \x1b[31m 日本"
    name = Path((tmp_path / "name").read_text().strip())
    assert name.suffix == ".md"
    assert not name.exists()


def test_an_editor_that_fails_takes_nothing_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VISUAL", program(tmp_path, "exit 3"))
    with pytest.raises(UsageError, match="ended with 3"):
        edit_text("x", ".md")
    monkeypatch.setenv("VISUAL", str(tmp_path / "none"))
    with pytest.raises(UsageError, match="none"):
        edit_text("x", ".md")
