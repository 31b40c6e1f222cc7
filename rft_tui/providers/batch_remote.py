"""Batches of a service, the half that asks it: files sent and fetched, batches made, found again, looked at, cancelled.

What must not be done twice has a way to be looked for first: a file by its name, a batch by the mark in its metadata.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import quote

from rft_tui.errors import ServiceError
from rft_tui.model import JsonObject
from rft_tui.providers.batch import BatchReport, read_batch
from rft_tui.providers.reading import count_of, object_of, objects_of, text_of

PURPOSE = "batch"
WINDOW = "24h"
"""The only time that a service offers for a batch."""

MARK = "rft_tui_mark"
"""The name under which a batch's metadata hold the mark by which it is found again."""

MOST_OUTPUT_BYTES = 4_000_000_000
"""Bytes of a file of answers that are fetched."""

MOST_PAGES = 60
"""Pages of a list that are read; the newest entries come first."""

_FILES_A_PAGE, _BATCHES_A_PAGE = 1000, 100

UNCERTAIN = frozenset({"connection", "timeout", "server", "malformed", "rate_limit"})
"""Outcomes after which it may or may not have been done, and after which another attempt is worth while."""


class Answering(Protocol):
    """An answer with a good status."""

    def json(self) -> Any:
        """The body as JSON. Raises ServiceError."""
        ...


class BatchService(Protocol):
    """A model service as batches need it; everything raises ServiceError with an `outcome`."""

    async def request(
        self, method: str, path: str, *, body: JsonObject | None = None, repeatable: bool = False
    ) -> Answering:
        """Any request."""
        ...

    async def upload(
        self, path: str, *, fields: Mapping[str, str], file_name: str, content: IO[bytes] | Path
    ) -> Answering:
        """Send a file as a form."""
        ...

    async def stream(self, path: str, target: IO[bytes], *, limit: int) -> int:
        """Download to a file, at most `limit` bytes."""
        ...


class BatchRemote:
    """The batches of one service."""

    def __init__(self, service: BatchService) -> None:
        self._service = service

    async def check(self) -> None:
        """Raise ServiceError where the service has no batches at all."""
        try:
            await self._service.request("GET", "/batches?limit=1", repeatable=True)
        except ServiceError as error:
            raise _no_batches(error) from error

    async def upload(self, path: Path, name: str) -> str:
        """Send a file of lines under a name; its id."""
        try:
            answer = await self._service.upload("/files", fields={"purpose": PURPOSE}, file_name=name, content=path)
        except ServiceError as error:
            raise _no_batches(error) from error
        if file_id := text_of(object_of(answer.json()).get("id")):
            return file_id
        raise ServiceError("the service took a file and gave it no id", outcome="malformed")

    async def find_upload(self, name: str, size: int) -> str | None:
        """The id of a file that was sent under a name and has arrived whole, None where there is none."""
        async for entry in self._listed(f"/files?purpose={PURPOSE}&limit={_FILES_A_PAGE}"):
            if entry.get("filename") == name and count_of(entry.get("bytes")) in (None, size):
                return text_of(entry.get("id")) or None
        return None

    async def create(self, input_file: str, endpoint: str, metadata: Mapping[str, str]) -> BatchReport:
        """Let the service begin with the lines of a file."""
        body: JsonObject = {
            "input_file_id": input_file,
            "endpoint": endpoint,
            "completion_window": WINDOW,
            "metadata": dict(metadata),
        }
        return _report(await self._service.request("POST", "/batches", body=body))

    async def find(self, mark: str) -> BatchReport | None:
        """The batch whose metadata hold a mark, None where there is none."""
        async for entry in self._listed(f"/batches?limit={_BATCHES_A_PAGE}"):
            if object_of(entry.get("metadata")).get(MARK) == mark:
                return read_batch(entry)
        return None

    async def get(self, batch: str) -> BatchReport:
        """How far a batch is."""
        return _report(await self._service.request("GET", f"/batches/{_id(batch)}", repeatable=True))

    async def cancel(self, batch: str) -> None:
        """Call a batch off; what it has answered by then is kept."""
        await self._service.request("POST", f"/batches/{_id(batch)}/cancel")

    async def fetch(self, file_id: str, target: Path, limit: int = MOST_OUTPUT_BYTES) -> None:
        """Fetch a file of answers."""
        with target.open("w+b") as file:
            await self._service.stream(f"/files/{_id(file_id)}/content", file, limit=limit)

    async def delete_file(self, file_id: str) -> None:
        """Let the service forget a file."""
        await self._service.request("DELETE", f"/files/{_id(file_id)}", repeatable=True)

    async def _listed(self, path: str) -> AsyncIterator[JsonObject]:
        """The entries of a list, page by page."""
        last = ""
        for _page in range(MOST_PAGES):
            after = f"&after={_id(last)}" if last else ""
            listed = object_of((await self._service.request("GET", path + after, repeatable=True)).json())
            entries = objects_of(listed.get("data"))
            for entry in entries:
                yield entry
            before, last = last, text_of(entries[-1].get("id")) if entries else ""
            if not listed.get("has_more") or not last or last == before:
                return


def _report(answer: Answering) -> BatchReport:
    report = read_batch(answer.json())
    if report is None:
        raise ServiceError("the service's answer is no batch", outcome="malformed")
    return report


def _id(text: str) -> str:
    """An id as a part of a path, whatever the service put into it."""
    return quote(text, safe="")


def _no_batches(error: ServiceError) -> ServiceError:
    """What a person is told where the endpoint is not there."""
    if error.outcome != "not_found":
        return error
    hint = "Ask with live calls: the same command without --batch."
    return ServiceError("this service has no batches", hint=hint, outcome="not_found")
