"""Graders and their versions in the cache.

A version is the hash of the grader's canonical JSON, which is kept as it came. An *external* grader is only a name that
came with imported scores: it is shown and compared, and never run. A deleted version is hidden and keeps its grades.
What a person does to versions (notes, renaming, deleting, saving an old one again) can be undone: `grader_change` keeps
what stood before, one row for each version that was touched.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from rft_tui.errors import UsageError
from rft_tui.identity import grader_version
from rft_tui.model import JsonObject, ScoreRule
from rft_tui.safetext import one_line, storable
from rft_tui.store.datasets import now

EXTERNAL = "external"
"""The type of a grader whose rule is not known here."""

NAME_LENGTH = 80
"""Characters of a grader's name."""

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
    deleted: bool = False

    @property
    def label(self) -> str:
        """The name and the beginning of the version, as screens show it."""
        return f"{self.name}@{self.version[:SHORT_HASH]}"

    @property
    def is_external(self) -> bool:
        """Whether only its scores are known, not its rule."""
        return self.type == EXTERNAL


def add_grader(
    db: sqlite3.Connection, name: str, spec: JsonObject, rule: ScoreRule, *, note: str = "", text: str | None = None
) -> StoredGrader:
    """Store a version of a grader under a name; a version that is known stays as it is and is returned.

    One that was deleted is there again. `text` is its JSON as it is spelt where it came from; one that has a text
    keeps that.
    """
    version = grader_version(spec)
    db.execute(
        "INSERT INTO grader (name, version, type, spec, low, high, pass_threshold, note, created_at, text, position)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT ifnull(max(position), 0) + 1 FROM grader))"
        " ON CONFLICT (version) DO UPDATE SET deleted = 0, text = ifnull(text, excluded.text)",
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
            None if text is None else storable(text),
        ],
    )
    return _grader(db.execute(f"{_QUERY} WHERE version = ?", [version]).fetchone())


def add_external_grader(db: sqlite3.Connection, name: str) -> StoredGrader:
    """Store a grader of which only the name is known."""
    return add_grader(db, name, {"type": EXTERNAL, "name": name}, ScoreRule())


def list_graders(db: sqlite3.Connection) -> list[StoredGrader]:
    """All versions but deleted ones, grouped by name in the order of their first version, oldest version first."""
    graders = [_grader(row) for row in db.execute(f"{_QUERY} WHERE NOT deleted ORDER BY position")]
    first: dict[str, int] = {}
    for grader in graders:
        first[grader.name] = min(grader.id, first.get(grader.name, grader.id))
    return sorted(graders, key=lambda grader: first[grader.name])  # stable: by position within a name


def versions_of(db: sqlite3.Connection, name: str) -> list[StoredGrader]:
    """The versions of a name with their times and notes, the newest first, without deleted ones."""
    rows = db.execute(f"{_QUERY} WHERE name = ? AND NOT deleted ORDER BY position DESC", [storable(name)])
    return [_grader(row) for row in rows]


def grader_text(db: sqlite3.Connection, grader: StoredGrader) -> str:
    """The JSON of a version as a person wrote it, or made readable where only its content is known."""
    row = db.execute("SELECT text FROM grader WHERE id = ?", [grader.id]).fetchone()
    if row is not None and row[0] is not None:
        return str(row[0])
    return json.dumps(grader.spec, indent=2, ensure_ascii=False) + "\n"


def find_grader(db: sqlite3.Connection, name: str) -> StoredGrader:
    """The newest version of a name, or the one that ``NAME@HASH`` says. Raises UsageError naming what exists."""
    plain, _, digits = name.rpartition("@")
    rows = db.execute(
        f"{_QUERY} WHERE name = ? AND NOT deleted ORDER BY position DESC LIMIT 1", [storable(name)]
    ).fetchall()
    if not rows and plain:
        rows = db.execute(
            f"{_QUERY} WHERE name = ? AND substr(version, 1, ?) = ? AND NOT deleted ORDER BY position DESC",
            [storable(plain), len(digits), storable(digits.lower())],
        ).fetchall()
    if len(rows) > 1:
        raise UsageError(f"{name!r} fits {len(rows)} versions", hint="Give more digits of the version.")
    if not rows:
        known = db.execute("SELECT DISTINCT name FROM grader WHERE NOT deleted ORDER BY name LIMIT 20")
        names = ", ".join(one[0] for one in known)
        raise UsageError(
            f"there is no grader {name!r}", hint=f"Graders here: {names or 'none yet'}; a JSON file works too."
        )
    return _grader(rows[0])


def get_grader(db: sqlite3.Connection, identity: int) -> StoredGrader | None:
    """The version with this number, if there is one."""
    row = db.execute(f"{_QUERY} WHERE id = ?", [identity]).fetchone()
    return None if row is None else _grader(row)


def grader_of_version(db: sqlite3.Connection, version: str) -> StoredGrader | None:
    """The version with this whole hash, deleted or not."""
    row = db.execute(f"{_QUERY} WHERE version = ?", [version]).fetchone()
    return None if row is None else _grader(row)


def previous_version(db: sqlite3.Connection, grader: StoredGrader) -> StoredGrader | None:
    """The newest earlier version of the same name that has grades."""
    row = db.execute(
        f"{_QUERY} WHERE name = ? AND position < (SELECT position FROM grader WHERE id = ?) AND NOT deleted"
        " AND EXISTS (SELECT 1 FROM grade WHERE grade.grader = grader.id) ORDER BY position DESC LIMIT 1",
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


@dataclass(frozen=True, slots=True)
class GraderChange:
    """A change that was taken back: ``delete``, ``rename``, ``note`` or ``restore``, and the versions as they are now.

    `name` is the name that the first of them bore before it was taken back.
    """

    kind: str
    name: str
    graders: tuple[StoredGrader, ...]


def save_version(
    db: sqlite3.Connection, name: str, spec: JsonObject, rule: ScoreRule, note: str = "", *, text: str | None = None
) -> StoredGrader:
    """Store a version that a person saves, with its exact JSON text; it is the newest of its name then.

    A version that is known, also a deleted one, is there again as the newest; an empty note leaves its note. Raises
    UsageError where the very same grader lives under another name.
    """
    name = clean_name(name)
    known = db.execute("SELECT id FROM grader WHERE version = ?", [grader_version(spec)]).fetchone()
    grader = add_grader(db, name, spec, rule, note=storable(note)) if known is None else _restored(db, known[0], name)
    if known is not None and note and storable(note) != grader.note:
        grader = set_note(db, grader, note)
    if text is not None:
        set_text(db, grader, text)
    return grader


def set_text(db: sqlite3.Connection, grader: StoredGrader, text: str) -> None:
    """Spell a version in another way: `text` holds the very same grader."""
    db.execute("UPDATE grader SET text = ? WHERE id = ?", [storable(text), grader.id])


def set_note(db: sqlite3.Connection, grader: StoredGrader, note: str) -> StoredGrader:
    """Write the note of a version, in the place of the one before."""
    _keep(db, "note", [grader])
    db.execute("UPDATE grader SET note = ? WHERE id = ?", [storable(note), grader.id])
    return _now(db, grader.id)


def rename_grader(db: sqlite3.Connection, old: str, new: str) -> list[StoredGrader]:
    """Give all versions of a name another one, with their draft and orders; the JSON and its hash stay.

    Raises UsageError where there is no such grader, or one of the new name already, or an unsaved text of that name.
    """
    name = clean_name(new)
    graders = versions_of(db, old)
    if not graders:
        raise UsageError(f"there is no grader {old!r:.100}")
    if graders[0].name == name:
        return graders
    if versions_of(db, name):
        raise UsageError(f"there is a grader {name!r} already", hint="Choose another name, or delete that one first.")
    if db.execute("SELECT 1 FROM draft WHERE name = ?", [name]).fetchone() is not None:
        raise UsageError(f"there is an unsaved text of {name!r}", hint="Save or drop it first, or choose another name.")
    _keep(db, "rename", graders)
    db.executemany("UPDATE grader SET name = ? WHERE id = ?", [(name, grader.id) for grader in graders])
    _move_texts(db, graders[0].name, name)
    return [_now(db, grader.id) for grader in graders]


def delete_grader(db: sqlite3.Connection, name: str) -> list[StoredGrader]:
    """Hide a grader: all versions of a name, or the one that ``NAME@HASH`` says. Grades are kept; it can be undone.

    Raises UsageError where there is no such grader.
    """
    graders = versions_of(db, name) or [find_grader(db, name)]
    _keep(db, "delete", graders)
    db.executemany("UPDATE grader SET deleted = 1 WHERE id = ?", [(grader.id,) for grader in graders])
    return [_now(db, grader.id) for grader in graders]


def undo_grader_change(db: sqlite3.Connection) -> GraderChange | None:
    """Take back the newest change that is not taken back yet; None where there is none."""
    newest = db.execute("SELECT batch, kind FROM grader_change WHERE NOT undone ORDER BY id DESC LIMIT 1").fetchone()
    if newest is None:
        return None
    batch, kind = newest
    before = db.execute(
        "SELECT grader, name, note, position, deleted FROM grader_change WHERE batch = ? ORDER BY id", [batch]
    ).fetchall()
    name = _now(db, before[0][0]).name
    for grader, *state in before:
        db.execute("UPDATE grader SET name = ?, note = ?, position = ?, deleted = ? WHERE id = ?", [*state, grader])
    if kind == "rename":
        _move_texts(db, name, before[0][1])
    db.execute("UPDATE grader_change SET undone = 1 WHERE batch = ?", [batch])
    return GraderChange(kind, name, tuple(_now(db, row[0]) for row in before))


def clean_name(name: str) -> str:
    """A grader's name as it is stored: one line, not too long. Raises UsageError where nothing is left."""
    cleaned = one_line(storable(name), NAME_LENGTH)
    if not cleaned:
        raise UsageError("a grader needs a name")
    return cleaned


def _restored(db: sqlite3.Connection, identity: int, name: str) -> StoredGrader:
    """A known version as the newest of a name."""
    grader = _now(db, identity)
    if not grader.deleted and grader.name != name:
        raise UsageError(
            f"this very grader is stored already as {grader.label}", hint="Change something in it, or rename that one."
        )
    newest = versions_of(db, name)
    if newest and newest[0].id == identity:
        return grader
    _keep(db, "restore", [grader])
    db.execute(
        "UPDATE grader SET name = ?, deleted = 0, position = (SELECT max(position) + 1 FROM grader) WHERE id = ?",
        [name, identity],
    )
    return _now(db, identity)


def _keep(db: sqlite3.Connection, kind: str, graders: Sequence[StoredGrader]) -> None:
    """Keep what stands now, to be able to go back to it."""
    batch, moment = uuid4().hex, now()
    db.executemany(
        "INSERT INTO grader_change (batch, kind, grader, name, note, position, deleted, at)"
        " SELECT ?, ?, id, name, note, position, deleted, ? FROM grader WHERE id = ?",
        [(batch, kind, moment, grader.id) for grader in graders],
    )


def _move_texts(db: sqlite3.Connection, old: str, new: str) -> None:
    """Let the draft of a name follow it."""
    db.execute("UPDATE OR IGNORE draft SET name = ? WHERE name = ?", [new, old])


def _now(db: sqlite3.Connection, identity: int) -> StoredGrader:
    grader = get_grader(db, identity)
    assert grader is not None  # versions are never taken out of the table
    return grader


_QUERY = "SELECT id, name, version, type, spec, low, high, pass_threshold, note, created_at, deleted FROM grader"


def _grader(row: tuple[Any, ...]) -> StoredGrader:
    rule = ScoreRule(row[5], row[6], row[7])
    return StoredGrader(row[0], row[1], row[2], row[3], json.loads(row[4]), rule, row[8], row[9], bool(row[10]))
