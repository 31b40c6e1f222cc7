"""A hermetic command line: temporary folders for settings and log, no environment, captured streams."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rft_tui import logs
from rft_tui.cli.main import run
from rft_tui.demo import make_demo
from rft_tui.errors import RftError
from rft_tui.workspace import Workspace


@dataclass
class FakeApp:
    """An app that only notes which workspaces it was asked to open."""

    opened: list[Path] = field(default_factory=list)
    fault: RftError | None = None

    def open(self, workspace: Workspace) -> int:
        self.opened.append(workspace.folder)
        return 0

    def keymap_error(self, path: Path) -> RftError | None:
        return self.fault


@dataclass(frozen=True)
class Result:
    """What a command line left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        assert self.out == ""
        return json.loads(self.err)["error"]


Cli = Callable[..., Result]


def _isolate(patch: pytest.MonkeyPatch, folder: Path) -> None:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        patch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    patch.setenv("HOME", str(folder))
    for name in ("TMUX", "STY", "SSH_TTY", "SSH_CONNECTION", "NO_COLOR", "COLORTERM", "OPENAI_API_KEY"):
        patch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def hermetic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    _isolate(monkeypatch, tmp_path / "home")
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    logs.stop()
    yield
    logs.stop()


@pytest.fixture
def app() -> FakeApp:
    return FakeApp()


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], app: FakeApp) -> Cli:
    def call(*arguments: object) -> Result:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments], app)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def demo_master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "workspace"
    with pytest.MonkeyPatch.context() as patch:
        _isolate(patch, tmp_path_factory.mktemp("home"))
        make_demo(folder, lambda _text: None).store.close()
    return folder


@pytest.fixture
def demo(demo_master: Path, tmp_path: Path) -> Path:
    """A demo workspace of the test's own."""
    folder = tmp_path / "demo"
    shutil.copytree(demo_master, folder)
    return folder


@pytest.fixture
def workspace(cli: Cli, tmp_path: Path) -> Path:
    """A new workspace without data."""
    folder = tmp_path / "workspace"
    assert cli("init", folder).code == 0
    return folder


def write_lines(path: Path, rows: list[Any]) -> Path:
    """Write a JSONL file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def question(text: str, reference: str, **fields: Any) -> dict[str, Any]:
    """A row in the reinforcement shape."""
    return {"messages": [{"role": "user", "content": text}], "reference_answer": reference, **fields}
