"""Bringing a file to a service for training: the same bytes go once, and one that was on its way goes on from there."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from rft_tui.errors import InputError, ServiceError
from rft_tui.providers.backends.backend import JobBackend
from rft_tui.providers.backends.files import PURPOSE
from rft_tui.providers.backends.source import FileSource, read_source
from rft_tui.providers.clock import Clock
from rft_tui.providers.reading import name_of
from rft_tui.safetext import one_line
from rft_tui.store.database import Store
from rft_tui.store.uploads import THERE, SessionMemory, UploadKey, begin_upload, end_upload, get_upload

Stage: TypeAlias = Literal["reading", "sending"]

Told: TypeAlias = Callable[[Stage, int, int], None]
"""Told how many bytes of how many were read here, and then how many have arrived; never fewer than before."""

PREPARING = frozenset({"pending", "running", "importing", "notRunning", "queued", "uploading", "processing"})
"""States in which a service still looks at a file; no job takes it yet."""

LOOK_S = 5.0
LOOKS = 360
"""Looks at a file that is being prepared, and the seconds between them: half an hour in all."""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file at the service; `was_there` where nothing had to be sent."""

    file_id: str
    name: str
    size: int
    sha256: str
    was_there: bool


async def ensure_uploaded(
    backend: JobBackend,
    store: Store,
    path: Path,
    *,
    service: str,
    name: str = "",
    told: Told | None = None,
    clock: Clock | None = None,
) -> UploadedFile:
    """Have a file at a service, sent only where its bytes are not there yet; waits until a job can take it.

    `service` is who answers, for the cache; `name` is used in place of the file's own. Whatever ends this in between,
    the same call goes on with it. Raises InputError where the file cannot be read, changes meanwhile or is refused,
    ServiceError, StoreError.
    """
    tell: Told = told or (lambda _stage, _done, _total: None)
    source = await read_source(path, lambda done, total: tell("reading", done, total), name=name)
    key = UploadKey(service, PURPOSE, source.sha256)
    file_id = await _known(backend, store, key, source)
    was_there = file_id is not None
    if file_id is None:
        await _write(store, lambda db: begin_upload(db, key, source.name, source.size))
        memory = SessionMemory(store, key)
        file_id = await backend.upload(source, memory, lambda done, total: tell("sending", done, total))
    await _write(store, lambda db: end_upload(db, key, file_id))
    await _until_ready(backend, file_id, source, clock or Clock())
    return UploadedFile(file_id, source.name, source.size, source.sha256, was_there)


async def _known(backend: JobBackend, store: Store, key: UploadKey, source: FileSource) -> str | None:
    """The id of the same bytes at the service: as it was noted, or found there where the answer may have been lost."""
    with store.read() as db:
        upload = get_upload(db, key)
    if upload is None:
        return None
    if upload.state == THERE and upload.remote_id is not None:
        return upload.remote_id if await backend.has_file(upload.remote_id) else None
    return await backend.find_file(upload.name, source.size)


async def _until_ready(backend: JobBackend, file_id: str, source: FileSource, clock: Clock) -> None:
    """Wait until the service has looked at a file. Raises InputError where it does not take it."""
    for _look in range(LOOKS):
        head = await backend.file_head(file_id)
        status = name_of(head.get("status"))
        if status == "error":
            said = one_line(str(head.get("status_details") or "it does not say why"), 300)
            raise InputError(f"{source.path}: the service does not take the file: {said}", hint="Correct its rows.")
        if status not in PREPARING:
            return
        await clock.wait(LOOK_S)
    raise ServiceError(
        f"the service still prepares the file {file_id} after half an hour", hint="Try again later.", outcome="timeout"
    )


async def _write(store: Store, work: Callable[[sqlite3.Connection], None]) -> None:
    """Change the cache without holding up what else goes on."""

    def change() -> None:
        with store.write() as db:
            work(db)

    await asyncio.to_thread(change)
