"""A job backend in memory that does as it is told, and a desk at which launch and watch tasks are done."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import pytest

from rft_tui.errors import ServiceError
from rft_tui.job_model import JobCheckpoint, JobEvent, RemoteJob
from rft_tui.model import JsonObject
from rft_tui.providers.backends.backend import MARK, JobBackend
from rft_tui.providers.backends.reading import read_checkpoint, read_event, read_job
from rft_tui.providers.profiles import NamedProfile
from rft_tui.settings import Profile
from rft_tui.store.database import Store
from rft_tui.store.jobs import StoredJob, get_job
from rft_tui.store.tasks import StoredTask, end_task, get_task, list_tasks, queue_again, take_task
from rft_tui.tasks.background.bench import Bench
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.background.kinds import TASK_KINDS
from rft_tui.tasks.background.services import Services
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.jobs import launching, watching
from rft_tui.tasks.jobs.launching import Launch, start_launching
from rft_tui.tasks.jobs.request import JobRequest

PROFILE = NamedProfile("here", Profile(base_url="http://127.0.0.1:9/v1"))
OWNER = "here|tester"


class Killed(BaseException):
    """The process has ended here."""


def away(outcome: str = "connection") -> ServiceError:
    """The service cannot be reached, or refuses."""
    return ServiceError(f"it is away ({outcome})", outcome=outcome)


def an_event(number: int, **others: Any) -> JsonObject:
    """The event of a step."""
    data = {"step": number, "total_steps": 40, "train_mean_reward": number / 100}
    made = {"id": f"ftevent-{number}", "object": "fine_tuning.job.event", "created_at": 1_795_000_000 + number}
    return {**made, "level": "info", "type": "metrics", "message": f"Step {number}/40", "data": data, **others}


@dataclass
class FakeBackend:
    """Jobs, files and events of a service; `before` and `after` are told of each call and may raise."""

    name: str = "openai"
    before: Callable[[str], None] = lambda _call: None
    after: Callable[[str], None] = lambda _call: None
    jobs_made: dict[str, JsonObject] = field(default_factory=dict)
    shown_events: list[JsonObject] = field(default_factory=list)
    shown_checkpoints: list[JsonObject] = field(default_factory=list)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    hidden_finds: int = 0

    def prepare(self, body: JsonObject) -> JsonObject:
        return copy.deepcopy(body)

    def continued(self, job: RemoteJob) -> str:
        return job.fine_tuned_model or ""

    def make(self, **others: Any) -> str:
        """Make a job as another program would; its id."""
        job_id = f"ftjob-{len(self.jobs_made) + 1}"
        made: JsonObject = {"id": job_id, "status": "running", "model": "o4-mini", "metadata": {}, "error": {}}
        made["method"] = {"type": "reinforcement", "reinforcement": {"grader": {"type": "string_check"}}}
        self.jobs_made[job_id] = made | others
        return job_id

    def _call(self, name: str, do: Callable[[], Any]) -> Any:
        self.calls.append(name)
        self.before(name)
        made = do()
        self.after(name)
        return made

    async def create(self, body: JsonObject) -> RemoteJob:
        def do() -> RemoteJob:
            return read_job(self.jobs_made[self.make(**body, status="validating_files")])

        return cast(RemoteJob, self._call("create", do))

    async def find(self, mark: str) -> RemoteJob | None:
        def do() -> RemoteJob | None:
            if self.hidden_finds:
                self.hidden_finds -= 1
                return None
            return next((read_job(one) for one in self.jobs_made.values() if one["metadata"].get(MARK) == mark), None)

        return cast("RemoteJob | None", self._call("find", do))

    def _job(self, remote_id: str) -> RemoteJob:
        if remote_id not in self.jobs_made:
            raise away("not_found")
        return read_job(self.jobs_made[remote_id])

    async def get(self, remote_id: str) -> RemoteJob:
        return cast(RemoteJob, self._call("get", lambda: self._job(remote_id)))

    async def jobs(self) -> AsyncIterator[RemoteJob]:
        for one in self._call("jobs", lambda: list(reversed(self.jobs_made.values()))):
            yield read_job(one)

    async def events(self, remote_id: str) -> AsyncIterator[JobEvent]:
        for one in self._call("events", lambda: list(reversed(self.shown_events))):
            self.before("event")
            yield read_event(one)

    async def checkpoints(self, remote_id: str) -> list[JobCheckpoint]:
        return [read_checkpoint(one) for one in self._call("checkpoints", lambda: self.shown_checkpoints)]

    async def _set(self, remote_id: str, verb: str, status: str) -> RemoteJob:
        def do() -> RemoteJob:
            self.jobs_made[remote_id]["status"] = status
            return self._job(remote_id)

        return cast(RemoteJob, self._call(verb, do))

    async def pause(self, remote_id: str) -> RemoteJob:
        return await self._set(remote_id, "pause", "paused")

    async def resume(self, remote_id: str) -> RemoteJob:
        return await self._set(remote_id, "resume", "queued")

    async def cancel(self, remote_id: str) -> RemoteJob:
        return await self._set(remote_id, "cancel", "cancelled")

    async def upload(self, source: Any, memory: Any, sent: Callable[[int, int], None]) -> str:
        def do() -> str:
            data = Path(source.path).read_bytes()
            sent(len(data), len(data))
            file_id = f"file-{hashlib.sha256(data).hexdigest()[:8]}"
            self.files[file_id] = (source.name, data)
            return file_id

        return str(self._call("upload", do))

    async def find_file(self, name: str, size: int) -> str | None:
        return next((key for key, (one, data) in self.files.items() if (one, len(data)) == (name, size)), None)

    async def has_file(self, file_id: str) -> bool:
        return file_id in self.files

    async def file_head(self, file_id: str) -> JsonObject:
        return {"id": file_id, "status": "processed"}

    async def fetch(self, file_id: str, target: IO[bytes], *, limit: int) -> int:
        raise NotImplementedError

    async def validate(self, grader: JsonObject) -> JsonObject:
        return grader

    async def takes_jobs(self, model: str = "") -> str:
        return ""

    async def evaluations(self, eval_id: str) -> list[JsonObject]:
        return []

    async def output_items(self, eval_id: str, run_id: str, *, after: str | None = None) -> AsyncIterator[JsonObject]:
        for one in await self.evaluations(eval_id):
            yield one


class FakeServices:
    """Always the same profile, and a service that is only handed on."""

    def __init__(self, profile: NamedProfile = PROFILE) -> None:
        self._profile = profile

    def profile(self, name: str) -> NamedProfile:
        return self._profile

    async def open(self, profile: NamedProfile) -> None:
        return None


class QuickControl(Control):
    """A control that rests for no time and notes for how long it would have; `on_rest` may wish or change things."""

    rests: list[float]
    on_rest: Callable[[Control], None]

    async def rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.on_rest(self)


@dataclass
class Desk:
    """A cache, a backend, and the tasks that are done here."""

    store: Store
    backend: FakeBackend
    rests: list[float] = field(default_factory=list)
    on_rest: Callable[[Control], None] = lambda _control: None
    writer: StoreWriter | None = None

    def launch(self, request: JobRequest) -> Launch:
        """Queue a launch."""
        return start_launching(self.store, request, PROFILE, None)

    async def work(self, kind: str, *, owner: str = OWNER) -> StoredTask:
        """Do the oldest waiting task of a kind, as a worker would; the task as it ended. Killed leaves it running."""
        from rft_tui.errors import RftError

        with self.store.write() as db:
            taken = take_task(db, owner, kinds=[kind], is_gone=lambda _task: True)
        assert taken is not None, f"no {kind} task waits"
        control = QuickControl.of(taken, owner)
        assert isinstance(control, QuickControl)
        control.rests, control.on_rest = self.rests, self.on_rest
        bench = Bench(self.store, self._writer(), cast(Services, FakeServices()))
        try:
            end = await TASK_KINDS[kind](bench, control)
        except RftError as error:
            end = TaskEnd.failed(error)
        with self.store.write() as db:
            end_task(db, taken.id, owner, end.state, control.progress, message=end.message, error=end.error)
            return get_task(db, taken.id)

    def again(self, task: int) -> None:
        """Let a task go on."""
        with self.store.write() as db:
            queue_again(db, task)

    def job(self, number: int = 1) -> StoredJob:
        with self.store.read() as db:
            return get_job(db, number)

    def tasks(self, kind: str) -> list[StoredTask]:
        with self.store.read() as db:
            return [task for task in list_tasks(db) if task.kind == kind]

    def _writer(self) -> StoreWriter:
        if self.writer is None:
            self.writer = StoreWriter(self.store, patience_s=0.05)
        return self.writer


@contextmanager
def a_desk(store: Store) -> Iterator[Desk]:
    """A desk whose tasks reach a backend in memory."""
    backend = FakeBackend()
    desk = Desk(store, backend)
    with pytest.MonkeyPatch.context() as patch:
        for module in (launching, watching):
            patch.setattr(module, "open_backend", lambda _service: cast(JobBackend, backend))
        yield desk
    if desk.writer is not None:
        desk.writer.close()
