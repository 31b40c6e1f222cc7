"""What the cache knows of a job written into its archive: the job, its request, grader and prompt, events, checkpoints.

Then, last of all, the manifest over every file that lies there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from rft_tui.errors import InputError, StoreError
from rft_tui.model import SIMULATED_PREFIX, JsonObject
from rft_tui.store.archive_manifest import (
    MANIFEST,
    ArchivedData,
    ArchivedJob,
    ArchivedRun,
    Manifest,
    belongs,
    check_files,
    is_archive,
    read_manifest,
    write_manifest,
)
from rft_tui.store.archives import (
    CHECKPOINTS,
    EVENTS,
    FILES,
    GRADER,
    JOB,
    PROMPT,
    REQUEST,
    RESULTS,
    Written,
    disk_error,
    line_of,
    measure,
    read_document,
    write_json,
    write_whole,
)
from rft_tui.store.database import Store
from rft_tui.store.datasets import now
from rft_tui.store.job_events import checkpoints_of, raw_events
from rft_tui.store.job_graders import grader_of_job
from rft_tui.store.prompts import get_prompt

if TYPE_CHECKING:
    from rft_tui.tasks.jobs.archive import Archiving
    from rft_tui.tasks.jobs.evaluation import RunFile

ENDED = frozenset({"completed", "failed", "canceled"})
"""States of a run of an evaluation in which nothing more comes."""

_PAGE = 1000


def write_records(at: Archiving) -> None:
    """Write what the cache holds of the job; the manifest of an earlier time goes first. Raises StoreError."""
    folder, job, store = at.folder, at.job, at.bench.store
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)
    except OSError as error:
        raise disk_error(folder, error) from error
    if job.remote is not None:
        write_json(folder / JOB, job.remote)
    if job.request is not None:
        write_json(folder / REQUEST, job.request)
    with store.read() as db:
        kept = grader_of_job(db, job)
        prompt = get_prompt(db, job.prompt) if job.prompt else None
        checkpoints = checkpoints_of(db, job.id)
    if (grader := job.grader if kept is None else kept.spec) is not None:
        write_json(folder / GRADER, grader)
    if prompt is not None:
        write_json(folder / PROMPT, asdict(prompt))
    write_whole(folder / CHECKPOINTS, (line_of(one.raw) for one in checkpoints))
    write_whole(folder / EVENTS, _event_lines(store, job.id))


def _event_lines(store: Store, job: int) -> Iterator[bytes]:
    """The events as the service sent them, the oldest first, read in pages."""
    since = 0
    while True:
        with store.read() as db:
            page = raw_events(db, job, since=since, limit=_PAGE)
        yield from (line_of(raw) for _remote_id, raw in page)
        if len(page) < _PAGE:
            return
        since += len(page)


def finish(at: Archiving) -> Manifest:
    """Write the manifest over everything that lies in the folder. Raises StoreError."""
    job = at.job
    _write_data_files(at)
    files = {}
    for path in sorted(at.folder.rglob("*")):
        name = path.relative_to(at.folder).as_posix()
        if belongs(name) and path.is_file() and not path.is_symlink():
            files[name] = measure(path)
    runs = tuple(_archived(at, one, files) for one in at.runs)
    archived = ArchivedJob(
        job.label, job.service, job.profile, job.backend, job.status, job.name, job.mark, job.method, job.model,
        job.dataset, job.validation_dataset, job.prompt, job.grader_version, job.pilot,
        job.simulated or job.model.startswith(SIMULATED_PREFIX), job.step,
        job.total_steps, job.message, job.created_at, job.seen_at,
    )  # fmt: skip
    counts = {
        "events": files[EVENTS].lines or 0,
        "checkpoints": files[CHECKPOINTS].lines or 0,
        "result_files": sum(name.startswith(f"{RESULTS}/") for name in files),
        "evaluation_runs": len(runs),
        "output_items": sum(run.items for run in runs),
    }
    missing = tuple(dict.fromkeys(at.missing))
    manifest = Manifest(archived, now(), not missing, missing, counts, tuple(at.data), runs, files)
    write_manifest(at.folder, manifest)
    return manifest


def _write_data_files(at: Archiving) -> None:
    """Write what is known of the files that the job was given, with the service's own words; what was known stays."""
    path = at.folder / FILES
    known: dict[str, JsonObject] = {}
    with suppress(InputError, StoreError):
        known = {key: one for key, one in read_document(path).items() if isinstance(one, dict)}
    for one in at.data:
        before = known.get(one.remote_id, {})
        known[one.remote_id] = {**asdict(one), "head": at.heads.get(one.remote_id) or before.get("head")}
    write_json(path, known)
    told = {one.remote_id for one in at.data}
    at.data += [_known_data(remote_id, one) for remote_id, one in known.items() if remote_id not in told]


def _known_data(remote_id: str, value: JsonObject) -> ArchivedData:
    """What was known of a file when the archive was written before."""
    size, sha256 = value.get("size"), value.get("sha256")
    return ArchivedData(
        str(value.get("role", "")), remote_id, str(value.get("name", "")),
        size if isinstance(size, int) else None, sha256 if isinstance(sha256, str) else None,
    )  # fmt: skip


def _archived(at: Archiving, one: RunFile, files: dict[str, Written]) -> ArchivedRun:
    """A run of the evaluation with the items that are here; what it lacks is noted."""
    run, name = one.run, one.path.relative_to(at.folder).as_posix()
    items = (files[name].lines or 0) if name in files else 0
    if run.total is not None and items < run.total:
        at.lacks(f"{run.total - items:,} of {run.total:,} output items of {run.name or run.remote_id}")
    elif run.status not in ENDED:
        at.lacks(f"what {run.name or run.remote_id} has still to show: it is {run.status or 'in an unknown state'}")
    path = name if name in files else None
    return ArchivedRun(one.evaluation, run.remote_id, run.name, run.step, path, items, run.total)


def complete_manifest(at: Archiving) -> Manifest | None:
    """The manifest of an archive that lacks nothing and whose files are as it says; None for any other."""
    if not is_archive(at.folder):
        return None
    with suppress(InputError):
        manifest = read_manifest(at.folder)
        is_same = (manifest.job.remote_id, manifest.job.service) == (at.job.label, at.job.service)
        if manifest.complete and is_same:
            check_files(at.folder, manifest)
            return manifest
    return None
