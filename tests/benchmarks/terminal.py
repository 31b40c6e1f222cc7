"""A program in a pseudo-terminal, measured as a person at the terminal feels it.

The terminal here reads and counts every byte, keeps the screen in an emulator, sends keys, and knows what the program
used. A slow link is worked out, not waited for: bytes leave a buffer at the link's rate, the buffer's size pushes back.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyte

from tests.benchmarks.processes import cpu_s, memory_kib, process_tree

QUIET_S = 0.03
"""A repaint is over when no byte came for so long."""

KEYS = {"down": "\x1b[B", "up": "\x1b[A", "pagedown": "\x1b[6~", "pageup": "\x1b[5~", "enter": "\r", "esc": "\x1b"}
"""Keys that are not written as themselves."""

_CONTROL = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]+[0-~]|[0-OQ-WYZ`-~])"
)
_UNKNOWN = re.compile(
    r"\x1b\[[<=>][0-?]*[ -/]*[@-~]|\x1b\[[0-?]*[ -/]+[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_].*?\x1b\\"
)
"""Sequences that the emulator would print."""

_SCROLL = re.compile(r"\x1b\[(\d*)([ST])")
_SYNC_QUERY = b"\x1b[?2026$p"


@dataclass(frozen=True, slots=True)
class Link:
    """A slow link: bits a second, round trip in seconds, bytes that its buffer holds, compressed as by ``ssh -C``."""

    bits_per_s: float
    round_trip_s: float
    buffer: int = 256 * 1024
    compressed: bool = False


SLOW = Link(64_000, 0.15)
SLOW_COMPRESSED = Link(64_000, 0.15, compressed=True)


@dataclass(frozen=True, slots=True)
class Press:
    """What a key cost: seconds until its last byte was there, bytes, and processor seconds of the whole tree."""

    latency_s: float
    bytes: int
    cpu_s: float


class Terminal:
    """One start of a program. Use it as a context manager: the program is ended at the end."""

    def __init__(
        self, command: Sequence[str], size: tuple[int, int] = (120, 40), link: Link | None = None, **environment: str
    ) -> None:
        self.columns, self.rows = size
        self.link = link
        self.bytes = 0
        self.screen = pyte.Screen(self.columns, self.rows)
        self._stream = pyte.Stream(self.screen)
        self._rest = b""
        self._decoded_rest = ""
        self._free_at = self._arrived_at = 0.0
        self._compressor = zlib.compressobj(6)
        self._peak_kib = 0
        self.started_at = time.perf_counter()
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            self._become(command, environment)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))
        os.set_blocking(self._terminal, False)

    def _become(self, command: Sequence[str], environment: dict[str, str]) -> None:
        try:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))
            inherited = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "TMUX"}}
            terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
            os.execvpe(command[0], list(command), inherited | terminal | environment)
        finally:
            os._exit(127)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_exception: object) -> None:
        tree = process_tree(self._pid)
        for pid in tree:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        os.close(self._terminal)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)

    # Reading

    def _read(self, timeout: float) -> bool:
        """Wait for bytes and take them; False where none came in time or the program has ended."""
        until = time.perf_counter() + timeout
        if self.link is not None:
            full = self.link.buffer * 8 / self.link.bits_per_s
            wait = self._free_at - full - time.perf_counter()
            if wait > 0:
                select.select([], [], [], min(wait, timeout))
        if not select.select([self._terminal], [], [], max(0.0, until - time.perf_counter()))[0]:
            return False
        try:
            data = os.read(self._terminal, 65536)
        except OSError:
            return False
        now = time.perf_counter()
        self.bytes += len(data)
        self._arrived_at = now if self.link is None else self._arrival(data, now, self.link)
        for _ in range(data.count(_SYNC_QUERY)):
            os.write(self._terminal, b"\x1b[?2026;2$y")
        self._feed(data)
        return bool(data)

    def _arrival(self, data: bytes, now: float, link: Link) -> float:
        """When the last of these bytes is at the other end of the link."""
        size = len(data)
        if link.compressed:
            size = len(self._compressor.compress(data)) + len(self._compressor.flush(zlib.Z_SYNC_FLUSH))
        self._free_at = max(self._free_at, now) + size * 8 / link.bits_per_s
        return self._free_at + link.round_trip_s / 2

    def _feed(self, data: bytes) -> None:
        """Give what is complete to the emulator."""
        whole = self._rest + data
        text = whole.decode("utf-8", "ignore")
        cut = len(text.encode("utf-8"))
        self._rest = whole[cut:] if len(whole) - cut < 4 else b""
        text = self._decoded_rest + text
        start = text.rfind("\x1b")
        self._decoded_rest = ""
        if start >= 0 and not _CONTROL.match(text, start) and len(text) - start < 4096:
            text, self._decoded_rest = text[:start], text[start:]
        position = 0
        text = _UNKNOWN.sub("", text)
        for match in _SCROLL.finditer(text):
            self._stream.feed(text[position : match.start()])
            self._scroll(int(match[1] or 1), up=match[2] == "S")
            position = match.end()
        self._stream.feed(text[position:])

    def _scroll(self, count: int, *, up: bool) -> None:
        """Move the rows inside the margins, which the emulator does not know as a command."""
        margins = self.screen.margins
        x, y = self.screen.cursor.x, self.screen.cursor.y
        self.screen.cursor.y = margins.top if margins else 0
        (self.screen.delete_lines if up else self.screen.insert_lines)(count)
        self.screen.cursor.x, self.screen.cursor.y = x, y

    @property
    def text(self) -> str:
        """The screen as lines of text."""
        return "\n".join(self.screen.display)

    def settle(self, quiet: float = QUIET_S, timeout: float = 60.0) -> None:
        """Read until nothing came for `quiet` seconds."""
        end = time.perf_counter() + timeout
        while time.perf_counter() < end and self._read(quiet):
            self._look_at_memory()

    def wait_for(self, pattern: str, timeout: float = 60.0) -> float:
        """Read until the screen matches; the time of the last byte that was needed. Raises TimeoutError."""
        wanted = re.compile(pattern, re.MULTILINE)
        end = time.perf_counter() + timeout
        while not wanted.search(self.text):
            if time.perf_counter() > end:
                raise TimeoutError(f"{pattern!r} did not appear:\n{self.text}")
            self._read(0.05)
        self._look_at_memory()
        return self._arrived_at

    # Keys

    def send(self, key: str) -> None:
        """Send a key and wait for nothing."""
        os.write(self._terminal, KEYS.get(key, key).encode())

    def press(self, key: str, until: str = "") -> Press:
        """Send a key and read until its repaint is over, or until the screen matches and then until it is over."""
        before, cpu = self.bytes, self.cpu_s()
        sent = time.perf_counter()
        way_there = self.link.round_trip_s / 2 if self.link else 0.0
        self._arrived_at = sent
        self.send(key)
        shown = self.wait_for(until) if until else None
        if not until:
            self._read(1.0)
        self.settle()
        arrived = self._arrived_at if shown is None else shown
        self._look_at_memory()
        return Press(arrived - sent + way_there, self.bytes - before, self.cpu_s() - cpu)

    def hold(self, key: str, seconds: float, rate: float = 30.0) -> float:
        """Hold a key down; the seconds from its release until the screen stands still at the far end of the link."""
        end = time.perf_counter() + seconds
        following = time.perf_counter()
        while following < end:
            self.send(key)
            following += 1 / rate
            while (left := following - time.perf_counter()) > 0:
                self._read(left)
        released = time.perf_counter()
        self.settle(0.3, timeout=120.0)
        way_there = self.link.round_trip_s / 2 if self.link else 0.0
        return max(0.0, self._arrived_at - released) + way_there

    # What the program used

    def wait_for_end(self, timeout: float = 30.0) -> None:
        """Read until the program has ended."""
        until = time.perf_counter() + timeout
        while os.waitpid(self._pid, os.WNOHANG) == (0, 0):
            if time.perf_counter() > until:
                raise TimeoutError(f"it does not end\n{self.text}")
            self._read(0.005)

    def cpu_s(self) -> float:
        """Processor seconds that the living processes of the tree have used."""
        return sum(cpu_s(pid) for pid in process_tree(self._pid))

    def _look_at_memory(self) -> None:
        self._peak_kib = max(self._peak_kib, sum(memory_kib(pid, "VmRSS") for pid in process_tree(self._pid)))

    def rss_mb(self) -> float:
        """The most memory that was resident, in MB: of the program at any time, of its tree when it was looked at."""
        self._look_at_memory()
        return max(self._peak_kib, memory_kib(self._pid, "VmHWM")) * 1024 / 1e6


def python(*arguments: str | Path) -> list[str]:
    """The command line of this interpreter."""
    return [sys.executable, *map(str, arguments)]


def app(folder: Path) -> list[str]:
    """The command line that opens a workspace."""
    return python("-m", "rft_tui", folder)


@contextlib.contextmanager
def hermetic() -> Iterator[None]:
    """Let every program that is started have settings and a log of its own."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"XDG_CONFIG_HOME": folder, "XDG_STATE_HOME": folder}
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def median(values: Iterable[float]) -> float:
    """The middle of some values."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def row(name: str, *figures: str) -> None:
    """Print one line of a report."""
    sys.stdout.write(f"{name:<44}" + "".join(f"  {figure:>18}" for figure in figures) + "\n")
    sys.stdout.flush()
