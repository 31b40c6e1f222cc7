"""P6, P7, P8 and P10: what reading mistakes costs a key, on a fast and on a slow link, and when nothing is pressed.

``python tests/benchmarks/review.py [PREDICTIONS]``: 1 000 predictions unless said.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.startup import READABLE
from tests.benchmarks.tables import FILLED, OURS, Cost, cost, ours
from tests.benchmarks.terminal import SLOW, SLOW_COMPRESSED, Link, Terminal, app, hermetic, median, python, row
from tests.benchmarks.words import cells
from tests.benchmarks.workspaces import forget_session, workspace

SIZES = ((80, 24), (120, 40))

VERDICTS = 40

IDLE_S = 6.0

HELD_S = 2.0

LESS_LAG_S = 0.171
"""Lag of `less` after a key was held on such a link, for the ratio where `less` is not here to be measured."""


def opened(folder: Path, size: tuple[int, int], link: Link | None = None) -> Terminal:
    """Review, readable and at rest, at the first prediction."""
    forget_session(folder)
    terminal = Terminal(app(folder), size, link)
    terminal.wait_for(READABLE)
    terminal.settle(0.4)
    return terminal


def down(folder: Path, size: tuple[int, int]) -> Cost:
    """P6: one row down; the item beside the list changes too."""
    with opened(folder, size) as terminal:
        return cost(terminal, "j", 30)


def verdicts(folder: Path, size: tuple[int, int], link: Link | None = None) -> list[float]:
    """P7: seconds from a verdict's key until the next item is on the screen."""
    with opened(folder, size, link) as terminal:
        position = int(re.findall(r"(\d+)/[\d,]+", terminal.text)[0])
        latencies = []
        for step in range(1, VERDICTS + 1):
            press = terminal.press("axw"[step % 3], until=rf"(^|[ │]){position + step:,}/[\d,]+")
            latencies.append(press.latency_s)
        return latencies


def held(command: list[str], ready: str, key: str, size: tuple[int, int]) -> float:
    """P8: seconds that a held key goes on after its release, over the slow link."""
    with Terminal(command, size, SLOW) as terminal:
        terminal.wait_for(ready)
        terminal.settle(0.5)
        return terminal.hold(key, HELD_S)


def idle(folder: Path, size: tuple[int, int]) -> tuple[float, float]:
    """P10: bytes a second and share of a processor when nothing is pressed."""
    with opened(folder, size) as terminal:
        terminal.settle(1.0)
        before, cpu, began = terminal.bytes, terminal.cpu_s(), time.perf_counter()
        while time.perf_counter() - began < IDLE_S:
            terminal.settle(0.5, timeout=IDLE_S)
        elapsed = time.perf_counter() - began
        return (terminal.bytes - before) / elapsed, (terminal.cpu_s() - cpu) / elapsed


def beside_work(folder: Path, size: tuple[int, int]) -> float:
    """P10: bytes a second while another process grades into the same cache."""
    spec = {"type": "python", "name": f"work-{time.time_ns()}", "source": "def grade(sample, item):\n    return 0.5\n"}
    path = folder / "work.json"
    path.write_text(json.dumps(spec), encoding="utf-8")
    with opened(folder, size) as terminal:
        before, began = terminal.bytes, time.perf_counter()
        command = [*python("-m", "rft_tui"), "grade", "--grader", str(path), "--run", "alpha", "-C", str(folder)]
        with subprocess.Popen([*command, "--summary"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as work:
            while work.poll() is None or time.perf_counter() - began < IDLE_S:
                terminal.settle(0.2, timeout=1.0)
        return (terminal.bytes - before) / (time.perf_counter() - began)


def less_lag(folder: Path) -> float:
    """P8 of `less`, measured now where it is installed."""
    if shutil.which("less") is None:
        return LESS_LAG_S
    path = folder / "lines.txt"
    path.write_text("".join(f"line {' '.join(cells(number))}\n" for number in range(1000)), encoding="utf-8")
    return held(["less", str(path)], "line 000001", "j", (120, 40))


def lags(folder: Path) -> None:
    """Print P8."""
    reference = less_lag(folder)
    row("P8 held key, lag, 64 kbit/s, less", f"{reference * 1000:,.0f} ms")
    for name, command, ready, key in (
        ("Review", app(folder), READABLE, "j"),
        ("plain table", python(OURS, folder), FILLED, "down"),
    ):
        forget_session(folder)
        lag = held(command, ready, key, (120, 40))
        row(f"P8 held key, lag, 64 kbit/s, {name}", f"{lag * 1000:,.0f} ms", f"×{lag / reference:.1f} of less")


def main(predictions: int = 1000) -> None:
    """Measure and print."""
    folder = workspace(predictions)
    row("", "processor", "bytes")
    for size in SIZES:
        page, one = ours(folder, size).page, down(folder, size)
        name = f"{size[0]}×{size[1]}"
        row(f"our plain table, a page, {name}", f"{page.cpu_s * 1000:.1f} ms", f"{page.bytes:,.0f}")
        row(
            f"P6 Review, down, {name}",
            f"{one.cpu_s * 1000:.1f} ms ×{one.cpu_s / page.cpu_s:.2f}",
            f"{one.bytes:,.0f} ×{one.bytes / page.bytes:.2f}",
        )
    for name, link in (("local", None), ("64 kbit/s, 150 ms, compressed", SLOW_COMPRESSED)):
        found = verdicts(folder, (120, 40), link)
        over = f"RTT + {(median(found) - link.round_trip_s) * 1000:.0f} ms" if link else ""
        row(
            f"P7 verdict, next item, {name}", f"{median(found) * 1000:.0f} ms", f"most {max(found) * 1000:.0f} ms", over
        )
    lags(folder)
    rate, share = idle(folder, (80, 24))
    row("P10 idle", f"{share:.2%}", f"{rate:.1f} B/s")
    row("P10 beside work, 80×24", "", f"{beside_work(folder, (80, 24)):,.0f} B/s")


if __name__ == "__main__":
    with hermetic():
        main(*map(int, sys.argv[1:]))
