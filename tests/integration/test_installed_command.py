"""The command as a process of its own: streams, exit codes, a reader that goes away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rft_tui import __version__

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH")}
    folders = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "STATE", "DATA", "CACHE")}
    return kept | folders | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}


def run(environment: dict[str, str], cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rft_tui", *arguments],
        capture_output=True, text=True, env=environment, cwd=cwd, stdin=subprocess.DEVNULL, timeout=60, check=False,
    )  # fmt: skip


def test_version(environment: dict[str, str], tmp_path: Path) -> None:
    done = run(environment, tmp_path, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"rft-tui {__version__}\n", "")


def test_demo_from_another_folder(environment: dict[str, str], tmp_path: Path) -> None:
    done = run(environment, tmp_path, "demo", "--dir", "d", "--json")
    assert done.returncode == 0, done.stderr
    reports = json.loads(done.stdout)["reports"]
    assert sum(len(one["runs"]) for one in reports if "simulated" not in one) == 12
    assert [(one["model"], len(one["runs"])) for one in reports if "simulated" in one] == [("simulated-smollm2", 2)]
    listed = run(environment, tmp_path / "d" / "graders", "review", "list", "--mistakes", "--json")
    assert listed.returncode == 0
    assert json.loads(listed.stdout)["count"] > 0
    bad = run(environment, tmp_path, "d", "review", "list", "--verdict", "q", "--json")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert json.loads(bad.stderr)["error"]["kind"] == "usage"


def test_a_reader_that_goes_away_is_no_error(environment: dict[str, str], tmp_path: Path) -> None:
    row = {"messages": [{"role": "user", "content": "x" * 500}], "reference_answer": "y"}
    (tmp_path / "big.jsonl").write_text("".join(json.dumps(row | {"n": n}) + "\n" for n in range(2000)))
    assert run(environment, tmp_path, "init").returncode == 0
    assert run(environment, tmp_path, "data", "import", "big.jsonl").returncode == 0
    for arguments in (["data", "export", "big", "-o", "-"], ["data", "show", "big", "--limit", "2000"]):
        with subprocess.Popen(
            [sys.executable, "-m", "rft_tui", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=tmp_path,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() in (b"", b"2000 of 2,000 items; --limit shows more, --line N one in full.\n")
            assert process.wait(timeout=30) == 0


def test_output_in_a_poor_encoding(environment: dict[str, str], tmp_path: Path) -> None:
    row = {"messages": [{"role": "user", "content": "Où est 東京?"}], "reference_answer": "日本"}
    (tmp_path / "q.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    poor = environment | {"PYTHONIOENCODING": "ascii"}
    assert run(poor, tmp_path, "init").returncode == 0
    assert run(poor, tmp_path, "data", "import", "q.jsonl").returncode == 0
    shown = run(poor, tmp_path, "data", "show", "q", "--json")
    assert json.loads(shown.stdout)["items"][0]["reference"] == "日本"
    assert run(poor, tmp_path, "data", "show", "q").returncode == 0
