"""Files of a job in its archive: the result files byte for byte, and what is known of the bytes it was given."""

from __future__ import annotations

import asyncio
import io
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rft_tui.errors import ServiceError
from rft_tui.model import JsonObject
from rft_tui.providers.reading import count_of, name_of, object_of
from rft_tui.store.archive_manifest import ArchivedData
from rft_tui.store.archives import RESULTS, disk_error, measure, safe_name
from rft_tui.store.job_files import RESULT, TRAINING, VALIDATION, JobFile, put_job_file, sent_file

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from rft_tui.tasks.jobs.archive import Archiving

MOST_RESULT_BYTES = 2 * 10**9
"""Bytes of a result file that are fetched."""

MOST_RESULT_FILES = 100
"""Result files of a job that are fetched."""

LEFT_OUT = frozenset({"not_found", "permission", "bad_request", "malformed"})
"""Outcomes after which a file is left out and the others go on; ``malformed`` is also one that is too large."""


async def archive_data_files(at: Archiving) -> None:
    """Note what is known of the files that the job was given: their hashes where they were sent from here."""
    remote = at.job.remote or {}
    for role, key in ((TRAINING, "training_file"), (VALIDATION, "validation_file")):
        file_id = name_of(remote.get(key))
        if not file_id or at.is_stopped():
            continue
        with at.bench.store.read() as db:
            sent = sent_file(db, at.job.service, file_id)
        head: JsonObject = {}
        try:
            head = at.heads[file_id] = await at.backend.file_head(file_id)
        except ServiceError as error:
            if error.outcome not in LEFT_OUT:
                raise
            if sent is None:
                at.lacks(f"what the {role} file {file_id} holds", error)
        sha256, size = sent or (None, None)
        size = count_of(head.get("bytes")) if size is None else size
        at.data.append(ArchivedData(role, file_id, name_of(head.get("filename")), size, sha256))
        file = JobFile(role, file_id, None, size, sha256)
        await at.bench.writer.do(partial(put_job_file, job=at.job.id, file=file), at.control.seal)


async def archive_result_files(at: Archiving) -> None:
    """Fetch the result files that are not here yet, each in its place only once it is whole."""
    files = object_of(at.job.remote).get("result_files")
    for file_id in files[:MOST_RESULT_FILES] if isinstance(files, list) else ():
        name = name_of(file_id)
        if not name or at.is_stopped():
            continue
        path = at.folder / RESULTS / f"{safe_name(name)}.csv"
        if not path.is_file():
            at.control.message = f"fetching the result file {name}"
            at.control.progress.requests += 1
            try:
                await _fetch(at, name, path)
            except ServiceError as error:
                if error.outcome not in LEFT_OUT:
                    raise
                at.lacks(f"the result file {name}", error)
                continue
        written = await asyncio.to_thread(measure, path)
        file = JobFile(RESULT, name, path.relative_to(at.folder).as_posix(), written.size, written.sha256)
        await at.bench.writer.do(partial(put_job_file, job=at.job.id, file=file), at.control.seal)


async def _fetch(at: Archiving, file_id: str, path: Path) -> None:
    """Fetch a file beside its place and move it there. Raises ServiceError, StoreError where the disk fails."""
    beside = path.with_name(f".{os.urandom(8).hex()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with _Target(beside, "x+") as target:
                try:
                    await at.backend.fetch(file_id, target, limit=MOST_RESULT_BYTES)
                except ServiceError:
                    if target.failed is not None:
                        raise target.failed from None
                    raise
                os.fsync(target.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise disk_error(path, error) from error


class _Target(io.FileIO):
    """A file to which a download goes; an error of the disk is told apart from one of the connection."""

    failed: OSError | None = None

    def write(self, data: Buffer) -> int:
        """Write all of it."""
        view = memoryview(data).cast("B")
        done = 0
        try:
            while done < len(view):
                done += super().write(view[done:])
        except OSError as error:
            self.failed = error
            raise
        return done
