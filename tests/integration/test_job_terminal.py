"""`job create` and `job watch` in a real pseudo-terminal: the question, the status line, and how much is sent."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.emulator import Terminal
from tests.integration.jobs_at_work import OPTIONS, AtWork, at_work

ROOT = Path(__file__).resolve().parents[2]
SLOW_LINK = 2000
"""Bytes a second that a slow link carries beside other work."""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AtWork]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with at_work(tmp_path / "workspace") as made:
        yield made


def opened(work: AtWork, *words: object, size: tuple[int, int] = (100, 60)) -> Terminal:
    return Terminal(*work.command(*words)[1:], size=size, cwd=work.folder)


def ended(terminal: Terminal) -> int:
    """The exit code, once the program has ended."""
    return terminal.wait()


CREATE = ("job", "create", *OPTIONS, "--grader", "graders/exact.json", "--suffix", "asked")


def test_a_launch_is_asked_for_and_followed(work: AtWork) -> None:
    with opened(work, *CREATE, "--metadata", "seconds=300") as terminal:
        terminal.see("Launch asked at simulated", "[y/N]")
        assert '"training_file": "<id of the training file>"' in terminal.emulator.text
        terminal.send("n\r")
        terminal.see("Nothing was done.")
        assert ended(terminal) == 0
    assert work.rows("SELECT * FROM job") == []
    with opened(work, *CREATE, "--metadata", "seconds=300") as terminal:
        terminal.see("[y/N]")
        terminal.send("y\r")
        terminal.see("ftjob-simulated-", "SIMULATED")
        assert ended(terminal) == 0
    assert work.value("SELECT status FROM job") in ("validating_files", "queued", "running")


def test_a_cross_is_overruled_by_typing_the_name(work: AtWork) -> None:
    words = [*CREATE, "--metadata", "seconds=300"]
    words[words.index("valid")] = "train"
    with opened(work, *words) as terminal:
        terminal.see("type the job's name (asked)")
        terminal.send("yes\r")
        terminal.see("Nothing was done.")
        assert ended(terminal) == 0
    with opened(work, *words) as terminal:
        terminal.see("type the job's name (asked)")
        terminal.send("asked\r")
        terminal.see("ftjob-simulated-")
        assert ended(terminal) == 0


def test_ctrl_c_while_files_are_on_their_way(work: AtWork) -> None:
    work.ask("PUT", "/simulator/faults", {"faults": {"stall": 1.0}, "paths": ["/v1/files", "/v1/uploads"]})
    with opened(work, *CREATE, "--yes") as terminal:
        terminal.see("launch asked 0/3 · reading the training file")
        terminal.send("\x03")
        terminal.see("No job was made", "task resume 1 goes on")
        assert ended(terminal) == 130
    assert work.rows("SELECT status, remote_id FROM job") == [("cancelled", None)]
    work.ask("PUT", "/simulator/faults", {"faults": {}})
    again = work.run("task", "resume", 1, "--wait", "--json")
    assert again.returncode == 0, again.stderr
    assert work.value("SELECT count(*) FROM job WHERE remote_id IS NOT NULL") == 1


@pytest.mark.parametrize("steps", [40, 2000], ids=["some steps", "200 steps a second"])
def test_watching_stays_below_what_a_slow_link_carries(work: AtWork, steps: int) -> None:
    work.create("t", "--metadata", "seconds=10", "--metadata", f"steps={steps}")
    came: list[tuple[float, int]] = []
    with opened(work, "job", "watch", "t", size=(100, 30)) as terminal:
        terminal.see("step ")  # the first events are left out where the machine is slow
        until = time.monotonic() + 60
        while "succeeded; its model" not in terminal.emulator.text:
            assert time.monotonic() < until, terminal.emulator.text
            before = terminal.bytes
            terminal.read(0.05)
            came.append((time.monotonic(), terminal.bytes - before))
        assert ended(terminal) == 0
        assert "\x1b[?" not in terminal.output
    most = max(sum(size for at, size in came if begin <= at < begin + 1) for begin, _size in came)
    assert most < SLOW_LINK
    assert work.value("SELECT count(*) FROM job_metric WHERE series = 'train_mean_reward'") == steps


def test_ctrl_c_ends_the_showing_and_nothing_else(work: AtWork) -> None:
    work.create("t", "--metadata", "seconds=300")
    with opened(work, "job", "watch", "t") as terminal:
        terminal.see("Created fine-tuning job", "·")
        terminal.send("\x03")
        terminal.see("goes on, and so does its watching")
        assert ended(terminal) == 130
    assert work.value("SELECT state FROM task WHERE kind = 'watch'") == "running"
    stopped = work.run("job", "cancel", "t", "--yes", "--json")
    assert json.loads(stopped.stdout)["status"] == "cancelled"
