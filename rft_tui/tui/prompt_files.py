"""Writing a prompt into its file, so that no text that was ever saved is lost: every version is kept in the cache."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path

from rft_tui.errors import InputError, UsageError
from rft_tui.model import Prompt
from rft_tui.settings import write_file
from rft_tui.tui.outbox import Write
from rft_tui.workspace import Workspace

LONGEST_DIFF = 2000
"""Lines on a side that are compared."""


def check_new_name(workspace: Workspace, text: str) -> str:
    """The name of a prompt that is to be made. Raises UsageError for one that no file can have, or that is taken."""
    from rft_tui.datasets.prompts import prompt_files

    name = text.strip()
    usable = name and name.isprintable() and len(name.encode()) <= 120
    if not usable or Path(name).name != name or name.startswith("."):
        raise UsageError(f"{name!r} cannot be the name of a prompt", hint="Use a plain file name without an ending.")
    if name in prompt_files(workspace.prompts_folder):
        raise UsageError(f"there is a prompt {name!r} already", hint="Edit it, or choose another name.")
    return name


def save_prompt(workspace: Workspace, name: str, text: str, store_soon: Callable[[Write], object]) -> Prompt:
    """Write the text into the prompt's file, and keep what stood there and what stands there now as versions.

    `store_soon` stores them, now or when the cache is free. Raises InputError for an empty text, and where the
    file cannot be written; nothing is stored then.
    """
    from rft_tui.datasets.prompts import load_prompt, prompt_files
    from rft_tui.store.prompts import add_prompt

    if not text.strip():
        raise InputError("an empty prompt is not saved")
    path = prompt_files(workspace.prompts_folder).get(name, workspace.prompts_folder / f"{name}.txt")
    before = _before(path)
    write_file(path, (text if text.endswith("\n") else f"{text}\n").encode("utf-8", "replace"))
    prompt = load_prompt(path)
    versions = [one for one in (before, prompt) if one is not None]

    def keep(db: sqlite3.Connection) -> None:
        for one in versions:
            add_prompt(db, one)

    store_soon(keep)
    return prompt


def _before(path: Path) -> Prompt | None:
    from rft_tui.datasets.prompts import load_prompt

    try:
        return load_prompt(path) if path.is_file() else None
    except InputError:
        return None


def difference(older: Prompt, newer: Prompt) -> list[str]:
    """What differs between two versions, as lines that begin with ``-``, ``+``, ``@`` or a blank; empty if nothing."""
    lines = unified_diff(_lines(older), _lines(newer), lineterm="")
    return list(lines)[2:]


def _lines(prompt: Prompt) -> list[str]:
    examples = [f"example: {example}" for example in prompt.examples]
    return [*prompt.text.split("\n"), *examples][:LONGEST_DIFF]
