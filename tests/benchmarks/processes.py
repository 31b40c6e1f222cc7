"""What a tree of processes uses, from /proc and the kernel's clocks."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path


def process_tree(root: int) -> list[int]:
    """A process and all its descendants."""
    found = [root]
    for pid in found:
        found += _children(pid)
    return found


def _children(pid: int) -> Iterator[int]:
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            yield from map(int, path.read_text().split())


def cpu_s(pid: int) -> float:
    """Processor time of a process with all its threads, in seconds."""
    with contextlib.suppress(OSError):
        return time.clock_gettime(~pid << 3 | 2)  # the kernel's number for another process's own clock
    return 0.0


def memory_kib(pid: int, name: str) -> int:
    """A figure of a process's status in KiB, such as ``VmRSS``; 0 where it has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    return 0
