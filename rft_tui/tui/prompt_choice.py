"""The prompts a person may choose: files of the workspace, and versions that runs have used."""

from __future__ import annotations

from dataclasses import dataclass

from rft_tui.errors import UsageError
from rft_tui.model import Prompt
from rft_tui.workspace import Workspace

SHOWN_DIGITS = 6
"""Digits of a version on screens."""


@dataclass(frozen=True, slots=True)
class ListedPrompt:
    """One version of a prompt; `is_file` where a file in prompts/ has exactly this text."""

    prompt: Prompt
    is_file: bool

    @property
    def value(self) -> str:
        """How it is named without doubt: by its file's name, or with its version."""
        return self.prompt.name if self.is_file else f"{self.prompt.name}@{self.prompt.version[:12]}"


def list_versions(workspace: Workspace, notes: list[str] | None = None) -> list[ListedPrompt]:
    """Every version by name, the file's first and older ones behind it, newest first.

    Files that cannot be read are named in `notes`.
    """
    from rft_tui.interchange.prompting import folder_prompts
    from rft_tui.store.prompts import list_prompts

    files = folder_prompts(workspace.prompts_folder, notes if notes is not None else [])
    with workspace.store.read() as db:
        stored = list(reversed(list_prompts(db)))
    known = {(prompt.name, prompt.version) for prompt in files}
    found = [ListedPrompt(prompt, True) for prompt in files]
    found += [ListedPrompt(prompt, False) for prompt in stored if (prompt.name, prompt.version) not in known]
    place = {name: number for number, name in enumerate(sorted({one.prompt.name for one in found}))}
    return sorted(found, key=lambda one: (place[one.prompt.name], not one.is_file))


def find_prompt(workspace: Workspace, value: str) -> Prompt:
    """The prompt of a name or of ``NAME@VERSION``. Raises UsageError."""
    versions = list_versions(workspace)
    for one in versions:
        if value == one.value:
            return one.prompt
    name, _, digits = value.rpartition("@")
    for one in versions:
        if (one.prompt.name == value and not digits) or (
            one.prompt.name == name and digits and one.prompt.version.startswith(digits)
        ):
            return one.prompt
    raise UsageError(f"there is no prompt {value!r}", hint="Prompts are made in Data, or with rft-tui prompt new.")
