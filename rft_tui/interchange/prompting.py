"""Prompts that may stand in front of the questions of a file, and how they come off again."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rft_tui.datasets.prompts import load_prompt, make_prompt, prompt_files
from rft_tui.datasets.render import guess_prefixes, strip_prompt, take_off
from rft_tui.errors import InputError, UsageError
from rft_tui.interchange.rows import input_of
from rft_tui.model import JsonObject, Prompt
from rft_tui.store.inputs import datasets_with, imported_prompts
from rft_tui.store.prompts import list_prompts

IMPORTED = "imported"
"""Profile and service of runs whose predictions were made elsewhere."""

UNNAMED = "prompt"
"""The name of a prompt that was found in front of the questions and that no file name tells."""


@dataclass(frozen=True, slots=True)
class PromptCandidate:
    """A prompt that the questions of a file may carry; `text` exactly as it stands in front of them."""

    prompt: Prompt
    text: str

    def take_off(self, row: JsonObject) -> JsonObject | None:
        """The row without the prompt and its worked examples, None where the row does not carry it."""
        bare = take_off(self.prompt, row["messages"], self.text)
        return row | {"messages": bare} if bare else None


def folder_prompts(folder: Path | None, notes: list[str]) -> list[Prompt]:
    """The prompts of a workspace's folder; one that cannot be read is noted and left out."""
    found: list[Prompt] = []
    for path in prompt_files(folder).values() if folder is not None else ():
        try:
            found.append(load_prompt(path))
        except InputError as error:
            notes.append(f"a prompt was left out: {error.message}")
    return found


def given_prompt(name: str, known: Sequence[Prompt]) -> Prompt:
    """The prompt that a person named: one of the workspace, else a file. Raises UsageError naming those that exist."""
    for prompt in known:
        if prompt.name == name:
            return prompt
    try:
        is_file = Path(name).is_file()
    except OSError:
        is_file = False
    if is_file:
        return load_prompt(name)
    names = ", ".join(dict.fromkeys(prompt.name for prompt in known)) or "none yet"
    raise UsageError(f"there is no prompt {name!r}", hint=f"Prompts here: {names}; a file with its text works too.")


def known_prompts(db: sqlite3.Connection, folder: Sequence[Prompt]) -> list[Prompt]:
    """Every prompt that may be met, those that imported runs use first, then the folder's, then the rest."""
    used = imported_prompts(db, IMPORTED)
    stored = list_prompts(db)
    ordered = [*(one for one in stored if one.version in used), *folder, *reversed(stored)]
    by_version: dict[str, Prompt] = {}
    for prompt in ordered:
        by_version.setdefault(prompt.version, prompt)
    return list(by_version.values())


def candidates(prompts: Sequence[Prompt], name: str) -> list[PromptCandidate]:
    """One candidate for each text: of prompts with the same text and other examples, one of the wanted name if any."""
    by_text: dict[str, Prompt] = {}
    for prompt in sorted(prompts, key=lambda one: one.name != name):
        by_text.setdefault(prompt.text, prompt)
    return [PromptCandidate(prompt, text) for text, prompt in by_text.items()]


def guessed(db: sqlite3.Connection, rows: Sequence[JsonObject], name: str) -> list[PromptCandidate]:
    """Beginnings of the rows' questions after which the question of an item in the store follows; shortest first."""
    found: dict[str, None] = {}
    for row in rows:
        text = _first_text(row["messages"])
        found.update(dict.fromkeys(guess_prefixes(text, partial(_is_known, db, row, text))))
    texts = sorted(found, key=len)
    return [PromptCandidate(make_prompt(name or UNNAMED, text), text) for text in texts]


def _first_text(messages: Sequence[JsonObject]) -> str:
    """The first user message's text, or its first text part; empty where there is none."""
    content = next((one.get("content") for one in messages if one.get("role") == "user"), None)
    if isinstance(content, list) and content and isinstance(content[0], dict):
        content = content[0].get("text")
    return content if isinstance(content, str) else ""


def _is_known(db: sqlite3.Connection, row: JsonObject, text: str, rest: str) -> bool:
    bare = strip_prompt(row["messages"], text[: len(text) - len(rest) - 2])
    return bare is not None and bool(datasets_with(db, input_of(row | {"messages": bare})))
