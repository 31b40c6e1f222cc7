"""Who holds something: a name for this process that another process can check for life, without a common clock.

A name says the machine (and its start, and the namespace in which process numbers count), the process, and when that
process started, so that a number used again is not mistaken for the process that had it before.
"""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from pathlib import Path

_SEPARATOR = "|"


@lru_cache(maxsize=1)
def _machine() -> str:
    """This machine since it was last started, and the space in which its process numbers count."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot = ""
    try:
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        space = ""
    return "/".join((socket.gethostname().replace(_SEPARATOR, "-"), boot[:8], space))


def _started(pid: int) -> str:
    """When a process started, in ticks since the machine did; empty where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    fields = stat.rpartition(b")")[2].split()
    dead = len(fields) < 20 or fields[0] in (b"Z", b"X")
    return "dead" if dead else fields[19].decode("ascii")


def this_process() -> str:
    """The name of this process."""
    pid = os.getpid()
    return _SEPARATOR.join((_machine(), str(pid), _started(pid)))


def is_here(owner: str) -> bool:
    """Whether the owner is or was a process of this machine since its start, so that `is_alive` can tell."""
    return owner.split(_SEPARATOR)[0] == _machine()


def is_alive(owner: str) -> bool:
    """Whether the owner still runs; an owner on another machine is taken for alive."""
    if not is_here(owner):
        return True
    parts = owner.split(_SEPARATOR)
    if len(parts) < 3 or not parts[1].isdecimal():
        return False
    pid = int(parts[1])
    if started := _started(pid):
        return started == parts[2]
    if Path("/proc/self/stat").exists():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def process_number(owner: str) -> int | None:
    """The process number of an owner on this machine; None of one elsewhere."""
    parts = owner.split(_SEPARATOR)
    return int(parts[1]) if is_here(owner) and len(parts) > 1 and parts[1].isdecimal() else None
