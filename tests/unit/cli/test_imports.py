"""What a fresh process loads: help and checks pay for nothing that they do not use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import question, write_lines

ROOT = Path(__file__).resolve().parents[3]
HEAVY = {"textual", "rich", "openai", "sqlite_utils", "numpy", "rapidfuzz", "pydantic", "httpx2"}
PROGRAM = """
import json, sys
from rft_tui.__main__ import main
code = main(sys.argv[1:])
sys.stderr.write("\\n" + json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def loaded(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, cwd=ROOT, check=True, timeout=30
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    return set(modules)


def test_the_version_loads_next_to_nothing() -> None:
    assert not loaded("--version") & (HEAVY | {"click", "platformdirs", "sqlite3", "logging"})


@pytest.mark.parametrize("words", [["--help"], ["data", "--help"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    assert not loaded(*words) & (HEAVY | {"click", "platformdirs", "sqlite3", "logging"})


def test_a_check_loads_nothing_heavy(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [question(f"What is {n} and {n}?", str(2 * n)) for n in range(12)])
    assert not loaded("data", "check", str(path)) & HEAVY


def test_listing_an_existing_workspace_needs_no_migration(demo: Path) -> None:
    assert not loaded("-C", str(demo), "run", "list") & HEAVY
