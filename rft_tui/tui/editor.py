"""Opening a text in the person's own editor, and taking it back."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from rft_tui.errors import UsageError


def editor_command() -> list[str]:
    """The editor as $VISUAL or $EDITOR say, else one that is commonly there. Raises UsageError where there is none."""
    for name in ("VISUAL", "EDITOR"):
        value = os.environ.get(name, "").strip()
        if value:
            try:
                return shlex.split(value)
            except ValueError as error:
                raise UsageError(f"${name} cannot be read: {error}", hint="Set it to a command.") from error
    for name in ("nano", "vim", "vi"):
        if path := shutil.which(name):
            return [path]
    raise UsageError("there is no editor", hint="Set $VISUAL or $EDITOR to a command.")


def edit_text(text: str, suffix: str) -> str:
    """Let the person edit a text in a private file; the text as it was left. The terminal must be free."""
    command = editor_command()
    with tempfile.TemporaryDirectory(prefix="rft-tui-") as folder:
        path = Path(folder) / f"text{suffix}"
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        try:
            done = subprocess.run([*command, str(path)], check=False)  # noqa: S603 - the person's own editor
        except OSError as error:
            raise UsageError(f"{command[0]}: {error.strerror or error}", hint="Set $VISUAL or $EDITOR.") from error
        if done.returncode != 0:
            raise UsageError(f"{command[0]} ended with {done.returncode}", hint="Nothing was taken over.")
        return path.read_text(encoding="utf-8", errors="replace")
