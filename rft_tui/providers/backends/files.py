"""The files of a service: looked at, fetched, and sent whole, never twice without a look for what had arrived."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING, TypeVar, cast

from rft_tui.errors import ServiceError
from rft_tui.model import JsonObject
from rft_tui.providers.backends.lists import ask_json, in_path, listed
from rft_tui.providers.backends.source import FileSource, Told, Window
from rft_tui.providers.batch_remote import UNCERTAIN
from rft_tui.providers.clock import Clock
from rft_tui.providers.reading import count_of, name_of, object_of

if TYPE_CHECKING:
    from rft_tui.providers.service import ModelService

T = TypeVar("T")

PURPOSE = "fine-tune"
"""What files for training are sent for."""

WAITS_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0)
"""Seconds before each further attempt to send the same bytes: a cut of a minute is sat out."""

MOST_FILES = 20_000
"""Files of a list that are looked through; the newest come first."""

_FILES_A_PAGE = 1000

BROKEN = frozenset({"error", "deleted", "deleting"})
"""States of files that cannot be used."""


class RemoteFiles:
    """Files for training at one service."""

    def __init__(self, service: ModelService, clock: Clock) -> None:
        self._service = service
        self._clock = clock

    async def head(self, file_id: str) -> JsonObject:
        """What the service knows of a file. Raises ServiceError."""
        found = object_of(await ask_json(self._service, "GET", f"/files/{in_path(file_id)}", repeatable=True))
        if not name_of(found.get("id")):
            raise ServiceError("the service's answer is no file", outcome="malformed")
        return found

    async def has(self, file_id: str) -> bool:
        """Whether a file is there and can be used. Raises ServiceError."""
        try:
            return (await self.head(file_id)).get("status") not in BROKEN
        except ServiceError as error:
            if error.outcome == "not_found":
                return False
            raise

    async def find(self, name: str, size: int) -> str | None:
        """The id of the newest file of a name and size, None where there is none. Raises ServiceError."""
        query = {"purpose": PURPOSE, "order": "desc"}
        entries = listed(self._service, "/files", query=query, most=MOST_FILES, page=_FILES_A_PAGE)
        async for entry in entries:
            if entry.get("filename") == name and count_of(entry.get("bytes")) == size:
                file_id = name_of(entry.get("id"))
                if file_id and entry.get("status") not in BROKEN:
                    return file_id
        return None

    async def fetch(self, file_id: str, target: IO[bytes], *, limit: int) -> int:
        """Download a file; its number of bytes. Raises ServiceError."""
        return await self._service.stream(f"/files/{in_path(file_id)}/content", target, limit=limit)

    async def delete(self, file_id: str) -> None:
        """Let the service forget a file. Raises ServiceError."""
        await self._service.request("DELETE", f"/files/{in_path(file_id)}", repeatable=True)

    async def send_whole(self, source: FileSource, sent: Told) -> str:
        """Send a file with one request; its id. After a lost answer it is looked for before it is sent again.

        `sent` is told what is on its way, and the whole size only once the service has answered. Raises InputError
        where the file changes meanwhile, ServiceError.
        """
        farthest = 0

        def told(at: int) -> None:
            nonlocal farthest
            if farthest < at < source.size:
                farthest = at
                sent(at, source.size)

        is_open = False

        async def attempt() -> str:
            nonlocal is_open
            if is_open and (found := await self.find(source.name, source.size)):
                return found
            source.check(file)
            try:
                return await self._post(source, Window(file, 0, source.size, told))
            except ServiceError as error:
                source.check(file)
                is_open = error.outcome in UNCERTAIN
                raise

        with source.open() as file:
            file_id = await patiently(self._clock, attempt)
        sent(source.size, source.size)
        return file_id

    async def _post(self, source: FileSource, window: Window) -> str:
        """Send a file once. Raises InputError where what was sent is not what was read before."""
        answer = await self._service.upload(
            "/files", fields={"purpose": PURPOSE}, file_name=source.name, content=cast(IO[bytes], window)
        )
        file_id = name_of(object_of(answer.json()).get("id"))
        if not file_id:
            raise ServiceError("the service took a file and gave it no id", outcome="malformed")
        if window.digest != source.sha256:
            with suppress(ServiceError):
                await self.delete(file_id)
            raise source.changed()
        return file_id


async def patiently(clock: Clock, attempt: Callable[[], Awaitable[T]], waits_s: Sequence[float] = WAITS_S) -> T:
    """Do something that may be done more than once, again after each wait while that may mend what is wrong."""
    for wait_s in waits_s:
        try:
            return await attempt()
        except ServiceError as error:
            if error.outcome not in UNCERTAIN:
                raise
        await clock.wait(wait_s)
    return await attempt()
