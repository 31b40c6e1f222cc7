"""The verdict log as it goes from one cache to another: events that say themselves what they are about.

An answer is known elsewhere by the key of what was asked and a hash of what came back: two machines may have asked the
same and got different answers. Merging only ever adds events by their id, and the state is a function of the events
alone, so any order and repetition of merges makes the same state. What is about answers that are not here waits.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from rft_tui.errors import InputError
from rft_tui.identity import content_hash
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line
from rft_tui.store.verdicts import EventKind, derive

if TYPE_CHECKING:
    from rft_tui.store.database import Store

CHUNK = 500
"""Events read at once."""

ASIDE = "#"
"""What stands between the key of an error that was put aside and its number here."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of the log with what identifies its target anywhere.

    `answer_key` and `content` (a hash) name an answer, both empty for an event about a row or an undo; `row_id` a row.
    `facts` tell a person what the answer was (dataset, model, effort, prompt, run index, row); nothing reads them.
    """

    uid: str
    batch: str
    reviewer: str
    at: str
    kind: EventKind
    value: str
    grader_version: str | None = None
    row_id: str | None = None
    answer_key: str = ""
    content: str = ""
    facts: JsonObject = field(default_factory=dict, compare=False)


@dataclass(slots=True)
class Merged:
    """What a merge did: events that were new or known, and of all that wait those whose answer is missing here.

    `other_answer` counts events that wait since another answer to the same question stands here; `reviewers` the new
    events of each.
    """

    new: int = 0
    known: int = 0
    waiting: int = 0
    other_answer: int = 0
    reviewers: Counter[str] = field(default_factory=Counter)


def answer_content(output_text: str, error_kind: str | None) -> str:
    """The hash of what came back."""
    return content_hash("content", output_text, error_kind or "")


def reviewers_of(db: sqlite3.Connection) -> list[str]:
    """Who has said anything here, by name; not those whose every event waits."""
    return [row[0] for row in db.execute("SELECT DISTINCT reviewer FROM verdict_log ORDER BY reviewer")]


def iter_log(db: sqlite3.Connection, reviewers: Sequence[str] | None = None) -> Iterator[LogEvent]:
    """The events of some reviewers (None: of all) in the order of their time, those that wait among them."""
    places = db.execute(
        "SELECT at, uid, reviewer, id FROM verdict_log UNION ALL SELECT json_extract(event, '$.at'), uid,"
        " json_extract(event, '$.reviewer'), NULL FROM verdict_waiting ORDER BY at, uid"
    ).fetchall()
    chosen = [(uid, number) for _at, uid, reviewer, number in places if reviewers is None or reviewer in reviewers]
    for begun in range(0, len(chosen), CHUNK):
        page = chosen[begun : begun + CHUNK]
        found = _stored(db, [number for _uid, number in page if number is not None])
        waited = [uid for uid, number in page if number is None]
        found |= _waiting(db, waited)
        found |= _by_uid(db, [uid for uid in waited if uid not in found])
        yield from (found[uid] for uid, _number in page)


def _by_uid(db: sqlite3.Connection, uids: Sequence[str]) -> dict[str, LogEvent]:
    """Those of some events that stand in the log."""
    marks = ",".join("?" * len(uids))
    return _stored(db, [row[0] for row in db.execute(f"SELECT id FROM verdict_log WHERE uid IN ({marks})", list(uids))])


def _stored(db: sqlite3.Connection, numbers: Sequence[int]) -> dict[str, LogEvent]:
    rows = db.execute(f"{_STORED} ({','.join('?' * len(numbers))}) GROUP BY log.id", list(numbers))
    events: dict[str, LogEvent] = {}
    for uid, batch, reviewer, at, kind, value, version, row_id, key, text, error_kind, *facts in rows:
        known = {name: fact for name, fact in zip(_FACTS, facts, strict=True) if fact is not None} if key else {}
        if "simulated" in known:
            known["simulated"] = True
        events[uid] = LogEvent(
            uid, batch, reviewer, at, EventKind(kind), value, version, row_id, (key or "").partition(ASIDE)[0],
            answer_content(text, error_kind) if key else "", known,
        )  # fmt: skip
    return events


_FACTS = ("item", "dataset", "model", "effort", "prompt", "simulated", "run_index")

_STORED = """
    SELECT log.uid, log.batch, log.reviewer, log.at, log.kind, log.value, log.grader_version, log.row_id, answer.key,
        answer.output_text, answer.error_kind, item.row_id, dataset.name, run.model, run.effort, run.prompt,
        nullif(run.simulated, 0), min(run.run_index)
    FROM verdict_log AS log LEFT JOIN answer ON answer.id = log.answer
    LEFT JOIN prediction ON prediction.answer = log.answer LEFT JOIN run ON run.id = prediction.run
    LEFT JOIN item ON item.id = prediction.item LEFT JOIN dataset ON dataset.id = item.dataset
    WHERE log.id IN"""


def _waiting(db: sqlite3.Connection, uids: Sequence[str]) -> dict[str, LogEvent]:
    rows = db.execute(f"SELECT event FROM verdict_waiting WHERE uid IN ({','.join('?' * len(uids))})", list(uids))
    events = [_event_of(text) for (text,) in rows]
    return {event.uid: event for event in events}


def _event_of(text: str) -> LogEvent:
    stored: JsonObject = json.loads(text)
    return LogEvent(**(stored | {"kind": EventKind(stored["kind"])}))


def merge_events(db: sqlite3.Connection, events: Iterable[LogEvent]) -> Merged:
    """Add events that are not here yet, inside the caller's transaction, and make the states anew.

    Raises InputError where an id stands for another event here.
    """
    merged, touched = Merged(), _Touched()
    stream = iter(events)
    while page := list(islice(stream, CHUNK)):
        _merge_page(db, page, merged, touched)
    touched.derive(db)
    apply_waiting(db)
    merged.waiting = count_waiting(db)
    merged.other_answer = int(
        db.execute(
            "SELECT count(*) FROM verdict_waiting WHERE EXISTS (SELECT 1 FROM answer WHERE key = answer_key)"
        ).fetchone()[0]
    )
    return merged


@dataclass(slots=True)
class _Touched:
    """Whose states of which answers and rows are to be made anew, each once, and which steps were taken back."""

    targets: dict[str, dict[tuple[int | None, str | None], None]] = field(default_factory=dict)
    undone: dict[tuple[str, str], None] = field(default_factory=dict)

    def add(self, event: LogEvent, answer: int | None) -> None:
        """Note what an event that came in may change."""
        if event.kind is EventKind.UNDO:
            self.undone[event.reviewer, event.value] = None
        else:
            self.targets.setdefault(event.reviewer, {})[answer, event.row_id] = None

    def derive(self, db: sqlite3.Connection) -> None:
        """Make all of it anew."""
        for reviewer, batch in self.undone:
            targets = self.targets.setdefault(reviewer, {})
            for target in db.execute(
                "SELECT answer, row_id FROM verdict_log WHERE batch = ? AND reviewer = ? AND kind <> 'undo'",
                [batch, reviewer],
            ):
                targets[target] = None
        for reviewer, targets in self.targets.items():
            derive(db, reviewer, targets)


def _merge_page(db: sqlite3.Connection, page: Sequence[LogEvent], merged: Merged, touched: _Touched) -> None:
    uids = [event.uid for event in page]
    here = _by_uid(db, uids) | _waiting(db, uids)
    for event in page:
        known = here.get(event.uid)
        if known is not None:
            if known != event:
                who = one_line(event.reviewer, 40)
                raise InputError(f"the event {event.uid} of {who} says another thing than the one here with its id")
            merged.known += 1
            continue
        here[event.uid] = event
        merged.new += 1
        merged.reviewers[event.reviewer] += 1
        answer = _answer_here(db, event) if event.answer_key else None
        if event.answer_key and answer is None:
            db.execute(
                "INSERT INTO verdict_waiting (uid, answer_key, event) VALUES (?, ?, ?)",
                [event.uid, event.answer_key, json.dumps(asdict(event))],
            )
            continue
        _insert(db, event, answer)
        touched.add(event, answer)


def _insert(db: sqlite3.Connection, event: LogEvent, answer: int | None) -> None:
    db.execute(
        "INSERT INTO verdict_log (uid, batch, reviewer, kind, answer, row_id, value, grader_version, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [event.uid, event.batch, event.reviewer, event.kind, answer, event.row_id, event.value, event.grader_version,
         event.at],
    )  # fmt: skip


def _answer_here(db: sqlite3.Connection, event: LogEvent) -> int | None:
    """The answer under the event's key with the event's content, also one that was put aside; None without one."""
    rows = db.execute(
        "SELECT id, output_text, error_kind FROM answer WHERE key = ?1 OR key > ?1 || '#' AND key < ?1 || '$'"
        " ORDER BY id",
        [event.answer_key],
    )
    found = (number for number, text, error_kind in rows if answer_content(text, error_kind) == event.content)
    return next(found, None)


_HAS_COME = """EXISTS (SELECT 1 FROM answer WHERE key = answer_key
    OR key > answer_key || '#' AND key < answer_key || '$')"""


def apply_waiting(db: sqlite3.Connection) -> int:
    """Let events that wait stand where their answers have come meanwhile; how many. Cheap where nothing waits."""
    rows = db.execute(f"SELECT event FROM verdict_waiting WHERE {_HAS_COME} ORDER BY uid").fetchall()
    touched, applied = _Touched(), 0
    for (text,) in rows:
        event = _event_of(text)
        answer = _answer_here(db, event)
        if answer is not None:
            db.execute("DELETE FROM verdict_waiting WHERE uid = ?", [event.uid])
            _insert(db, event, answer)
            touched.add(event, answer)
            applied += 1
    touched.derive(db)
    return applied


def let_stand(store: Store) -> int:
    """Let events stand whose answers have come meanwhile, in a transaction of its own where there are any; how many.

    Where only other answers to the same questions are here, nothing is written, so that nobody has to wait.
    """
    with store.read() as db:
        waiting = db.execute(f"SELECT event FROM verdict_waiting WHERE {_HAS_COME}")
        due = any(_answer_here(db, _event_of(text)) is not None for (text,) in waiting)
    if not due:
        return 0
    with store.write() as db:
        return apply_waiting(db)


def count_waiting(db: sqlite3.Connection) -> int:
    """How many events wait for their answers."""
    return int(db.execute("SELECT count(*) FROM verdict_waiting").fetchone()[0])
