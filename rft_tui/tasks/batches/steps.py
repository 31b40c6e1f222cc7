"""The way of one batch to its service and back: each step is stored before or after its request, so that it can be
taken up again; what a lost answer leaves open is looked for at the service before it is done once more."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from rft_tui.errors import ServiceError
from rft_tui.providers.batch import BatchReport
from rft_tui.providers.batch_remote import MARK, UNCERTAIN, BatchRemote
from rft_tui.store.batches import BatchState, StoredBatch, close_batch, move_batch
from rft_tui.tasks.background.control import Control
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.batches.files import file_name

MOST_BAD_FETCHES = 3
"""How often a file of answers that cannot be fetched whole is tried before its lines count as not answered."""

AT_SERVICE = (BatchState.RUNNING, BatchState.CANCELLING)
"""States in which the service works on a batch."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Batches at the service, their lines, and how many of these it has answered."""

    batches: int
    lines: int
    answered: int


Step: TypeAlias = "tuple[StoredBatch, BatchReport | None]"
"""A batch as it stands after a step, and what the service last said of it."""


class BatchSteps:
    """Takes batches of one task from state to state."""

    def __init__(self, writer: StoreWriter, remote: BatchRemote, control: Control, folder: Path) -> None:
        self._writer = writer
        self._remote = remote
        self._seal = control.seal
        self._folder = folder
        self._answered: dict[int, int] = {}
        self._bad_fetches: dict[str, int] = {}

    async def advance(self, batch: StoredBatch, *, giving_up: bool, cancelling: bool) -> Step:
        """Go on until the service has to be waited for, or the batch is at its end.

        `giving_up` lets nothing new begin, `cancelling` calls off what has begun. Raises ServiceError.
        """
        report: BatchReport | None = None
        before = None
        while batch.state is not before:
            before = batch.state
            if before in (BatchState.WRITTEN, BatchState.UPLOADING):
                batch = await self._send(batch, giving_up=giving_up)
            elif before in (BatchState.UPLOADED, BatchState.CREATING):
                batch = await self._create(batch, giving_up=giving_up)
            elif before in AT_SERVICE:
                batch, report = await self._look(batch, cancelling=cancelling)
        return batch, report

    async def close(self, batch: StoredBatch, state: BatchState, message: str = "") -> StoredBatch:
        """Be done with a batch, and let the service forget its file as well as that goes."""
        closed = await self._writer.do(lambda db: close_batch(db, batch.id, state, message), self._seal)
        if closed.input_file is not None:
            with suppress(ServiceError):
                await self._remote.delete_file(closed.input_file)
        return closed

    async def fetch(self, file_id: str, path: Path) -> bool:
        """Fetch a file of answers; False where the service has it no more, or never sends it whole."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            await self._remote.fetch(file_id, path)
        except ServiceError as error:
            if error.outcome == "not_found":
                return False
            if error.outcome == "malformed":
                self._bad_fetches[file_id] = self._bad_fetches.get(file_id, 0) + 1
                if self._bad_fetches[file_id] >= MOST_BAD_FETCHES:
                    return False
            raise
        return True

    async def leave(self, batches: Sequence[StoredBatch]) -> str:
        """Give up calling batches off; their names at the service. Who resumes the task finds them at work."""
        there = [batch for batch in batches if batch.state in AT_SERVICE]
        for batch in there:
            await self._move(batch, BatchState.RUNNING)
        return ", ".join(str(batch.remote) for batch in there) or "nothing of it"

    def counts(self, batches: Sequence[StoredBatch]) -> Counts:
        """How far the service is with some batches, by what it said last."""
        there = [batch for batch in batches if batch.state in AT_SERVICE]
        answered = sum(min(self._answered.get(batch.id, 0), batch.lines) for batch in there)
        return Counts(len(there), sum(batch.lines for batch in there), answered)

    async def _send(self, batch: StoredBatch, *, giving_up: bool) -> StoredBatch:
        name = file_name(batch.task, batch.mark)
        path = self._folder / name
        file_id = None
        if batch.state is BatchState.UPLOADING and path.exists():
            file_id = await self._remote.find_upload(name, path.stat().st_size)
        if file_id is None:
            if giving_up or not path.exists():
                return await self.close(batch, BatchState.REFUSED)
            await self._move(batch, BatchState.UPLOADING)
            file_id = await self._remote.upload(path, name)
        return await self._move(batch, BatchState.UPLOADED, input_file=file_id)

    async def _create(self, batch: StoredBatch, *, giving_up: bool) -> StoredBatch:
        report = None
        if batch.state is BatchState.CREATING:
            report = await self._remote.find(batch.mark)
        if report is None:
            if giving_up or batch.input_file is None:
                return await self.close(batch, BatchState.REFUSED)
            await self._move(batch, BatchState.CREATING)
            metadata = {"rft_tui_task": str(batch.task), "rft_tui_part": str(batch.id), MARK: batch.mark}
            try:
                report = await self._remote.create(batch.input_file, batch.endpoint, metadata)
            except ServiceError as error:
                if error.outcome in ("not_found", "bad_request"):
                    await self.close(batch, BatchState.REFUSED)
                elif error.outcome not in UNCERTAIN:
                    await self._move(batch, BatchState.UPLOADED)
                raise
        moved = await self._move(batch, BatchState.RUNNING, remote=report.id)
        (self._folder / file_name(batch.task, batch.mark)).unlink(missing_ok=True)
        return moved

    async def _look(self, batch: StoredBatch, *, cancelling: bool) -> Step:
        remote = batch.remote
        assert remote is not None
        if cancelling and batch.state is BatchState.RUNNING:
            batch = await self._move(batch, BatchState.CANCELLING)
        try:
            report = await self._remote.get(remote)
            if cancelling and not report.has_ended and report.status not in ("cancelling", "finalizing"):
                await self._remote.cancel(remote)
                report = await self._remote.get(remote)
        except ServiceError as error:
            if error.outcome != "not_found":
                raise
            return await self._move(batch, BatchState.ENDED, message="gone"), None
        self._answered[batch.id] = report.counted
        if not report.has_ended:
            return batch, report
        if report.status == "failed" and not (report.output_file or report.error_file):
            return await self.close(batch, BatchState.REFUSED, "failed"), report
        files = {"output_file": report.output_file, "error_file": report.error_file}
        return await self._move(batch, BatchState.ENDED, message=report.status, **files), report

    async def _move(self, batch: StoredBatch, state: BatchState, **ids: str | None) -> StoredBatch:
        return await self._writer.do(lambda db: move_batch(db, batch.id, state, **ids), self._seal)
