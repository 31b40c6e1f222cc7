"""What the self-check looks at: versions, the terminal, the sandbox, ways to a clipboard."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
from importlib import metadata
from pathlib import Path

from rft_tui import __version__
from rft_tui.model import JsonObject

REQUIRED = ("textual", "rich", "rapidfuzz", "tomli-w", "sqlite-utils", "click", "platformdirs", "numpy")
"""The packages without which something does not work."""

OPTIONAL = ("pyarrow",)
"""Packages that some files need."""

_TERMINAL_VARIABLES = ("TERM", "COLORTERM", "NO_COLOR", "TERM_PROGRAM", "LANG", "LC_ALL")


def versions() -> dict[str, str | None]:
    """Versions by name, without importing anything; None where a package is not installed."""
    found: dict[str, str | None] = {
        "rft-tui": __version__,
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
    }
    for name in (*REQUIRED, *OPTIONAL):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def sqlite_problems() -> list[str]:
    """What this Python's SQLite lacks that the cache needs."""
    db = sqlite3.connect(":memory:")
    try:
        db.execute("CREATE VIRTUAL TABLE probe USING fts5(text, tokenize='trigram', detail='none')")
        db.execute("SELECT json_extract('{}', '$.a')")
    except sqlite3.Error as error:
        return [f"SQLite {sqlite3.sqlite_version} cannot search text as the cache needs it ({error}); 3.34 can"]
    finally:
        db.close()
    return []


def terminal() -> JsonObject:
    """What kind of terminal this is, as far as the environment tells."""
    found: JsonObject = {name: os.environ.get(name) for name in _TERMINAL_VARIABLES}
    size = None
    for stream in (sys.__stdout__, sys.__stderr__, sys.__stdin__):
        try:
            if stream is not None and size is None:
                columns, lines = os.get_terminal_size(stream.fileno())
                size = f"{columns}×{lines}"
        except (OSError, ValueError):
            continue
    found["size"] = size
    found["is_terminal"] = sys.stdout.isatty()
    found["encoding"] = sys.stdout.encoding
    found["tmux"] = "TMUX" in os.environ
    found["screen"] = "STY" in os.environ
    found["ssh"] = "SSH_CONNECTION" in os.environ or "SSH_TTY" in os.environ
    return found


def described(path: Path) -> str:
    """A path, and whether there is anything."""
    return str(path) if path.exists() else f"{path} (not there)"


def sandbox() -> list[JsonObject]:
    """Every layer of protection that python graders have here."""
    from rft_tui.graders.sandbox.protection import protection_report

    return [{"name": one.name, "present": one.present, "note": one.note} for one in protection_report()]


def clipboard() -> list[str]:
    """The ways in which copying can reach a clipboard from here, the surest first."""
    ways: list[str] = []
    if "TMUX" in os.environ and shutil.which("tmux"):
        ways.append("tmux load-buffer -w (reaches the terminal's clipboard where tmux has set-clipboard on)")
    if "SSH_CONNECTION" not in os.environ and "SSH_TTY" not in os.environ:
        tools = (("wl-copy", "WAYLAND_DISPLAY"), ("xclip", "DISPLAY"), ("xsel", "DISPLAY"))
        ways += [tool for tool, variable in tools if os.environ.get(variable) and shutil.which(tool)]
        if sys.platform == "darwin" and shutil.which("pbcopy"):
            ways.append("pbcopy")
    ways.append("OSC 52 (the terminal must allow it; nothing confirms that it did)")
    ways.append("a file whose path is shown")
    return ways
