"""What the bench said of grader versions: kept by the hash of the grader, so that a file or an unsaved text has it too.

The last few results of a version are kept, and always the newest that left nothing out.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rft_tui.model import JsonObject
from rft_tui.safetext import storable
from rft_tui.store.datasets import now

KEPT = 5
"""Results of one version that are kept."""


@dataclass(frozen=True, slots=True)
class BenchResult:
    """One bench of a version: when, what it covered and how much of that held.

    `summary` counts by kind of check, in the document's order: (name, checked, failed). `partial` where some probes
    were left out; `limits` are those that it was held to.
    """

    id: int
    version: str
    name: str
    ok: bool
    checks: int
    failures: int
    simulated: bool
    at: str
    partial: bool
    items: int
    summary: tuple[tuple[str, int, int], ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)


def keep_bench(db: sqlite3.Connection, document: JsonObject, name: str = "") -> int:
    """Keep a document of the bench under the version it names, and let go of old ones; its number.

    `name` is what the grader is called here where that is not the name in its JSON.
    """
    version = str(document["grader"]["version"])
    counts = document["summary"]
    made = db.execute(
        "INSERT INTO bench_result (version, name, ok, checks, failures, simulated, document, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            version,
            storable(name or str(document["grader"]["name"])),
            bool(document["ok"]),
            sum(one["checked"] for one in counts),
            sum(one["failed"] for one in counts),
            bool(document.get("simulated")),
            json.dumps(document, allow_nan=False),
            now(),
        ],
    )
    whole = newest_of(db, version, whole=True)
    db.execute(
        "DELETE FROM bench_result WHERE version = ? AND id <> ? AND id NOT IN"
        " (SELECT id FROM bench_result WHERE version = ? ORDER BY id DESC LIMIT ?)",
        [version, 0 if whole is None else whole.id, version, KEPT],
    )
    return int(made.lastrowid or 0)


def newest_of(db: sqlite3.Connection, version: str, *, whole: bool = False) -> BenchResult | None:
    """The newest result of a version (`whole`: of those that left nothing out); None where there is none."""
    only = f" AND NOT {_PARTIAL}" if whole else ""
    row = db.execute(f"{_QUERY} WHERE version = ?{only} ORDER BY id DESC LIMIT 1", [version]).fetchone()
    return None if row is None else _result(row)


def benched(db: sqlite3.Connection, versions: Sequence[str]) -> set[str]:
    """Those of some versions that have a result."""
    known = {row[0] for row in db.execute("SELECT DISTINCT version FROM bench_result")}
    return known.intersection(versions)


def bench_document(db: sqlite3.Connection, identity: int) -> JsonObject | None:
    """The whole document of a result, as the command printed it; None where it is gone."""
    row = db.execute("SELECT document FROM bench_result WHERE id = ?", [identity]).fetchone()
    if row is None:
        return None
    document: JsonObject = json.loads(row[0])
    return document


_PARTIAL = "ifnull(json_extract(document, '$.partial'), 0)"

_QUERY = (
    "SELECT id, version, name, ok, checks, failures, simulated, at,"
    f" {_PARTIAL}, ifnull(json_extract(document, '$.items'), 0), json_extract(document, '$.summary'),"
    " json_extract(document, '$.limits') FROM bench_result"
)


def _result(row: tuple[Any, ...]) -> BenchResult:
    summary = tuple((one["check"], one["checked"], one["failed"]) for one in json.loads(row[10] or "[]"))
    return BenchResult(
        row[0], row[1], row[2], bool(row[3]), row[4], row[5], bool(row[6]), row[7], bool(row[8]), row[9], summary,
        json.loads(row[11] or "{}"),
    )  # fmt: skip
