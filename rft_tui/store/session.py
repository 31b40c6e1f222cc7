"""What a session remembers across restarts and lost connections: small JSON values by name."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from typing import Any


def save_session(db: sqlite3.Connection, values: dict[str, Any]) -> None:
    """Keep values under their names."""
    db.executemany(
        "INSERT OR REPLACE INTO session (name, value) VALUES (?, ?)",
        [(name, json.dumps(value)) for name, value in values.items()],
    )


def load_session(db: sqlite3.Connection) -> dict[str, Any]:
    """All values that were kept; one that cannot be read is as if it were not there."""
    kept: dict[str, Any] = {}
    for name, value in db.execute("SELECT name, value FROM session"):
        with suppress(ValueError):
            kept[name] = json.loads(value)
    return kept
