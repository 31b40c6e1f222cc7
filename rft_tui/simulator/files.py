"""The files that the simulated service keeps: in a temporary folder, bounded, gone at its end.

Those for training may have a folder of their own, where the next service finds them.
"""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from rft_tui.model import JsonObject
from rft_tui.settings import write_atomically
from rft_tui.simulator.paging import page
from rft_tui.simulator.rejection import RequestError, not_found

MOST_FILES = 2_000
MOST_BYTES = 2_000_000_000
"""Bytes of all files together."""

MOST_FILE_BYTES = 512_000_000
"""Bytes of one file sent to ``/v1/files``."""

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data")
"""Purposes that a file may be sent for."""

KEPT_PURPOSE = "fine-tune"
"""The purpose of files that outlive the service where it has a folder for them."""

_DESCRIPTION = ".json"
_DESCRIBED = ("id", "filename", "purpose", "created_at", "expires_at")

LEAST_EXPIRY_S, MOST_EXPIRY_S = 3_600, 2_592_000


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is kept, and what is said of it."""

    id: str
    path: Path
    filename: str
    purpose: str
    created_at: int
    expires_at: int | None = None

    def as_json(self) -> JsonObject:
        """The file object."""
        shown: JsonObject = {
            "id": self.id,
            "object": "file",
            "bytes": self.path.stat().st_size,
            "created_at": self.created_at,
            "filename": self.filename,
            "purpose": self.purpose,
            "status": "processed",
        }
        return shown if self.expires_at is None else {**shown, "expires_at": self.expires_at}


class FileStore:
    """Files by id, in the order in which they came; safe to use from several threads.

    Files for training are kept in the folder `kept` where there is one. Ids never come again, not in a later service.
    """

    def __init__(self, kept: Path | None = None) -> None:
        self._lock = Lock()
        self._folder: Path | None = None
        self._kept = kept
        self._files: dict[str, StoredFile] = {} if kept is None else {one.id: one for one in _read(kept)}
        self._made = 0
        self._token = secrets.token_hex(4)

    def new_path(self) -> Path:
        """Where a file that is being received may be written."""
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="rft-tui-simulated-"))
            self._made += 1
            return self._folder / f"{self._made:06d}{self._token}"

    def check_room(self, size: int) -> None:
        """RequestError where so many bytes more are too many."""
        with self._lock:
            held = sum(one.path.stat().st_size for one in self._files.values())
            if held + size > MOST_BYTES or len(self._files) >= MOST_FILES:
                raise RequestError("The simulated service keeps no more files; delete some.", code="storage_full")

    def add(self, path: Path, filename: str, purpose: str, expiry_s: int | None = None) -> StoredFile:
        """Keep what was written to a path of `new_path`."""
        now = int(time.time())
        ends = None if expiry_s is None else now + expiry_s
        if self._kept is not None and purpose == KEPT_PURPOSE:
            path = _moved(path, self._kept)
        stored = StoredFile(f"file-simulated-{path.name}", path, filename[:200] or "file", purpose, now, ends)
        if self._kept is not None and purpose == KEPT_PURPOSE:
            described = {key: getattr(stored, key) for key in _DESCRIBED}
            write_atomically(path.with_suffix(_DESCRIPTION), json.dumps(described).encode())
        with self._lock:
            self._files[stored.id] = stored
        return stored

    def get(self, file_id: str) -> StoredFile:
        """A file. Raises RequestError."""
        with self._lock:
            try:
                return self._files[file_id]
            except KeyError:
                raise not_found("File object", file_id) from None

    def delete(self, file_id: str) -> JsonObject:
        """Forget a file. Raises RequestError."""
        path = self.get(file_id).path
        path.with_suffix(_DESCRIPTION).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        with self._lock:
            self._files.pop(file_id, None)
        return {"id": file_id, "object": "file", "deleted": True}

    def listed(self, query: JsonObject) -> JsonObject:
        """A page of the list, the newest first unless `order` is ``asc``."""
        with self._lock:
            files = list(self._files.values())
        if purpose := query.get("purpose"):
            files = [one for one in files if one.purpose == purpose]
        if query.get("order", "desc") != "asc":
            files.reverse()
        shown = page(files, query, most=10_000, default=10_000)
        return {"first_id": "", "last_id": "", **shown}

    def close(self) -> None:
        """Remove everything but what is kept for a later service."""
        with self._lock:
            self._files.clear()
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None


def _moved(path: Path, folder: Path) -> Path:
    """Bring a file into a folder, which may lie on another disk. Raises RequestError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.move(path, folder / path.name))
    except OSError as error:
        message = f"The simulated service cannot keep the file: {error.strerror}"
        raise RequestError(message, status=500, kind="server_error") from error


def _read(folder: Path) -> Iterator[StoredFile]:
    """The files that an earlier service kept, the oldest first; what is no such file is passed over."""
    found: list[StoredFile] = []
    for described in folder.glob(f"*{_DESCRIPTION}"):
        try:
            said = json.loads(described.read_bytes())
            stored = StoredFile(path=described.with_suffix(""), **{key: said[key] for key in _DESCRIBED})
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
        if stored.path.is_file() and stored.id == f"file-simulated-{stored.path.name}":
            found.append(stored)
    yield from sorted(found, key=lambda one: (one.created_at, one.id))


def check_purpose(purpose: str) -> None:
    """RequestError for a purpose that is not taken."""
    if purpose not in PURPOSES:
        message = f"'{purpose[:40]}' is not one of {list(PURPOSES)} - 'purpose'"
        raise RequestError(message, param="purpose")


def expiry_of(anchor: str | None, seconds: str | int | None) -> int | None:
    """The seconds after which a file expires, None for never. Raises RequestError."""
    if anchor is None and seconds is None:
        return None
    try:
        wanted = int(seconds or 0)
    except ValueError:
        wanted = 0
    if anchor != "created_at" or not LEAST_EXPIRY_S <= wanted <= MOST_EXPIRY_S:
        message = f"expires_after needs anchor created_at and {LEAST_EXPIRY_S} to {MOST_EXPIRY_S} seconds."
        raise RequestError(message, param="expires_after")
    return wanted
