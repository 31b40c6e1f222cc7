"""The prediction files among what a person named: files as they are, folders looked through one level deep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rft_tui.errors import InputError
from rft_tui.interchange.foreign import PredictionFormat
from rft_tui.interchange.formats import FORMATS, detect_format, first_row, opened_by
from rft_tui.interchange.notebook_names import carries_no_items, is_family_name
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line
from rft_tui.words import counted

_SUFFIXES = (".json", ".jsonl", ".ndjson", ".eval")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file with predictions, and the format it is in."""

    path: Path
    format: PredictionFormat


def find_files(paths: Sequence[Path], wanted: PredictionFormat | None, notes: list[str]) -> list[FoundFile]:
    """The files to import, raw predictions before scored ones; what is passed over is noted.

    Raises InputError for a named file that holds no predictions, for a damaged file whose name says that it should, and
    where nothing is left to import.
    """
    found: dict[Path, FoundFile] = {}
    for path in paths:
        if path.is_dir():
            for inner in _files_of(path, notes):
                if (one := _of_folder(inner, wanted, notes)) is not None:
                    found.setdefault(one.path.resolve(), one)
        elif (one := _named(path, wanted, notes)) is not None:
            found.setdefault(one.path.resolve(), one)
    if not found:
        names = ", ".join(one_line(str(path)) for path in paths)
        said = "; ".join(notes[:5])
        raise InputError(f"{names}: no predictions were found", hint=said or "Name files with predictions.")
    return sorted(found.values(), key=lambda one: one.path.stem.endswith("_scored"))


def _files_of(folder: Path, notes: list[str]) -> Iterator[Path]:
    """The visible files of a folder and of its folders, by name."""
    others = 0
    try:
        for path in sorted(folder.iterdir()):
            if path.name.startswith("."):
                continue
            inner = sorted(path.iterdir()) if path.is_dir() else [path]
            for one in inner:
                if one.name.startswith(".") or not one.is_file():
                    continue
                if one.suffix.lower() in _SUFFIXES:
                    yield one
                else:
                    others += 1
    except OSError as error:
        raise InputError(f"{one_line(str(folder))}: cannot be read: {error.strerror}") from error
    if others:
        were, kinds = ("was", "another kind") if others == 1 else ("were", "other kinds")
        notes.append(f"{one_line(folder.name)}: {counted(others, 'file')} of {kinds} {were} passed over")


def _named(path: Path, wanted: PredictionFormat | None, notes: list[str]) -> FoundFile | None:
    if carries_no_items(path.name):
        notes.append(_no_items(path))
        return None
    opened = opened_by(path)
    if opened is not None and wanted in (None, opened):
        return FoundFile(path, opened)
    row = first_row(path)
    if row is None:
        raise InputError(f"{one_line(str(path))}: there are no predictions in the file")
    form = wanted or detect_format(row)
    if form is None:
        known = ", ".join(FORMATS)
        keys = ", ".join(one_line(key, 30) for key in list(row)[:8])
        raise InputError(
            f"{one_line(str(path))}: the rows are in none of the known formats ({known}); their keys are {keys}",
            hint="rft-tui data import takes datasets; predictions need an input and an output in each row.",
        )
    return FoundFile(path, form)


def _of_folder(path: Path, wanted: PredictionFormat | None, notes: list[str]) -> FoundFile | None:
    name = one_line(path.name)
    if carries_no_items(path.name):
        notes.append(_no_items(path))
        return None
    opened = opened_by(path)
    if opened is not None and wanted in (None, opened):
        return FoundFile(path, opened)
    try:
        row = first_row(path)
    except InputError:
        if is_family_name(path.name):
            raise
        notes.append(f"{name} holds no rows of predictions; it was passed over")
        return None
    if row is None:
        notes.append(f"{name} is empty; it was passed over")
        return None
    form = wanted if wanted is not None and wanted.recognises(row) else None
    form = detect_format(row) if wanted is None else form
    if form is None:
        notes.append(f"{name} {_kind_of(row)}; it was passed over")
        return None
    return FoundFile(path, form)


def _kind_of(row: JsonObject) -> str:
    if "messages" in row:
        return "is a dataset (rft-tui data import reads it)"
    if isinstance(row.get("type"), str):
        return "is a grader"
    return "holds no predictions"


def _no_items(path: Path) -> str:
    return f"{one_line(path.name)} carries no items, only figures over a run; it was passed over"
