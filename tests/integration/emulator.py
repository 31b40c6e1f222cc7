"""A terminal without a window: bytes in, cells out; and a program that runs in one, in a real pseudo-terminal."""

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
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pyte

SYNC_QUERY = "\x1b[?2026$p"
SYNC_ANSWER = "\x1b[?2026;2$y"

PATIENCE_S = 20.0
"""How long something may take to appear on a busy machine."""

_SCROLL = re.compile(r"\x1b\[(\d+)([ST])")
_UNKNOWN = re.compile(r"\x1b\[[<=>?][0-9;]*\$?[a-zA-Z~]|\x1b\[[0-9;]*[tq$]p?|\x1b\][^\x07]*\x07")
"""Sequences that the emulator would print, private modes apart from the alternate screen and the cursor among them."""

_KEPT = re.compile(r"\x1b\[\?(?:25|1049)[hl]")

Cell: TypeAlias = tuple[Any, ...]
"""Character, colours and attributes of one cell; what cannot be seen of a blank left out."""


class Emulator:
    """The screen that a person would see; scrolling inside margins, which pyte lacks, is done here."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.width, self.height = size
        self.screen = pyte.Screen(*size)
        self.alternate = False
        self.cursor_shown = True
        self.asked = 0
        self._stream = pyte.Stream(self.screen)

    def feed(self, text: str) -> None:
        """Take what a program wrote; sequences are not torn."""
        self.asked += text.count(SYNC_QUERY)
        for match in _KEPT.finditer(text):
            if "1049" in match.group():
                self.alternate = match.group().endswith("h")
            else:
                self.cursor_shown = match.group().endswith("h")
        text = _UNKNOWN.sub("", text)
        position = 0
        for match in _SCROLL.finditer(text):
            self._stream.feed(text[position : match.start()])
            self._scroll(int(match[1]), up=match[2] == "S")
            position = match.end()
        self._stream.feed(text[position:])

    def _scroll(self, count: int, *, up: bool) -> None:
        x, y = self.screen.cursor.x, self.screen.cursor.y
        top, bottom = self.screen.margins or (0, self.height - 1)
        for _ in range(count):
            self.screen.cursor.y = bottom if up else top
            (self.screen.index if up else self.screen.reverse_index)()
        self.screen.cursor.x, self.screen.cursor.y = x, y

    @property
    def lines(self) -> list[str]:
        """The text of every row; the second cell of a wide character is empty."""
        return ["".join(self.screen.buffer[y][x].data for x in range(self.width)) for y in range(self.height)]

    @property
    def text(self) -> str:
        """The screen as lines of text."""
        return "\n".join(self.lines)

    def cells(self) -> list[list[Cell]]:
        """Every cell as it looks."""
        return [[_look(self.screen.buffer[y][x]) for x in range(self.width)] for y in range(self.height)]


def _look(cell: Any) -> Cell:
    seen = (cell.data, cell.bg, cell.underscore, cell.reverse)
    if cell.data[:1] == " " and not (cell.reverse or cell.underscore):
        return seen
    return (*seen, cell.fg, cell.bold, cell.italics, cell.strikethrough)


class Terminal:
    """A program in a pseudo-terminal of its own. Use it as a context manager."""

    def __init__(self, *arguments: str | Path, size: tuple[int, int] = (120, 40), cwd: Path | None = None) -> None:
        self.emulator = Emulator(size)
        self.bytes = 0
        self.output = ""
        self._rest = b""
        self._torn = ""
        self.status: int | None = None
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            self._become(arguments, cwd)
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        os.set_blocking(self.handle, False)

    def _become(self, arguments: tuple[str | Path, ...], cwd: Path | None) -> None:
        try:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", self.emulator.height, self.emulator.width, 0, 0))
            if cwd is not None:
                os.chdir(cwd)
            os.environ["COLORTERM"] = "truecolor"
            for name in ("COLUMNS", "LINES"):
                os.environ.pop(name, None)
            os.execv(sys.executable, [sys.executable, *map(str, arguments)])
        finally:
            os._exit(127)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.kill()
        self.hang_up()

    def read(self, timeout: float) -> bool:
        """Take what comes within the time; whether anything came."""
        if self.handle < 0 or not select.select([self.handle], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self.handle, 65536)
        except OSError:
            return False
        self.bytes += len(data)
        whole = self._rest + data
        text = whole.decode("utf-8", "ignore")
        self._rest = whole[len(text.encode()) :]
        self.output += text
        text = self._torn + text
        start = text.rfind("\x1b", max(0, len(text) - 40))
        self._torn = ""
        if start >= 0 and not re.match(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[^\[\]])", text[start:]):
            text, self._torn = text[:start], text[start:]
        before = self.emulator.asked
        self.emulator.feed(text)
        for _ in range(self.emulator.asked - before):
            self.send(SYNC_ANSWER)
        return bool(data)

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Read until something holds."""
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < end, f"{what}\n{self.emulator.text}"
            self.read(0.02)

    def see(self, *texts: str) -> None:
        """Read until all of these stand on the screen."""
        self.until(lambda: all(one in self.emulator.text for one in texts), f"not seen: {texts}")

    def find(self, pattern: str) -> re.Match[str]:
        """Read until a pattern is found on the screen."""
        self.until(lambda: re.search(pattern, self.emulator.text) is not None, f"not found: {pattern}")
        found = re.search(pattern, self.emulator.text)
        assert found is not None
        return found

    def read_until_quiet(self, seconds: float) -> None:
        """Read until nothing came for so long."""
        while self.read(seconds):
            pass

    def send(self, keys: str) -> None:
        """Press keys."""
        os.write(self.handle, keys.encode())

    def resize(self, size: tuple[int, int]) -> None:
        """Change the size, as a window does."""
        old, self.emulator = self.emulator, Emulator(size)
        self.emulator.alternate = old.alternate
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def modes(self) -> list[Any]:
        """The modes of the terminal."""
        return termios.tcgetattr(self.handle)

    def hang_up(self) -> None:
        """Close the terminal under the program."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1

    def kill(self) -> None:
        """End the program at once, if it runs."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.status = os.waitpid(self.pid, 0)[1]

    def wait(self) -> int:
        """Read until the program ends; its exit code, or minus the signal."""
        end = time.monotonic() + PATIENCE_S
        while self.status is None:
            assert time.monotonic() < end, f"it does not end\n{self.emulator.text}"
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
        while self.read(0):
            pass
        return os.waitstatus_to_exitcode(self.status)
