"""A workspace: a folder with `rft.toml`, data files, `graders/`, `prompts/`, and the cache."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from rft_tui.errors import UsageError
from rft_tui.settings import (
    CACHE_FILE,
    WORKSPACE_FILE,
    UserSettings,
    WorkspaceSettings,
    load_user_settings,
    load_workspace_settings,
    write_atomically,
)
from rft_tui.store.database import Store

TEMPLATE = """\
# A workspace of rft-tui. Profiles are named ways to reach a model service; keys come from the environment (or the
# keyring), never from a file. Ready-made profiles: openai, foundry, simulated. What they say, to be changed here:
#
# default_profile = "local"      # for predictions; judge_profile = "…" for model graders
#
# [profiles.local]               # any OpenAI-compatible server (llama.cpp, vLLM) takes three lines
# base_url = "http://127.0.0.1:8080/v1"
# api = "chat"
#
# [profiles.openai]
# api = "responses"
# api_key_env = "OPENAI_API_KEY"
#
# [profiles.foundry]
# base_url = "https://YOUR-RESOURCE.openai.azure.com/openai/v1/"
# api_key_env = "AZURE_OPENAI_API_KEY"
# headers = { "api-key" = "${AZURE_OPENAI_API_KEY}" }
# backend = "foundry"
#
# [profiles.openai.prices."gpt-6-luna"]      # US dollars for a million tokens, before those that come with the product
# input = 0.10
# output = 0.50
# date = "2026-09-22"
"""


@dataclass(frozen=True)
class Workspace:
    """An opened workspace."""

    folder: Path
    store: Store
    settings: WorkspaceSettings
    user: UserSettings

    @property
    def name(self) -> str:
        """The folder's name, as screens show it."""
        return self.folder.resolve().name or "/"

    @property
    def reviewer(self) -> str:
        """Who gives the verdicts."""
        return self.user.reviewer_name

    @property
    def prompts_folder(self) -> Path:
        """Where prompts lie."""
        return self.folder / "prompts"

    @property
    def graders_folder(self) -> Path:
        """Where grader files lie."""
        return self.folder / "graders"


def find_workspace(start: Path) -> Path:
    """The nearest folder from `start` upwards with an `rft.toml`, or `start` itself if it has a cache."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / WORKSPACE_FILE).is_file():
            return folder
    if (start / CACHE_FILE).is_file():
        return start
    raise UsageError(
        f"{start}: this is not a workspace (no {WORKSPACE_FILE} here or above)",
        hint="Make one with rft-tui init, or look around with rft-tui demo.",
    )


def open_workspace(folder: Path) -> Workspace:
    """Open the workspace in a folder: its settings, the person's settings, and the cache. Raises RftError."""
    settings, user = load_workspace_settings(folder), load_user_settings()
    return Workspace(folder, Store(folder / CACHE_FILE), settings, user)


def init_workspace(folder: Path) -> list[Path]:
    """Make a workspace; what is there already stays. The files that were written."""
    from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec

    folder.mkdir(parents=True, exist_ok=True)
    files = {folder / WORKSPACE_FILE: TEMPLATE}
    for spec in map(example_spec, EXAMPLE_TYPES):
        path = folder / "graders" / f"{spec['name']}.json"
        files[path] = json.dumps(spec, ensure_ascii=False, indent=2) + "\n"
    (folder / "prompts").mkdir(exist_ok=True)
    (folder / "graders").mkdir(exist_ok=True)
    written = [path for path in files if not path.exists()]
    for path in written:
        write_atomically(path, files[path].encode("utf-8"))
    return written
