"""Archives of jobs brought into the cache elsewhere, so that every screen shows what it showed there; no network.

An archive may come from anybody: it is held against its manifest before a single value of it is used.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from rft_tui.datasets.prompts import example_fault, make_prompt
from rft_tui.errors import InputError, ServiceError, UsageError
from rft_tui.job_model import RemoteJob
from rft_tui.model import SIMULATED_PREFIX
from rft_tui.providers.backends.outputs import read_output
from rft_tui.providers.backends.reading import LARGEST_STEP, read_checkpoint, read_event, read_job
from rft_tui.providers.reading import object_of
from rft_tui.safetext import one_line
from rft_tui.store.archive_manifest import ArchivedRun, Manifest, check_files, is_archive, read_manifest
from rft_tui.store.archives import (
    CHECKPOINTS,
    EVENTS,
    GRADER,
    JOB,
    PROMPT,
    REQUEST,
    RESULTS,
    bad_line,
    read_document,
    read_lines,
)
from rft_tui.store.datasets import list_datasets
from rft_tui.store.evaluation_files import output_rows, placed_chunks
from rft_tui.store.evaluations import AddedOutputs, add_outputs, choose_place, model_at, runs_of_job
from rft_tui.store.job_events import add_events, put_checkpoints
from rft_tui.store.job_files import EVALUATION, RESULT, JobFile, put_job_file
from rft_tui.store.job_graders import keep_grader_of_job
from rft_tui.store.jobs import NewJob, StoredJob, bring_job, get_job, set_archive
from rft_tui.store.prompts import add_prompt

PAGE = 500
"""Events that are read at once."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Archive:
    """A folder whose files are as its manifest says."""

    folder: Path
    manifest: Manifest
    remote: RemoteJob

    @property
    def simulated(self) -> bool:
        """Whether its numbers come from the embedded service, as it says or as the names of its models show."""
        names = (self.remote.model, self.remote.fine_tuned_model or "")
        return self.manifest.job.simulated or any(name.startswith(SIMULATED_PREFIX) for name in names)


@dataclass(slots=True)
class BroughtArchive:
    """What an archive brought: the job, its runs with model, sample and predictions, and what is worth saying."""

    job: StoredJob
    runs: list[tuple[int, str, int, int]] = field(default_factory=list)
    added: AddedOutputs = field(default_factory=AddedOutputs)
    notes: list[str] = field(default_factory=list)


def find_archives(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The archives among some paths, also those in a folder of archives, and all other paths."""
    archives: list[Path] = []
    others: list[Path] = []
    for path in paths:
        folder = path.parent if path.name == "manifest.json" else path
        inner = [folder] if is_archive(folder) else _inside(path)
        archives += inner
        if not inner:
            others.append(path)
    return archives, others


def _inside(folder: Path) -> list[Path]:
    """The archives in a folder that holds nothing else that can be seen."""
    try:
        inner = [one for one in sorted(folder.iterdir()) if not one.name.startswith(".")] if folder.is_dir() else []
    except OSError:
        return []
    return inner if inner and all(is_archive(one) for one in inner) else []


def open_archive(folder: Path) -> Archive:
    """Hold a folder against its manifest. Raises InputError naming what is not as it should be."""
    manifest = read_manifest(folder)
    check_files(folder, manifest)
    if JOB not in manifest.files:
        raise InputError(f"{one_line(str(folder))}: the archive has no {JOB}", hint="Archive the job again.")
    try:
        remote = read_job(read_document(folder / JOB))
    except ServiceError as error:
        raise InputError(f"{one_line(str(folder / JOB))}: {error.message}") from error
    if remote.remote_id != manifest.job.remote_id:
        raise InputError(f"{one_line(str(folder / JOB))}: this is another job than the manifest says")
    return Archive(folder, manifest, remote)


def bring_archive(db: sqlite3.Connection, archive: Archive) -> BroughtArchive:
    """Store all that an archive holds, inside the caller's transaction; what is there already stays.

    Raises InputError naming file and line at the first that cannot be read; the transaction must then be given up.
    """
    folder, manifest = archive.folder, archive.manifest
    said = manifest.job
    if PROMPT in manifest.files and said.prompt:
        _bring_prompt(db, folder / PROMPT, said.prompt)
    request = read_document(folder / REQUEST) if REQUEST in manifest.files else None
    new = NewJob(
        one_line(said.profile, 100), one_line(said.backend, 100), said.service, said.mark, one_line(said.name, 200),
        said.method, said.model, said.dataset, said.validation_dataset, said.prompt, said.grader_version, said.pilot,
        archive.simulated,
    )  # fmt: skip
    number = bring_job(db, archive.remote, new, request=request, seen_at=said.seen_at, created_at=said.created_at)
    if EVENTS in manifest.files:
        _bring_lines(db, number, folder / EVENTS, read_event, add_events)
    if CHECKPOINTS in manifest.files:
        _bring_lines(db, number, folder / CHECKPOINTS, read_checkpoint, put_checkpoints)
    set_archive(db, number, str(folder.resolve()))
    _bring_files(db, number, manifest)
    brought = BroughtArchive(get_job(db, number))
    if GRADER in manifest.files:
        _bring_grader(db, folder / GRADER, brought)
    _bring_outputs(db, archive, brought)
    brought.notes += [f"the archive lacks {one}" for one in manifest.missing[:20]]
    brought.notes += _not_here(db, brought.job)
    return brought


def _bring_grader(db: sqlite3.Connection, path: Path, brought: BroughtArchive) -> None:
    """Keep the job's grader as a version with its rule, so that its scores are those of that version."""
    spec = read_document(path)
    try:
        grader = keep_grader_of_job(db, brought.job, spec)
    except UsageError as error:
        brought.notes.append(f"its grader is known by name only: {error.message}")
        return
    brought.notes.append(f"its grader is {grader.label}" + (", deleted here" if grader.deleted else ""))


def _not_here(db: sqlite3.Connection, job: StoredJob) -> list[str]:
    """What a new job like this one, or a run of its model, would need and does not find here."""
    known = {one.name for one in list_datasets(db)}
    names = [one_line(name, 80) for name in (job.dataset, job.validation_dataset) if name and name not in known]
    if not names:
        return []
    return [f"not among the datasets here: {', '.join(dict.fromkeys(names))} (an archive holds no training rows)"]


def _bring_prompt(db: sqlite3.Connection, path: Path, version: str) -> None:
    """Keep the job's prompt, if it is the one whose version the job names."""
    value = read_document(path)
    name, text, examples = value.get("name"), value.get("text"), value.get("examples")
    if not isinstance(name, str) or not isinstance(text, str) or not isinstance(examples, list):
        raise InputError(f"{one_line(str(path))}: this is no prompt")
    if any(example_fault(one) is not None for one in examples):
        raise InputError(f"{one_line(str(path))}: its worked examples are none")
    prompt = make_prompt(one_line(name, 100), text, tuple(examples))
    if prompt.version == version:
        add_prompt(db, prompt)


def _bring_lines(
    db: sqlite3.Connection,
    job: int,
    path: Path,
    read: Callable[[Any], T],
    keep: Callable[[sqlite3.Connection, int, Sequence[T]], object],
) -> None:
    """Store what the lines of a file are read as, a page at a time."""
    entries = _entries(path, read)
    while page := list(islice(entries, PAGE)):
        keep(db, job, page)


def _entries(path: Path, read: Callable[[Any], T]) -> Iterator[T]:
    for entry in read_lines(path):
        try:
            yield read(entry.value)
        except ServiceError as error:
            raise bad_line(path, entry.line, error.message) from error


def _bring_files(db: sqlite3.Connection, job: int, manifest: Manifest) -> None:
    """Keep what is known of the files that the job was given and made."""
    for data in manifest.data:
        put_job_file(db, job, JobFile(one_line(data.role, 40), data.remote_id, None, data.size, data.sha256))
    for name, written in manifest.files.items():
        if name.startswith(f"{RESULTS}/"):
            put_job_file(db, job, JobFile(RESULT, Path(name).stem, name, written.size, written.sha256))
    for run in manifest.runs:
        if run.path is not None:
            written = manifest.files[run.path]
            put_job_file(db, job, JobFile(EVALUATION, run.remote_id, run.path, written.size, written.sha256))


def _bring_outputs(db: sqlite3.Connection, archive: Archive, brought: BroughtArchive) -> None:
    """Store the output items of all steps."""
    job = brought.job
    held = object_of(object_of(object_of(archive.remote.raw).get("method")).get("reinforcement"))
    read = partial(read_output, response_format=object_of(held.get("response_format")) or None)
    steps: dict[int, list[ArchivedRun]] = {}
    for run in _stepped(archive.manifest):
        steps.setdefault(run.step or 0, []).append(run)
    unread: list[str] = []
    for step, runs in sorted(steps.items()):
        paths = [archive.folder / run.path for run in runs if run.path is not None]
        place = choose_place(db, job, output_rows(paths, read))
        for chunk in placed_chunks(paths, read, place, unread):
            brought.added += add_outputs(db, job, step, place, chunk)
    for step, sample, number in runs_of_job(db, job):
        count = db.execute("SELECT count(*) FROM prediction WHERE run = ?", [number]).fetchone()[0]
        brought.runs.append((number, model_at(job, step), sample, count))
    if brought.added.left_out:
        brought.notes.append(f"{brought.added.left_out} outputs were left out: others are known for their rows")
    if unread:
        brought.notes.append(f"{len(unread)} output items cannot be read, such as {unread[0]}")


def _stepped(manifest: Manifest) -> list[ArchivedRun]:
    """The runs of a manifest whose step is known and can be one."""
    return [run for run in manifest.runs if run.step is not None and 0 <= run.step < LARGEST_STEP]
