"""Who is asking what just now, so that two processes that want the same answer make one request."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable

from rft_tui.store.owners import is_alive, is_here

FORGOTTEN_AFTER_S = 3600.0
"""After how many seconds of wall clock a claim from another machine counts no more."""

TASK_OWNER = "batch:"
"""How the name of a claim begins that a task holds, whichever worker does it: what a batch asks may take a day."""


def claim(db: sqlite3.Connection, keys: Iterable[str], owner: str) -> set[str]:
    """The keys that nobody else is asking: they are this owner's now, until released or until the owner is gone."""
    mine: set[str] = set()
    now = time.time()
    holders: dict[tuple[str, float], bool] = {}
    for key in keys:
        row: tuple[str, float] | None = db.execute("SELECT owner, since FROM asking WHERE key = ?", [key]).fetchone()
        if row is not None:
            if row not in holders:
                holders[row] = _holds(db, *row, now)
            if holders[row]:
                continue
        db.execute("INSERT OR REPLACE INTO asking (key, owner, since) VALUES (?, ?, ?)", [key, owner, now])
        mine.add(key)
    return mine


def release(db: sqlite3.Connection, keys: Iterable[str]) -> None:
    """The keys are asked no more."""
    db.executemany("DELETE FROM asking WHERE key = ?", [(key,) for key in keys])


def release_all(db: sqlite3.Connection, owner: str) -> None:
    """An owner asks nothing more."""
    db.execute("DELETE FROM asking WHERE owner = ?", [owner])


def release_dead(db: sqlite3.Connection, process: str) -> None:
    """A process that is gone asks nothing more, whatever name it claimed under: its own, or one that begins with it."""
    db.execute(
        "DELETE FROM asking WHERE owner = ? OR (owner >= ? AND owner < ?)", [process, f"{process}|", f"{process}}}"]
    )


def task_owner(task: int) -> str:
    """The name under which a task claims keys until it ends, also while no worker does it."""
    return f"{TASK_OWNER}{task}"


def _holds(db: sqlite3.Connection, owner: str, since: float, now: float) -> bool:
    if owner.startswith(TASK_OWNER):
        held = "SELECT 1 FROM task WHERE id = ? AND state IN ('queued', 'running', 'paused')"
        return db.execute(held, [owner.removeprefix(TASK_OWNER)]).fetchone() is not None
    return is_alive(owner) and (is_here(owner) or abs(now - since) < FORGOTTEN_AFTER_S)
