"""Who is asking what just now, so that two processes that want the same answer make one request."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable

from rft_tui.store.owners import is_alive, is_here

FORGOTTEN_AFTER_S = 3600.0
"""After how many seconds of wall clock a claim from another machine counts no more."""


def claim(db: sqlite3.Connection, keys: Iterable[str], owner: str) -> set[str]:
    """The keys that nobody else is asking: they are this owner's now, until released or until the owner is gone."""
    mine: set[str] = set()
    now = time.time()
    for key in keys:
        row = db.execute("SELECT owner, since FROM asking WHERE key = ?", [key]).fetchone()
        if row is not None and _holds(row[0], row[1], now):
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


def _holds(owner: str, since: float, now: float) -> bool:
    return is_alive(owner) and (is_here(owner) or abs(now - since) < FORGOTTEN_AFTER_S)
