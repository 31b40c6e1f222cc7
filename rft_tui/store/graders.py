"""Graders and their versions in the cache.

A version is the hash of the grader's canonical JSON, which is kept as it came. An *external* grader is only a name that
came with imported scores: it is shown and compared, and never run.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rft_tui.errors import UsageError
from rft_tui.identity import grader_version
from rft_tui.model import JsonObject, ScoreRule
from rft_tui.safetext import storable
from rft_tui.store.datasets import now

EXTERNAL = "external"
"""The type of a grader whose rule is not known here."""

SHORT_HASH = 4
"""Digits of a version that screens show; ``NAME@HASH`` takes any number of them."""


@dataclass(frozen=True, slots=True)
class StoredGrader:
    """One version of a grader."""

    id: int
    name: str
    version: str
    type: str
    spec: JsonObject
    rule: ScoreRule
    note: str
    created_at: str

    @property
    def label(self) -> str:
        """The name and the beginning of the version, as screens show it."""
        return f"{self.name}@{self.version[:SHORT_HASH]}"

    @property
    def is_external(self) -> bool:
        """Whether only its scores are known, not its rule."""
        return self.type == EXTERNAL


def add_grader(db: sqlite3.Connection, name: str, spec: JsonObject, rule: ScoreRule, *, note: str = "") -> StoredGrader:
    """Store a version of a grader under a name; a version that is known stays as it is and is returned."""
    version = grader_version(spec)
    db.execute(
        "INSERT INTO grader (name, version, type, spec, low, high, pass_threshold, note, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (version) DO NOTHING",
        [
            storable(name),
            version,
            str(spec.get("type", "")),
            json.dumps(spec),
            rule.low,
            rule.high,
            rule.pass_threshold,
            note,
            now(),
        ],
    )
    return _grader(db.execute(f"{_QUERY} WHERE version = ?", [version]).fetchone())


def add_external_grader(db: sqlite3.Connection, name: str) -> StoredGrader:
    """Store a grader of which only the name is known."""
    return add_grader(db, name, {"type": EXTERNAL, "name": name}, ScoreRule())


def list_graders(db: sqlite3.Connection) -> list[StoredGrader]:
    """All versions, grouped by name in the order of their first version, oldest version first."""
    first: dict[str, int] = {}
    graders = [_grader(row) for row in db.execute(f"{_QUERY} ORDER BY id")]
    for grader in graders:
        first.setdefault(grader.name, grader.id)
    return sorted(graders, key=lambda grader: (first[grader.name], grader.id))


def find_grader(db: sqlite3.Connection, name: str) -> StoredGrader:
    """The newest version of a name, or the one that ``NAME@HASH`` says. Raises UsageError naming what exists."""
    plain, _, digits = name.rpartition("@")
    rows = db.execute(f"{_QUERY} WHERE name = ? ORDER BY id DESC LIMIT 1", [storable(name)]).fetchall()
    if not rows and plain:
        rows = db.execute(
            f"{_QUERY} WHERE name = ? AND substr(version, 1, ?) = ? ORDER BY id DESC",
            [storable(plain), len(digits), storable(digits.lower())],
        ).fetchall()
    if len(rows) > 1:
        raise UsageError(f"{name!r} fits {len(rows)} versions", hint="Give more digits of the version.")
    if not rows:
        names = ", ".join(one[0] for one in db.execute("SELECT DISTINCT name FROM grader ORDER BY name LIMIT 20"))
        raise UsageError(
            f"there is no grader {name!r}", hint=f"Graders here: {names or 'none yet'}; a JSON file works too."
        )
    return _grader(rows[0])


def get_grader(db: sqlite3.Connection, identity: int) -> StoredGrader | None:
    """The version with this number, if there is one."""
    row = db.execute(f"{_QUERY} WHERE id = ?", [identity]).fetchone()
    return None if row is None else _grader(row)


def previous_version(db: sqlite3.Connection, grader: StoredGrader) -> StoredGrader | None:
    """The newest earlier version of the same name that has grades."""
    row = db.execute(
        f"{_QUERY} WHERE name = ? AND id < ? AND EXISTS (SELECT 1 FROM grade WHERE grade.grader = grader.id)"
        " ORDER BY id DESC LIMIT 1",
        [grader.name, grader.id],
    ).fetchone()
    return None if row is None else _grader(row)


PROBED = 50
"""Predictions of a run that are looked at to see whether a version has graded it."""


def most_at_home(
    db: sqlite3.Connection, graders: Sequence[StoredGrader], runs: Sequence[int] | None = None
) -> StoredGrader | None:
    """Of some versions the one that graded most of the runs (None: of all), the newest of several; None without one.

    What a screen shows before a person has chosen: a version that graded one run of many would leave it empty.
    """
    if runs is None:
        runs = [row[0] for row in db.execute("SELECT id FROM run")]
    return max(
        graders, key=lambda grader: (sum(_has_graded(db, grader.id, run) for run in runs), grader.id), default=None
    )


def _has_graded(db: sqlite3.Connection, grader: int, run: int) -> bool:
    row = db.execute(
        "SELECT 1 FROM (SELECT id FROM prediction WHERE run = ? LIMIT ?) AS probed"
        " JOIN grade ON grade.grader = ? AND grade.prediction = probed.id LIMIT 1",
        [run, PROBED, grader],
    ).fetchone()
    return row is not None


_QUERY = "SELECT id, name, version, type, spec, low, high, pass_threshold, note, created_at FROM grader"


def _grader(row: tuple[Any, ...]) -> StoredGrader:
    return StoredGrader(
        row[0], row[1], row[2], row[3], json.loads(row[4]), ScoreRule(row[5], row[6], row[7]), row[8], row[9]
    )
