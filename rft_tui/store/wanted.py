"""Which items a run is for, and which of them it still has to ask."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rft_tui.model import JsonObject

PAGE = 200
"""Items that are read at once."""

MISSING, FAILED, OPEN = "missing", "failed", "open"
"""Which items of a run are asked: those without a prediction, those with an error, or both."""

NO_LIMIT = 2**62
"""An answer number beyond all that will ever be."""

_CONDITIONS = {
    MISSING: "NOT EXISTS (SELECT 1 FROM prediction WHERE run = :run AND item = item.id)",
    FAILED: "EXISTS (SELECT 1 FROM prediction WHERE run = :run AND item = item.id AND error_kind IS NOT NULL"
    " AND answer <= :before)",
    OPEN: "NOT EXISTS (SELECT 1 FROM prediction WHERE run = :run AND item = item.id"
    " AND (error_kind IS NULL OR answer > :before))",
}


@dataclass(frozen=True, slots=True)
class AskedItem:
    """What a run asks of one item: its number, its input's identity, and the messages in chat form."""

    item: int
    input_id: str
    messages: list[JsonObject]
    tools: list[JsonObject] | None


def want_items(db: sqlite3.Connection, run: int, items: Iterable[int] | None, *, is_new: bool) -> None:
    """Let a run be for these items too, or for no others where it was just made; None: for all of its dataset."""
    has_rows = db.execute("SELECT items FROM run WHERE id = ?", [run]).fetchone()[0] is not None
    if items is None:
        db.execute("DELETE FROM wanted WHERE run = ?", [run])
        db.execute("UPDATE run SET items = NULL WHERE id = ?", [run])
    elif has_rows or is_new:
        db.executemany("INSERT INTO wanted VALUES (?, ?) ON CONFLICT DO NOTHING", ((run, item) for item in items))
        db.execute("UPDATE run SET items = (SELECT count(*) FROM wanted WHERE run = ?1) WHERE id = ?1", [run])


def iter_to_ask(
    db: sqlite3.Connection,
    run: int,
    *,
    which: str = OPEN,
    task: int | None = None,
    before: int = NO_LIMIT,
    kinds: Iterable[str] = (),
) -> Iterator[AskedItem]:
    """The items that a run still has to ask, in the order of the dataset, read in pages by key.

    `task` keeps those that a task is limited to, `kinds` those whose error is of one of these kinds.
    Only errors up to the answer number `before` count as still to ask: later ones are what this task came to.
    """
    condition = _where(db, run, which, task, tuple(kinds))
    values = _values(run, task, before, tuple(kinds))
    position = -1
    while True:
        page = db.execute(
            "SELECT item.id, item.position, input.hash, input.messages, input.tools, input.question"
            " FROM item JOIN input ON input.id = item.input"
            " WHERE item.dataset = (SELECT dataset FROM run WHERE id = :run) AND item.position > :position"
            f" AND {condition} ORDER BY item.position LIMIT :page",
            values | {"position": position, "page": PAGE},
        ).fetchall()
        if not page:
            return
        for item, _position, input_id, messages, tools, question in page:
            asked = json.loads(messages) if messages else [{"role": "user", "content": question}]
            yield AskedItem(item, input_id, asked, json.loads(tools) if tools else None)
        position = page[-1][1]


def count_to_ask(
    db: sqlite3.Connection,
    run: int,
    *,
    which: str = OPEN,
    task: int | None = None,
    before: int = NO_LIMIT,
    kinds: Iterable[str] = (),
) -> int:
    """How many items a run still has to ask."""
    row = db.execute(
        "SELECT count(*) FROM item WHERE item.dataset = (SELECT dataset FROM run WHERE id = :run)"
        f" AND {_where(db, run, which, task, tuple(kinds))}",
        _values(run, task, before, tuple(kinds)),
    ).fetchone()
    return int(row[0])


def _where(db: sqlite3.Connection, run: int, which: str, task: int | None, kinds: tuple[str, ...]) -> str:
    parts = [_CONDITIONS[which]]
    if db.execute("SELECT items FROM run WHERE id = ?", [run]).fetchone()[0] is not None:
        parts.append("EXISTS (SELECT 1 FROM wanted WHERE run = :run AND item = item.id)")
    if task is not None and db.execute("SELECT 1 FROM task_item WHERE task = ? LIMIT 1", [task]).fetchone():
        parts.append("EXISTS (SELECT 1 FROM task_item WHERE task = :task AND item = item.id)")
    if kinds:
        names = ",".join(f":kind{number}" for number in range(len(kinds)))
        parts.append(
            f"EXISTS (SELECT 1 FROM prediction WHERE run = :run AND item = item.id AND error_kind IN ({names}))"
        )
    return " AND ".join(parts)


def last_answer(db: sqlite3.Connection) -> int:
    """The number of the newest answer."""
    return int(db.execute("SELECT coalesce(max(id), 0) FROM answer").fetchone()[0])


def _values(run: int, task: int | None, before: int, kinds: tuple[str, ...]) -> dict[str, object]:
    return {"run": run, "task": task, "before": before} | {f"kind{number}": kind for number, kind in enumerate(kinds)}
