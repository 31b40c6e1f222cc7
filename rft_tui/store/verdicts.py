"""The verdict log: append-only, undoable without limit, and the state that lists show, derived from it.

An event says one thing of one answer (verdict, tag, untag, note) or of one row (a corrected reference). Nothing is
ever changed or deleted; an undo is an event of its own that names what it takes back. A later verdict of the same
reviewer replaces an earlier one; the log keeps both.

What is later is said by the time of an event, never by when it came into this cache, so that logs of several machines
make the same state in whatever order they are brought together. A new event is later than all that its reviewer has
said as far as is known here, whatever the clocks say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from rft_tui.errors import UsageError
from rft_tui.model import Verdict
from rft_tui.safetext import storable
from rft_tui.store.datasets import now

MOST_OTHERS = 20
"""Other reviewers whose word about an answer is read at most."""


class EventKind(StrEnum):
    """What an entry of the log says."""

    VERDICT = "verdict"
    TAG = "tag"
    UNTAG = "untag"
    NOTE = "note"
    REFERENCE = "reference"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class ReviewState:
    """What one reviewer says of one answer at present."""

    verdict: Verdict | None = None
    tags: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo took back: the kind and value of the events, and the answers and rows they were about."""

    kind: EventKind
    value: str
    answers: tuple[int, ...]
    row_ids: tuple[str, ...]


STANDS = (
    "NOT EXISTS (SELECT 1 FROM verdict_log AS undo WHERE undo.kind = 'undo' AND undo.value = event.batch"
    " AND undo.reviewer = event.reviewer)"
)
"""The condition of an entry of the log (as `event`) that nothing has taken back."""

TAG_SEPARATOR = "\n"
"""Between tags in a state row; a tag holds no line break."""


def clean_tag(tag: str) -> str:
    """A tag as it is stored: one line, no blanks around it."""
    return " ".join(tag.split())


def record(
    db: sqlite3.Connection,
    reviewer: str,
    kind: EventKind,
    value: str,
    *,
    answers: Iterable[int] = (),
    row_id: str | None = None,
    grader_version: str | None = None,
) -> str:
    """Append one event for each answer (or one for a row) as a single undoable step; the step's id.

    A tag is stored as `clean_tag` makes it; UsageError where nothing is left of it.
    """
    batch, moment, value = uuid4().hex, next_moment(db, reviewer), storable(value)
    if kind in (EventKind.TAG, EventKind.UNTAG):
        value = clean_tag(value)
        if not value:
            raise UsageError("a tag needs a name")
    targets: list[tuple[int | None, str | None]] = [(answer, None) for answer in answers]
    if row_id is not None:
        targets.append((None, row_id))
    db.executemany(
        "INSERT INTO verdict_log (uid, batch, reviewer, kind, answer, row_id, value, grader_version, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(uuid4().hex, batch, reviewer, kind, answer, row, value, grader_version, moment) for answer, row in targets],
    )
    derive(db, reviewer, targets)
    return batch


def next_moment(db: sqlite3.Connection, reviewer: str) -> str:
    """This moment, or one a millisecond behind the reviewer's last event where the clock is not beyond that."""
    last = db.execute("SELECT max(at) FROM verdict_log WHERE reviewer = ?", [reviewer]).fetchone()[0]
    moment = now()
    if last is None or moment > last:
        return moment
    return (datetime.fromisoformat(last) + timedelta(milliseconds=1)).isoformat(timespec="milliseconds")


def undo(db: sqlite3.Connection, reviewer: str) -> Undone | None:
    """Take back the reviewer's newest step that is not taken back yet; None when there is none."""
    newest = db.execute(
        f"SELECT batch, kind, value FROM verdict_log AS event WHERE reviewer = ? AND kind <> 'undo' AND {STANDS}"
        " ORDER BY at DESC, uid DESC LIMIT 1",
        [reviewer],
    ).fetchone()
    if newest is None:
        return None
    batch, kind, value = newest
    events = db.execute(
        "SELECT answer, row_id FROM verdict_log WHERE batch = ? AND reviewer = ?", [batch, reviewer]
    ).fetchall()
    db.execute(
        "INSERT INTO verdict_log (uid, batch, reviewer, kind, value, at) VALUES (?, ?, ?, ?, ?, ?)",
        [uuid4().hex, uuid4().hex, reviewer, EventKind.UNDO, batch, next_moment(db, reviewer)],
    )
    derive(db, reviewer, events)
    answers = tuple(answer for answer, _row in events if answer is not None)
    return Undone(EventKind(kind), value, answers, tuple(row for _answer, row in events if row is not None))


def derive(db: sqlite3.Connection, reviewer: str, targets: Iterable[tuple[int | None, str | None]]) -> None:
    """Make the state rows of some answers and rows again from the log.

    The index is said since SQLite would else take that of the reviewer, who has many more events.
    """
    for answer, row_id in targets:
        if answer is not None:
            _derive_answer(db, reviewer, answer)
        if row_id is not None:
            _derive_correction(db, reviewer, row_id)


def _derive_answer(db: sqlite3.Connection, reviewer: str, answer: int) -> None:
    verdict: str | None = None
    verdict_grader: str | None = None
    note = ""
    tags: dict[str, None] = {}
    for kind, value, grader_version in db.execute(
        "SELECT kind, value, grader_version FROM verdict_log AS event INDEXED BY verdict_log_answer"
        f" WHERE answer = ? AND reviewer = ? AND {STANDS} ORDER BY at, uid",
        [answer, reviewer],
    ):
        if kind == EventKind.VERDICT:
            verdict, verdict_grader = value or None, grader_version
        elif kind == EventKind.TAG:
            tags[value] = None
        elif kind == EventKind.UNTAG:
            tags.pop(value, None)
        elif kind == EventKind.NOTE:
            note = value
    if verdict is None and not tags and not note:
        db.execute("DELETE FROM review WHERE reviewer = ? AND answer = ?", [reviewer, answer])
        return
    db.execute(
        "INSERT OR REPLACE INTO review (reviewer, answer, verdict, verdict_grader, tags, note)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [reviewer, answer, verdict, verdict_grader, TAG_SEPARATOR.join(tags), note],
    )


def _derive_correction(db: sqlite3.Connection, reviewer: str, row_id: str) -> None:
    newest = db.execute(
        "SELECT value FROM verdict_log AS event INDEXED BY verdict_log_row"
        f" WHERE row_id = ? AND reviewer = ? AND {STANDS}"
        " ORDER BY at DESC, uid DESC LIMIT 1",
        [row_id, reviewer],
    ).fetchone()
    db.execute("DELETE FROM correction WHERE reviewer = ? AND row_id = ?", [reviewer, row_id])
    if newest is not None:
        db.execute(
            "INSERT INTO correction (reviewer, row_id, reference) VALUES (?, ?, ?)", [reviewer, row_id, newest[0]]
        )


def review_state(db: sqlite3.Connection, reviewer: str, answer: int) -> ReviewState:
    """What the reviewer says of an answer at present."""
    row = db.execute(
        "SELECT verdict, tags, note FROM review WHERE reviewer = ? AND answer = ?", [reviewer, answer]
    ).fetchone()
    if row is None:
        return ReviewState()
    return ReviewState(Verdict(row[0]) if row[0] else None, split_tags(row[1]), row[2])


def other_states(db: sqlite3.Connection, reviewer: str, answer: int) -> Iterator[tuple[str, ReviewState]]:
    """What other reviewers than this one say of an answer, by their names; those who say nothing are left out."""
    names = db.execute(
        "SELECT DISTINCT reviewer FROM verdict_log WHERE answer = ? AND reviewer <> ? ORDER BY reviewer LIMIT ?",
        [answer, reviewer, MOST_OTHERS],
    ).fetchall()
    for (name,) in names:
        state = review_state(db, name, answer)
        if state.verdict is not None:
            yield name, state


def split_tags(tags: str | None) -> tuple[str, ...]:
    """The tags of a state row."""
    return tuple(tags.split(TAG_SEPARATOR)) if tags else ()


def known_tags(db: sqlite3.Connection, reviewer: str) -> list[str]:
    """The reviewer's tags, the most used first, then in the order of their first use."""
    rows = db.execute(
        f"SELECT value FROM verdict_log AS event WHERE kind = ? AND reviewer = ? AND {STANDS}"
        " GROUP BY value ORDER BY count(*) DESC, min(at), value",
        [EventKind.TAG, reviewer],
    )
    return [row[0] for row in rows]


def count_verdicts(db: sqlite3.Connection, reviewer: str) -> int:
    """How many answers have a verdict of the reviewer."""
    return int(
        db.execute("SELECT count(*) FROM review WHERE reviewer = ? AND verdict IS NOT NULL", [reviewer]).fetchone()[0]
    )


def is_waiting(db: sqlite3.Connection) -> bool:
    """Whether any event waits for its answer."""
    return db.execute("SELECT 1 FROM verdict_waiting LIMIT 1").fetchone() is not None
