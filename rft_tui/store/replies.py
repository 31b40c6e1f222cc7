"""What judges and embeddings answered, kept by the content of what was asked, so that nothing is paid twice."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from rft_tui.model import JsonObject, Usage
from rft_tui.safetext import storable
from rft_tui.store.datasets import now


@dataclass(frozen=True, slots=True)
class Reply:
    """One kept reply: what was made of it as JSON, the name the service answered with, what it took."""

    kind: str
    model: str
    served_model: str
    content: JsonObject
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None


def get_reply(db: sqlite3.Connection, key: str) -> Reply | None:
    """The reply under a key, None where there is none."""
    row = db.execute("SELECT kind, model, served_model, body, usage FROM reply WHERE key = ?", [key]).fetchone()
    if row is None:
        return None
    usage: JsonObject = json.loads(row[4])
    cost = usage.pop("cost", None)
    return Reply(row[0], row[1], row[2], json.loads(zlib.decompress(row[3])), Usage(**usage), cost)


def count_kept(db: sqlite3.Connection, keys: Iterable[str]) -> int:
    """How many of some questions have a reply that is kept."""
    return sum(db.execute("SELECT 1 FROM reply WHERE key = ?", [key]).fetchone() is not None for key in keys)


def put_reply(db: sqlite3.Connection, key: str, reply: Reply, *, simulated: bool = False) -> None:
    """Keep a reply; one that is there already stays."""
    usage = asdict(reply.usage) | {"cost": reply.cost}
    db.execute(
        "INSERT INTO reply (key, kind, model, served_model, body, usage, simulated, asked_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
        [
            key,
            reply.kind,
            storable(reply.model),
            storable(reply.served_model),
            zlib.compress(json.dumps(reply.content).encode()),
            json.dumps(usage),
            int(simulated),
            now(),
        ],
    )
