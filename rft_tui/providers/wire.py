"""The way to a service over HTTP: the `openai` client without its retries, with bounded answers. Heavy to import."""

from __future__ import annotations

import asyncio
import json
import os
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import httpx2
import openai

from rft_tui.errors import RftError
from rft_tui.model import JsonObject
from rft_tui.providers.profiles import NamedProfile
from rft_tui.safetext import storable

MOST_BYTES = 64 * 2**20
"""Largest answer that is read."""

MOST_ERROR_BYTES = 2**20
"""Largest answer that is read when it only says what went wrong."""

CONNECT_S = 10.0
"""Seconds to reach a service."""

STALL_S = 120.0
"""Seconds without a byte after which a download is given up."""

FAILURES: tuple[type[Exception], ...] = (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, OSError)
"""Everything that a service or a network makes the client raise."""

LANE = 8
"""Calls in flight through one pool of connections: a pool looks at all its connections for every call, so that a large
one takes more time for that than for the calls."""

_GZIP = 31


class TooLargeError(openai.OpenAIError):
    """An answer beyond the limit; reading has stopped."""


class UndecodableError(openai.OpenAIError):
    """An answer packed in a way that was not asked for, or damaged."""


@dataclass(frozen=True, slots=True)
class Received:
    """An answer as it came, unpacked; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class BoundedClient(httpx2.AsyncClient):
    """A client that reads at most so much of an answer, counted after unpacking, and follows no redirection.

    Following one would carry a key in an extra header to wherever the service points.
    """

    async def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """Send a request; the answer is read whole unless a good one is wanted as a stream."""
        response = await super().send(request, stream=True, **options)
        if stream and response.is_success:
            return response
        content = bytearray()
        async for part in unpacked(response, MOST_BYTES if response.is_success else MOST_ERROR_BYTES):
            content += part
        headers = _plain_headers(response.headers.raw)
        return httpx2.Response(response.status_code, headers=headers, content=bytes(content), request=request)


def _plain_headers(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer that is unpacked and whole.

    A character set is left out: the client would decode an error with any codec of Python's that a service names.
    """
    packing = (b"content-encoding", b"content-length", b"transfer-encoding")
    return [
        (name, value.partition(b";")[0] if name.lower() == b"content-type" else value)
        for name, value in headers
        if name.lower() not in packing
    ]


async def unpacked(response: httpx2.Response, limit: int) -> AsyncIterator[bytes]:
    """The body of a response in pieces; what stands behind the end of a packed one is not read.

    Raises TooLargeError beyond `limit` bytes, UndecodableError.
    """
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    unzip = zlib.decompressobj(_GZIP) if packing in ("gzip", "x-gzip") else None
    size = 0
    try:
        if unzip is None and packing not in ("", "identity"):
            raise UndecodableError(packing)
        async for raw in response.aiter_raw():
            try:
                part = raw if unzip is None else unzip.decompress(raw, limit - size + 1)
            except zlib.error as error:
                raise UndecodableError("damaged") from error
            size += len(part)
            if size > limit:
                raise TooLargeError(str(limit))
            yield part
            if unzip is not None and unzip.eof:
                break
        if unzip is not None and not unzip.eof and size:
            raise UndecodableError("ended early")
    finally:
        await response.aclose()


@dataclass(slots=True)
class _Lane:
    """A client with connections of its own, and its calls in flight."""

    client: openai.AsyncOpenAI
    in_flight: int = 0


class Wire:
    """Sends single requests to one service; raises what is in FAILURES, and openai.APIStatusError for a bad status."""

    def __init__(self, profile: NamedProfile, base_url: str, key: str, headers: Mapping[str, str]) -> None:
        self._headers = _headers(profile, key, headers)
        self._trust_env = not profile.is_loopback
        self._context = httpx2.create_ssl_context(trust_env=self._trust_env)
        self._client = openai.AsyncOpenAI(
            api_key=key or "-", base_url=base_url, max_retries=0, http_client=self._pool()
        )
        self._lanes = [_Lane(self._client)]

    def _pool(self) -> BoundedClient:
        return BoundedClient(
            verify=self._context,
            trust_env=self._trust_env,
            headers={"Accept-Encoding": "gzip"},
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=2 * LANE),
            timeout=httpx2.Timeout(600, connect=CONNECT_S),
            follow_redirects=False,
        )

    @contextmanager
    def _lane(self) -> Iterator[openai.AsyncOpenAI]:
        """A client with few calls in flight; one more is made where all are busy."""
        lane = next((one for one in self._lanes if one.in_flight < LANE), None)
        if lane is None:
            lane = _Lane(self._client.copy(http_client=self._pool()))
            self._lanes.append(lane)
        lane.in_flight += 1
        try:
            yield lane.client
        finally:
            lane.in_flight -= 1

    async def close(self) -> None:
        """Close all connections."""
        for lane in self._lanes:
            await lane.client.close()

    async def send(
        self, method: str, path: str, content: bytes | None, timeout_s: float, headers: Mapping[str, str]
    ) -> Received:
        """One request and its whole answer, within `timeout_s` seconds in all."""
        options: Any = self._options(timeout_s, headers)
        with self._lane() as client:
            async with asyncio.timeout(timeout_s):
                if method == "GET":
                    response = await client.get(path, cast_to=httpx2.Response, options=options)
                elif method == "DELETE":
                    response = await client.delete(path, cast_to=httpx2.Response, options=options)
                else:
                    response = await client.post(path, content=content, cast_to=httpx2.Response, options=options)
        return Received(response.status_code, dict(response.headers), response.content)

    async def upload(
        self, path: str, fields: Mapping[str, str], file_name: str, content: IO[bytes], timeout_s: float
    ) -> Received:
        """Send a file with some fields as a multipart form, from where it stands to its end."""
        options: Any = self._options(timeout_s, {"Content-Type": "multipart/form-data"})
        field = "data" if path.rstrip("/").endswith("/parts") else "file"
        async with asyncio.timeout(timeout_s):
            response = await self._client.post(
                path,
                body=dict(fields),
                files={field: (file_name, content, "application/octet-stream")},
                cast_to=httpx2.Response,
                options=options,
            )
        return Received(response.status_code, dict(response.headers), response.content)

    async def download(self, path: str, target: IO[bytes], limit: int) -> int:
        """Write what lies at a path to `target` in pieces; the number of bytes.

        Raises RftError where it cannot be written.
        """
        options: Any = self._options(STALL_S, {})
        response: Any = await self._client.get(
            path, cast_to=httpx2.Response, options=options, stream=True, stream_cls=openai.AsyncStream[Any]
        )
        size = 0
        async for part in unpacked(response, limit):
            try:
                target.write(part)
            except OSError as error:
                raise RftError(f"a download cannot be written: {error.strerror}") from error
            size += len(part)
        return size

    def _options(self, timeout_s: float, headers: Mapping[str, str]) -> JsonObject:
        return {
            "timeout": httpx2.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            "headers": {**self._headers, **headers},
        }


def encoded(body: JsonObject) -> bytes:
    """A body as JSON in UTF-8; halves of surrogate pairs, which it cannot hold, are replaced."""
    return storable(json.dumps(body, ensure_ascii=False, separators=(",", ":"))).encode()


def received(error: Exception) -> Received | None:
    """The answer that a bad status came with, None for an exception of another kind."""
    if not isinstance(error, openai.APIStatusError):
        return None
    return Received(error.status_code, dict(error.response.headers), error.response.content)


def _headers(profile: NamedProfile, key: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """Headers of every request; what the client would take from the environment goes to OpenAI's own service only."""
    names = {name.lower() for name in headers}
    chosen: dict[str, Any] = {"User-Agent": "rft-tui"}
    if not profile.is_openai:
        lines = os.environ.get("OPENAI_CUSTOM_HEADERS", "").splitlines()
        unwanted = [line.partition(":")[0].strip() for line in lines if ":" in line]
        chosen |= {name: openai.Omit() for name in (*unwanted, "OpenAI-Organization", "OpenAI-Project") if name}
    if profile.profile.organization:
        chosen["OpenAI-Organization"] = profile.profile.organization
    if profile.profile.project:
        chosen["OpenAI-Project"] = profile.profile.project
    if "authorization" not in names:
        bare = not key or "api-key" in names
        chosen["Authorization"] = openai.Omit() if bare else f"Bearer {key}"
    return {name: value for name, value in chosen.items() if name.lower() not in names} | dict(headers)
