"""Which files a worker may open: Landlock through its three system calls.

Landlock does not cover what `seccomp` denies instead (modes, owners, times), nor looking at a path's size and dates.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _IOCTL_DEVICE = 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
_EXECUTE, _MAKE_CHARACTER_DEVICE, _MAKE_BLOCK_DEVICE = 1 << 0, 1 << 6, 1 << 11
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""The rights on files that each version of the interface added up to."""
_NETWORK = 0b11
_SCOPES = 0b11
"""From version 6: no abstract sockets and no signals to processes outside."""


def _checked(value: int) -> int:
    if value < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return value


def version(libc: ctypes.CDLL) -> int:
    """The kernel's version of the interface, from 1; raises OSError where there is none."""
    return _checked(libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def restrict(libc: ctypes.CDLL, readable: Iterable[str], writable: Iterable[str]) -> int:
    """Let the process open only these files and folders with what is below them; the version that does it.

    A path that is not there is passed over. Nothing may be executed. Needs no_new_privs; raises OSError where the
    kernel has no Landlock.
    """
    found = version(libc)
    handled = _RIGHTS[max(known for known in _RIGHTS if known <= found)]
    attributes = struct.pack("=QQQ", handled, _NETWORK, _SCOPES)
    size = 8 if found < 4 else 16 if found < 6 else 24
    ruleset = _checked(libc.syscall(_CREATE, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0)))
    try:
        changing = handled & ~(_EXECUTE | _MAKE_CHARACTER_DEVICE | _MAKE_BLOCK_DEVICE | _IOCTL_DEVICE)
        for path in readable:
            _allow(libc, ruleset, path, (_READ_FILE | _READ_DIR) & handled)
        for path in writable:
            _allow(libc, ruleset, path, changing)
        _checked(libc.syscall(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0)))
    finally:
        os.close(ruleset)
    return found


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _WRITE_FILE | _READ_FILE | _TRUNCATE
        rule = struct.pack("=Qi", rights, descriptor)
        _checked(libc.syscall(_ADD, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint32(0)))
    finally:
        os.close(descriptor)
