"""One worker process seen from our side: start it, feed it calls, read its answers, kill it.

Nothing here blocks: both pipes are non-blocking and whoever owns the workers waits for them together. Everything that
comes from a worker is checked: token, number in order, length of a line, shape of the answer.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rft_tui.graders.sandbox.contract import RUNTIME_ERROR, CallResult, SandboxLimits, failed
from rft_tui.graders.sandbox.launching import launch

_WORKER = Path(__file__).with_name("worker.py")
_LINE_BYTES = 4096
_READ_BYTES = 1 << 16
_NOTE_SHARE = 0.4
"""A call that runs at two ticks of a clock of this share of the limit is asked where it is."""
_CHUNK = 64
_IN_FLIGHT = 256
_SECONDS_IN_FLIGHT = 0.02
_KINDS = frozenset({RUNTIME_ERROR, "memory", "not_a_number", "other_error"})
_ENVIRONMENT_FIXED = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
"""Numeric libraries start one thread per core otherwise, each with its own arena against the memory limit."""


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What every worker of a pool gets."""

    source: str
    limits: SandboxLimits
    readable_paths: tuple[str, ...]
    left_out: tuple[str, ...]


class ProtocolError(Exception):
    """A worker's channel held something that is no answer to the call it works on.

    `number` is the call that it claims to answer, where it knew the token.
    """

    def __init__(self, number: bytes | None) -> None:
        super().__init__(number)
        self.number = number


def boot(folder: str) -> subprocess.Popen[bytes]:
    """An interpreter that waits to be told what it is to run; it ends with its input. Raises OSError."""
    environment = {**_ENVIRONMENT_FIXED, "TMPDIR": folder, "HOME": folder}
    return launch([sys.executable, "-I", "-B", "-X", "utf8", str(_WORKER)], environment)


class WorkerProcess:
    """A worker from its start to its end; raises OSError where it cannot be started.

    `pending` holds the numbers of the calls sent and not answered, in order: the first is the one being worked on;
    `recent` those answered last.
    """

    def __init__(self, setup: WorkerSetup, folder: str, process: subprocess.Popen[bytes] | None = None) -> None:
        """Start it in a folder of its own, or go on with a process that `boot` started in this folder."""
        self.setup = setup
        self.pending: deque[int] = deque()
        self.confined = False
        self.ready = False
        self.load_failure: CallResult | None = None
        self.missing: dict[str, str] = {}
        self.answered = 0
        self.seconds_per_call: float | None = None
        self.note = ""
        self.spoilt = False
        self.recent: deque[int] = deque(maxlen=_IN_FLIGHT)
        self.folder = folder
        self._token = os.urandom(8).hex()
        self._prefix = self._token.encode() + b" "
        self._unread = b""
        self.process = process or boot(folder)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.input = self.process.stdin.fileno()
        self.output = self.process.stdout.fileno()
        os.set_blocking(self.input, False)
        os.set_blocking(self.output, False)
        self._unsent = memoryview(self._header())
        self.since = time.monotonic()
        self.send()

    def _header(self) -> bytes:
        limits = self.setup.limits
        header = {
            "token": self._token,
            "parent": os.getpid(),
            "folder": self.folder,
            "memory_bytes": limits.memory_bytes,
            "file_bytes": limits.file_bytes,
            "threads": limits.threads,
            "readable": self.setup.readable_paths,
            "left_out": self.setup.left_out,
            "note_every_s": max(0.001, limits.call_timeout_s * _NOTE_SHARE),
            "source": self.setup.source,
        }
        return json.dumps(header).encode("ascii") + b"\n"

    @property
    def deadline(self) -> float:
        """When, on the monotonic clock, the present call or the start has taken too long."""
        if not self.ready:
            return self.since + self.setup.limits.start_timeout_s
        return self.since + self.setup.limits.call_timeout_s if self.pending else math.inf

    @property
    def room(self) -> int:
        """How many more calls to hand over now: about 20 ms of work, at most 256, one at a time if calls are slow."""
        seconds = self.seconds_per_call
        target = 1 if seconds is None else max(1, min(_IN_FLIGHT, int(_SECONDS_IN_FLIGHT / max(seconds, 1e-6))))
        free = target - len(self.pending)
        if self.pending and free < min(_CHUNK, target):
            return 0
        return min(free, self.setup.limits.recycle_after - self.answered - len(self.pending))

    @property
    def worn(self) -> bool:
        """Whether it has had all the calls that one worker may have."""
        return self.answered + len(self.pending) >= self.setup.limits.recycle_after

    @property
    def wants_to_send(self) -> bool:
        """Whether bytes wait for room in the pipe."""
        return len(self._unsent) > 0

    def feed(self, numbers: Sequence[int], lines: Sequence[bytes]) -> None:
        """Hand over encoded calls; the time of the first begins when nothing is before it."""
        if not self.pending:
            self.since = time.monotonic()
        self.pending.extend(numbers)
        self._unsent = memoryview(b"".join([self._unsent, *lines]))
        self.send()

    def send(self) -> None:
        """Write what the pipe takes; a broken pipe shows as the end of the output."""
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            while self._unsent:
                self._unsent = self._unsent[os.write(self.input, self._unsent) :]

    def receive(self, answers: list[tuple[int, CallResult]]) -> bool:
        """Add the answers that have arrived to a list; whether the output is still open.

        Raises ProtocolError at a line that is no answer, with the answers before it added.
        """
        try:
            data = os.read(self.output, _READ_BYTES)
        except BlockingIOError:
            return True
        lines = (self._unread + data).split(b"\n")
        self._unread = lines.pop()
        before = len(answers)
        for line in lines:
            answer = self._answer(line)
            if answer is not None:
                answers.append(answer)
        if len(self._unread) > _LINE_BYTES:
            raise ProtocolError(None)
        if len(answers) > before:
            now = time.monotonic()
            self._measure((now - self.since) / (len(answers) - before))
            self.since = now
            self.note = ""
        return bool(data)

    def _measure(self, seconds: float) -> None:
        before = self.seconds_per_call
        self.seconds_per_call = seconds if before is None else 0.5 * (before + seconds)

    def _answer(self, line: bytes) -> tuple[int, CallResult] | None:
        if len(line) > _LINE_BYTES or not line.startswith(self._prefix):
            raise ProtocolError(None)
        name, _, payload = line[len(self._prefix) :].partition(b" ")
        if not self.ready:
            self._started(name, payload)
            return None
        if not self.pending or name != b"%d" % self.pending[0]:
            raise ProtocolError(name)
        if payload.startswith(b"{"):
            self.note = _text_at(payload)
            return None
        result = _result(payload)
        self.spoilt = self.spoilt or payload.endswith(b"true]")
        self.answered += 1
        number = self.pending.popleft()
        self.recent.append(number)
        return number, result

    def _started(self, name: bytes, payload: bytes) -> None:
        if name == b"confined" and not self.confined:
            reasons = _decoded(payload)
            if not isinstance(reasons, dict):
                raise ProtocolError(None)
            self.missing = {str(key): str(value) for key, value in reasons.items()}
            self.confined = True
        elif name == b"load" and self.confined:
            self.load_failure = _result(payload)
        elif name == b"ready" and self.confined:
            self.ready = True
            self.since = time.monotonic()
        else:
            raise ProtocolError(None)

    @property
    def too_many_threads(self) -> bool:
        """Whether it has more threads than its limit; root's are not limited by the kernel. False where unknown."""
        try:
            links = Path(f"/proc/{self.process.pid}/task").stat().st_nlink
        except OSError:
            return False
        return links - 2 > self.setup.limits.threads

    def kill(self) -> None:
        """End it and everything it started, at once; the owner reaps it afterwards."""
        if self.process.returncode is None:
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def death(self) -> CallResult:
        """What a process that ended by itself did to its call."""
        try:
            code = self.process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            return failed("crash", "the grader closed the sandbox's channel")
        if code >= 0:
            return failed("crash", f"the grader ended its process with exit code {code}")
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        hint = "; the machine may have run out of memory" if name == "SIGKILL" else ""
        return failed("crash", f"the grader's process died of {name}{hint}")


def _decoded(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        raise ProtocolError(None) from None


def _text_at(payload: bytes) -> str:
    note = _decoded(payload)
    if not isinstance(note, dict) or not isinstance(note.get("at"), str):
        raise ProtocolError(None)
    return str(note["at"])


def _result(payload: bytes) -> CallResult:
    if payload.startswith(b"["):
        match _decoded(payload):
            case [str(kind), str(message), bool()] if kind in _KINDS:
                return failed(kind, message)
        raise ProtocolError(None)
    try:
        score = float(payload)
    except ValueError:
        raise ProtocolError(None) from None
    if not math.isfinite(score):
        raise ProtocolError(None)
    return CallResult(score)
