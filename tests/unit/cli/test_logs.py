"""The log: where it lies, what it never holds, and what happens where it cannot be written."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path

import pytest

from rft_tui import logs


def test_secrets_are_masked_by_the_names_of_their_variables() -> None:
    environment = {
        "OPENAI_API_KEY": "sk-123456",
        "HF_TOKEN": "hf_abcdefgh",
        "my_secret": "hush-hush",
        "SHORT_KEY": "none",
        "PATH": "/usr/bin",
    }
    assert logs.secrets(environment) == ["hf_abcdefgh", "hush-hush", "sk-123456"]


def test_the_log_masks_messages_and_tracebacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "token-4711")
    path = logs.start()
    assert path == logs.log_path()
    assert path is not None
    logs.log.info("sent token-4711 \x1b[2J")
    try:
        int("token-4711")
    except ValueError as error:
        logs.keep_error(error)
    text = path.read_text(encoding="utf-8")
    assert "ValueError" in text
    assert "token-4711" not in text
    assert "\x1b" not in text


def test_the_log_is_rotated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES", 2000)
    path = logs.start()
    assert path is not None
    for number in range(200):
        logs.log.info("line %d", number)
    files = sorted(one.name for one in path.parent.iterdir())
    assert files == ["rft-tui.log", "rft-tui.log.1", "rft-tui.log.2"]
    assert all(one.stat().st_size <= 2000 for one in path.parent.iterdir())


def test_a_log_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert logs.start() is None
    assert str(tmp_path / "file") in logs.problem()
    assert "cannot be written" in logs.keep_error(ValueError("x"))


def test_the_crash_handler_says_where_the_log_is(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    logs.install_crash_handler()
    error = RuntimeError("it fell over")
    sys.excepthook(RuntimeError, error, None)
    said = capfd.readouterr().err
    assert "it fell over" in said
    assert str(logs.log_path()) in said
    assert "Traceback" not in said
    thread = threading.Thread(target=lambda: 1 // 0)
    thread.start()
    thread.join()
    assert capfd.readouterr().err == ""
    assert "ZeroDivisionError" in logs.log_path().read_text(encoding="utf-8")


def test_the_log_does_not_pass_messages_on() -> None:
    logs.start()
    assert not logging.getLogger("rft_tui").propagate
