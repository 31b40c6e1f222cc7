"""Finding the grader that a person named: stored, a version of it, or a file, which is then stored."""

from __future__ import annotations

import os
from pathlib import Path

from rft_tui.errors import UsageError
from rft_tui.graders.engine import compile_grader
from rft_tui.graders.spec import display_name, load_spec, score_rule
from rft_tui.model import JsonObject
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader, add_grader, find_grader


def ensure_grader(store: Store, spec: JsonObject) -> StoredGrader:
    """The stored version of a spec, stored now under its own name if it was not; nothing is written to the spec."""
    with store.write() as db:
        return add_grader(db, display_name(spec), spec, score_rule(spec))


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


def _candidates(path: Path, folder: Path | None) -> list[Path]:
    inside = [folder / path, folder / f"{path}.json"] if folder is not None and not path.is_absolute() else []
    return [path, *inside]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _from_file(store: Store, path: Path) -> StoredGrader:
    spec = load_spec(path)
    compile_grader(spec)
    return ensure_grader(store, spec)
