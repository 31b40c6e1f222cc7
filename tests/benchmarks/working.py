"""P19 and P10 with work going on: quitting the app, and its bytes a second, while a worker asks a loopback service.

``python tests/benchmarks/working.py [ROUNDS]``. Quitting is the time from the key to the end of the process.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rft_tui.store.database import Store
from rft_tui.store.tasks import CANCEL, wish
from tests.benchmarks.startup import MINIMAL
from tests.benchmarks.terminal import Terminal, app, hermetic, median, python, row
from tests.integration.killing import queue, wait_for_progress, wait_for_rest, write_workspace
from tests.loopback import loopback

ITEMS = 20_000
"""Enough that the work outlasts the measuring."""

WATCHED_S = 10.0
"""How long bytes are counted."""

CTRL_Q, Q = "\x11", "q"
"""The keys that quit."""


def quitting(command: list[str], ready: str, key: str) -> float:
    """Seconds from the key that quits to the end of the process."""
    with Terminal(command, (80, 24)) as terminal:
        terminal.wait_for(ready)
        terminal.settle(0.3, timeout=5.0)
        began = time.perf_counter()
        terminal.send(key)
        terminal.wait_for_end()
        return time.perf_counter() - began


def bytes_beside_work(folder: Path) -> float:
    """Bytes a second that Runs sends while predictions come in."""
    with Terminal(app(folder), (80, 24)) as terminal:
        terminal.wait_for("Review")
        terminal.send("2")
        terminal.settle(0.5, timeout=5.0)
        before, began = terminal.bytes, time.perf_counter()
        while time.perf_counter() - began < WATCHED_S:
            terminal.settle(0.2, timeout=1.0)
        return (terminal.bytes - before) / (time.perf_counter() - began)


def main(rounds: int = 7) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name, loopback(latency_s=0.2) as server:
        folder = Path(name)
        write_workspace(folder, server, ITEMS)
        store = Store(folder / ".rft" / "cache.db")
        task = queue(folder, store)
        assert wait_for_progress(store, task, folder) is not None
        programs: dict[str, Callable[[], float]] = {
            "minimal": lambda: quitting(python(MINIMAL), "ready to read", CTRL_Q),
            "ours": lambda: quitting(app(folder), "Review", Q),
        }
        times: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(rounds):
            for program, measure in programs.items():
                times[program].append(measure())
        minimal, ours = median(times["minimal"]), median(times["ours"])
        row(
            "P19 quit with work running",
            f"{ours * 1000:.0f} ms",
            f"minimal {minimal * 1000:.0f} ms",
            f"×{ours / minimal:.2f}",
        )
        row("P10 bytes a second beside work, 80×24", f"{bytes_beside_work(folder):,.0f}")
        with store.write() as db:
            wish(db, task, CANCEL)
        wait_for_rest(store, task, folder)
        store.close()


if __name__ == "__main__":
    with hermetic():
        main(*map(int, sys.argv[1:]))
