"""A service of batches in memory that does as it is told, and a desk at which a batch task is done."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import parse_qsl, unquote

from rft_tui.errors import ServiceError
from rft_tui.model import JsonObject
from rft_tui.providers.batch import BatchLimits
from rft_tui.providers.profiles import NamedProfile
from rft_tui.settings import Price, Profile
from rft_tui.store.database import Store
from rft_tui.store.tasks import StoredTask, TaskState, end_task, get_task, queue_again, take_task
from rft_tui.tasks.background.bench import Bench
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.background.services import Services
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.batches.batching import BatchOptions
from rft_tui.tasks.batches.task import predict_in_batches
from rft_tui.tasks.predicting.planning import plan, start
from rft_tui.tasks.predicting.requests import PredictRequest
from tests.unit.store.building import dataset, item

PRICES = {"m": Price(input=2.0, output=8.0)}


def said(text: str, model: str = "m-2026-01-01") -> JsonObject:
    """A response object."""
    return {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "model": model,
        "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}],
        "usage": {"input_tokens": 10, "output_tokens": 5},
    }


def answered(line: JsonObject, body: JsonObject | None = None, status: int = 200) -> JsonObject:
    """The line of an output file."""
    body = body if body is not None else said(f"to {line['body']['input'][0]['content']}")
    return {"id": "b", "custom_id": line["custom_id"], "error": None,
            "response": {"status_code": status, "request_id": "r", "body": body}}  # fmt: skip


def not_run(line: JsonObject, code: str = "batch_expired") -> JsonObject:
    """The line of an error file that says that a request was never run."""
    return {"id": "b", "custom_id": line["custom_id"], "response": None, "error": {"code": code, "message": "too late"}}


def refused(line: JsonObject, status: int, **error: str) -> JsonObject:
    """The line of an error file that says what the service did not like."""
    return answered(line, {"error": {"message": "no", **error}}, status)


class Killed(BaseException):
    """The process has ended here."""


@dataclass
class Answer:
    """An answer of the service."""

    body: Any

    def json(self) -> Any:
        return self.body


@dataclass
class FakeBatches:
    """Files and batches of a service; `answer` makes the line of each question, `finish` may end a batch otherwise.

    `before` is called with the name of each request and may raise; `after` likewise, when it was done.
    """

    answer: Callable[[JsonObject], JsonObject | None] = answered
    finish: Callable[[JsonObject, list[JsonObject]], str] = lambda _batch, _lines: "completed"
    spoil: Callable[[bytes], bytes] = bytes
    before: Callable[[str], None] = lambda _name: None
    after: Callable[[str], None] = lambda _name: None
    looks: int = 1
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    batches: dict[str, JsonObject] = field(default_factory=dict)
    asked: list[JsonObject] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    async def request(
        self, method: str, path: str, *, body: JsonObject | None = None, repeatable: bool = False
    ) -> Answer:
        plain, _, query = path.partition("?")
        parts = [unquote(part) for part in plain.strip("/").split("/")]
        name = f"{method} {parts[0]}" + (" one" if len(parts) > 1 else "") + (" cancel" if "cancel" in parts else "")
        return Answer(self._done(name, lambda: self._answer(name, parts, body, query)))

    def _done(self, name: str, do: Callable[[], Any]) -> Any:
        self.calls.append(name)
        self.before(name)
        result = do()
        self.after(name)
        return result

    def _answer(self, name: str, parts: list[str], body: JsonObject | None, query: str) -> JsonObject:
        match name:
            case "GET batches" | "GET files":
                return self._listed(parts[0], dict(parse_qsl(query)))
            case "POST batches":
                assert body is not None
                return self._create(body)
            case "DELETE files one":
                self.files.pop(parts[1], None)
                return {}
        batch = self.batches[parts[1]]
        if name == "POST batches one cancel":
            self._end(batch, "cancelled")
        elif batch["status"] == "in_progress":
            batch["looked"] += 1
            if batch["looked"] > self.looks:
                self._end(batch)
        return batch

    def _listed(self, kind: str, query: dict[str, str]) -> JsonObject:
        """A list in pages of two at most, the newest first."""
        entries: list[JsonObject] = [
            {"id": one, "filename": name, "bytes": len(content)} for one, (name, content) in self.files.items()
        ]
        entries = list(self.batches.values()) if kind == "batches" else entries
        entries.reverse()
        ids = [entry["id"] for entry in entries]
        begin = ids.index(query["after"]) + 1 if "after" in query else 0
        return {"data": entries[begin : begin + 2], "has_more": begin + 2 < len(entries)}

    def _create(self, body: JsonObject) -> JsonObject:
        number = len(self.batches) + 1
        lines = [json.loads(line) for line in self.files[body["input_file_id"]][1].splitlines()]
        self.asked += lines
        batch: JsonObject = {"id": f"batch/{number}", "status": "in_progress", "looked": 0, "lines": lines} | body
        batch["request_counts"] = {"total": len(lines), "completed": 0, "failed": 0}
        self.batches[batch["id"]] = batch
        return batch

    def _end(self, batch: JsonObject, status: str = "") -> None:
        batch["status"] = status or self.finish(batch, batch["lines"])
        if batch["status"] == "failed":
            return
        made = [line for line in map(self.answer, batch["lines"]) if line is not None]
        good = [one for one in made if one["response"] and one["response"]["status_code"] == 200]
        for name, lines in (("output", good), ("error", [one for one in made if one not in good])):
            if lines:
                identity = f"file-{name}-{batch['id'][6:]}"
                self.files[identity] = (name, self.spoil(b"".join(json.dumps(one).encode() + b"\n" for one in lines)))
                batch[f"{name}_file_id"] = identity

    async def upload(
        self, path: str, *, fields: Mapping[str, str], file_name: str, content: IO[bytes] | Path
    ) -> Answer:
        assert (path, dict(fields)) == ("/files", {"purpose": "batch"})
        assert isinstance(content, Path)
        identity = f"file-{len(self.calls)}"

        def take() -> JsonObject:
            self.files[identity] = (file_name, content.read_bytes())
            return {"id": identity}

        return Answer(self._done("upload", take))

    async def stream(self, path: str, target: IO[bytes], *, limit: int) -> int:
        def give() -> int:
            file_id = path.split("/")[2]
            if file_id not in self.files:
                raise ServiceError("gone", outcome="not_found")
            return target.write(self.files[file_id][1])

        return int(self._done("download", give))


class FakeServices:
    """A worker's services, with the one in memory behind every profile."""

    def __init__(self, service: Any, profile: NamedProfile) -> None:
        self._service = service
        self._profile = profile

    def profile(self, name: str, *, judge: bool = False) -> NamedProfile:
        return self._profile

    async def open(self, profile: NamedProfile, concurrency: int | None = None) -> Any:
        return self._service


@dataclass
class Desk:
    """A store with a dataset, and one task after another."""

    store: Store
    writer: StoreWriter
    services: Services
    profile: NamedProfile
    _numbers: Iterator[int] = field(default_factory=count)

    def fill(self, questions: list[str], name: str = "d") -> int:
        """A dataset of these questions; its number."""
        with self.store.write() as db:
            return dataset(db, name, [item(question) for question in questions]).id

    def start(self, **request: Any) -> int:
        """Queue a batch task over the dataset `d`; its number."""
        parts: dict[str, Any] = {"dataset": "d", "models": ("m",), "batch": True} | request
        asked = PredictRequest(**parts)
        return start(self.store, plan(self.store, asked, self.profile, None))

    def take(self, task: int) -> Control:
        """Begin with a task, as a worker does that finds its owner gone."""
        with self.store.write() as db:
            if get_task(db, task).state not in (TaskState.RUNNING, TaskState.QUEUED):
                queue_again(db, task)
            taken = take_task(db, f"worker {next(self._numbers)}", kinds=["batch"], is_gone=lambda _task: True)
        assert taken is not None
        assert taken.id == task
        return Control.of(taken, taken.owner or "")

    def owners(self) -> list[str]:
        return [row[0] for row in self.store.connection().execute("SELECT owner FROM asking")]

    async def do(self, control: Control, *, limits: BatchLimits | None = None) -> TaskEnd:
        """Do a task and store its end, as a worker does."""
        options = BatchOptions(limits or BatchLimits(), (0.001, 0.01))
        end = await predict_in_batches(Bench(self.store, self.writer, self.services), control, options)
        with self.store.write() as db:
            end_task(db, control.task.id, control.owner, end.state, control.progress, message=end.message)
        return end

    async def run(self, task: int, *, limits: BatchLimits | None = None) -> TaskEnd:
        """Take and do a task."""
        return await self.do(self.take(task), limits=limits)

    def task(self, number: int) -> StoredTask:
        with self.store.read() as db:
            return get_task(db, number)

    def rows(self, query: str) -> list[Any]:
        with self.store.read() as db:
            return db.execute(query).fetchall()

    @property
    def files(self) -> list[str]:
        folder = self.store.path.parent / "batches"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@contextmanager
def desk_with(folder: Path, service: Any, **profile: Any) -> Iterator[Desk]:
    """A desk whose every profile leads to a service in memory."""
    settings: dict[str, Any] = {"base_url": "http://127.0.0.1:9/v1", "prices": PRICES} | profile
    named = NamedProfile("local", Profile(**settings))
    store = Store(folder / ".rft" / "cache.db")
    writer = StoreWriter(store)
    try:
        yield Desk(store, writer, cast(Services, FakeServices(service, named)), named)
    finally:
        writer.close()
        store.close()


@asynccontextmanager
async def desk_at(folder: Path, profile: NamedProfile) -> AsyncIterator[Desk]:
    """A desk in a folder with real services."""
    store = Store(folder / ".rft" / "cache.db")
    writer = StoreWriter(store)
    services = Services(folder, store.path.parent)
    try:
        yield Desk(store, writer, services, profile)
    finally:
        await services.close()
        writer.close()
        store.close()
