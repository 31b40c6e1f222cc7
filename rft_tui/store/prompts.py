"""Prompt versions in the cache: every run keeps the text that it used."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from rft_tui.model import Prompt
from rft_tui.safetext import storable
from rft_tui.store.datasets import now


def add_prompt(db: sqlite3.Connection, prompt: Prompt) -> None:
    """Keep a version of a prompt; one that is known stays as it is."""
    db.execute(
        "INSERT INTO prompt (version, name, text, examples, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [prompt.version, storable(prompt.name), storable(prompt.text), json.dumps(prompt.examples), now()],
    )


def list_prompts(db: sqlite3.Connection) -> list[Prompt]:
    """Every version of every prompt that a run or a person used, oldest first."""
    return [
        _prompt(row)
        for row in db.execute("SELECT name, text, version, examples FROM prompt ORDER BY created_at, version")
    ]


def get_prompt(db: sqlite3.Connection, version: str) -> Prompt | None:
    """The prompt of a version, None where the cache has none."""
    row = db.execute("SELECT name, text, version, examples FROM prompt WHERE version = ?", [version]).fetchone()
    return None if row is None else _prompt(row)


def _prompt(row: tuple[Any, ...]) -> Prompt:
    return Prompt(row[0], row[1], row[2], tuple(json.loads(row[3])))
