"""Full-text search over question, prediction, reference, summary and grader steps.

The search tables index trigrams, so a term is found inside words and in any script. They are caught up in small steps
in the background; what they do not hold yet is scanned, so an answer is complete at any moment.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SearchTable:
    """A search table, the table it indexes, that table's key, and which of its columns hold which text."""

    name: str
    source: str
    key: str
    columns: tuple[str, ...]


INPUTS = SearchTable("input_search", "input", "id", ("question",))
ANSWERS = SearchTable("answer_search", "answer", "id", ("output_text", "summary"))
REFERENCES = SearchTable("reference_search", "item_row", "item", ("reference",))
STEPS = SearchTable("steps_search", "grade_detail", "id", ("steps",))
SEARCH_TABLES = (INPUTS, ANSWERS, REFERENCES, STEPS)

TRIGRAM = 3
"""Shorter needles cannot use the index and are scanned for."""


def like_operand(needle: str) -> tuple[str, str]:
    """The LIKE operand for a needle, and the ESCAPE clause it needs."""
    if any(sign in needle for sign in "%_\\"):
        for sign in ("\\", "%", "_"):
            needle = needle.replace(sign, f"\\{sign}")
        return f"%{needle}%", " ESCAPE '\\'"
    return f"%{needle}%", ""


def keys_holding(table: SearchTable, columns: tuple[str, ...], needle: str) -> tuple[str, list[Any]]:
    """A SELECT of the keys whose text holds the needle: from the index, and by scanning what is not indexed yet."""
    operand, escape = like_operand(needle)
    scan = " OR ".join(f"{column} LIKE ?{escape}" for column in columns)
    values = [operand] * len(columns)
    if len(needle) < TRIGRAM or escape:
        return f"SELECT {table.key} FROM {table.source} WHERE {scan}", values
    parts = [f"SELECT rowid FROM {table.name} WHERE {column} LIKE ?" for column in columns]
    parts.append(
        f"SELECT {table.key} FROM {table.source} WHERE {table.key} >"
        f" ifnull((SELECT upto FROM search_state WHERE name = '{table.name}'), 0) AND ({scan})"
    )
    return " UNION ALL ".join(parts), [*values, *values]


def predictions_holding(name: str | None, needle: str, grader: int | None) -> tuple[str, list[Any]]:
    """A SELECT of the predictions of which a text (one of TEXT_FIELDS, None: any) holds the needle.

    It goes from the texts that hold it to the predictions, so a rare needle costs next to nothing among a million.
    """
    parts: list[str] = []
    values: list[Any] = []
    answer_columns = {"prediction": ("output_text",), "summary": ("summary",), None: ANSWERS.columns}.get(name)
    if answer_columns is not None:
        keys, bound = keys_holding(ANSWERS, answer_columns, needle)
        parts.append(f"SELECT id FROM prediction WHERE answer IN ({keys})")
        values += bound
    if name in (None, "question"):
        keys, bound = keys_holding(INPUTS, INPUTS.columns, needle)
        parts.append(f"SELECT id FROM prediction WHERE item IN (SELECT id FROM item WHERE input IN ({keys}))")
        values += bound
    if name in (None, "reference"):
        keys, bound = keys_holding(REFERENCES, REFERENCES.columns, needle)
        parts.append(f"SELECT id FROM prediction WHERE item IN ({keys})")
        values += bound
    if name in (None, "steps") and grader is not None:
        keys, bound = keys_holding(STEPS, STEPS.columns, needle)
        parts.append(f"SELECT prediction FROM grade_detail WHERE grader = ? AND id IN ({keys})")
        values += [grader, *bound]
    return " UNION ALL ".join(parts) or "SELECT NULL WHERE 0", values


def catch_up(db: sqlite3.Connection, rows: int = 500) -> int:
    """Index up to `rows` more rows of one table, inside the caller's write transaction; 0 when all is indexed."""
    for table in SEARCH_TABLES:
        state = db.execute("SELECT upto FROM search_state WHERE name = ?", [table.name]).fetchone()
        upto = state[0] if state else 0
        last = db.execute(
            f"SELECT max({table.key}), count(*) FROM (SELECT {table.key} FROM {table.source}"
            f" WHERE {table.key} > ? ORDER BY {table.key} LIMIT ?)",
            [upto, rows],
        ).fetchone()
        if last[0] is None:
            continue
        columns = ", ".join(table.columns)
        db.execute(
            f"INSERT INTO {table.name} (rowid, {columns}) SELECT {table.key}, {columns} FROM {table.source}"
            f" WHERE {table.key} > ? AND {table.key} <= ?",
            [upto, last[0]],
        )
        db.execute("INSERT OR REPLACE INTO search_state (name, upto) VALUES (?, ?)", [table.name, last[0]])
        return int(last[1])
    return 0
