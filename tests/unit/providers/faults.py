"""A small raw HTTP server on loopback that answers as it is told, also in ways that no honest server would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from rft_tui.model import JsonObject

STALL = b"\0stall"
"""An answer that never comes."""


@dataclass
class Request:
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answerer = Callable[[Request], bytes | Awaitable[bytes]]


@dataclass
class FaultServer:
    """Answers in turn with what it was given; the last answer stays."""

    answers: list[bytes | Answerer]
    requests: list[Request] = field(default_factory=list)
    url: str = ""
    in_flight: int = 0
    peak: int = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                self.in_flight += 1
                self.peak = max(self.peak, self.in_flight)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                content: Any = answer(request) if callable(answer) else answer
                if isinstance(content, Awaitable):
                    content = await content
                self.in_flight -= 1
                if content == STALL:
                    await reader.read()
                    break
                writer.write(content)
                await writer.drain()
                if b"connection: close" in content[:400].lower() or not content:
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(*answers: bytes | Answerer) -> AsyncIterator[FaultServer]:
    server = FaultServer(list(answers))
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listener.close()


def answer(body: JsonObject | bytes | str, status: int = 200, **headers: str) -> bytes:
    """A whole answer; header names with underscores for dashes."""
    content = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body
    named = {"content-type": "application/json", **{name.replace("_", "-"): one for name, one in headers.items()}}
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(content)}", *(f"{a}: {b}" for a, b in named.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def broken(body: JsonObject) -> bytes:
    """The beginning of an answer whose connection is closed in the middle of the body."""
    whole = answer(body, connection="close")
    return whole[:-10]


def refused(status: int, code: str | None = None, message: str = "no", **headers: str) -> bytes:
    return answer({"error": {"message": message, "type": "x", "param": None, "code": code}}, status, **headers)


def response(text: str = "Hello", **more: Any) -> JsonObject:
    return {
        "id": "resp_1",
        "object": "response",
        "model": "m-2026-01-01",
        "status": "completed",
        "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}],
        "usage": {"input_tokens": 7, "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 2},
                  "input_tokens_details": {"cached_tokens": 3}},
        **more,
    }  # fmt: skip


def completion(text: str | None = "Hello", finish: str = "stop", **message: Any) -> JsonObject:
    return {
        "id": "chat_1",
        "model": "m-2026-01-01",
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text, **message}}
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 5},
    }


async def _read(reader: asyncio.StreamReader) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    if not head:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, path, _ = first.split(" ", 2)
    body = await _chunks(reader) if "chunked" in headers.get("transfer-encoding", "") else b""
    body = body or await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readline()).strip() or b"0", 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(parts)
