"""Names of processes, and whether they live."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rft_tui.store import owners
from rft_tui.store.owners import is_alive, is_here, process_number, this_process


def test_this_process_lives() -> None:
    mine = this_process()
    assert mine == this_process()
    assert is_here(mine)
    assert is_alive(mine)
    assert is_alive(f"{mine}|task")
    assert process_number(mine) is not None


def test_a_number_used_again_is_another_process() -> None:
    machine, number, started = this_process().split("|")
    assert not is_alive(f"{machine}|{number}|{int(started) - 1}")
    assert not is_alive(f"{machine}|4194305|{started}")


@pytest.mark.parametrize("rest", ["", "|", "|x|y", "|-1|1", "|1"])
def test_broken_names_are_dead(rest: str) -> None:
    assert not is_alive(this_process().split("|")[0] + rest)


def test_a_process_elsewhere_is_taken_for_alive() -> None:
    for name in ("elsewhere/0/0|1|1", "", "batch:7"):
        assert not is_here(name)
        assert is_alive(name)
        assert process_number(name) is None


def test_a_child_dies_also_while_nobody_has_noticed() -> None:
    """A process that has ended and waits for its parent to look is dead."""
    said = (
        "from rft_tui.store.owners import this_process; import sys; print(this_process(), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", said], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        owner = child.stdout.readline().decode().strip()
        assert is_here(owner)
        assert is_alive(owner)
        child.kill()
        child.stdout.read()
        while is_alive(owner):
            pass
        assert child.returncode is None
    assert not is_alive(owner)


def test_where_the_system_tells_no_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owners, "_started", lambda _pid: "")
    assert this_process().endswith("|")
