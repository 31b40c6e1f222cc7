"""Jobs at a service that speaks OpenAI's wire: plain JSON in the published shapes, each answer kept as it came."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, ClassVar

from rft_tui.errors import ServiceError
from rft_tui.job_model import JobCheckpoint, JobEvent, RemoteJob
from rft_tui.model import JsonObject
from rft_tui.providers.backends.availability import why_no_jobs
from rft_tui.providers.backends.backend import MARK, Sent
from rft_tui.providers.backends.files import RemoteFiles, patiently
from rft_tui.providers.backends.lists import ask_json, in_path, listed
from rft_tui.providers.backends.reading import read_checkpoint, read_event, read_job
from rft_tui.providers.backends.source import FileSource
from rft_tui.providers.backends.uploads import UploadMemory, Uploads
from rft_tui.providers.batch_remote import UNCERTAIN
from rft_tui.providers.clock import Clock
from rft_tui.providers.hosted_graders import VALIDATE_PATH, read_validated, validate_body
from rft_tui.providers.reading import kept, object_of
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from rft_tui.providers.service import ModelService

PATH = "/fine_tuning/jobs"

MOST_JOBS = 10_000
MOST_EVENTS = 500_000
MOST_CHECKPOINTS = 5_000
MOST_RUNS = 5_000
MOST_OUTPUT_ITEMS = 1_000_000
"""Entries of each list that are read at most."""

FIRST_EVENTS = 25
"""Events of the first page: who follows a job mostly finds a few new ones there, and need not fetch a hundred."""

ACTION_WAITS_S = (1.0, 2.0, 4.0)
"""Seconds before each further attempt to pause, resume or cancel: somebody waits for it."""

PAUSED = frozenset({"paused", "pausing"})
RESUMED = frozenset({"resuming", "validating_files", "queued", "running", "succeeded"})
CANCELLED = frozenset({"cancelled", "cancelling", "canceled"})
"""States in which what was asked for has been done."""


class OpenAIJobs:
    """The jobs of one service through one profile; a JobBackend."""

    name: ClassVar[str] = "openai"

    def __init__(self, service: ModelService, *, clock: Clock | None = None, uploads: Uploads | None = None) -> None:
        """`uploads` sends files, where their parts have other sizes than usual."""
        self._service = service
        self._clock = clock or Clock()
        self._files = RemoteFiles(service, self._clock)
        self._uploads = uploads or Uploads(service, self._files, self._clock)

    def prepare(self, body: JsonObject) -> JsonObject:
        """The body as this backend takes it: a copy of its own."""
        return copy.deepcopy(body)

    def continued(self, job: RemoteJob) -> str:
        """The base model of a job that goes on from where a job ended; empty where that has no model."""
        return job.fine_tuned_model or ""

    async def create(self, body: JsonObject) -> RemoteJob:
        """Begin a job; never tried again, so that after an UNCERTAIN outcome `find` must tell whether it was made."""
        return read_job(await ask_json(self._service, "POST", PATH, body=body))

    async def find(self, mark: str) -> RemoteJob | None:
        """The job whose metadata hold a mark, None where there is none.

        The service is asked for it by its filter; where that finds nothing or is not known, the list is read.
        """
        for query in ({f"metadata[{MARK}]": mark}, None):
            filtered = True
            try:
                async for entry in listed(self._service, PATH, query=query, most=MOST_JOBS):
                    if object_of(entry.get("metadata")).get(MARK) == mark:
                        return read_job(entry)
                    filtered = False
            except ServiceError as error:
                if query is None or error.outcome not in ("bad_request", "malformed", "server"):
                    raise
            else:
                if not filtered:
                    break
        return None

    async def get(self, remote_id: str) -> RemoteJob:
        """A job as it is now."""
        path = f"{PATH}/{in_path(remote_id)}"
        with in_words(f"job {remote_id}"):
            found = await ask_json(self._service, "GET", path, repeatable=True)
        return _of_id(read_job(found), remote_id)

    async def jobs(self) -> AsyncIterator[RemoteJob]:
        """All jobs, the newest first; entries that are none are left out."""
        async for entry in listed(self._service, PATH, most=MOST_JOBS):
            with suppress(ServiceError):
                yield read_job(entry)

    async def events(self, remote_id: str) -> AsyncIterator[JobEvent]:
        """The events of a job, the newest first."""
        path = f"{PATH}/{in_path(remote_id)}/events"
        async for entry in listed(self._service, path, most=MOST_EVENTS, first_page=FIRST_EVENTS):
            if entry:
                yield read_event(entry)

    async def checkpoints(self, remote_id: str) -> list[JobCheckpoint]:
        """The checkpoints that are kept, by step; entries that are none are left out."""
        found = []
        path = f"{PATH}/{in_path(remote_id)}/checkpoints"
        async for entry in listed(self._service, path, most=MOST_CHECKPOINTS):
            with suppress(ServiceError):
                found.append(read_checkpoint(entry))
        return sorted(found, key=lambda one: one.step)

    async def pause(self, remote_id: str) -> RemoteJob:
        """Pause a job; what it has learned is kept."""
        return await self._bring(remote_id, "pause", PAUSED)

    async def resume(self, remote_id: str) -> RemoteJob:
        """Let a paused job go on."""
        return await self._bring(remote_id, "resume", RESUMED)

    async def cancel(self, remote_id: str) -> RemoteJob:
        """End a job for good."""
        return await self._bring(remote_id, "cancel", CANCELLED)

    async def upload(self, source: FileSource, memory: UploadMemory, sent: Sent) -> str:
        """Send a file for training; its id. Large ones go in parts, and go on where an earlier process stopped."""
        return await self._uploads.send(source, memory, sent)

    async def find_file(self, name: str, size: int) -> str | None:
        """The id of the newest usable file of a name and size, None where there is none."""
        return await self._files.find(name, size)

    async def has_file(self, file_id: str) -> bool:
        """Whether a file is still there and can be used."""
        return await self._files.has(file_id)

    async def file_head(self, file_id: str) -> JsonObject:
        """What the service knows of a file."""
        in_path(file_id)
        with in_words(f"file {file_id}"):
            return await self._files.head(file_id)

    async def fetch(self, file_id: str, target: IO[bytes], *, limit: int) -> int:
        """Download a file; its number of bytes."""
        in_path(file_id)
        with in_words(f"file {file_id}"):
            return await self._files.fetch(file_id, target, limit=limit)

    async def validate(self, grader: JsonObject) -> JsonObject:
        """Let the service check a grader; what it made of it. What is wrong with it is a ServiceError's message."""
        answer = await ask_json(self._service, "POST", VALIDATE_PATH, body=validate_body(grader), repeatable=True)
        checked = read_validated(answer)
        if checked is None:
            raise ServiceError("the service's answer holds no grader", outcome="malformed")
        return checked

    async def takes_jobs(self, model: str = "") -> str:
        """Why no job (of a base model) can be created here, in a sentence; empty where nothing speaks against it."""
        today = datetime.fromtimestamp(self._clock.wall(), UTC).date()
        return await why_no_jobs(self._service, today, model)

    async def evaluations(self, eval_id: str) -> list[JsonObject]:
        """The runs of the evaluation that belongs to a job, the oldest first."""
        path = f"/evals/{in_path(eval_id)}/runs"
        return [entry async for entry in self._kept(path, {"order": "asc"}, MOST_RUNS)]

    async def output_items(self, eval_id: str, run_id: str, *, after: str | None = None) -> AsyncIterator[JsonObject]:
        """The output items of such a run, the oldest first, from the one behind `after` on."""
        path = f"/evals/{in_path(eval_id)}/runs/{in_path(run_id)}/output_items"
        async for entry in self._kept(path, {"order": "asc"}, MOST_OUTPUT_ITEMS, after):
            yield entry

    async def _kept(
        self, path: str, query: Mapping[str, str], most: int, after: str | None = None
    ) -> AsyncIterator[JsonObject]:
        """Entries of a list in a form that can be stored."""
        async for entry in listed(self._service, path, query=query, most=most, after=after):
            if storable := object_of(kept(entry)):
                yield storable

    async def _bring(self, remote_id: str, verb: str, reached: frozenset[str]) -> RemoteJob:
        """Bring a job to a state; after an answer that leaves it open, or a refusal, the job itself is looked at."""

        async def attempt() -> RemoteJob:
            try:
                found = await ask_json(self._service, "POST", f"{PATH}/{in_path(remote_id)}/{verb}")
                return _of_id(read_job(found), remote_id)
            except ServiceError as error:
                if error.outcome not in UNCERTAIN | {"bad_request"}:
                    raise
                job = await self.get(remote_id)
                if job.status in reached:
                    return job
                raise

        return await patiently(self._clock, attempt, ACTION_WAITS_S)


@contextmanager
def in_words(what: str) -> Iterator[None]:
    """Say in words that a service has something no more, in place of what it answers then."""
    try:
        yield
    except ServiceError as error:
        if error.outcome != "not_found":
            raise
        raise ServiceError(
            f"the service does not have the {one_line(what, 100)} (any more)",
            hint="It was deleted, or made with another key or project; what was seen before is kept here.",
            outcome=error.outcome,
        ) from error


def _of_id(job: RemoteJob, remote_id: str) -> RemoteJob:
    """The job, if it is the one that was asked for: another one's state must not be kept as its own."""
    if job.remote_id != remote_id:
        raise ServiceError("the service showed another job than the one that was asked for", outcome="malformed")
    return job
