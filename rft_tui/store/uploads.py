"""Files that were sent to services: which bytes are where under which id, and how far one in parts has come."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rft_tui.safetext import storable
from rft_tui.store.database import Store
from rft_tui.store.datasets import now

SENDING, THERE = "sending", "there"
"""States of an upload: on its way, maybe with its answer lost; at the service under `remote_id`."""

LIFE = timedelta(minutes=55)
"""How long an upload in parts is gone on with; services end it after an hour."""


@dataclass(frozen=True, slots=True)
class UploadKey:
    """What makes an upload the same one: the service, what the file is for, and its SHA-256 in hexadecimal."""

    service: str
    purpose: str
    sha256: str


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """A file as it was sent; `remote_id` is None until it is there."""

    key: UploadKey
    name: str
    size: int
    state: str
    remote_id: str | None
    at: str


def get_upload(db: sqlite3.Connection, key: UploadKey) -> StoredUpload | None:
    """What is known of some bytes at a service, None where they were never sent."""
    row = db.execute(
        f"SELECT name, bytes, state, remote_id, at FROM upload WHERE {_THIS}", [key.service, key.purpose, key.sha256]
    ).fetchone()
    return None if row is None else StoredUpload(key, *row)


def begin_upload(db: sqlite3.Connection, key: UploadKey, name: str, size: int) -> None:
    """Keep that a file is about to be sent; what has arrived of it before stays."""
    moment = now()
    db.execute(
        "INSERT INTO upload (service, purpose, sha256, bytes, name, state, begun_at, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (service, purpose, sha256) DO UPDATE SET state = excluded.state, remote_id = NULL,"
        " bytes = excluded.bytes, name = excluded.name, at = excluded.at",
        [key.service, key.purpose, key.sha256, size, storable(name), SENDING, moment, moment],
    )


def end_upload(db: sqlite3.Connection, key: UploadKey, remote_id: str) -> None:
    """Keep the id under which a file is at the service; its parts are of no use any more."""
    db.execute(
        f"UPDATE upload SET state = ?, remote_id = ?, {_NO_SESSION}, at = ? WHERE {_THIS}",
        [THERE, storable(remote_id), now(), key.service, key.purpose, key.sha256],
    )


class SessionMemory:
    """What is remembered of one file in parts; an UploadMemory of the backends, called in any thread.

    Two processes may send the same bytes at once: what one notes counts only while the upload is the one it knows.
    """

    def __init__(self, store: Store, key: UploadKey) -> None:
        self._store = store
        self._key = key
        self._values = [key.service, key.purpose, key.sha256]
        self._session_id = ""
        self._count = 0

    def session(self) -> tuple[str, int, list[str]] | None:
        """The id of the upload, the bytes of a part and the ids of the parts that have arrived, in their order.

        None where nothing was begun, or so long ago that the service has ended it.
        """
        with self._store.read() as db:
            row = db.execute(
                f"SELECT session_id, part_bytes, parts, begun_at FROM upload WHERE {_THIS}", self._values
            ).fetchone()
        if row is None or not row[0] or not row[1] or _is_old(row[3]):
            return None
        self._session_id, parts = row[0], _parts(row[2])
        self._count = len(parts)
        return row[0], int(row[1]), parts

    def begun(self, session_id: str, part_bytes: int) -> None:
        """An upload was begun."""
        self._session_id, self._count = storable(session_id), 0
        self._update("session_id = ?, part_bytes = ?, parts = '[]', begun_at = ?", self._session_id, part_bytes, now())

    def arrived(self, part_id: str) -> None:
        """The next part has arrived; not noted where another process has gone on with this upload meanwhile."""
        with self._store.write() as db:
            changed = db.execute(
                f"UPDATE upload SET parts = json_insert(parts, '$[#]', ?), at = ? WHERE {_THIS}"
                " AND session_id = ? AND json_array_length(parts) = ?",
                [storable(part_id), now(), *self._values, self._session_id, self._count],
            )
            self._count += 1 if changed.rowcount else 0

    def forget(self) -> None:
        """The upload is of no use any more."""
        with self._store.write() as db:
            db.execute(
                f"UPDATE upload SET {_NO_SESSION} WHERE {_THIS} AND session_id = ?", [*self._values, self._session_id]
            )
        self._session_id, self._count = "", 0

    def _update(self, what: str, *values: Any) -> None:
        with self._store.write() as db:
            db.execute(f"UPDATE upload SET {what} WHERE {_THIS}", [*values, *self._values])


_THIS = "service = ? AND purpose = ? AND sha256 = ?"
_NO_SESSION = "session_id = NULL, part_bytes = NULL, parts = '[]'"


def _parts(text: str) -> list[str]:
    found = json.loads(text)
    return [str(one) for one in found] if isinstance(found, list) else []


def _is_old(begun_at: str) -> bool:
    return datetime.now(UTC) - datetime.fromisoformat(begun_at) > LIFE
