"""What the simulated service does at each address but those that ask a model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from starlette.responses import FileResponse, Response

from rft_tui.model import JsonObject
from rft_tui.simulator import graders
from rft_tui.simulator.batch_work import BatchTools, BatchWork, validate
from rft_tui.simulator.batches import Batch, Batches
from rft_tui.simulator.exchange import Exchange, Handler, json_response
from rft_tui.simulator.files import MOST_FILE_BYTES, check_purpose, expiry_of
from rft_tui.simulator.jobs.collection import Jobs
from rft_tui.simulator.jobs.endpoints import job_table
from rft_tui.simulator.jobs.evals import Evals
from rft_tui.simulator.models import model_json, models_json, tuned_json
from rft_tui.simulator.multipart import Part, boundary_of, copy_part, part_text, read_parts
from rft_tui.simulator.rejection import RequestError
from rft_tui.simulator.uploads import MOST_PART_BYTES, Uploads

MOST_GRADES_AT_ONCE = 2

_FORM_BYTES = 64 * 1024
"""What a form may hold beside its file."""


class Endpoints:
    """Files, uploads, batches, graders, jobs and models; `stage_s` is how long a batch stays at each stage."""

    def __init__(self, tools: BatchTools, jobs: Jobs, stage_s: float, ended: asyncio.Event) -> None:
        self._jobs = jobs
        self._tools = tools
        self._files = tools.files
        self._uploads = Uploads(tools.files)
        self._batches = Batches(tools.files)
        self._stage_s = stage_s
        self._ended = ended
        self._stop = Event()
        self._grading = asyncio.Semaphore(MOST_GRADES_AT_ONCE)
        self._work: set[asyncio.Task[None]] = set()

    def table(self) -> list[tuple[str, str, Handler]]:
        """Method, path and handler of every endpoint here."""
        files, uploads, batches = self._files, self._uploads, self._batches
        return [
            ("GET", "/v1/models", _plain(lambda _at: models_json(self._jobs.models()))),
            ("GET", "/v1/models/{model:path}", _plain(lambda at: self._model(at.params["model"]))),
            ("POST", "/v1/files", self._create_file),
            ("GET", "/v1/files", _plain(lambda at: files.listed(at.query))),
            ("GET", "/v1/files/{id}", self._file),
            ("DELETE", "/v1/files/{id}", _plain(lambda at: files.delete(at.params["id"]))),
            ("GET", "/v1/files/{id}/content", self._content),
            ("POST", "/v1/uploads", _plain(lambda at: uploads.create(at.json()))),
            ("POST", "/v1/uploads/{id}/parts", self._add_part),
            ("POST", "/v1/uploads/{id}/complete", self._complete),
            ("POST", "/v1/uploads/{id}/cancel", _plain(lambda at: uploads.cancel(at.params["id"]))),
            ("POST", "/v1/batches", self._create_batch),
            ("GET", "/v1/batches", _plain(lambda at: batches.listed(at.query))),
            ("GET", "/v1/batches/{id}", _plain(lambda at: batches.get(at.params["id"]).as_json())),
            ("POST", "/v1/batches/{id}/cancel", _plain(lambda at: batches.cancel(at.params["id"]))),
            ("POST", "/v1/fine_tuning/alpha/graders/validate", _plain(lambda at: graders.validated(at.json()))),
            ("POST", "/v1/fine_tuning/alpha/graders/run", self._run_grader),
            *job_table(self._jobs, Evals(self._jobs, self._tools.recordings, self._stop)),
        ]

    async def close(self) -> None:
        """Stop what runs in the background, and remove all files."""
        self._stop.set()
        self._batches.close()
        if self._work:
            await asyncio.wait(self._work, timeout=5)
        self._files.close()

    async def _create_file(self, at: Exchange) -> Response:
        form, parts = await self._form(at, MOST_FILE_BYTES)
        try:
            content = parts.get("file")
            if content is None or "purpose" not in parts:
                needed = "file" if content is None else "purpose"
                raise RequestError(f"Missing required parameter: '{needed}'.", param=needed)
            texts = {name: part_text(form, part) for name, part in parts.items() if name != "file"}
            check_purpose(texts["purpose"])
            expiry_s = expiry_of(texts.get("expires_after[anchor]"), texts.get("expires_after[seconds]"))
            self._files.check_room(content.end - content.start)
            path = self._files.new_path()
            await asyncio.to_thread(copy_part, form, content, path)
        finally:
            form.unlink(missing_ok=True)
        return json_response(self._files.add(path, content.filename, texts["purpose"], expiry_s).as_json())

    async def _add_part(self, at: Exchange) -> Response:
        self._uploads.pending(at.params["id"])
        form, parts = await self._form(at, MOST_PART_BYTES)
        try:
            if "data" not in parts:
                raise RequestError("Missing required parameter: 'data'.", param="data")
            path = self._files.new_path()
            await asyncio.to_thread(copy_part, form, parts["data"], path)
        finally:
            form.unlink(missing_ok=True)
        return json_response(self._uploads.add_part(at.params["id"], path))

    async def _form(self, at: Exchange, most: int) -> tuple[Path, dict[str, Part]]:
        """The form of a request in a file, and its fields by name. Raises RequestError."""
        boundary = boundary_of(at.headers.get("content-type", ""))
        form = self._files.new_path()
        try:
            await at.spool(form, most + _FORM_BYTES)
            return form, {part.name: part for part in read_parts(form, boundary)}
        except BaseException:
            form.unlink(missing_ok=True)
            raise

    def _model(self, name: str) -> JsonObject:
        """An offered or a fine-tuned model. Raises RequestError."""
        made = dict(self._jobs.models())
        return tuned_json(name, made[name]) if name in made else model_json(name)

    async def _file(self, at: Exchange) -> Response:
        result = await asyncio.to_thread(self._jobs.result_file, at.params["id"])
        return json_response(self._files.get(at.params["id"]).as_json() if result is None else result[0])

    async def _content(self, at: Exchange) -> Response:
        result = await asyncio.to_thread(self._jobs.result_file, at.params["id"])
        if result is not None:
            return Response(result[1], media_type="application/octet-stream")
        stored = self._files.get(at.params["id"])
        return FileResponse(stored.path, media_type="application/octet-stream")

    async def _complete(self, at: Exchange) -> Response:
        return json_response(await asyncio.to_thread(self._uploads.complete, at.params["id"], at.json()))

    async def _run_grader(self, at: Exchange) -> Response:
        asked = at.json()
        async with self._grading:
            return json_response(await asyncio.to_thread(graders.run, asked, self._stop))

    async def _create_batch(self, at: Exchange) -> Response:
        batch = self._batches.create(at.json())
        work = asyncio.create_task(self._work_through(batch, at.pause))
        self._work.add(work)
        work.add_done_callback(self._work.discard)
        return json_response(batch.as_json())

    async def _work_through(self, batch: Batch, pause: Callable[[float], Awaitable[None]]) -> None:
        """Take a batch through its stages; whatever goes wrong with its files ends it as failed."""
        work = BatchWork(batch, self._tools)
        try:
            await pause(self._stage_s)
            if not await asyncio.to_thread(validate, batch, self._tools):
                batch.reach("failed")
                return
            if not batch.stop.is_set():
                batch.reach("in_progress")
            await pause(self._stage_s)
            await asyncio.to_thread(work.answer_all)
            if not batch.stop.is_set():
                batch.reach("finalizing")
                await pause(self._stage_s)
            batch.reach("cancelled" if batch.stop.is_set() else "expired" if work.expired else "completed")
        except (OSError, RequestError) as error:
            batch.errors = [{"code": "file_error", "message": str(error), "param": None, "line": None}]
            batch.reach("failed")


def _plain(make: Callable[[Exchange], Any]) -> Handler:
    """A handler that answers with what a function makes at once."""

    async def handle(make: Callable[[Exchange], Any], at: Exchange) -> Response:
        return json_response(make(at))

    return partial(handle, make)
