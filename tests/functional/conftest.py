"""Workspaces for the functional tests: made once, copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rft_tui.tasks.graders import unstored_files
from rft_tui.workspace import open_workspace
from tests.functional.workspaces import DISPUTED, HOSTILE, make_demo_workspace, make_empty, make_hostile


def _made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Path]) -> Path:
    """A workspace made in clean surroundings, for tests to copy."""
    folder = factory.mktemp(name)
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("CONFIG", "STATE", "CACHE", "DATA"):
            patch.setenv(f"XDG_{kind}_HOME", str(folder / kind.lower()))
        return make(folder / name)


def _stored_alone(made: Path) -> Path:
    """The workspace with the graders that are stored there alone: files that are not are made where they matter."""
    workspace = open_workspace(made)
    try:
        for path in unstored_files(workspace.store, workspace.graders_folder):
            path.unlink()
    finally:
        workspace.store.close()
    return made


@pytest.fixture(scope="session")
def demo_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _made_once(tmp_path_factory, "sample", lambda folder: _stored_alone(make_demo_workspace(folder)))


@pytest.fixture(scope="session")
def hostile_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _made_once(tmp_path_factory, "hostile", lambda folder: _stored_alone(make_hostile(folder, HOSTILE)))


@pytest.fixture(scope="session")
def disputed_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _made_once(tmp_path_factory, "disputed", lambda folder: _stored_alone(make_hostile(folder, DISPUTED)))


@pytest.fixture(scope="session")
def empty_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _made_once(tmp_path_factory, "empty", make_empty)


@pytest.fixture
def demo(demo_original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo_original, tmp_path / "sample"))


@pytest.fixture
def hostile(hostile_original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(hostile_original, tmp_path / "hostile"))


@pytest.fixture
def disputed(disputed_original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(disputed_original, tmp_path / "disputed"))


@pytest.fixture
def empty(empty_original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(empty_original, tmp_path / "empty"))
