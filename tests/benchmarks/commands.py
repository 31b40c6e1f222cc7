"""Commands measured as a whole: seconds, processor seconds, and memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.processes import memory_kib

LOOK_S = 0.02
"""How often a command's memory is looked at; the kernel keeps the mark, so only the last moment can be missed."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command took: wall and processor seconds (its children's included), and its own most memory in MB."""

    wall_s: float
    cpu_s: float
    rss_mb: float


def measured(command: Sequence[str], folder: Path) -> Usage:
    """Run a command in a folder. Raises RuntimeError with what it said where it ended with more than listed failures.

    The memory that `wait4` tells would be that of this process before the command took its place, where that is more.
    """
    log = folder / "command.log"
    peak = 0
    with log.open("wb") as output:
        before, began = os.times(), time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        while True:
            peak = max(peak, memory_kib(process.pid, "VmHWM"))
            try:
                status = process.wait(LOOK_S)
            except subprocess.TimeoutExpired:
                continue
            break
        wall, after = time.perf_counter() - began, os.times()
    if status not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} ended with {status}: {log.read_text(errors='replace')}")
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Usage(wall, used, peak * 1024 / 1e6)
