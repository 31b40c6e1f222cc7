"""What the package loads, and when: a fast start and clean layers are checked in fresh processes."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rft_tui.settings import CACHE_FILE
from rft_tui.store.database import Store
from rft_tui.workspace import init_workspace

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "rft_tui"

HEAVY = frozenset({"openai", "sqlite_utils", "pydantic", "httpx2", "numpy", "rapidfuzz", "pyarrow", "scipy", "nltk"})
"""Libraries that cost a tenth of a second or more each."""

MODULES = sorted(PACKAGE.rglob("*.py"))

WAITS = {
    "graders/sandbox/pool.py": 1,
    "graders/sandbox/worker.py": 1,
    "tasks/background/following.py": 2,
    "tasks/jobs/following.py": 1,
    "tasks/judging/task.py": 1,
    "tasks/judging/judge.py": 1,
    "tasks/background/writing.py": 1,
}
"""Waits away from the screen. In the sandbox of about a millisecond: to read answers together, and for a thread that a
grader left behind. In tasks for what another process does to the cache, and that cannot call back. A new one must be
thought about, so they are counted."""

FIRST_FRAME = """
import asyncio, json, sys
from pathlib import Path
from rft_tui.tui.app import RftApp
from rft_tui.workspace import open_workspace

async def first_frame(folder):
    workspace = open_workspace(folder)
    app = RftApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert app.screen.query_one("#review-list").size.height > 0
        loaded = sorted(sys.modules)
    workspace.store.close()
    return loaded

print(json.dumps(asyncio.run(first_frame(Path(sys.argv[1])))))
"""


def modules_after(code: str, *arguments: str) -> set[str]:
    """Top-level and full names of the modules that a fresh process has loaded; the code prints them as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    names = json.loads(done.stdout.splitlines()[-1])
    return set(names) | {name.partition(".")[0] for name in names}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with an existing cache."""
    folder = tmp_path / "work"
    init_workspace(folder)
    Store(folder / CACHE_FILE).close()
    return folder


def test_the_first_frame_loads_nothing_heavy(workspace: Path) -> None:
    loaded = modules_after(FIRST_FRAME, str(workspace))
    assert "textual" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_version_and_help_load_next_to_nothing(argument: str) -> None:
    code = (
        "import json, sys\nfrom rft_tui.__main__ import main\n"
        f"main([{argument!r}])\nprint()\nprint(json.dumps(sorted(sys.modules)))"
    )
    loaded = modules_after(code)
    assert not loaded & (
        HEAVY | {"textual", "rich", "sqlite3", "asyncio", "platformdirs", "rft_tui.store", "rft_tui.tasks"}
    )


def test_help_of_a_noun_loads_no_command() -> None:
    code = (
        "import json, sys\nfrom rft_tui.__main__ import main\n"
        'main(["data", "--help"])\nprint()\nprint(json.dumps(sorted(sys.modules)))'
    )
    loaded = modules_after(code)
    assert not loaded & (HEAVY | {"textual", "rich", "sqlite3", "rft_tui.cli.data"})


def test_listing_from_the_command_line_loads_no_textual(workspace: Path) -> None:
    code = (
        "import json, sys\nfrom rft_tui.__main__ import main\n"
        'main(["review", "list", "-C", sys.argv[1]])\nprint()\nprint(json.dumps(sorted(sys.modules)))'
    )
    assert not modules_after(code, str(workspace)) & (HEAVY | {"textual", "rich"})


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every import of a module, wherever it stands: line and name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_layers(path: Path) -> None:
    """Only `tui` imports Textual or Rich, only the entry point imports `tui`, nothing in the package imports tests."""
    in_tui = path.is_relative_to(PACKAGE / "tui")
    for line, name in imports(path):
        top = name.partition(".")[0]
        assert in_tui or top not in {"textual", "rich"}, f"line {line} imports {name}"
        assert in_tui or path.name == "__main__.py" or not name.startswith("rft_tui.tui"), f"line {line} imports {name}"
        assert top != "tests", f"line {line} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nothing_sleeps(path: Path) -> None:
    """Waiting is for something that happens; a sleep is either too long or too short."""
    lines = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "sleep"
    ]
    allowed = WAITS.get(path.relative_to(PACKAGE).as_posix(), 0)
    assert len(lines) <= allowed, f"sleeps at lines {lines}"


def test_typing_information_ships() -> None:
    assert (PACKAGE / "py.typed").is_file()
