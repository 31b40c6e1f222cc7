"""Finding the grader that a person named: stored, a version of it, or a file, which is then stored."""

from __future__ import annotations

import os
from pathlib import Path

from rft_tui.errors import GraderSpecError, UsageError
from rft_tui.graders.engine import compile_grader
from rft_tui.graders.spec import display_name, load_spec, load_text, parse_spec, score_rule
from rft_tui.identity import grader_version
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader, add_grader, find_grader, list_graders


def ensure_grader(store: Store, spec: JsonObject, text: str | None = None) -> StoredGrader:
    """The stored version of a spec, stored now under its own name if it was not; nothing is written to the spec.

    `text` is how it is spelt where it came from.
    """
    with store.write() as db:
        return add_grader(db, display_name(spec), spec, score_rule(spec), text=text)


def resolve_grader(store: Store, name_or_file: str | Path, graders_folder: Path | None = None) -> StoredGrader:
    """The grader of a stored name, of ``NAME@HASH``, or of a JSON file, given by its path or by its name in the folder.

    What is written as a path (with the ending .json or a separator) is a file; anything else is first looked up among
    the stored names. A file is stored under its own name, after a check. Raises GraderSpecError for a file that is no
    usable grader and UsageError where nothing is found.
    """
    name = str(name_or_file)
    path = Path(name_or_file)
    looks_like_path = path.suffix.lower() == ".json" or os.sep in name
    if looks_like_path and _is_file(path):
        return _from_file(store, path)
    try:
        with store.read() as db:
            return find_grader(db, name)
    except UsageError:
        for candidate in _candidates(path, graders_folder):
            if _is_file(candidate):
                return _from_file(store, candidate)
        raise


MOST_FILES = 200
"""Grader files of a folder that are offered at most."""


def grader_files(folder: Path) -> dict[Path, str]:
    """The grader files of a folder, by name, with their versions; empty for one that cannot be read."""
    files = [path for path in sorted(folder.glob("*.json")) if _is_file(path)] if folder.is_dir() else []
    return {path: _version_of(path) for path in files[:MOST_FILES]}


def unstored_files(store: Store, folder: Path) -> list[Path]:
    """The grader files of a folder that are no stored version; one that cannot be read is among them."""
    with store.read() as db:
        versions = {grader.version for grader in list_graders(db)}
    return [path for path, version in grader_files(folder).items() if version not in versions]


def _version_of(path: Path) -> str:
    try:
        return grader_version(load_spec(path))
    except GraderSpecError:
        return ""


def file_name(name: str) -> str:
    """A grader's name with nothing in it that a file name cannot have."""
    clean = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in name).strip(".")
    return clean or "grader"


def _candidates(path: Path, folder: Path | None) -> list[Path]:
    inside = [folder / path, folder / f"{path}.json"] if folder is not None and not path.is_absolute() else []
    return [path, *inside]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _from_file(store: Store, path: Path) -> StoredGrader:
    text = load_text(path)
    spec = parse_spec(text, one_line(str(path)))
    compile_grader(spec)
    return ensure_grader(store, spec, text)
