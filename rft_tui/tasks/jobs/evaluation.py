"""The evaluation of a job in its archive: the output items of every run as they came, then as rows of the cache.

Each run has a file of its own to which items are added; it goes on behind the last item that is there.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rft_tui.errors import ServiceError
from rft_tui.job_model import EvaluationRun
from rft_tui.model import JsonObject
from rft_tui.providers.backends.outputs import read_evaluation_run, read_output
from rft_tui.providers.reading import name_of, object_of
from rft_tui.store.archives import EVALUATIONS, RUNS, LineLog, line_of, measure, read_lines, safe_name, write_whole
from rft_tui.store.evaluation_files import output_rows, placed_chunks
from rft_tui.store.evaluations import Place, add_outputs, choose_place
from rft_tui.store.job_files import EVALUATION, JobFile, job_files, put_job_file
from rft_tui.tasks.jobs.archive_files import LEFT_OUT
from rft_tui.tasks.jobs.archive_records import ENDED

if TYPE_CHECKING:
    from rft_tui.tasks.jobs.archive import Archiving

PAGE = 100
"""Items that are written at once."""


@dataclass(frozen=True, slots=True)
class RunFile:
    """A run of an evaluation and the file of its output items."""

    evaluation: str
    run: EvaluationRun
    path: Path


async def archive_outputs(at: Archiving) -> None:
    """Fetch the runs of the job's evaluation and all their items. Raises ServiceError where the service is away."""
    eval_id = name_of(object_of(at.job.remote).get("eval_id"))
    if not eval_id or at.is_stopped():
        return
    at.control.message = "looking for the runs of its evaluation"
    try:
        listed = await at.backend.evaluations(eval_id)
    except ServiceError as error:
        if error.outcome not in LEFT_OUT:
            raise
        at.lacks(f"the output items, since the service does not show the evaluation {eval_id} (any more)", error)
        return
    await asyncio.to_thread(_keep_runs, at, eval_id, listed)
    at.runs = await asyncio.to_thread(known_runs, at)
    progress = at.control.progress
    progress.total = sum(one.run.total or 0 for one in at.runs)
    progress.done = progress.cached = 0
    for one in at.runs:
        if at.is_stopped():
            return
        at.control.message = f"fetching the output items of {one.run.name or one.run.remote_id}"
        await _fetch_run(at, one)
        await _bring_step(at, one.run.step)


async def bring_outputs(at: Archiving) -> None:
    """Bring all items into the cache that are in the archive and not there yet."""
    for step in dict.fromkeys(one.run.step for one in at.runs):
        await _bring_step(at, step)


def known_runs(at: Archiving) -> list[RunFile]:
    """The runs that the archive knows of, the oldest first, with their files.

    A file goes by the step of its run, and by the number of runs of that step where there are more; a run whose name
    tells no step by its id. Raises InputError, StoreError.
    """
    found: list[RunFile] = []
    taken: set[str] = set()
    counts: Counter[str] = Counter()
    for folder in sorted((at.folder / EVALUATIONS).glob("*")):
        if not (folder / RUNS).is_file():
            continue
        for entry in read_lines(folder / RUNS):
            run = read_evaluation_run(entry.value)
            base = safe_name(f"run-{run.remote_id}") if run.step is None else f"step-{run.step:04d}"
            name = _untaken(f"{folder.name}/{base}", taken, counts)
            found.append(RunFile(folder.name, run, folder.parent / f"{name}.jsonl"))
    return found


def _untaken(base: str, taken: set[str], counts: Counter[str]) -> str:
    """A name that is not taken yet: the base, or it with the number of those that began so."""
    while True:
        counts[base] += 1
        name = base if counts[base] == 1 else f"{base}-{counts[base]}"
        if name not in taken:
            taken.add(name)
            return name


def _keep_runs(at: Archiving, eval_id: str, listed: list[JsonObject]) -> None:
    """Keep the runs as the service shows them; one that it no longer shows stays. Raises InputError, StoreError."""
    path = at.folder / EVALUATIONS / safe_name(eval_id) / RUNS
    known = {str(entry.value.get("id")): entry.value for entry in read_lines(path)} if path.is_file() else {}
    known |= {remote_id: raw for raw in listed if (remote_id := name_of(raw.get("id")))}
    write_whole(path, (line_of(raw) for raw in known.values()))


async def _fetch_run(at: Archiving, one: RunFile) -> None:
    """Add the items of a run that are not there yet. Raises ServiceError where the service is away."""
    progress, run = at.control.progress, one.run
    log = LineLog(one.path)
    with await asyncio.to_thread(log.open):
        progress.done += log.count
        progress.cached += log.count
        if run.total is not None and log.count >= run.total and run.status in ENDED:
            return
        try:
            await _add_items(at, one, log, log.last_id or None)
        except ServiceError as error:
            if error.outcome not in LEFT_OUT:
                raise
            if not log.count:
                at.lacks(f"the output items of {run.name or run.remote_id}", error)
                return
            await _from_the_start(at, one, log)
        if log.left_out:
            at.lacks(f"{log.left_out:,} output items of {run.name or run.remote_id} that are too large to keep")


async def _from_the_start(at: Archiving, one: RunFile, log: LineLog) -> None:
    """Read a run's list anew where the service does not go on behind the last item; known ones are passed over."""
    try:
        await _add_items(at, one, log, None)
    except ServiceError as error:
        if error.outcome not in LEFT_OUT:
            raise
        at.lacks(f"the rest of the output items of {one.run.name or one.run.remote_id}", error)


async def _add_items(at: Archiving, one: RunFile, log: LineLog, after: str | None) -> None:
    eval_id = name_of(object_of(at.job.remote).get("eval_id"))
    page: list[JsonObject] = []

    async def keep() -> None:
        added = await asyncio.to_thread(log.add, page)
        at.control.progress.done += added
        at.control.progress.requests += 1
        page.clear()

    try:
        async for item in at.backend.output_items(eval_id, one.run.remote_id, after=after):
            page.append(item)
            if len(page) == PAGE:
                await keep()
                if at.is_stopped():
                    return
    finally:
        if page:
            await keep()


async def _bring_step(at: Archiving, step: int | None) -> None:
    """Bring the items of a step into the cache, unless all of its files are there as they are."""
    files = [one for one in at.runs if one.run.step == step and one.path.is_file()]
    if step is None or not files:
        return
    with at.bench.store.read() as db:
        known = {file.remote_id: file.size for file in job_files(db, at.job.id, EVALUATION)}
    if all(known.get(one.run.remote_id) == one.path.stat().st_size for one in files):
        return
    paths = [one.path for one in files]
    unread: list[str] = []
    form = _response_format(at.job.remote)
    read = partial(read_output, response_format=form)
    place = await asyncio.to_thread(lambda: _choose(at, output_rows(paths, read)))
    left_out = 0
    chunks = placed_chunks(paths, read, place, unread)
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        add = partial(add_outputs, job=at.job, step=step, place=place, outputs=chunk)
        left_out += (await at.bench.writer.do(add, at.control.seal)).left_out
    if left_out:
        at.notes.append(f"{left_out:,} outputs of step {step} are in the folder alone: others are known for their rows")
    if unread:
        at.lacks(f"{len(unread):,} output items that cannot be read, such as {unread[0]}")
    for one in files:
        written = await asyncio.to_thread(measure, one.path)
        name = one.path.relative_to(at.folder).as_posix()
        file = JobFile(EVALUATION, one.run.remote_id, name, written.size, written.sha256)
        await at.bench.writer.do(partial(put_job_file, job=at.job.id, file=file), at.control.seal)


def _choose(at: Archiving, rows: Iterator[JsonObject]) -> Place:
    with at.bench.store.read() as db:
        return choose_place(db, at.job, rows)


def _response_format(remote: JsonObject | None) -> JsonObject | None:
    """The response format that the job was made with."""
    held = object_of(object_of(object_of(remote).get("method")).get("reinforcement"))
    return object_of(held.get("response_format")) or None
