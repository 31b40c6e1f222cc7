"""The service as a process: the command that runs it, and the one that a workspace finds or starts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rft_tui.errors import ServiceError, UsageError
from rft_tui.providers.simulated import FAULTS_VARIABLE, STATE_FILE, ensure_simulator, stop_simulator
from rft_tui.simulator.running import running_simulator
from rft_tui.simulator.server import listen
from tests.unit.simulator.conftest import ask

ROOT = Path(__file__).resolve().parent.parent.parent.parent
COMMAND = [sys.executable, "-m", "rft_tui", "simulate"]


@contextmanager
def simulate(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command, ended at the end of the block if it has not ended by itself."""
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_the_command_says_where_it_is_and_ends_when_interrupted() -> None:
    with simulate("--fault", "500=1") as process:
        line = line_of(process)
        base_url = next(word.rstrip(",") for word in line.split() if word.startswith("http"))
        assert line.startswith("SIMULATED service on http://127.0.0.1:")
        assert ask(base_url, "GET", "/v1/models").status == 200
        assert ask(base_url, "POST", "/v1/responses", {"model": "m", "input": "x"}).status == 500
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert f'base_url = "{base_url}"' in err
    assert "Traceback" not in err


def test_the_command_ends_when_nobody_asks() -> None:
    with simulate("--json", "--idle-exit", "0.1") as process:
        said = json.loads(line_of(process))
        assert said["simulated"] is True
        assert process.wait(timeout=10) == 0


def test_a_taken_port_is_said() -> None:
    with listen() as taken:
        port = str(taken.getsockname()[1])
        with simulate("--port", port, "--json") as process:
            _out, err = process.communicate(timeout=10)
    assert process.returncode == 2
    assert port in json.loads(err)["error"]["message"]
    with listen() as taken, pytest.raises(UsageError), running_simulator(port=taken.getsockname()[1]):
        pass


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A workspace's folder whose service is ended afterwards."""
    made = tmp_path / ".rft"
    yield made
    try:
        pid = json.loads((made / STATE_FILE).read_bytes())["pid"]
    except OSError:
        return
    os.kill(pid, signal.SIGTERM)


def state_of(folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((folder / STATE_FILE).read_bytes())
    return said


def test_a_workspace_has_one_service_however_many_ask(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with ThreadPoolExecutor(4) as pool:
        addresses = set(pool.map(lambda _number: ensure_simulator(folder), range(4)))
    assert len(addresses) == 1
    (address,) = addresses
    assert ask(address, "GET", "/v1/models").status == 200
    pid = state_of(folder)["pid"]
    assert os.getsid(pid) == pid
    monkeypatch.setenv(FAULTS_VARIABLE, "500=1")
    assert ensure_simulator(folder) == address
    assert ask(address, "POST", "/v1/responses", {"model": "m", "input": "x"}).status == 500
    monkeypatch.setenv(FAULTS_VARIABLE, "nonsense=1")
    with pytest.raises(ServiceError, match="nonsense"):
        ensure_simulator(folder)


def test_another_service_on_the_port_is_not_taken_for_ours(folder: Path) -> None:
    with running_simulator() as other:
        port = int(other.base_url.rpartition(":")[2].partition("/")[0])
        folder.mkdir()
        (folder / STATE_FILE).write_text(json.dumps({"port": port, "pid": 1, "token": "not its token"}))
        address = ensure_simulator(folder)
        assert address != other.base_url
    assert state_of(folder)["token"] != "not its token"


@pytest.mark.parametrize("content", ["", "[]", '{"port": "x"}', '{"port": 1, "token": "t"}'])
def test_a_broken_state_file_is_no_service(folder: Path, content: str) -> None:
    folder.mkdir()
    (folder / STATE_FILE).write_text(content)
    assert not stop_simulator(folder)


def test_a_service_whose_state_file_is_gone_ends(folder: Path) -> None:
    with simulate("--json", "--state", str(folder / STATE_FILE)) as process:
        line_of(process)
        assert stop_simulator(folder)
        assert process.wait(timeout=10) == 0
    assert not (folder / STATE_FILE).exists()


def test_what_does_not_start_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ServiceError, match="does not start"):
        ensure_simulator(folder)
