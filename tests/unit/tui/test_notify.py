"""Notices: which sequence, and that no text gets out of it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.tui.notify import notice, tell


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMUX", "VTE_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_nothing_a_bell_or_a_notice() -> None:
    sent: list[str] = []
    for way in ("off", "bell", "desktop"):
        tell(way, "tuned succeeded", sent.append)
    assert sent == ["\a", "\x1b]9;rft-tui: tuned succeeded\a"]


def test_terminals_that_know_the_other_sequence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "foot")
    assert notice("a;b") == "\x1b]777;notify;rft-tui;a,b\a"


def test_tmux_hands_it_on_and_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux")
    assert notice("x") == "\x1bPtmux;\x1b\x1b]9;rft-tui: x\a\x1b\\\a"


@given(st.text())
def test_no_text_ends_the_sequence(text: str) -> None:
    inner = notice(text).removeprefix("\x1b]9;").removesuffix("\a")
    assert not [sign for sign in inner if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp")]
    assert len(inner) < 220
