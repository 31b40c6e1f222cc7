"""Copying: through tmux, through the terminal, or into a file; always said honestly."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from rft_tui.tui.clipboard import LONGEST_SEQUENCE, clipboard_way, copy, copy_file


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tmux that keeps what it is given."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "tmux"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\n/bin/cat > {tmp_path}/copied\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")
    return tmp_path


def test_outside_tmux_the_terminal_is_asked() -> None:
    sent: list[str] = []
    said = copy("gout \x1b[31m 日本", sent.append)
    assert clipboard_way() == "terminal"
    assert said == "sent 13 characters to the terminal's clipboard"
    assert len(sent) == 1
    assert sent[0].startswith("\x1b]52;c;")
    assert sent[0].endswith("\a")
    assert base64.b64decode(sent[0][7:-1]).decode() == "gout \x1b[31m 日本"


def test_inside_tmux_the_text_goes_to_tmux(tmux: Path) -> None:
    sent: list[str] = []
    assert clipboard_way() == "tmux"
    assert copy("a" * 200_000, sent.append) == "copied 200,000 characters through tmux"
    assert sent == []
    assert (tmux / "copied").read_text() == "a" * 200_000
    assert (tmux / "arguments").read_text().split() == ["load-buffer", "-w", "-"]


def test_a_tmux_that_fails_is_not_believed(tmux: Path) -> None:
    (tmux / "bin" / "tmux").write_text("#!/bin/sh\nexit 1\n")
    sent: list[str] = []
    assert copy("gout", sent.append) == "sent 4 characters to the terminal's clipboard"
    assert len(sent) == 1


def test_without_a_tmux_program_the_terminal_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMUX", "1")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert clipboard_way() == "terminal"


def test_too_long_goes_to_a_file_that_is_named() -> None:
    sent: list[str] = []
    said = copy("日" * LONGEST_SEQUENCE, sent.append)
    assert said == f"too long for the clipboard: written to {copy_file()}"
    assert sent == []
    assert copy_file().read_text(encoding="utf-8") == "日" * LONGEST_SEQUENCE


def test_a_lone_surrogate_is_copied_as_a_question_mark() -> None:
    sent: list[str] = []
    copy("a\ud800b", sent.append)
    assert base64.b64decode(sent[0][7:-1]) == b"a?b"
