"""The filter on system calls: no processes, no sockets, no signals to others, no changes to files' attributes.

A deny list: what namespaces, Landlock and dropped capabilities do not cover. Built by hand because a worker must start
in milliseconds and without libraries. Numbers: the kernel's tables for x86-64 and for arm64 (asm-generic).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_X32 = 0x40000000
_CLONE_THREAD = 0x00010000
_O_ACCMODE_AND_TRUNC, _O_TRUNC = 0o1003, 0o1000
_SET_OWNER_COMMANDS = (8, 10, 15)
_OWNER_AND_INPUT_IOCTLS = (0x5412, 0x541C, 0x8901, 0x8902)
_PR_SET_PDEATHSIG = 1
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


_BEHIND_POINTERS = {"clone3": 435, "openat2": 437}
"""Their arguments stand where a filter cannot look; answered as not there, so that callers take the older call."""

_COMMON = {
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_open": 434,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "mount_setattr": 442,
    "memfd_secret": 447,
    "process_mrelease": 448,
    "fchmodat2": 452,
    "setxattrat": 463,
    "removexattrat": 466,
}
"""Denied calls that have one number on every architecture."""

_BOTH = {
    "execve": (59, 221),
    "execveat": (322, 281),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "socket": (41, 198),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "userfaultfd": (323, 282),
    "init_module": (175, 105),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "personality": (135, 92),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "memfd_create": (319, 279),
    "shmget": (29, 194),
    "shmctl": (31, 195),
    "shmat": (30, 196),
    "semget": (64, 190),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "semop": (65, 193),
    "msgget": (68, 186),
    "msgctl": (71, 187),
    "msgrcv": (70, 188),
    "msgsnd": (69, 189),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "utimensat": (280, 88),
    "truncate": (76, 45),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "setpriority": (141, 140),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "setpgid": (109, 154),
    "setsid": (112, 157),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "vhangup": (153, 58),
    "syslog": (103, 116),
}
"""Denied calls: x86-64's number, arm64's number. Attributes (mode, owner, times) are out of Landlock's reach."""

_ONLY_X86 = {
    "fork": 57,
    "vfork": 58,
    "chmod": 90,
    "chown": 92,
    "lchown": 94,
    "utime": 132,
    "uselib": 134,
    "modify_ldt": 154,
    "iopl": 172,
    "ioperm": 173,
    "utimes": 235,
    "inotify_init": 253,
    "futimesat": 261,
}
"""Denied calls that only x86-64 has."""

_CONDITIONAL = {
    "clone": (56, 220),
    "kill": (62, 129),
    "tgkill": (234, 131),
    "prlimit64": (302, 261),
    "fcntl": (72, 25),
    "ioctl": (16, 29),
    "prctl": (157, 167),
    "openat": (257, 56),
}
"""Calls that are denied for some arguments only."""

Instruction = tuple[int, int, int, int]


def _statement(code: int, value: int) -> Instruction:
    return (code, 0, 0, value)


def _argument(index: int) -> Instruction:
    return _statement(_LOAD, _ARGUMENTS_AT + 8 * index)


_PASS = _statement(_RETURN, _ALLOW)
_DENY = _statement(_RETURN, _ERRNO | errno.EPERM)
_ABSENT = _statement(_RETURN, _ERRNO | errno.ENOSYS)


def _when(number: int, block: list[Instruction]) -> list[Instruction]:
    """The block, whose every path returns, for one system call."""
    return [(_EQUAL, 0, len(block), number), *block]


def _one_of(index: int, values: tuple[int, ...], inside: Instruction, outside: Instruction) -> list[Instruction]:
    block = [_argument(index)]
    for value in values:
        block += [(_EQUAL, 0, 1, value), inside]
    return [*block, outside]


def _no_truncation(number: int, flags_at: int) -> list[Instruction]:
    """Opening for reading with O_TRUNC empties a file; Landlock sees it only from its third version on."""
    masked = [_argument(flags_at), _statement(_AND, _O_ACCMODE_AND_TRUNC)]
    return _when(number, [*masked, (_EQUAL, 0, 1, _O_TRUNC), _DENY, _PASS])


def program(machine: str, process: int) -> list[Instruction]:
    """The filter for a machine (``x86_64`` or ``aarch64``) and the process that may signal only itself.

    Raises KeyError for a machine whose system call numbers are not known here.
    """
    column = 0 if machine == "x86_64" else 1
    architecture = _ARCHITECTURES[machine]
    denied = [*_COMMON.values(), *(numbers[column] for numbers in _BOTH.values())]
    number = {name: numbers[column] for name, numbers in _CONDITIONAL.items()}
    result = [_statement(_LOAD, _ARCHITECTURE_AT), (_EQUAL, 1, 0, architecture), _DENY, _statement(_LOAD, _NUMBER_AT)]
    if machine == "x86_64":
        result += [(_AT_LEAST, 0, 1, _X32), _DENY]
        denied += _ONLY_X86.values()
        result += _no_truncation(2, 1)
    for absent in _BEHIND_POINTERS.values():
        result += _when(absent, [_ABSENT])
    result += _when(number["clone"], [_argument(0), (_ANY_BIT, 0, 1, _CLONE_THREAD), _PASS, _DENY])
    result += _when(number["kill"], _one_of(0, (process,), _PASS, _DENY))
    result += _when(number["tgkill"], _one_of(0, (process,), _PASS, _DENY))
    result += _when(number["prlimit64"], _one_of(0, (0, process), _PASS, _DENY))
    result += _when(number["fcntl"], _one_of(1, _SET_OWNER_COMMANDS, _DENY, _PASS))
    result += _when(number["ioctl"], _one_of(1, _OWNER_AND_INPUT_IOCTLS, _DENY, _PASS))
    result += _when(number["prctl"], _one_of(0, (_PR_SET_PDEATHSIG,), _DENY, _PASS))
    result += _no_truncation(number["openat"], 2)
    for value in denied:
        result += _when(value, [_DENY])
    return [*result, _PASS]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def install(libc: ctypes.CDLL) -> None:
    """Put the filter on the calling process; needs no_new_privs. Raises OSError or KeyError where that is refused."""
    instructions = program(os.uname().machine, os.getpid())
    packed = b"".join(struct.pack("<HBBI", *instruction) for instruction in instructions)
    description = _Program(len(instructions), packed)
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(description), 0, 0):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
