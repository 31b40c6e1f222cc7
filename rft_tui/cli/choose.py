"""Finding what a person named on the command line: graders, prompts, and what is marked as simulated."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rft_tui.errors import GraderSpecError, UsageError
from rft_tui.model import JsonObject, Prompt

if TYPE_CHECKING:
    from rft_tui.cli.console import Calling
    from rft_tui.store.graders import StoredGrader
    from rft_tui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class GraderFile:
    """A file of the workspace's `graders/`: what is in it, or what is wrong with it."""

    path: Path
    spec: JsonObject | None
    problem: str = ""


def grader_files(folder: Path) -> list[GraderFile]:
    """The grader files of a folder, in the order of their names."""
    from rft_tui.graders.spec import load_spec

    found: list[GraderFile] = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            found.append(GraderFile(path, load_spec(path)))
        except GraderSpecError as error:
            found.append(GraderFile(path, None, error.message))
    return found


def is_path(name: str) -> bool:
    """Whether a word is written as a path rather than as a name."""
    return name.lower().endswith(".json") or os.sep in name


def edited_file(workspace: Workspace, name: str) -> Path | None:
    """The file in `graders/` of a name whose content no stored version has: it was written or edited since."""
    from rft_tui.graders.registry import display_name
    from rft_tui.identity import grader_version
    from rft_tui.store.graders import list_graders

    if is_path(name):
        return None
    with workspace.store.read() as db:
        versions = {grader.version for grader in list_graders(db)}
    for one in grader_files(workspace.graders_folder):
        if (
            one.spec is not None
            and name in (one.path.stem, display_name(one.spec))
            and grader_version(one.spec) not in versions
        ):
            return one.path
    return None


def choose_grader(workspace: Workspace, name: str) -> StoredGrader:
    """The stored grader of a name, ``NAME@HASH`` or file; a file, also one edited in `graders/`, is stored now."""
    from rft_tui.tasks.graders import resolve_grader

    edited = edited_file(workspace, name)
    return resolve_grader(workspace.store, edited or name, workspace.graders_folder)


def choose_spec(calling: Calling, name: str) -> JsonObject:
    """The JSON of a grader file or a stored grader; a file needs no workspace and is not stored."""
    from rft_tui.graders.spec import load_spec

    chosen = _chosen(calling, name)
    return load_spec(chosen) if isinstance(chosen, Path) else chosen.spec


def choose_text(calling: Calling, name: str) -> str:
    """The same as the text that a person wrote, character for character."""
    from rft_tui.graders.spec import load_text
    from rft_tui.store.graders import grader_text

    chosen = _chosen(calling, name)
    if isinstance(chosen, Path):
        return load_text(chosen)
    with calling.workspace().store.read() as db:
        return grader_text(db, chosen)


def _chosen(calling: Calling, name: str) -> Path | StoredGrader:
    """The file, or the stored grader, that a name stands for."""
    from rft_tui.store.graders import find_grader

    path = Path(name)
    if is_path(name) and path.is_file():
        return path
    workspace = calling.workspace_or_none()
    if workspace is None:
        if path.is_file():
            return path
        raise UsageError(f"{name}: there is no such grader file", hint="Stored names need a workspace: -C DIR.")
    edited = edited_file(workspace, name)
    if edited is not None:
        return edited
    try:
        with workspace.store.read() as db:
            return find_grader(db, name)
    except UsageError:
        if path.is_file():
            return path
        raise


def all_prompts(workspace: Workspace, notes: list[str]) -> list[tuple[Prompt, bool]]:
    """Every prompt version: those of the folder first, then stored ones, newest first; whether it is a file."""
    from rft_tui.interchange.prompting import folder_prompts
    from rft_tui.store.prompts import list_prompts

    in_folder = folder_prompts(workspace.prompts_folder, notes)
    with workspace.store.read() as db:
        stored = list_prompts(db)
    known = {prompt.version for prompt in in_folder}
    return [(prompt, True) for prompt in in_folder] + [
        (prompt, False) for prompt in reversed(stored) if prompt.version not in known
    ]


def choose_prompt(workspace: Workspace, name: str) -> Prompt:
    """The prompt of a name, ``NAME@HASH`` or file. Raises UsageError naming those that exist."""
    from rft_tui.interchange.prompting import given_prompt

    prompts = [prompt for prompt, _is_file in all_prompts(workspace, [])]
    plain, _, digits = name.rpartition("@")
    if plain and digits:
        fitting = [prompt for prompt in prompts if prompt.name == plain and prompt.version.startswith(digits.lower())]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise UsageError(f"{name!r} fits {len(fitting)} versions", hint="Give more digits of the version.")
    return given_prompt(name, prompts)


def simulated_mark(db: sqlite3.Connection, runs: Sequence[int] | None, grader: int | None = None) -> JsonObject:
    """The key that says that numbers came from the simulated service: answers of the runs, or grades of a version."""
    from rft_tui.store.grades import is_simulated
    from rft_tui.store.runs import any_simulated

    found = any_simulated(db, runs) or (grader is not None and is_simulated(db, grader, runs))
    return {"simulated": True} if found else {}
