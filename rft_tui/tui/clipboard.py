"""Copying to the clipboard of the person's own machine, over SSH and inside tmux too; and saying what was done.

In tmux the text goes to tmux, which hands it on; elsewhere the terminal is asked (OSC 52). Terminals do not answer, so
what cannot be known is not claimed; a text too long for that goes to a file, and the file is named.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from rft_tui.settings import state_folder, write_file

LONGEST_SEQUENCE = 74_000
"""Bytes of text that terminals commonly take in one OSC 52 sequence."""

TMUX_TIMEOUT_S = 2.0
"""How long tmux may take."""


def clipboard_way() -> str:
    """Which way a copy would go: ``tmux`` or ``terminal``."""
    return "tmux" if os.environ.get("TMUX") and shutil.which("tmux") else "terminal"


def copy(text: str, write: Callable[[str], None]) -> str:
    """Copy a text; `write` sends a sequence to the terminal. Returns what was done, in words.

    Raises InputError for a text that neither takes and that cannot be written to a file.
    """
    data = text.encode("utf-8", "replace")
    if clipboard_way() == "tmux" and _to_tmux(data):
        return f"copied {len(text):,} characters through tmux"
    if len(data) <= LONGEST_SEQUENCE:
        write(f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\a")
        return f"sent {len(text):,} characters to the terminal's clipboard"
    path = copy_file()
    write_file(path, data)
    return f"too long for the clipboard: written to {path}"


def copy_file() -> Path:
    """Where a text goes that no clipboard takes."""
    return state_folder() / "copied.txt"


def _to_tmux(data: bytes) -> bool:
    tmux = shutil.which("tmux")
    if tmux is None:
        return False
    try:
        done = subprocess.run(  # noqa: S603 - the tmux we run in, the text on its standard input
            [tmux, "load-buffer", "-w", "-"], input=data, capture_output=True, timeout=TMUX_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
