"""P1 to P3: how long until Review can be read, beside a minimal Textual app; --version and --help beside python alone.

``python tests/benchmarks/startup.py [ROUNDS [LARGE]]``: 7 rounds and 1 000 000 predictions unless said.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.terminal import Terminal, app, hermetic, median, python, row
from tests.benchmarks.workspaces import forget_session, workspace

MINIMAL = Path(__file__).with_name("app_minimal.py")

READABLE = r"reference +\S"
"""On the screen once the item of Review is there; the list comes with it."""


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds and processor seconds until something could be read, and the memory in MB by then."""

    wall_s: float
    cpu_s: float
    rss_mb: float


def start(command: list[str], pattern: str) -> Start:
    """Start a program and wait until its screen shows a pattern."""
    with Terminal(command) as terminal:
        shown = terminal.wait_for(pattern)
        cpu = terminal.cpu_s()
        return Start(shown - terminal.started_at, cpu, terminal.rss_mb())


def minimal() -> Start:
    """One start of the minimal app."""
    return start(python(MINIMAL), "ready to read")


def review(folder: Path) -> Start:
    """One start of Review."""
    forget_session(folder)
    return start(app(folder), READABLE)


def command(*arguments: str) -> tuple[float, float]:
    """Wall and processor seconds of a command that prints something."""
    began = time.perf_counter()
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    pid = os.posix_spawn(sys.executable, [sys.executable, *arguments], os.environ, file_actions=silent)
    _pid, status, usage = os.wait4(pid, 0)
    assert status == 0, arguments
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime


def report(name: str, starts: list[Start], reference: list[Start]) -> None:
    """Print the medians of some starts and how they stand to the reference."""
    wall, cpu = median(one.wall_s for one in starts), median(one.cpu_s for one in starts)
    row(
        name,
        f"{wall * 1000:.0f} ms ×{wall / median(one.wall_s for one in reference):.2f}",
        f"{cpu * 1000:.0f} ms ×{cpu / median(one.cpu_s for one in reference):.2f}",
        f"{median(one.rss_mb for one in starts):.0f} MB",
    )


def main(rounds: int = 7, large: int = 1_000_000) -> None:
    """Measure in turn, so that noise falls on all alike."""
    small_folder, large_folder = workspace(1000), workspace(large)
    starts: dict[str, list[Start]] = {"minimal": [], "small": [], "large": []}
    commands: dict[str, list[tuple[float, float]]] = {"print": [], "--version": [], "--help": []}
    for _ in range(rounds):
        starts["minimal"].append(minimal())
        starts["small"].append(review(small_folder))
        starts["large"].append(review(large_folder))
        commands["print"].append(command("-c", "print()"))
        for option in ("--version", "--help"):
            commands[option].append(command("-m", "rft_tui", option))
    row("", "wall", "processor", "memory")
    report("minimal Textual app", starts["minimal"], starts["minimal"])
    report("P1 Review, 1 000 predictions", starts["small"], starts["minimal"])
    report(f"P2 Review, {large:,} predictions (× P1)", starts["large"], starts["small"])
    for name, figures in commands.items():
        wall, cpu = median(one[0] for one in figures), median(one[1] for one in figures)
        bare_wall, bare_cpu = (median(one[part] for one in commands["print"]) for part in (0, 1))
        title = "python -c print" if name == "print" else f"P3 rft-tui {name}"
        row(title, f"{wall * 1000:.0f} ms ×{wall / bare_wall:.1f}", f"{cpu * 1000:.0f} ms ×{cpu / bare_cpu:.1f}")


if __name__ == "__main__":
    with hermetic():
        main(*map(int, sys.argv[1:]))
