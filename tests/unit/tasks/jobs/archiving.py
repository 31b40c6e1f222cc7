"""A workspace in which a job is archived from a service on loopback, and what there is to see afterwards."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rft_tui.errors import RftError, UsageError
from rft_tui.model import JsonObject
from rft_tui.providers.profiles import named_profile
from rft_tui.settings import load_workspace_settings
from rft_tui.store.database import Store
from rft_tui.store.jobs import StoredJob, get_job
from rft_tui.store.tasks import StoredTask, end_task, get_task, take_task
from rft_tui.tasks.background.bench import Bench
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.background.kinds import TASK_KINDS
from rft_tui.tasks.background.services import Services
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.jobs.archive import start_archiving
from rft_tui.tasks.jobs.reaching import adopt
from tests.archive_service import JOB, ArchiveService, showing

OWNER = "here|tester"


@dataclass
class Workroom:
    """A workspace with a profile of the service."""

    folder: Path
    store: Store

    @property
    def archive(self) -> Path:
        """Where the job is archived."""
        return self.folder / "archives" / JOB

    @property
    def manifest(self) -> JsonObject:
        """The archive's manifest."""
        found: JsonObject = json.loads((self.archive / "manifest.json").read_text())
        return found

    @property
    def job(self) -> StoredJob:
        """The job as the cache has it."""
        with self.store.read() as db:
            return get_job(db, JOB)

    def queue(self) -> int:
        """Queue the archiving of the job; one that is not known here is brought in first, by its id at the service."""
        profile = named_profile(load_workspace_settings(self.folder), None)
        try:
            job = self.job
        except UsageError:
            job = asyncio.run(adopt(self.store, profile, JOB))
        return start_archiving(self.store, job, profile)

    def run(self) -> StoredTask:
        """Archive the job; the task as it ended."""
        task = self.queue()
        with self.store.write() as db:
            taken = take_task(db, OWNER, kinds=["archive"], is_gone=lambda _one: True)
        assert taken is not None
        asyncio.run(self._do(Control.of(taken, OWNER)))
        with self.store.read() as db:
            return get_task(db, task)

    async def _do(self, control: Control) -> None:
        services = Services(self.folder, self.store.path.parent)
        writer = StoreWriter(self.store, patience_s=0.05)
        try:
            end = await TASK_KINDS["archive"](Bench(self.store, writer, services), control)
        except RftError as error:
            end = TaskEnd.failed(error)
        finally:
            await services.close()
            writer.close()
        with self.store.write() as db:
            end_task(db, control.task.id, OWNER, end.state, control.progress, message=end.message, error=end.error)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the cache says to a query."""
        with self.store.read() as db:
            return db.execute(sql, list(values)).fetchall()

    def files(self) -> dict[str, bytes]:
        """The files of the archive but the manifest, by path."""
        return {
            path.relative_to(self.archive).as_posix(): path.read_bytes()
            for path in sorted(self.archive.rglob("*"))
            if path.is_file() and path.name != "manifest.json"
        }


@contextmanager
def workroom(folder: Path, url: str) -> Iterator[Workroom]:
    """A workspace whose profile leads to an address."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rft.toml").write_text(f'[profiles.here]\nbase_url = "{url}"\n', encoding="utf-8")
    store = Store(folder / ".rft" / "cache.db")
    try:
        yield Workroom(folder, store)
    finally:
        store.close()


@contextmanager
def archived(folder: Path, service: ArchiveService) -> Iterator[Workroom]:
    """A workspace beside a running service."""
    with showing(service) as url, workroom(folder, url) as room:
        yield room
