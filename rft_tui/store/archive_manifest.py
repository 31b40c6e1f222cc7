"""The manifest of an archive: what lies in the folder with sizes and hashes, written last; and its careful reading.

An archive may come from anybody: every path must stay inside the folder, every file be a plain one of the size and the
hash that are said, and nothing is read that is not named.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from rft_tui.errors import InputError
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line
from rft_tui.store.archives import DOCUMENTS, EVALUATIONS, MOST_BYTES, RESULTS, Written, measure, write_json

MANIFEST = "manifest.json"
"""The file by which an archive is known."""

FORMAT, VERSION = "rft-tui job archive", 1
"""What a manifest says that it is."""

LARGEST_MANIFEST = 64 * 2**20
"""Bytes of a manifest that are read."""

MOST_FILES = 20_000
"""Files of an archive."""

MOST_ARCHIVE_BYTES = 100 * 10**9
"""Bytes of all files together."""

_PATH = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,128}(?:/(?!\.)[A-Za-z0-9._-]{1,128}){0,3}")

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ArchivedJob:
    """What the cache knew of a job beside the service's own JSON."""

    remote_id: str
    service: str
    profile: str
    backend: str
    status: str
    name: str = ""
    mark: str = ""
    method: str = ""
    model: str = ""
    dataset: str | None = None
    validation_dataset: str | None = None
    prompt: str = ""
    grader_version: str | None = None
    pilot: bool = False
    simulated: bool = False
    step: int | None = None
    total_steps: int | None = None
    message: str = ""
    created_at: str = ""
    seen_at: str | None = None


@dataclass(frozen=True, slots=True)
class ArchivedRun:
    """A run of the job's evaluation: where its output items lie, how many, and how many the service said it has.

    `path` is None where there are none yet.
    """

    evaluation: str
    remote_id: str
    name: str
    step: int | None
    path: str | None
    items: int
    total: int | None


@dataclass(frozen=True, slots=True)
class ArchivedData:
    """A file that the job was given: what is known of its bytes."""

    role: str
    remote_id: str
    name: str = ""
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """An archive's content; `missing` says in sentences what is not in it, `files` is by path inside the folder."""

    job: ArchivedJob
    written_at: str
    complete: bool
    missing: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    data: tuple[ArchivedData, ...] = ()
    runs: tuple[ArchivedRun, ...] = ()
    files: dict[str, Written] = field(default_factory=dict)

    def as_json(self) -> JsonObject:
        """The document as it is written."""
        head = {"format": FORMAT, "version": VERSION, "complete": self.complete, "simulated": self.job.simulated}
        return head | asdict(self)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest in its place. Raises StoreError."""
    write_json(folder / MANIFEST, manifest.as_json())


def belongs(name: str) -> bool:
    """Whether a path inside an archive's folder is one of the archive's files; others may lie beside them."""
    return name in DOCUMENTS or (name.startswith((f"{RESULTS}/", f"{EVALUATIONS}/")) and bool(_PATH.fullmatch(name)))


def is_archive(folder: Path) -> bool:
    """Whether a folder says of itself that it is an archive."""
    try:
        manifest = folder / MANIFEST
        if not manifest.is_file():
            return False
        with manifest.open("rb") as stream:
            return FORMAT.encode() in stream.read(400)
    except OSError:
        return False


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder, checked value by value. Raises InputError naming what is wrong with it."""
    path = folder / MANIFEST
    try:
        if path.is_symlink() or not path.is_file():
            raise _bad(path, "there is no such plain file")
        with path.open("rb") as stream:
            data = stream.read(LARGEST_MANIFEST + 1)
    except OSError as error:
        raise _bad(path, error.strerror or "it cannot be read") from error
    if len(data) > LARGEST_MANIFEST:
        raise _bad(path, f"it has more than {LARGEST_MANIFEST:,} bytes")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise _bad(path, "it is not readable as JSON") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise _bad(path, f"it does not say that it is a {FORMAT}")
    if value.get("version") != VERSION:
        raise _bad(path, f"its version is {one_line(repr(value.get('version')), 40)}; this program reads {VERSION}")
    try:
        return _manifest(value)
    except _WrongError as error:
        raise _bad(path, str(error)) from None


def check_files(folder: Path, manifest: Manifest) -> None:
    """Hold every file against the manifest. Raises InputError naming the first that is not as it says."""
    root = folder.resolve()
    if sum(written.size for written in manifest.files.values()) > MOST_ARCHIVE_BYTES:
        raise _bad(folder / MANIFEST, f"the files would have more than {MOST_ARCHIVE_BYTES:,} bytes")
    for name, said in manifest.files.items():
        path = folder / name
        if path.resolve() != root / name or not path.is_file():
            raise _bad(path, "it is missing, or no plain file inside the folder")
        size = path.stat().st_size
        if size != said.size:
            raise _bad(path, f"it has {size:,} bytes, the manifest says {said.size:,}")
        if measure(path) != said:
            raise _bad(path, "its content is not what the manifest says (another SHA-256)")


class _WrongError(ValueError):
    """A value of a manifest that cannot be."""


def _bad(path: Path, message: str) -> InputError:
    return InputError(
        f"{one_line(str(path))}: {message}", hint="The archive is damaged or was changed; nothing was imported."
    )


def _manifest(value: JsonObject) -> Manifest:
    files = _table(value, "files")
    if len(files) > MOST_FILES:
        raise _WrongError(f"it names more than {MOST_FILES:,} files")
    counts = _table(value, "counts")
    missing = value.get("missing", [])
    return Manifest(
        _made(ArchivedJob, value.get("job"), "job"),
        str(value.get("written_at"))[:40],
        value.get("complete") is True,
        tuple(one_line(str(one), 400) for one in missing[:1000]) if isinstance(missing, list) else (),
        {key[:40]: number for key, number in list(counts.items())[:40] if _is_count(number)},
        tuple(_made(ArchivedData, one, "data") for one in _list(value, "data")),
        tuple(_run(one, files) for one in _list(value, "runs")),
        {_path(name): _written(name, one) for name, one in files.items()},
    )


def _run(value: Any, files: JsonObject) -> ArchivedRun:
    run: ArchivedRun = _made(ArchivedRun, value, "runs")
    if run.path is not None and run.path not in files:
        raise _WrongError(f"runs: the file {one_line(run.path, 100)!r} is not among the files")
    return run


def _path(name: str) -> str:
    if not _PATH.fullmatch(name) or name == MANIFEST:
        raise _WrongError(f"files: {one_line(name, 100)!r} is no path inside an archive")
    return name


def _written(name: str, value: Any) -> Written:
    written: Written = _made(Written, value, "files")
    if not _is_count(written.size) or written.size > MOST_BYTES or not _SHA256.fullmatch(written.sha256):
        raise _WrongError(f"files: size or SHA-256 of {name!r} cannot be")
    return written


def _made(kind: type[Any], value: Any, where: str) -> Any:
    """A dataclass of plain values from an object; keys that it does not have are passed over."""
    if not isinstance(value, dict):
        raise _WrongError(f"{where}: an object is missing")
    hints = get_type_hints(kind)
    known = {one.name: value[one.name] for one in fields(kind) if one.name in value}
    for name, given in known.items():
        fits = isinstance(given, hints[name]) and (hints[name] is bool or not isinstance(given, bool))
        if not fits or (isinstance(given, int) and not -(2**53) <= given <= 2**53):
            raise _WrongError(f"{where}.{name} is {one_line(repr(given), 60)}")
        if isinstance(given, str) and len(given) > 10_000:
            raise _WrongError(f"{where}.{name} has {len(given):,} characters")
    try:
        return kind(**known)
    except TypeError:
        raise _WrongError(f"{where}: a value is missing") from None


def _table(value: JsonObject, key: str) -> JsonObject:
    found = value.get(key, {})
    if not isinstance(found, dict):
        raise _WrongError(f"{key} must be an object")
    return found


def _list(value: JsonObject, key: str) -> list[Any]:
    found = value.get(key, [])
    if not isinstance(found, list) or len(found) > MOST_FILES:
        raise _WrongError(f"{key} must be a list of at most {MOST_FILES:,}")
    return found


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 2**53
