"""One request over HTTP: what came, and how its answer goes out, whole or broken on purpose."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response

from rft_tui.model import JsonObject
from rft_tui.simulator.batch_lines import refuse_constant
from rft_tui.simulator.rejection import RequestError

if TYPE_CHECKING:
    from asyncio import Transport
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

MOST_JSON_BYTES = 32 * 1024 * 1024
"""Bytes of a JSON body."""

PAGE = b"<html><body><h1>A page in place of JSON</h1><p>A fault set in the simulated service.</p></body></html>"

DRIPS = 20
"""Pieces of a dripping body."""


@dataclass(slots=True)
class Exchange:
    """A request: `body` holds the bytes of a JSON one; `transport` is its connection, None where that is not known.

    `params` are those of the path; `mark` tells this attempt from all others, and `fault` is what it meets.
    """

    scope: Scope
    receive: Receive
    send: Send
    ended: asyncio.Event
    transport: Transport | None
    headers: Headers
    params: JsonObject
    body: bytes = b""
    mark: str = ""
    fault: str = ""

    @property
    def path(self) -> str:
        """The path, without the query."""
        path: str = self.scope["path"]
        return path

    @property
    def query(self) -> JsonObject:
        """The parameters of the query."""
        return dict(QueryParams(self.scope["query_string"]))

    @property
    def run_index(self) -> int:
        """The run that the request says it is for, 1 where it says nothing sensible."""
        text = self.headers.get("x-rft-tui-run-index", "1")
        return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 1

    @property
    def is_open(self) -> bool:
        """Whether the client is still there."""
        return self.transport is None or not self.transport.is_closing()

    def json(self) -> Any:
        """The body's JSON. Raises RequestError."""
        try:
            return json.loads(self.body, parse_constant=refuse_constant)
        except (ValueError, RecursionError):
            raise RequestError("We could not parse the JSON body of your request.") from None

    async def read_body(self) -> None:
        """Read a body that must fit into memory. Raises RequestError."""
        self.body = b"".join([piece async for piece in self._pieces(MOST_JSON_BYTES)])

    async def spool(self, path: Path, most: int) -> None:
        """Write a body to a file. Raises RequestError where it has more than `most` bytes."""
        with path.open("wb") as file:
            async for piece in self._pieces(most):
                file.write(piece)

    async def _pieces(self, most: int) -> Any:
        size = 0
        while True:
            message = await self.receive()
            if message["type"] != "http.request":
                raise ConnectionError
            size += len(message.get("body", b""))
            if size > most:
                raise RequestError(f"The body is larger than {most} bytes.", status=413)
            yield message.get("body", b"")
            if not message.get("more_body"):
                return

    async def pause(self, seconds: float) -> None:
        """Let time pass, less where the service ends."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.ended.wait(), seconds)

    async def stall(self) -> None:
        """Answer nothing until the client has gone or the service ends."""
        gone, over = asyncio.ensure_future(self.receive()), asyncio.ensure_future(self.ended.wait())
        await asyncio.wait((gone, over), return_when=asyncio.FIRST_COMPLETED)
        for one in (gone, over):
            one.cancel()
        if not gone.done() and self.transport is not None:
            self.transport.abort()

    async def answer(self, response: Response) -> None:
        """Send an answer as it is."""
        await response(self.scope, self.receive, self.send)

    async def answer_with_page(self, response: Response) -> None:
        """Send a web page in place of an answer."""
        kept = {key: value for key, value in response.headers.items() if key.startswith("x-")}
        await self.answer(Response(PAGE, media_type="text/html", headers=kept))

    async def answer_half(self, response: Response) -> None:
        """Send the first half of an answer as if it were all."""
        half = bytes(response.body)[: len(response.body) // 2]
        response.headers["content-length"] = str(len(half))
        await self._begin(response)
        await self.finish(half)

    async def answer_and_reset(self, response: Response) -> None:
        """Break the connection in the middle of an answer."""
        await self._begin(response)
        half = bytes(response.body)[: len(response.body) // 2]
        await self.send({"type": "http.response.body", "body": half, "more_body": True})
        self._reset()

    async def drip(self, response: Response, seconds: float) -> bytes:
        """Send an answer slowly up to its last piece, which is given back for `finish`."""
        await self._begin(response)
        body = bytes(response.body)
        pieces = [body[len(body) * part // DRIPS : len(body) * (part + 1) // DRIPS] for part in range(DRIPS)]
        for piece in pieces[:-1]:
            await self.send({"type": "http.response.body", "body": piece, "more_body": True})
            await self.pause(seconds / DRIPS)
        return pieces[-1]

    async def finish(self, piece: bytes) -> None:
        """Send the last piece of a body."""
        await self.send({"type": "http.response.body", "body": piece, "more_body": False})

    async def _begin(self, response: Response) -> None:
        headers = response.raw_headers
        await self.send({"type": "http.response.start", "status": response.status_code, "headers": headers})

    def _reset(self) -> None:
        """Break the connection so that the client sees a reset, not an end."""
        if self.transport is None:
            return
        connected = self.transport.get_extra_info("socket")
        if connected is not None:
            with suppress(OSError):
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


Handler: TypeAlias = Callable[[Exchange], Awaitable[Response]]
"""What answers the requests for one address."""


def json_response(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer in JSON, pure ASCII so that any text can be sent."""
    content = json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
    return Response(content, status, headers, media_type="application/json")
