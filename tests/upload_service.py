"""A service on loopback that takes files, whole or in parts, and loses connections by a seed.

It loses them before all bytes have come, or with everything stored and no answer given.

``python -m tests.upload_service`` prints its port and runs until its parent has ended; GET /state tells what it has.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from rft_tui.simulator.multipart import boundary_of, copy_part, part_text, read_parts
from tests.loopback import head_of

BLOCK = 1 << 16


@dataclass
class UploadService:
    """What was sent; `arrived` counts the bytes of parts and files that are stored, those that came twice as well.

    `resets` is the share of requests with a body that lose their connection. `refuse` answers a path's beginning with
    a status instead, once for each entry.
    """

    folder: Path
    resets: float = 0.0
    seed: int = 1
    has_uploads: bool = True
    url: str = ""
    arrived: int = 0
    lost: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[tuple[str, Any]] = field(default_factory=list)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    uploads: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuse: list[tuple[str, int]] = field(default_factory=list)
    lose: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._made = 0

    def state(self) -> dict[str, Any]:
        """What it has, as JSON."""
        return {
            "files": self.files, "arrived": self.arrived, "lost": self.lost, "requests": len(self.requests),
            "uploads": {name: len(one["parts"]) for name, one in self.uploads.items()},
        }  # fmt: skip

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request after the other."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                request, *lines = head.decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                method, target, _ = request.split(" ", 2)
                path = target.partition("?")[0].removeprefix("/v1")
                if path != "/state":
                    self.requests.append((method, target))
                size = int(headers.get("content-length", 0))
                lost = self._lost(path) if size else ""
                body = self._new_path()
                if not await self._spool(reader, body, size, size // 2 if lost == "middle" else size):
                    writer.transport.abort()
                    break
                status, answer = self._answer(method, path, headers, body)
                body.unlink(missing_ok=True)
                if lost:
                    writer.transport.abort()
                    break
                content = json.dumps(answer).encode()
                writer.write(head_of(status, len(content)) + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _lost(self, path: str) -> str:
        """How a request loses its connection: ``middle``, ``after``, or empty."""
        for place, (beginning, how) in enumerate(self.lose):
            if path.startswith(beginning):
                self.lose.pop(place)
                self.lost += 1
                return how
        if self._chance.random() >= self.resets:
            return ""
        self.lost += 1
        return self._chance.choice(("middle", "after"))

    async def _spool(self, reader: asyncio.StreamReader, path: Path, size: int, most: int) -> bool:
        """Write a body to a file; False where the connection is given up after `most` bytes."""
        got = 0
        with path.open("wb") as file:
            while got < most:
                block = await reader.read(min(BLOCK, most - got))
                if not block:
                    raise asyncio.IncompleteReadError(b"", size)
                file.write(block)
                got += len(block)
        if most < size:
            path.unlink()
        return most == size

    def _new_path(self) -> Path:
        self._made += 1
        return self.folder / f"{self._made:06d}"

    def _answer(self, method: str, path: str, headers: dict[str, str], body: Path) -> tuple[int, Any]:
        for place, (beginning, status) in enumerate(self.refuse):
            if path.startswith(beginning):
                self.refuse.pop(place)
                return status, {"error": {"message": "no", "type": "x", "param": None, "code": None}}
        parts = path.strip("/").split("/")
        if method == "POST" and path == "/files":
            return 200, self._take_file(headers, body)
        if method == "GET" and path == "/files":
            return 200, {"object": "list", "data": list(self.files.values())[::-1], "has_more": False}
        if method in ("GET", "DELETE") and parts[0] == "files" and parts[1] in self.files:
            return 200, self.files[parts[1]] if method == "GET" else self.files.pop(parts[1])
        if self.has_uploads and method == "POST" and parts[0] == "uploads":
            return self._upload(parts[1:], headers, body)
        return (200, self.state()) if path == "/state" else (404, {"error": {"message": f"no {path}"}})

    def _upload(self, parts: list[str], headers: dict[str, str], body: Path) -> tuple[int, Any]:
        if not parts:
            upload_id = f"upload_{len(self.uploads) + 1}"
            asked = json.loads(body.read_bytes())
            self.bodies.append(("CreateUploadRequest", asked))
            self.uploads[upload_id] = {"asked": asked, "parts": {}}
            return 200, {"id": upload_id, "object": "upload", "status": "pending"}
        upload = self.uploads.get(parts[0])
        if upload is None:
            return 404, {"error": {"message": "no such upload"}}
        if parts[1] == "parts":
            part = self._new_path()
            self._content(headers, body, "data", part)
            upload["parts"][f"part_{part.name}"] = str(part)
            return 200, {"id": f"part_{part.name}", "object": "upload.part"}
        asked = json.loads(body.read_bytes())
        self.bodies.append(("CompleteUploadRequest", asked))
        if upload.get("done"):
            return 400, {"error": {"message": "the upload is completed"}}
        paths = [Path(upload["parts"][one]) for one in asked["part_ids"]]
        shown = self._stored(paths, upload["asked"]["filename"], upload["asked"]["purpose"], asked["md5"])
        if shown["bytes"] != upload["asked"]["bytes"] or not shown["md5_fits"]:
            return 400, {"error": {"message": "bytes or checksum do not fit"}}
        upload["done"] = True
        self.files[shown["id"]] = shown
        return 200, {"id": parts[0], "object": "upload", "status": "completed", "file": shown}

    def _take_file(self, headers: dict[str, str], body: Path) -> Any:
        path = self._new_path()
        fields = self._content(headers, body, "file", path)
        shown = self._stored([path], fields["filename"], fields["purpose"])
        self.files[shown["id"]] = shown
        return shown

    def _content(self, headers: dict[str, str], body: Path, name: str, target: Path) -> dict[str, str]:
        """Write the file of a form to a path; its name and the other fields."""
        found = {part.name: part for part in read_parts(body, boundary_of(headers["content-type"]))}
        copy_part(body, found[name], target)
        self.arrived += target.stat().st_size
        texts = {key: part_text(body, part) for key, part in found.items() if key != name}
        return {**texts, "filename": found[name].filename}

    def _stored(self, paths: list[Path], name: str, purpose: str, md5: str | None = None) -> dict[str, Any]:
        sha256, other, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
        for path in paths:
            with path.open("rb") as file:
                while block := file.read(BLOCK):
                    sha256.update(block)
                    other.update(block)
                    size += len(block)
        return {
            "id": f"file-{len(self.files) + 1}", "object": "file", "bytes": size, "filename": name, "purpose": purpose,
            "created_at": 1_790_000_000, "status": "processed", "sha256": sha256.hexdigest(),
            "md5_fits": md5 in (None, other.hexdigest()),
        }  # fmt: skip


@asynccontextmanager
async def taking(folder: Path, **options: Any) -> AsyncIterator[UploadService]:
    """A service in this process."""
    folder.mkdir(exist_ok=True)
    service = UploadService(folder, **options)
    server = await asyncio.start_server(service.handle, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield service
    finally:
        server.close()


@dataclass
class RemoteUploadService:
    """A service in a process of its own; `url` is what a profile says."""

    port: int

    @property
    def url(self) -> str:
        """The address of its API."""
        return f"http://127.0.0.1:{self.port}/v1"

    def state(self) -> dict[str, Any]:
        """What it has."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/state")
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return found


@contextmanager
def taking_process(resets: float, seed: int = 1) -> Iterator[RemoteUploadService]:
    """A service in a process of its own."""
    words = [sys.executable, "-m", "tests.upload_service", f"--resets={resets}", f"--seed={seed}"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield RemoteUploadService(int(process.stdout.readline()))
        finally:
            process.terminate()


async def serve(resets: float, seed: int) -> None:
    """Take files until the process that began this has ended."""
    with tempfile.TemporaryDirectory() as name:
        service = UploadService(Path(name), resets, seed)
        server = await asyncio.start_server(service.handle, "127.0.0.1", 0)
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        parent = os.getppid()
        while os.getppid() == parent:
            await asyncio.sleep(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--resets", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    asyncio.run(serve(given.resets, given.seed))
