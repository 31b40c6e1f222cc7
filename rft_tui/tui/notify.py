"""Telling a person who looks elsewhere that a job has ended: the terminal's bell, or a notice on the desktop.

A notice travels through SSH to the terminal, which hands it to the desktop. Terminals understand one of two sequences
and ignore the other; inside tmux it is passed on where tmux allows that, and the bell goes with it.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from rft_tui.safetext import one_line

BELL = "\a"

LONGEST = 200
"""Characters of a notice."""

TITLE = "rft-tui"


def tell(way: str, text: str, write: Callable[[str], None]) -> None:
    """Tell by ``bell`` or ``desktop``, by nothing for ``off``; `write` sends a sequence to the terminal."""
    if way == "bell":
        write(BELL)
    elif way == "desktop":
        write(notice(text))


def notice(text: str) -> str:
    """The sequence of a notice with a text, which cannot end the sequence or hold another one."""
    said = one_line(text, LONGEST).replace(";", ",")
    wants_777 = "VTE_VERSION" in os.environ or os.environ.get("TERM", "").startswith(("foot", "rxvt"))
    sequence = f"\x1b]777;notify;{TITLE};{said}{BELL}" if wants_777 else f"\x1b]9;{TITLE}: {said}{BELL}"
    if not os.environ.get("TMUX"):
        return sequence
    return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\{BELL}"
