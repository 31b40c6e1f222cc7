"""A trivial model service on loopback in a process of its own: it counts what it answered in full.

It knows the chat and the responses form, answers every question with a text made from its hash, and can be slow, allow
so many requests a second, and fail by a seed. ``python -m tests.loopback`` prints its port; GET /counts tells all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPConnection
from typing import Any

FAULTS = ("500", "429", "reset", "half")
"""What a faulty answer is, one after the other by chance."""


@dataclass
class Service:
    """What the server has seen; `answered` are the moments at which each question was answered in full, in ns."""

    latency_s: float = 0.0
    rate: float = 0.0
    faults: float = 0.0
    seed: int = 1
    requests: int = 0
    refused: int = 0
    flying: int = 0
    peak: int = 0
    answered: dict[str, list[int]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    _second: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def admits(self) -> bool:
        """Whether the rate allows one more request: a bucket of a tenth of a second's worth."""
        if not self.rate:
            return True
        filled_at, tokens = self._second
        now = time.monotonic()
        tokens = min(max(1.0, self.rate / 10), tokens + (now - filled_at) * self.rate)
        allowed = tokens >= 1
        self._second = (now, tokens - 1 if allowed else tokens)
        return allowed

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request after the other."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                request, *lines = head.decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                if not await self.answer(request.split()[1], body, reader, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer(self, path: str, body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection lives on."""
        if path == "/counts":
            counts = {
                "requests": self.requests, "refused": self.refused, "peak": self.peak, "answered": self.answered,
                "statuses": self.statuses,
            }  # fmt: skip
            return await self.send(writer, 200, json.dumps(counts).encode())
        self.requests += 1
        if not self.admits():
            self.refused += 1
            error = {"error": {"message": "too fast", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}
            return await self.send(writer, 429, json.dumps(error).encode())
        self.flying += 1
        self.peak = max(self.peak, self.flying)
        try:
            if self.latency_s:
                await asyncio.sleep(self.latency_s)
            return await self.reply(path, body, reader, writer)
        finally:
            self.flying -= 1

    async def reply(self, path: str, body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Fail by chance, or answer; an answer counts as given in full where somebody was still there to take it."""
        fault = self._chance.choice(FAULTS) if self._chance.random() < self.faults else ""
        if fault in ("500", "429"):
            error = {"error": {"message": "not now", "type": "server_error", "param": None, "code": None}}
            return await self.send(writer, int(fault), json.dumps(error).encode())
        answer = json.dumps(document(path, json.loads(body))).encode()
        if fault == "reset":
            writer.write(head_of(200, len(answer)) + answer[: len(answer) // 2])
            writer.transport.abort()
            return False
        if fault == "half":
            return await self.send(writer, 200, answer[: len(answer) // 2])
        if reader.at_eof():
            return False
        await self.send(writer, 200, answer)
        self.answered.setdefault(sha256(body).hexdigest()[:16], []).append(time.monotonic_ns())
        return True

    async def send(self, writer: asyncio.StreamWriter, status: int, body: bytes) -> bool:
        self.statuses[status] += 1
        writer.write(head_of(status, len(body)) + body)
        await writer.drain()
        return True


def head_of(status: int, length: int) -> bytes:
    """The head of an answer."""
    return f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n".encode()


def document(path: str, request: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request, which follows from the request alone."""
    text = sha256(json.dumps(request).encode()).hexdigest()[:12]
    if path.endswith("/chat/completions"):
        message = {"role": "assistant", "content": text, "refusal": None}
        return {
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": request["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
            "usage": {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25},
        }  # fmt: skip
    content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    output = [{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}]
    return {
        "id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": request["model"],
        "output": output, "error": None, "incomplete_details": None, "parallel_tool_calls": True, "tool_choice": "auto",
        "tools": [], "usage": {"input_tokens": 20, "output_tokens": 5, "total_tokens": 25},
    }  # fmt: skip


async def serve(service: Service, port: int) -> None:
    """Answer until the process that began this has ended."""
    server = await asyncio.start_server(service.handle, "127.0.0.1", port, limit=16 * 1024 * 1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(1)


@dataclass
class Loopback:
    """A running service; `base_url` is what a profile says."""

    port: int

    @property
    def base_url(self) -> str:
        """The address of its API."""
        return f"http://127.0.0.1:{self.port}/v1"

    def counts(self) -> dict[str, Any]:
        """What it has seen."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/counts")
        document: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return document


@contextmanager
def loopback(**options: float) -> Iterator[Loopback]:
    """A service in a process of its own: latency_s, rate, faults, seed, port."""
    words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    with subprocess.Popen([sys.executable, "-m", "tests.loopback", *words], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield Loopback(int(process.stdout.readline()))
        finally:
            process.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name, kind in (("latency-s", float), ("rate", float), ("faults", float), ("seed", int), ("port", int)):
        parser.add_argument(f"--{name}", type=kind, default=kind(0))
    given = parser.parse_args()
    asyncio.run(serve(Service(given.latency_s, given.rate, given.faults, given.seed), given.port))
