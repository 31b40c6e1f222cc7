"""Lists of predictions that are kept under a name, in an order of their own, for Review to show as ``list:NAME``.

What finds predictions worth reading (a comparison of versions, a second rater) keeps them here; a list of the same name
takes the place of the one before, and every list can be made again from what it came from.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from itertools import islice

from rft_tui.errors import UsageError
from rft_tui.safetext import one_line, storable
from rft_tui.store.query import Query

NAME_LENGTH = 60
"""Characters of a list's name."""

LONGEST = 200_000
"""Predictions that a list holds at most: longer ones would keep other processes from writing for seconds."""

SHOWN_NAMES = 8
"""Names that a note tells at most."""


def put_list(db: sqlite3.Connection, name: str, predictions: Iterable[int]) -> int:
    """Keep predictions in this order, in the place of the list of that name; how many it holds.

    They are written as they come, inside the caller's transaction, so that a reader sees the list before or this one.
    A prediction counts at its first place; one that is gone is left out, and so is what comes after the first
    LONGEST. Raises UsageError for an empty name.
    """
    name = _clean(name)
    db.execute("DELETE FROM kept_list WHERE name = ?", [name])
    before = db.total_changes
    db.executemany(
        "INSERT OR IGNORE INTO kept_list (name, position, prediction) SELECT ?, ?, id FROM prediction WHERE id = ?",
        ((name, position, prediction) for position, prediction in enumerate(islice(predictions, LONGEST), 1)),
    )
    return db.total_changes - before


def unknown_lists(db: sqlite3.Connection, query: Query) -> tuple[str, ...]:
    """What is to be said of the lists that a filter names and that are not there."""
    wanted = dict.fromkeys(term.value for term in query.terms if term.kind == "list")
    missing = [name for name in wanted if not _is_kept(db, name)]
    if not missing:
        return ()
    names = [row[0] for row in db.execute("SELECT DISTINCT name FROM kept_list ORDER BY name LIMIT ?", [SHOWN_NAMES])]
    known = f"lists here: {', '.join(names)}" if names else "no list is kept yet"
    return tuple(f"there is no list {one_line(name, NAME_LENGTH)!r}; {known}" for name in missing)


def _is_kept(db: sqlite3.Connection, name: str) -> bool:
    return db.execute("SELECT 1 FROM kept_list WHERE name = ? LIMIT 1", [storable(name)]).fetchone() is not None


def _clean(name: str) -> str:
    cleaned = one_line(storable(name), NAME_LENGTH).replace('"', "'")
    if not cleaned:
        raise UsageError("a list needs a name")
    return cleaned
