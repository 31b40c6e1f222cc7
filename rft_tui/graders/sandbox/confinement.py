"""Closing a worker in, layer by layer, before it sees any untrusted code; each layer that is missing says why.

Order matters: namespaces need privileges, Landlock forbids mounting, and the system call filter comes last because it
forbids most of what the other layers do.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rft_tui.graders.sandbox import landlock, seccomp

PARENT_DEATH = "parent_death"
LIMITS = "limits"
NETWORK = "network_namespace"
DISK = "private_disk"
CAPABILITIES = "capabilities"
FILES = "landlock"
SYSTEM_CALLS = "seccomp"
LAYERS = (PARENT_DEATH, LIMITS, NETWORK, DISK, CAPABILITIES, FILES, SYSTEM_CALLS)
"""The layers in the order in which they are put on."""

_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 24, 38
_CLONE_NEWNS, _CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x40000000
_MS_NOSUID_NODEV_NOEXEC, _MS_REC_PRIVATE = 2 | 4 | 8, 0x4000 | 0x40000
_CAPABILITY_VERSION = 0x20080522
_SIGKILL = 9
_LINUX: bool = sys.platform == "linux"
_OPEN_FILES = 256
_INODES = 20_000

_SYSTEM_FILES = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/nix/store",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/usr/share/nltk_data",
    "/usr/local/share/nltk_data",
    "/dev/urandom",
    "/dev/zero",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
)
"""What libraries read on any machine, and nothing that belongs to a person."""


@dataclass(frozen=True, slots=True)
class Confines:
    """What to close a worker in: sizes in bytes, folders as absolute paths, layers to leave out by name."""

    parent: int
    folder: str
    memory_bytes: int
    file_bytes: int
    threads: int
    readable: tuple[str, ...]
    left_out: tuple[str, ...] = ()


class _Libc:
    """The C library's calls that Python does not have; raises OSError with the call's reason."""

    def __init__(self) -> None:
        self.handle = ctypes.CDLL(None, use_errno=True)

    def call(self, name: str, *arguments: object) -> None:
        """Call by name; a negative answer is an error."""
        if getattr(self.handle, name)(*arguments) < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    def prctl(self, option: int, value: int) -> None:
        """Set one property of the process."""
        self.call("prctl", option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))


def confine(confines: Confines) -> dict[str, str]:
    """Put on every layer that there is; the answer has, for each layer, "" or why it is missing."""
    libc = _Libc()
    in_user_namespace = False
    reasons: dict[str, str] = {}

    def layer(name: str, put_on: Callable[[], None]) -> None:
        if name in confines.left_out:
            reasons[name] = "left out on purpose"
            return
        if name != LIMITS and not _LINUX:
            reasons[name] = f"{sys.platform} has nothing of the kind"
            return
        try:
            put_on()
            reasons[name] = ""
        except (OSError, AttributeError, KeyError, ValueError) as error:
            reasons[name] = _reason(error)

    layer(PARENT_DEATH, lambda: _die_with(libc, confines.parent))
    if _LINUX and os.geteuid() != 0 and not {NETWORK, DISK} <= set(confines.left_out):
        in_user_namespace = _enter_user_namespace(libc)
    layer(NETWORK, lambda: libc.call("unshare", _CLONE_NEWNET))
    layer(DISK, lambda: _mount_folder(libc, confines))
    os.chdir(confines.folder)
    processes_denied = SYSTEM_CALLS not in confines.left_out and _LINUX
    layer(LIMITS, lambda: _limit(confines, in_user_namespace=in_user_namespace, processes_denied=processes_denied))
    layer(CAPABILITIES, lambda: _drop_capabilities(libc))
    if not reasons[PARENT_DEATH]:
        layer(PARENT_DEATH, lambda: _die_with(libc, confines.parent))
    if _LINUX:
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1)
    layer(FILES, lambda: _restrict_files(libc, confines))
    layer(SYSTEM_CALLS, lambda: seccomp.install(libc.handle))
    return reasons


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in {errno.ENOSYS, errno.EOPNOTSUPP}:
        return "the kernel does not have it, or it is switched off"
    if isinstance(error, OSError) and error.errno in {errno.EPERM, errno.EACCES}:
        return "the kernel does not permit it to this user or in this container"
    if isinstance(error, KeyError):
        return f"not written for {os.uname().machine}"
    return str(error)


def _die_with(libc: _Libc, parent: int) -> None:
    """Killed when the parent dies. Asked for again later, because a change of credentials takes it back."""
    libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _enter_user_namespace(libc: _Libc) -> bool:
    user, group = os.geteuid(), os.getegid()
    try:
        libc.call("unshare", _CLONE_NEWUSER)
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            _write(f"/proc/self/{name}", text)
    except (OSError, AttributeError):
        return False
    return True


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _mount_folder(libc: _Libc, confines: Confines) -> None:
    """A disk in memory over the temporary folder: bounded as a whole, seen by nobody else, gone with the worker."""
    libc.call("unshare", _CLONE_NEWNS | _CLONE_NEWIPC)
    libc.call("mount", None, b"/", None, ctypes.c_ulong(_MS_REC_PRIVATE), None)
    options = f"size={confines.file_bytes},nr_inodes={_INODES},mode=700".encode()
    flags = ctypes.c_ulong(_MS_NOSUID_NODEV_NOEXEC)
    libc.call("mount", b"tmpfs", os.fsencode(confines.folder), b"tmpfs", flags, options)


def _limit(confines: Confines, *, in_user_namespace: bool, processes_denied: bool) -> None:
    """Memory, file size, open files and no core file; raises the first refusal after setting the others.

    Processes and threads of a user are counted per user namespace, so a limit on them means something only inside one;
    without the system call filter no further process at all is better than a fork bomb. Root is never limited.
    """
    wanted = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_FSIZE, confines.file_bytes),
        (resource.RLIMIT_AS, confines.memory_bytes),
    ]
    if not processes_denied:
        wanted.append((resource.RLIMIT_NPROC, 0))
    elif in_user_namespace:
        wanted.append((resource.RLIMIT_NPROC, confines.threads))
    refusal: Exception | None = None
    for kind, value in wanted:
        try:
            hard = resource.getrlimit(kind)[1]
            bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (bound, bound))
        except (OSError, ValueError) as error:
            refusal = error
    if refusal is not None:
        raise refusal


def _drop_capabilities(libc: _Libc) -> None:
    for capability in range(64):
        try:
            libc.prctl(_PR_CAPBSET_DROP, capability)
        except OSError:
            break
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    libc.call("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))


def _restrict_files(libc: _Libc, confines: Confines) -> None:
    readable = [*_SYSTEM_FILES, *python_folders(sys.path), *confines.readable]
    landlock.restrict(libc.handle, readable, [confines.folder, os.devnull])


def python_folders(search_path: Iterable[str]) -> list[str]:
    """The standard library and the installed packages: search path entries below Python's own folders.

    Entries elsewhere come from editable installs and are somebody's working folder.
    """
    homes = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    roots = tuple(home.rstrip("/") + "/" for home in homes)
    folders = [entry for entry in search_path if entry.startswith(roots)]
    for home in homes:
        folders += [f"{home}/nltk_data", f"{home}/share/nltk_data"]
    return folders
