"""Answers kept once by the content of what was asked, and the predictions that they stand for.

An answer that is an error, was cut off or was stopped by a filter is kept and shown, and never served from the cache:
the next one to the same question takes its key and its place in the run.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rft_tui.identity import canonical_json
from rft_tui.model import SIMULATED_PREFIX, Answer, JsonObject, PredictionError, Usage
from rft_tui.safetext import one_line, storable
from rft_tui.store.datasets import SNIPPET, now

RAW_LIMIT = 8 * 1024 * 1024
"""Bytes of a raw body that are kept; a longer one is left out."""

QUICK = 1
"""How hard rows of files are packed, of which thousands come at once; answers that were waited for are packed well."""


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """A stored answer that may serve again: its number, and the answer with what the service counted."""

    id: int
    answer: Answer
    cost: float | None
    asked_at: str | None
    asked_by: int | None


@dataclass(frozen=True, slots=True)
class AskedAnswer:
    """What a service answered: the answer, its raw body, what it cost (None: no price known)."""

    key: str
    answer: Answer
    raw: bytes = b""
    cost: float | None = None


def known_answers(db: sqlite3.Connection, keys: Sequence[str]) -> dict[str, KnownAnswer]:
    """The answers under some keys that may be served from the cache."""
    rows = db.execute(
        "SELECT key, id, output_text, summary, extra, usage, asked_at, asked_by FROM answer"
        f" WHERE key IN ({','.join('?' * len(keys))}) AND error_kind IS NULL AND error_message IS NULL",
        list(keys),
    ).fetchall()
    return {row[0]: _known(db, *row[1:]) for row in rows}


def _known(
    db: sqlite3.Connection,
    identity: int,
    output_text: str,
    summary: str | None,
    extra: str | None,
    usage: str | None,
    asked_at: str | None,
    asked_by: int | None,
) -> KnownAnswer:
    counted: JsonObject = json.loads(usage) if usage else _usage_of_prediction(db, identity)
    answer = Answer(
        output_text,
        summary,
        Usage(*(counted.get(name) for name in _USAGE)),
        counted.get("latency_s"),
        extra=json.loads(extra) if extra else None,
    )
    return KnownAnswer(identity, answer, counted.get("cost"), asked_at, asked_by)


_USAGE = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens")


def _usage_of_prediction(db: sqlite3.Connection, answer: int) -> JsonObject:
    """What an imported prediction says of its answer's usage."""
    row = db.execute(
        "SELECT input_tokens, output_tokens, reasoning_tokens, latency_s FROM prediction WHERE answer = ? LIMIT 1",
        [answer],
    ).fetchone()
    return {} if row is None else dict(zip((*_USAGE[:3], "latency_s"), row, strict=True))


def ensure_answer(db: sqlite3.Connection, key: str, answer: Answer) -> tuple[int, str]:
    """The number and the text of the answer stored under a key, which is this one if there was none."""
    made = db.execute(
        "INSERT INTO answer (key, output_text, summary, error_kind, error_message, extra) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO NOTHING",
        [
            key,
            answer.output_text,
            answer.reasoning_summary,
            answer.error.kind if answer.error else None,
            answer.error.message if answer.error else None,
            canonical_json(answer.extra) if answer.extra else None,
        ],
    )
    if made.rowcount and made.lastrowid is not None:
        return made.lastrowid, answer.output_text
    number, output_text = db.execute("SELECT id, output_text FROM answer WHERE key = ?", [key]).fetchone()
    return number, output_text


def put_answer(db: sqlite3.Connection, asked: AskedAnswer, run: int | None) -> int:
    """Store what a service answered; its number.

    An error that stands under the key goes aside, with its verdicts; an answer that is no error stays and wins.
    """
    db.execute(
        "UPDATE answer SET key = key || '#' || id"
        " WHERE key = ? AND (error_kind IS NOT NULL OR error_message IS NOT NULL)",
        [asked.key],
    )
    answer = _storable(asked.answer)
    before = db.execute("SELECT id FROM answer WHERE key = ?", [asked.key]).fetchone()
    if before is not None:
        return int(before[0])
    number, _text = ensure_answer(db, asked.key, answer)
    usage = {name: value for name in _USAGE if (value := getattr(answer.usage, name)) is not None}
    usage |= {"latency_s": answer.latency_s} if answer.latency_s is not None else {}
    usage |= {"cost": asked.cost} if asked.cost is not None else {}
    served = (answer.extra or {}).get("model")
    db.execute(
        "UPDATE answer SET served_model = ?, usage = ?, asked_at = ?, asked_by = ? WHERE id = ?",
        [served, canonical_json(usage), now(), run, number],
    )
    if asked.raw and len(asked.raw) <= RAW_LIMIT:
        db.execute("INSERT OR REPLACE INTO answer_raw VALUES (?, ?)", [number, zlib.compress(asked.raw, 6)])
    return number


def _storable(answer: Answer) -> Answer:
    """The answer with texts that every part of the program can write."""
    error = answer.error and PredictionError(answer.error.kind, storable(answer.error.message))
    summary = storable(answer.reasoning_summary) if answer.reasoning_summary else None
    extra = json.loads(storable(canonical_json(answer.extra))) if answer.extra else None
    return replace(
        answer, output_text=storable(answer.output_text), reasoning_summary=summary, error=error, extra=extra
    )


def keep_raw(db: sqlite3.Connection, prediction: int, raw: bytes) -> bool:
    """Keep the row that an imported prediction came in; False where it is too long. One that is kept stays."""
    if len(raw) > RAW_LIMIT:
        return False
    db.execute(
        "INSERT OR IGNORE INTO answer_raw SELECT answer, ? FROM prediction WHERE id = ?",
        [zlib.compress(raw, QUICK), prediction],
    )
    return True


def raw_body(db: sqlite3.Connection, answer: int) -> bytes | None:
    """The body of an answer as the service sent it; None where it was not kept."""
    row = db.execute("SELECT body FROM answer_raw WHERE answer = ?", [answer]).fetchone()
    return None if row is None else zlib.decompress(row[0])


@dataclass(frozen=True, slots=True)
class NewPrediction:
    """An answer that is to stand for an item in a run: `stored` is its number, `cached` where it was not asked anew."""

    run: int
    run_index: int
    item: int
    stored: int
    answer: Answer
    cost: float | None = None
    cached: bool = False


def insert_prediction(db: sqlite3.Connection, new: NewPrediction) -> bool:
    """Let an answer stand for an item in a run; False where a prediction stands there already."""
    answer, usage = new.answer, new.answer.usage
    return bool(
        db.execute(
            "INSERT INTO prediction (run, item, answer, run_index, snippet, length, error_kind, input_tokens,"
            " output_tokens, reasoning_tokens, latency_s, cost, cached) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (run, item) DO NOTHING",
            [
                new.run,
                new.item,
                new.stored,
                new.run_index,
                one_line(answer.output_text or (answer.error.message if answer.error else ""), SNIPPET),
                len(answer.output_text),
                answer.error.kind if answer.error else None,
                usage.input_tokens,
                usage.output_tokens,
                usage.reasoning_tokens,
                answer.latency_s,
                new.cost,
                int(new.cached),
            ],
        ).rowcount
    )


def put_prediction(db: sqlite3.Connection, new: NewPrediction) -> None:
    """Let an answer stand for an item in a run, in the place of an error that stands there; its grades go."""
    failed = db.execute(
        "SELECT id FROM prediction WHERE run = ? AND item = ? AND error_kind IS NOT NULL", [new.run, new.item]
    ).fetchone()
    if failed is not None:
        _take_away(db, failed[0])
    insert_prediction(db, new)
    note_served_model(db, new.run, (new.answer.extra or {}).get("model"))


def _take_away(db: sqlite3.Connection, prediction: int) -> None:
    """Forget a prediction that was an error, with what graders said of it; its answer is kept."""
    for table in ("grade_detail", "grade", "mark"):
        db.execute(f"DELETE FROM {table} WHERE prediction = ?", [prediction])
    db.execute("DELETE FROM prediction WHERE id = ?", [prediction])


def note_served_model(db: sqlite3.Connection, run: int, served: Any) -> None:
    """Keep in the run under which name the service answered: an alias may hide several, and a name may be simulated."""
    if not isinstance(served, str) or not served:
        return
    names: list[str] = json.loads(db.execute("SELECT served_models FROM run WHERE id = ?", [run]).fetchone()[0])
    name = one_line(storable(served), 200)
    if name not in names and len(names) < 20:
        db.execute(
            "UPDATE run SET served_models = ?, simulated = simulated OR ? WHERE id = ?",
            [json.dumps([*names, name]), name.startswith(SIMULATED_PREFIX), run],
        )
