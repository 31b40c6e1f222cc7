"""Settings files: read strictly and in words, written whole or not at all."""

from __future__ import annotations

import os
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import SettingsError
from rft_tui.settings import (
    Price,
    Profile,
    UserSettings,
    WorkspaceSettings,
    config_folder,
    load_user_settings,
    load_workspace_settings,
    save_user_settings,
    state_folder,
    write_atomically,
    write_toml,
)


def workspace_of(folder: Path, text: str) -> WorkspaceSettings:
    (folder / "rft.toml").write_text(text, encoding="utf-8")
    return load_workspace_settings(folder)


def test_folders_are_those_of_the_surroundings(surroundings: Path) -> None:
    assert config_folder() == surroundings / "config" / "rft-tui"
    assert state_folder() == surroundings / "state" / "rft-tui"


def test_without_files_everything_is_as_usual(tmp_path: Path) -> None:
    assert load_user_settings() == UserSettings()
    assert load_workspace_settings(tmp_path) == WorkspaceSettings()


def test_a_workspace_with_every_key(tmp_path: Path) -> None:
    found = workspace_of(
        tmp_path,
        """
        [profiles.here]
        base_url = "http://127.0.0.1:8080/v1"
        api = "chat"
        api_key_env = "KEY"
        organization = "o"
        project = "p"
        backend = "trl"
        target = "ray"
        python = "/usr/bin/python3"
        launcher = "torchrun"
        address = "ray://head"
        storage = "/shared"
        concurrency = 4
        timeout_s = 30
        json_schema = "no"
        [profiles.here.prices.m]
        input = 1
        output = 2.5
        cached = 0.5
        date = "2026-01-01"
        [profiles.here.headers]
        "X-Größe" = "1"
        [profiles.empty]
        """,
    )
    assert found.profiles["empty"] == Profile()
    assert found.profiles["here"] == Profile(
        "http://127.0.0.1:8080/v1", "chat", "KEY", {"X-Größe": "1"}, "o", "p", backend="trl", target="ray",
        python="/usr/bin/python3", launcher="torchrun", address="ray://head", storage="/shared", concurrency=4,
        timeout_s=30, json_schema="no", prices={"m": Price(1.0, 2.5, 0.5, "2026-01-01")},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("profile = 1", "unknown key 'profile'", "Did you mean 'profiles'?"),
        ("xyz = 1", "unknown key 'xyz'", "Known here: default_profile, judge_profile, profiles."),
        ("[profiles.here]\nbase_ulr = ''", "unknown key 'profiles.here.base_ulr'", "Did you mean 'base_url'?"),
        ("profiles = 1", "profiles must be a table", "[profiles.NAME]"),
        ("[profiles]\nhere = 'x'", "profiles.here must be a table", "[profiles.here]"),
        ("[profiles.here]\nbase_url = 8080", "profiles.here.base_url is 8080", "a text"),
        ("[profiles.here]\napi = 'rest'", "profiles.here.api is 'rest'", "'responses', 'chat'"),
        ("[profiles.here]\napi = ['chat']", "profiles.here.api is ['chat']", "'responses', 'chat'"),
        ("[profiles.here]\nheaders = ['a']", "profiles.here.headers must be a table", "profiles.here.headers"),
        ("[profiles.here.headers]\na = 1", "profiles.here.headers.a is 1", "a text"),
        ("a =\nb = 1", "line 1", "Correct the line"),
        ("a = 1\na = 2\nb = 3", "line 2", "Correct the line"),
        ("a = " + "[" * 9000, "nested too deep", "Put the file aside"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(tmp_path: Path, text: str, said: str, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        workspace_of(tmp_path, text)
    assert str(tmp_path / "rft.toml") in caught.value.message
    assert said in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize("content", [b"\xff\xfe", b'theme = "\xe9"'])
def test_a_file_that_is_no_text(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="utf-8"):
        load_user_settings(path)


@pytest.mark.parametrize(("name", "value"), [("mouse", "'yes'"), ("mouse", "1"), ("theme", "true"), ("reviewer", "[]")])
def test_types_of_a_persons_settings(tmp_path: Path, name: str, value: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f"{name} = {value}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=f"settings.toml: {name} is"):
        load_user_settings(path)


WORDS = st.text(st.characters(exclude_categories=["Cs"]))
SETTINGS = st.builds(UserSettings, theme=WORDS, reviewer=WORDS, thin_output=st.booleans(), mouse=st.booleans())


@given(SETTINGS)
def test_what_is_saved_is_read_again(settings: UserSettings) -> None:
    save_user_settings(settings)
    assert load_user_settings() == settings
    written = tomllib.loads((config_folder() / "settings.toml").read_text(encoding="utf-8"))
    changed = {one.name for one in fields(settings) if getattr(settings, one.name) != one.default}
    assert set(written) == changed


def test_the_reviewer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert UserSettings(reviewer="ada").reviewer_name == "ada"
    monkeypatch.setenv("LOGNAME", "bob")
    assert UserSettings().reviewer_name == "bob"

    def nobody() -> str:
        raise KeyError(77)

    monkeypatch.setattr("getpass.getuser", nobody)
    assert UserSettings().reviewer_name == "reviewer"


class TestWriting:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "settings.toml"
        path.write_bytes(b"old")
        return path

    @pytest.mark.parametrize("step", ["replace", "chmod"])
    def test_a_crash_leaves_the_old_file_alone(self, path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
        def crash(*_: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Path, step, crash)
        with pytest.raises(KeyboardInterrupt):
            write_atomically(path, b"new")
        assert path.read_bytes() == b"old"
        assert list(path.parent.iterdir()) == [path]

    def test_a_full_disk_leaves_the_old_file_alone(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_handle: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            write_toml(path, {"a": 1})
        assert path.read_bytes() == b"old"
        assert list(path.parent.iterdir()) == [path]

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
    def test_the_mode_of_a_file_stays(self, path: Path, mode: int) -> None:
        path.chmod(mode)
        write_atomically(path, b"new")
        assert path.read_bytes() == b"new"
        assert path.stat().st_mode & 0o777 == mode

    def test_a_new_file_is_like_any_other(self, tmp_path: Path) -> None:
        old = os.umask(0o027)
        try:
            write_atomically(tmp_path / "new" / "folder" / ("ö" * 120), b"x")
        finally:
            os.umask(old)
        assert (tmp_path / "new" / "folder" / ("ö" * 120)).stat().st_mode & 0o777 == 0o640

    def test_a_link_stays_a_link(self, path: Path) -> None:
        link = path.with_name("link.toml")
        link.symlink_to(path.name)
        write_atomically(link, b"new")
        assert link.is_symlink()
        assert path.read_bytes() == b"new"
