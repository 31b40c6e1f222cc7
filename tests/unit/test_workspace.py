"""A workspace: found from anywhere inside it, made without touching what is there, opened or refused in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rft_tui.errors import SettingsError, StoreError, UsageError
from rft_tui.settings import CACHE_FILE, WorkspaceSettings, load_workspace_settings
from rft_tui.workspace import find_workspace, init_workspace, open_workspace


def test_it_is_found_from_inside(tmp_path: Path) -> None:
    init_workspace(tmp_path / "mine")
    inner = tmp_path / "mine" / "data" / "deep"
    inner.mkdir(parents=True)
    for start in (inner, tmp_path / "mine", tmp_path / "mine" / "data" / ".."):
        assert find_workspace(start) == tmp_path / "mine"
    with pytest.raises(UsageError, match="not a workspace") as caught:
        find_workspace(tmp_path)
    assert "rft-tui init" in caught.value.hint


def test_a_cache_alone_is_enough_in_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / CACHE_FILE).parent.mkdir()
    (tmp_path / CACHE_FILE).touch()
    (tmp_path / "inner").mkdir()
    assert find_workspace(tmp_path) == tmp_path
    with pytest.raises(UsageError):
        find_workspace(tmp_path / "inner")


def test_making_one_keeps_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "rft.toml").write_text("[profiles.mine]\n", encoding="utf-8")
    written = init_workspace(tmp_path)
    assert tmp_path / "rft.toml" not in written
    assert written
    for path in written:
        assert json.loads(path.read_text(encoding="utf-8"))["type"]
    assert list(load_workspace_settings(tmp_path).profiles) == ["mine"]
    assert init_workspace(tmp_path) == []
    assert (tmp_path / "prompts").is_dir()


def test_the_template_is_read_as_defaults(tmp_path: Path) -> None:
    init_workspace(tmp_path)
    workspace = open_workspace(tmp_path)
    assert workspace.settings == WorkspaceSettings()
    assert (workspace.name, workspace.reviewer) == (tmp_path.name, workspace.user.reviewer_name)
    assert workspace.prompts_folder.is_dir()
    assert workspace.graders_folder.is_dir()
    assert workspace.store.integrity() == []
    workspace.store.close()


def test_bad_settings_are_said_before_a_cache_is_made(tmp_path: Path) -> None:
    (tmp_path / "rft.toml").write_text("profile = 1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="unknown key"):
        open_workspace(tmp_path)
    assert not (tmp_path / CACHE_FILE).exists()


def test_a_damaged_cache_is_said(tmp_path: Path) -> None:
    (tmp_path / CACHE_FILE).parent.mkdir()
    (tmp_path / CACHE_FILE).write_bytes(b"something else, and long enough to be read as a page" * 99)
    with pytest.raises(StoreError, match="damaged"):
        open_workspace(tmp_path)
