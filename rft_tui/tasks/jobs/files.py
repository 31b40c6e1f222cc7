"""The files that a job is given: rows rendered with its prompt, byte for byte as they came where there is none.

A dataset of another shape is written in the reinforcement shape for a reinforcement job. Of a pilot's rows a sample is
drawn, in the order of the file. One row is held at a time.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from rft_tui.datasets.decode import row_text
from rft_tui.datasets.items import describe
from rft_tui.datasets.limits import Part
from rft_tui.datasets.mapping import RowShape, choose_shape
from rft_tui.datasets.read import read_rows
from rft_tui.datasets.render import render
from rft_tui.datasets.rows import ROWLESS_KINDS, RawRow
from rft_tui.datasets.rules import row_problems
from rft_tui.datasets.shape import item_row, shape_row
from rft_tui.datasets.split import sample_rows
from rft_tui.errors import InputError, StoreError
from rft_tui.job_model import JobMethod
from rft_tui.model import JsonObject, Problem, Prompt
from rft_tui.store.database import Store
from rft_tui.store.datasets import get_dataset
from rft_tui.tasks.check_data import shape_of
from rft_tui.tasks.jobs.pilot import PILOT_ROWS, pilot_seed
from rft_tui.tasks.jobs.request import DataSource, JobRequest

FOLDER = "jobs"
"""The folder beside the cache in which files lie while they are needed."""

ORPHAN_S = 24 * 3600.0
"""Seconds after which a file that no launch names counts as left behind; no launch takes so long to be queued."""

RESHAPED = "the row is written in the reinforcement shape"
"""Said of rows that came in another shape."""

_FIRST_ROWS = 50
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class RowPlan:
    """Which rows go into a file, and how: `sample` is how many are drawn, None for all."""

    source: DataSource
    part: Part
    method: JobMethod
    prompt: Prompt | None = None
    as_developer: bool = False
    sample: int | None = None
    seed: int = 0


def plan_rows(request: JobRequest, part: Part, prompt: Prompt | None) -> RowPlan | None:
    """The rows of a part of a job; None where it has none, or where they are at the service already."""
    source = request.training if part == "train" else request.validation
    if source is None or source.kind == "remote":
        return None
    sample = PILOT_ROWS[part] if request.pilot else None
    return RowPlan(source, part, request.method, prompt, request.as_developer, sample, pilot_seed(request))


class UploadRow(NamedTuple):
    """One row as it is sent, without the line break; `value` is None where only the bytes were needed so far."""

    line: int
    data: bytes
    value: JsonObject | None
    notes: tuple[str, ...] = ()


class _Row(NamedTuple):
    """A row as it came."""

    line: int
    raw: bytes
    value: JsonObject | None
    row_id: str


class _Identity(NamedTuple):
    """What drawing a sample needs to know of a row."""

    input_id: str
    row_id: str
    fields: JsonObject


def upload_rows(store: Store, plan: RowPlan) -> Iterator[UploadRow | Problem]:
    """The rows of a plan as they are sent, and what is wrong with rows that cannot be.

    Raises UsageError where there is no such dataset, InputError where a file cannot be opened.
    """
    chosen = _chosen(store, plan)
    entries, shape = _source(store, plan.source)
    place = -1
    for entry in entries:
        if isinstance(entry, Problem):
            yield entry
            continue
        place += 1
        if chosen is None or place in chosen:
            yield _made(entry, shape, plan)


def _chosen(store: Store, plan: RowPlan) -> set[int] | None:
    """The places of a sample among the rows; None for all of them."""
    if plan.sample is None:
        return None
    entries, _shape = _source(store, plan.source)
    rows = [_Identity("", entry.row_id, {}) for entry in entries if isinstance(entry, _Row)]
    return set(sample_rows(rows, plan.sample, seed=plan.seed))


def _source(store: Store, source: DataSource) -> tuple[Iterator[_Row | Problem], RowShape]:
    """The rows of a source one by one, and the shape they are read in."""
    if source.kind == "dataset":
        with store.read() as db:
            dataset = get_dataset(db, source.name)
        return _stored_rows(store, dataset.id), shape_of(dataset)
    entries = read_rows(source.name)
    first = list(islice(entries, _FIRST_ROWS))
    shape = choose_shape([entry.value for entry in first if isinstance(entry, RawRow)])
    return (_read(entry) for entry in chain(first, entries)), shape


def _read(entry: RawRow | Problem) -> _Row | Problem:
    if isinstance(entry, Problem):
        return entry
    return _Row(entry.line, entry.raw, entry.value, sha256(entry.raw).hexdigest())


def _stored_rows(store: Store, dataset: int) -> Iterator[_Row]:
    position = -1
    with store.read() as db:
        while page := db.execute(
            "SELECT item.position, item.line, item_row.raw, item.row_id FROM item"
            " JOIN item_row ON item_row.item = item.id"
            " WHERE item.dataset = ? AND item.position > ? ORDER BY item.position LIMIT ?",
            [dataset, position, _PAGE],
        ).fetchall():
            for _position, line, raw, row_id in page:
                yield _Row(line, raw, None, row_id)
            position = page[-1][0]


def _made(row: _Row, shape: RowShape, plan: RowPlan) -> UploadRow | Problem:
    reshapes = plan.method == "reinforcement" and shape.method != "reinforcement"
    if not reshapes and plan.prompt is None:
        return UploadRow(row.line, row.raw, row.value)
    value: JsonObject = json.loads(row.raw) if row.value is None else row.value
    notes: tuple[str, ...] = ()
    if reshapes:
        raw = RawRow(row.line, row.raw, value)
        for problem in row_problems(raw, shape):
            if problem.severity == "error":
                return problem
        value, notes = item_row(shape_row(raw, shape)), (RESHAPED,)
    if plan.prompt is not None:
        value, said = _rendered(value, plan.prompt, as_developer=plan.as_developer)
        notes += said
    return UploadRow(row.line, row_text(value), value, notes)


def _rendered(value: JsonObject, prompt: Prompt, *, as_developer: bool) -> tuple[JsonObject, tuple[str, ...]]:
    """The row with the prompt in its messages, those of a preference row's input; other keys stay where they are."""
    given = value.get("input")
    holder = value if isinstance(value.get("messages"), list) else given if isinstance(given, dict) else {}
    messages = holder.get("messages")
    if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
        return value, ()
    rendered = render(prompt, messages, as_developer=as_developer)
    if holder is value:
        return value | {"messages": rendered.messages}, rendered.notes
    return value | {"input": holder | {"messages": rendered.messages}}, rendered.notes


@dataclass(frozen=True, slots=True)
class UploadFile:
    """A file that is whole and ready to be sent; `notes` counts what is to be said of its rows."""

    path: Path
    part: Part
    rows: int
    size: int
    sha256: str
    notes: dict[str, int] = field(default_factory=dict)


def write_upload(store: Store, plan: RowPlan) -> UploadFile:
    """Write the rows of a plan to a file of its own beside the cache, which belongs to whoever asked for it.

    Raises InputError naming the first row that cannot be sent, or where there are no rows; StoreError where the disk
    does not take it.
    """
    folder = store.path.parent / FOLDER
    path = folder / f"{plan.part}-{os.urandom(8).hex()}.jsonl"
    unfinished = path.with_suffix(".part")
    digest, rows, size = sha256(), 0, 0
    notes: dict[str, int] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with unfinished.open("xb", buffering=1024 * 1024) as stream:
            for row in upload_rows(store, plan):
                if isinstance(row, Problem):
                    _refuse(row, plan)
                    continue
                line = row.data + b"\n"
                stream.write(line)
                digest.update(line)
                rows, size = rows + 1, size + len(line)
                for note in row.notes:
                    notes[note] = notes.get(note, 0) + 1
            if not rows:
                raise InputError(f"{plan.source.label}: there are no rows to train on.")
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror or error}", hint="Free some space or mend the disk.") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()
    return UploadFile(path, plan.part, rows, size, digest.hexdigest(), notes)


def forget_orphans(store: Store) -> int:
    """Remove files that were written for a launch which a kill kept from being queued; how many.

    Such a file is older than `ORPHAN_S`, and no launch that is not done names it.
    """
    folder = store.path.parent / FOLDER
    with store.read() as db:
        rows = db.execute("SELECT request FROM task WHERE kind = 'launch' AND state <> 'done'").fetchall()
    wanted = {Path(path).name for (text,) in rows for path in json.loads(text).get("files", {}).values()}
    removed = 0
    with suppress(OSError):
        for path in folder.iterdir():
            is_ours = path.suffix in (".jsonl", ".part") and path.name.startswith(("train-", "validation-"))
            if is_ours and path.name not in wanted and time.time() - path.stat().st_mtime > ORPHAN_S:
                path.unlink(missing_ok=True)
                removed += 1
    return removed


def upload_here(store: Store, path: str) -> Path:
    """Where a file that was written for a launch lies now: the workspace may have been moved since."""
    moved = store.path.parent / FOLDER / Path(path).name
    return moved if moved.is_file() else Path(path)


def _refuse(problem: Problem, plan: RowPlan) -> None:
    """Stop at a row that would be missing in the file; other remarks are for pre-flight to say."""
    if problem.severity == "error" and problem.kind not in ROWLESS_KINDS:
        raise InputError(
            f"{plan.source.label}: {describe(problem)}.", hint="Correct the row; rft-tui data check shows all of them."
        )
