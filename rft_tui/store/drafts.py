"""What a person has begun on a grader and not saved: its text, and predictions pinned to try it on.

A draft belongs to a grader's name, so that it outlives versions.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from rft_tui.errors import UsageError
from rft_tui.safetext import storable
from rft_tui.store.datasets import now

LONGEST_NAME = 100
"""Characters of a name before the number that makes it free."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The unsaved text of a grader; `base_version` is what it was begun from, None for a new one.

    `cursor` is whatever the editor needs to find its place again.
    """

    name: str
    base_version: str | None
    text: str
    cursor: str
    saved_at: str


def save_draft(db: sqlite3.Connection, name: str, base_version: str | None, text: str, *, cursor: str = "") -> None:
    """Keep the unsaved text of a grader in the place of the one before; a small write, for every pause in typing."""
    db.execute(
        "INSERT INTO draft (name, base_version, text, cursor, saved_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name)"
        " DO UPDATE SET base_version = excluded.base_version, text = excluded.text, cursor = excluded.cursor,"
        " saved_at = excluded.saved_at",
        [storable(name), base_version, storable(text), storable(cursor), now()],
    )


def load_draft(db: sqlite3.Connection, name: str) -> Draft | None:
    """The unsaved text of a grader, None where there is none."""
    row = db.execute(f"{_DRAFTS} WHERE name = ?", [storable(name)]).fetchone()
    return None if row is None else Draft(*row)


def free_draft_name(db: sqlite3.Connection, name: str) -> str:
    """A name like this one, cut where it is too long, that no grader and no unsaved text has yet."""
    number = 2
    while True:
        free = f"{name[:LONGEST_NAME]} {number}"
        taken = "SELECT EXISTS (SELECT 1 FROM draft WHERE name = ?) OR EXISTS (SELECT 1 FROM grader WHERE name = ?)"
        if not db.execute(taken, [free, free]).fetchone()[0]:
            return free
        number += 1


def list_drafts(db: sqlite3.Connection) -> list[Draft]:
    """All unsaved texts, the newest first."""
    return [Draft(*row) for row in db.execute(f"{_DRAFTS} ORDER BY saved_at DESC, rowid DESC")]


def drop_draft(db: sqlite3.Connection, name: str) -> bool:
    """Forget an unsaved text; whether there was one."""
    return db.execute("DELETE FROM draft WHERE name = ?", [storable(name)]).rowcount > 0


def pin(db: sqlite3.Connection, prediction: int) -> bool:
    """Keep a prediction in the pinned probe set; whether it is new there. Raises UsageError if it is gone.

    What is kept is the item in its run, so that a retried prediction stays pinned.
    """
    made = db.execute(
        "INSERT INTO pin (run, item, at) SELECT run, item, ? FROM prediction WHERE id = ? ON CONFLICT DO NOTHING",
        [now(), prediction],
    )
    if not made.rowcount and db.execute("SELECT 1 FROM prediction WHERE id = ?", [prediction]).fetchone() is None:
        raise UsageError(f"there is no prediction {prediction}")
    return made.rowcount > 0


def unpin(db: sqlite3.Connection, prediction: int) -> bool:
    """Take a prediction out of the pinned probe set; whether it was there."""
    gone = db.execute(
        "DELETE FROM pin WHERE (run, item) IN (SELECT run, item FROM prediction WHERE id = ?)", [prediction]
    )
    return gone.rowcount > 0


def pinned(db: sqlite3.Connection) -> list[int]:
    """The pinned predictions in the order they were pinned."""
    rows = db.execute(
        "SELECT prediction.id FROM pin JOIN prediction ON prediction.run = pin.run AND prediction.item = pin.item"
        " ORDER BY pin.id"
    )
    return [row[0] for row in rows]


_DRAFTS = "SELECT name, base_version, text, cursor, saved_at FROM draft"
