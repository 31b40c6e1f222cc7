"""Large files sent in parts: what has arrived is remembered, so that any end in between costs one part at most."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import IO, TYPE_CHECKING, Protocol, cast

from rft_tui.errors import ServiceError
from rft_tui.model import JsonObject
from rft_tui.providers.backends.files import PURPOSE, RemoteFiles, patiently
from rft_tui.providers.backends.lists import ask_json, in_path
from rft_tui.providers.backends.source import FileSource, Told, Window
from rft_tui.providers.batch_remote import UNCERTAIN
from rft_tui.providers.clock import Clock
from rft_tui.providers.reading import name_of, object_of

if TYPE_CHECKING:
    from rft_tui.providers.service import ModelService

ONE_REQUEST_BYTES = 64 * 2**20
"""Files up to this size go with one request."""

MOST_ONE_REQUEST_BYTES = 512 * 10**6
"""The largest file that a service takes in one request; used where it takes none in parts."""

PART_BYTES = 8 * 2**20
"""Bytes of a part: small, since a broken connection costs what of it was on its way. The service takes 64 MB."""

MOST_PARTS = 500
"""Parts of a file; beyond it they become larger, up to 16 MB."""

AT_ONCE = 2
"""Parts on their way at once, so that the line does not rest while an answer comes."""

BEGINNINGS = 2
"""How often sending a file begins at most: anew where the service has ended an upload, to which it gives one hour."""

MIME_TYPE = "application/jsonl"

GONE = frozenset({"not_found", "bad_request"})
"""Outcomes by which a service says that an upload is not known any more, has ended, or lacks something."""


class UploadMemory(Protocol):
    """What is remembered of a file in parts, so that a later process goes on with it; called in a thread."""

    def session(self) -> tuple[str, int, list[str]] | None:
        """The id of the upload, the bytes of a part and the ids of the parts that have arrived; None at first."""
        ...

    def begun(self, session_id: str, part_bytes: int) -> None:
        """An upload was begun."""
        ...

    def arrived(self, part_id: str) -> None:
        """The next part has arrived."""
        ...

    def forget(self) -> None:
        """The upload is of no use any more."""
        ...


class _OverError(Exception):
    """The service knows the upload no more, or it has ended."""

    def __init__(self, error: ServiceError) -> None:
        super().__init__(error.message)
        self.error = error


class _NoUploadsError(Exception):
    """The service takes no files in parts."""

    def __init__(self, error: ServiceError) -> None:
        super().__init__(error.message)
        self.error = error


class Uploads:
    """Sends files to one service, whole or in parts by their size.

    `part_bytes` and `one_request_bytes` are the sizes above, and may be other ones for a service that wants them.
    """

    def __init__(
        self,
        service: ModelService,
        files: RemoteFiles,
        clock: Clock,
        *,
        part_bytes: int = PART_BYTES,
        one_request_bytes: int = ONE_REQUEST_BYTES,
    ) -> None:
        self._service = service
        self._files = files
        self._clock = clock
        self._part_bytes = part_bytes
        self._one_request_bytes = one_request_bytes

    async def send(self, source: FileSource, memory: UploadMemory, sent: Told) -> str:
        """Send a file; its id. `sent` never goes back; for parts it counts the bytes that have arrived.

        Raises InputError where the file changes meanwhile, ServiceError; what has arrived by then stays remembered.
        """
        if source.size <= self._one_request_bytes:
            return await self._files.send_whole(source, sent)
        told = _Forward(sent)
        with source.open() as file:
            for beginning in range(1, BEGINNINGS + 1):
                try:
                    return await self._send_parts(source, file, memory, told)
                except _OverError as over:
                    await asyncio.to_thread(memory.forget)
                    if beginning == BEGINNINGS:
                        raise over.error from over
                except _NoUploadsError as error:
                    if source.size > MOST_ONE_REQUEST_BYTES:
                        raise error.error from error
                    break
        return await self._files.send_whole(source, told)

    async def _send_parts(self, source: FileSource, file: IO[bytes], memory: UploadMemory, told: _Forward) -> str:
        """One upload from where it stands to its end. Raises _OverError where it cannot be gone on with."""
        known = await asyncio.to_thread(memory.session)
        if known is None or not known[1] > 0 or len(known[2]) * known[1] >= source.size + known[1]:
            part_bytes = max(self._part_bytes, -(-source.size // MOST_PARTS))
            upload_id, parts = await self._begin(source), list[str]()
            await asyncio.to_thread(memory.begun, upload_id, part_bytes)
        else:
            upload_id, part_bytes, parts = known
        told(min(len(parts) * part_bytes, source.size), source.size)
        async with aclosing(self._parts(source, file, upload_id, part_bytes, len(parts))) as arriving:
            async for part_id in arriving:
                await asyncio.to_thread(memory.arrived, part_id)
                parts.append(part_id)
                told(min(len(parts) * part_bytes, source.size), source.size)
        source.check(file)
        return await self._complete(source, upload_id, parts)

    async def _begin(self, source: FileSource) -> str:
        body: JsonObject = {
            "filename": source.name, "purpose": PURPOSE, "bytes": source.size, "mime_type": MIME_TYPE,
        }  # fmt: skip

        async def attempt() -> JsonObject:
            return object_of(await ask_json(self._service, "POST", "/uploads", body=body))

        try:
            found = await patiently(self._clock, attempt)
        except ServiceError as error:
            if error.outcome == "not_found":
                raise _NoUploadsError(error) from error
            raise
        return _id_of(found, "began an upload and gave it no id")

    async def _parts(
        self, source: FileSource, file: IO[bytes], upload_id: str, part_bytes: int, first: int
    ) -> AsyncGenerator[str, None]:
        """The ids of the parts from one on, in their order, as they arrive."""
        under_way: deque[asyncio.Task[str]] = deque()
        try:
            for start in range(first * part_bytes, source.size, part_bytes):
                size = min(part_bytes, source.size - start)
                under_way.append(asyncio.create_task(self._send_part(source, file, upload_id, start, size)))
                if len(under_way) == AT_ONCE:
                    yield await under_way.popleft()
            while under_way:
                yield await under_way.popleft()
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _send_part(self, source: FileSource, file: IO[bytes], upload_id: str, start: int, size: int) -> str:
        """Send one part until it has arrived; one that arrived and whose answer was lost is not named, so not used."""

        async def attempt() -> str:
            source.check(file)
            try:
                answer = await self._service.upload(
                    f"/uploads/{in_path(upload_id)}/parts", fields={}, file_name="part",
                    content=cast(IO[bytes], Window(file, start, size)),
                )  # fmt: skip
                part_id = _id_of(object_of(answer.json()), "took a part and gave it no id")
            except ServiceError as error:
                source.check(file)
                if error.outcome in GONE:
                    raise _OverError(error) from error
                raise
            source.check(file)
            return part_id

        return await patiently(self._clock, attempt)

    async def _complete(self, source: FileSource, upload_id: str, parts: list[str]) -> str:
        """Let the service put the parts together; the id of the file, also where the answer was lost."""
        body: JsonObject = {"part_ids": parts, "md5": source.md5}
        path = f"/uploads/{in_path(upload_id)}/complete"

        is_open = False

        async def attempt() -> str:
            nonlocal is_open
            if is_open and (there := await self._files.find(source.name, source.size)):
                return there
            try:
                found = object_of(object_of(await ask_json(self._service, "POST", path, body=body)).get("file"))
                return _id_of(found, "completed an upload and named no file")
            except ServiceError as error:
                is_open = error.outcome in UNCERTAIN
                if error.outcome in GONE:
                    if there := await self._files.find(source.name, source.size):
                        return there
                    raise _OverError(error) from error
                raise

        return await patiently(self._clock, attempt)


class _Forward:
    """Tells how far a file is, never less than before."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._farthest = -1

    def __call__(self, done: int, total: int) -> None:
        """Say it where it is more than was said."""
        if done > self._farthest:
            self._farthest = done
            self._told(done, total)


def _id_of(found: JsonObject, otherwise: str) -> str:
    """The id in an answer; what the service did else is said in a ServiceError with the outcome ``malformed``."""
    if found_id := name_of(found.get("id")):
        return found_id
    raise ServiceError(f"the service {otherwise}", outcome="malformed")
