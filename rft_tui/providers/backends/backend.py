"""The door to a job backend: what every one of them can be asked, in the service's own JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import IO, TYPE_CHECKING, Protocol

from rft_tui.job_model import JobCheckpoint, JobEvent, RemoteJob
from rft_tui.model import JsonObject

if TYPE_CHECKING:
    from rft_tui.providers.backends.source import FileSource
    from rft_tui.providers.backends.uploads import UploadMemory

MARK = "rft_tui_mark"
"""The name under which a job's metadata hold the mark by which it is found again."""

Sent = Callable[[int, int], None]
"""Told how many bytes of how many have arrived."""


class JobBackend(Protocol):
    """One service that runs jobs. Everything raises ServiceError with an `outcome` where it refuses or is away.

    Lists come page by page; whoever reads one stops when he has seen enough.
    """

    @property
    def name(self) -> str:
        """As profiles name it."""
        ...

    def prepare(self, body: JsonObject) -> JsonObject:
        """The body as this backend takes it; what it changes is part of the body that is shown before it is sent."""
        ...

    def continued(self, job: RemoteJob) -> str:
        """The base model of a job that goes on from where a job ended; empty where that has no model."""
        ...

    async def create(self, body: JsonObject) -> RemoteJob:
        """Begin a job; never tried again by itself, since the answer of one that was made may be lost."""
        ...

    async def find(self, mark: str) -> RemoteJob | None:
        """The job whose metadata hold a mark, None where there is none."""
        ...

    async def get(self, remote_id: str) -> RemoteJob:
        """A job as it is now."""
        ...

    def jobs(self) -> AsyncIterator[RemoteJob]:
        """All jobs, the newest first."""
        ...

    def events(self, remote_id: str) -> AsyncIterator[JobEvent]:
        """The events of a job, the newest first."""
        ...

    async def checkpoints(self, remote_id: str) -> list[JobCheckpoint]:
        """The checkpoints that are kept."""
        ...

    async def pause(self, remote_id: str) -> RemoteJob:
        """Pause a job; what it has learned is kept."""
        ...

    async def resume(self, remote_id: str) -> RemoteJob:
        """Let a paused job go on."""
        ...

    async def cancel(self, remote_id: str) -> RemoteJob:
        """End a job for good."""
        ...

    async def upload(self, source: FileSource, memory: UploadMemory, sent: Sent) -> str:
        """Send a file for training; its id. Large ones go in parts, and go on where an earlier process stopped."""
        ...

    async def find_file(self, name: str, size: int) -> str | None:
        """The id of the newest usable file of a name and size, None where there is none."""
        ...

    async def has_file(self, file_id: str) -> bool:
        """Whether a file is still there and can be used."""
        ...

    async def file_head(self, file_id: str) -> JsonObject:
        """What the service knows of a file."""
        ...

    async def fetch(self, file_id: str, target: IO[bytes], *, limit: int) -> int:
        """Download a file; its number of bytes."""
        ...

    async def validate(self, grader: JsonObject) -> JsonObject:
        """Let the service check a grader; what it made of it."""
        ...

    async def takes_jobs(self, model: str = "") -> str:
        """Why no job (of a base model) can be created here, in a sentence; empty where nothing speaks against it."""
        ...

    async def evaluations(self, eval_id: str) -> list[JsonObject]:
        """The runs of the evaluation that belongs to a job, the oldest first."""
        ...

    def output_items(self, eval_id: str, run_id: str, *, after: str | None = None) -> AsyncIterator[JsonObject]:
        """The output items of such a run, from the one behind `after` on."""
        ...
