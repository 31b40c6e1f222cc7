"""Finding the grader that a person named: stored, a version of it, or a file, which is then stored."""

from __future__ import annotations

import os
from pathlib import Path

from rft_tui.errors import GraderSpecError, UsageError
from rft_tui.graders.engine import compile_grader
from rft_tui.graders.spec import display_name, load_spec, load_text, parse_spec, score_rule
from rft_tui.identity import content_hash, grader_version
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader, add_grader, add_unseen_grader, find_grader, list_graders


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
    if looks_like_path and is_file(path):
        return _from_file(store, path)
    try:
        with store.read() as db:
            return find_grader(db, name)
    except UsageError as error:
        for candidate in _candidates(path, graders_folder):
            if is_file(candidate):
                return _from_file(store, candidate)
        raise (error if graders_folder is None else with_files(error, graders_folder)) from None


NAMED_FILES = 12
"""Grader files that an error names at most."""


def with_files(error: UsageError, folder: Path) -> UsageError:
    """The error of a name that nothing stored has, naming the files of a folder too."""
    names = [one_line(path.name, 60) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []
    if not names:
        return error
    more = f" and {len(names) - NAMED_FILES:,} more" if len(names) > NAMED_FILES else ""
    said = f"Files in {one_line(folder.name)}/: {', '.join(names[:NAMED_FILES])}{more}."
    return UsageError(error.message, hint=f"{error.hint} {said}" if error.hint else said)


def keep_unseen(store: Store, path: Path) -> StoredGrader:
    """The grader of a file, kept so that grades can be, and in no list; one that is stored already is as it was.

    Raises GraderSpecError for a file that is no usable grader.
    """
    text, spec = _checked(path)
    with store.write() as db:
        return add_unseen_grader(db, display_name(spec), spec, score_rule(spec), text=text)


MOST_FILES = 200
"""Grader files of a folder that are offered at most."""


def grader_files(folder: Path) -> dict[Path, str]:
    """The grader files of a folder, by name, with their versions; empty for one that cannot be read."""
    files = [path for path in sorted(folder.glob("*.json")) if is_file(path)] if folder.is_dir() else []
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


LONGEST_FILE_NAME = 180
"""Bytes of a file's name without its ending; file systems take 255 in all."""


def file_name(name: str) -> str:
    """A grader's name with nothing in it that a file name cannot have; of a long one the beginning and a hash."""
    clean = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in name).strip(".")
    data = clean.encode("utf-8", "replace")
    if len(data) > LONGEST_FILE_NAME:
        clean = f"{data[:LONGEST_FILE_NAME].decode('utf-8', 'ignore')}-{content_hash(name)[:8]}"
    return clean or "grader"


def _candidates(path: Path, folder: Path | None) -> list[Path]:
    inside = [folder / path, folder / f"{path}.json"] if folder is not None and not path.is_absolute() else []
    return [path, *inside]


def is_file(path: Path) -> bool:
    """Whether a file is there that can be read to its end; not for what cannot even be looked at."""
    try:
        return path.is_file()
    except OSError:
        return False


def _from_file(store: Store, path: Path) -> StoredGrader:
    text, spec = _checked(path)
    return ensure_grader(store, spec, text)


def _checked(path: Path) -> tuple[str, JsonObject]:
    """The text of a file and the grader in it, which can run."""
    text = load_text(path)
    spec = parse_spec(text, one_line(str(path)))
    compile_grader(spec)
    return text, spec
