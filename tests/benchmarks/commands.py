"""Commands measured as a whole: seconds, processor seconds and memory of the process tree's largest member."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command took: wall and processor seconds (its children's included), and its own most memory in MB."""

    wall_s: float
    cpu_s: float
    rss_mb: float


def measured(command: Sequence[str], folder: Path) -> Usage:
    """Run a command in a folder; raises RuntimeError with what it said where it failed (status 1, listed failures, is
    no failure here).
    """
    log = folder / "command.log"
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {log.read_text(errors='replace')}")
    wall = time.perf_counter() - began
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)
