"""What a comparison asks of corrected datasets: the rows of older versions that a newer one has changed or left out."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rft_tui.store.grades import runs_clause

CHUNK = 500
"""Rows asked for at once."""

_MADE_FROM = ", corrected"
"""How the source of a corrected dataset ends, after the name of the dataset it was made from."""


@dataclass(frozen=True, slots=True)
class Correcting:
    """What one dataset takes the place of in an older one: rows that it changed, and rows that it left out."""

    newer: str
    older: str
    changed: int
    excluded: int


@dataclass(frozen=True, slots=True)
class Superseded:
    """Items of older datasets that newer ones among the same runs stand for, and which dataset corrects which."""

    items: frozenset[int] = frozenset()
    by: tuple[Correcting, ...] = ()


def superseded(db: sqlite3.Connection, runs: Sequence[int]) -> Superseded:
    """The items of some runs' datasets that newer versions among these runs have changed or left out."""
    where, values = runs_clause("run.id", runs)
    rows = db.execute(f"SELECT DISTINCT dataset FROM run WHERE 1{where} ORDER BY dataset", values).fetchall()
    datasets = [row[0] for row in rows]
    if len(datasets) < 2:
        return Superseded()
    names = dict(db.execute("SELECT id, name FROM dataset").fetchall())
    changes = {one: _changes(db, one) for one in datasets}
    found: dict[int, tuple[int, int, bool]] = {}
    for newer in datasets:
        gone = changes[newer] | _said_otherwise(changes, newer)
        older = [one for one in datasets if one < newer]
        for item, dataset, row_id in _items(db, [row for row, now in gone.items() if row != now], older):
            found.setdefault(item, (newer, dataset, gone[row_id] is None))
    pairs = dict.fromkeys((newer, older) for newer, older, _gone in found.values())
    kinds = list(found.values())
    by = [
        Correcting(names[newer], names[older], kinds.count((newer, older, False)), kinds.count((newer, older, True)))
        for newer, older in pairs
    ]
    return Superseded(frozenset(found), tuple(by))


def _changes(db: sqlite3.Connection, dataset: int) -> dict[str, str | None]:
    """What became of the rows of all datasets that one was made from, step by step: the row id now, None if left out.

    A row that was changed and changed back has its own id.
    """
    line = [dataset]
    while (before := _made_from(db, line[-1])) is not None and before not in line:
        line.append(before)
    found: dict[str, str | None] = {}
    first: dict[str, list[str]] = {}
    for one in reversed(line):
        for row, now in db.execute(
            "SELECT row_id, new_row_id FROM dataset_change WHERE dataset = ? ORDER BY number", [one]
        ):
            came_from = [*first.pop(row, []), row]
            found.update(dict.fromkeys(came_from, now))
            if now is not None:
                first.setdefault(now, []).extend(came_from)
    return found


def _made_from(db: sqlite3.Connection, dataset: int) -> int | None:
    row = db.execute(
        "SELECT before.id FROM dataset JOIN dataset AS before ON dataset.source = before.name || ? WHERE dataset.id = ?"
        " AND EXISTS (SELECT 1 FROM dataset_change WHERE dataset_change.dataset = dataset.id)",
        [_MADE_FROM, dataset],
    ).fetchone()
    return None if row is None else int(row[0])


def _said_otherwise(changes: Mapping[int, Mapping[str, str | None]], newer: int) -> dict[str, str | None]:
    """What older corrections of the same rows made of them, where the newer one makes something else."""
    mine = changes[newer]
    return {
        theirs: mine[row]
        for older, of_older in changes.items()
        if older < newer
        for row, theirs in of_older.items()
        if theirs is not None and row in mine and theirs != mine[row]
    }


def _items(db: sqlite3.Connection, rows: Sequence[str], datasets: Sequence[int]) -> list[tuple[int, int, str]]:
    """(item, dataset, row id) of some rows in some datasets."""
    found: list[tuple[int, int, str]] = []
    for begun in range(0, len(rows) if datasets else 0, CHUNK):
        chunk = rows[begun : begun + CHUNK]
        marks, among = ",".join("?" * len(chunk)), ",".join("?" * len(datasets))
        found += db.execute(
            f"SELECT id, dataset, row_id FROM item WHERE row_id IN ({marks}) AND dataset IN ({among}) ORDER BY id",
            [*chunk, *datasets],
        ).fetchall()
    return found
