"""Sandbox pools that outlive one retest: as long as the code in them has not changed, their processes stay warm."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import weakref
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, TypeAlias

from rft_tui.graders.running import GradingContext
from rft_tui.graders.sandbox.contract import CallResult, SandboxLimits
from rft_tui.graders.sandbox.pool import SandboxPool
from rft_tui.graders.sandbox.process import boot
from rft_tui.model import JsonObject

if TYPE_CHECKING:
    from rft_tui.graders.judge import Judge

CALL_TIMEOUT_S = 5.0
"""Wall clock of one sandboxed call of a retest: somebody is waiting for it."""

START_TIMEOUT_S = 10.0
"""Wall clock of a python grader's own module code in a retest."""

DRAIN_S = 0.03
"""What a sandbox may finish when its retest is cancelled, so that it need not be killed and started anew."""

_Key: TypeAlias = tuple[str, tuple[Path, ...], int]


class Stop(Event):
    """Ends one retest; sandboxes go on for `DRAIN_S` with the calls that they have."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._since: float | None = None

    def set(self) -> None:
        """End it."""
        if self._since is None:
            self._since = self._clock()
        super().set()

    @property
    def is_overdue(self) -> bool:
        """Whether the time to finish has passed too."""
        return self._since is not None and self._clock() - self._since >= DRAIN_S


class _Switch(Event):
    """What a pool looks at to know whether to end: the retest that it works for just now."""

    def __init__(self) -> None:
        super().__init__()
        self.current = Stop()

    def is_set(self) -> bool:
        return self.current.is_overdue


class _WarmPool(SandboxPool):
    """A pool that knows its batch, so that it can be ended whoever holds the iterator."""

    _batch: Generator[CallResult, None, None] | None = None

    def run(self, calls: Iterable[tuple[JsonObject, JsonObject]]) -> Generator[CallResult, None, None]:
        """One result for each call, as `SandboxPool.run` gives them."""
        self._batch = super().run(calls)
        return self._batch

    def settle(self) -> None:
        """End the batch; workers that are busy with it are killed."""
        if self._batch is not None:
            self._batch.close()
            self._batch = None


class SpareWorker:
    """An interpreter that is up and waits for code: with it changed code runs in half the time.

    It ends with the program at the latest.
    """

    def __init__(self) -> None:
        self._end: weakref.finalize[[str, subprocess.Popen[bytes]], SpareWorker] | None = None

    @property
    def waiting(self) -> tuple[str, subprocess.Popen[bytes]] | None:
        """The spare one with its folder, None where there is none."""
        known = self._end.peek() if self._end is not None else None
        return None if known is None else (known[2][0], known[2][1])

    def take(self) -> tuple[str, subprocess.Popen[bytes]] | None:
        """The spare one, the caller's own now; None where there is none that lives."""
        waiting = self.waiting
        if waiting is None or self._end is None:
            return None
        if waiting[1].poll() is None:
            self._end.detach()
            return waiting
        self._end()
        return None

    def refill(self) -> None:
        """See to it that there is one; without one a worker takes longer to start, and nothing else."""
        if self.waiting is None:
            folder = os.path.realpath(tempfile.mkdtemp(prefix="rft-grader-"))
            try:
                self._end = weakref.finalize(self, _end_spare, folder, boot(folder))
            except OSError:
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """End it."""
        if self._end is not None:
            self._end()


def _end_spare(folder: str, process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()
    shutil.rmtree(folder, ignore_errors=True)


class WarmPools:
    """The pools of one retester; used by one thread."""

    def __init__(self) -> None:
        self._spare = SpareWorker()
        self._switch = _Switch()
        self._lent: dict[_Key, _WarmPool] = {}
        self._kept: dict[_Key, _WarmPool] = {}

    def begin(self, stop: Stop) -> None:
        """A retest begins; the pools of the one before it may be lent to it."""
        self.settle()
        self._switch.current = stop
        self._kept |= self._lent
        self._lent = {}

    def lend(self, source: str, readable_paths: tuple[Path, ...]) -> SandboxPool:
        """A pool for this code: a warm one, or a new one; never the same twice in one retest."""
        number = 0
        while (key := (source, readable_paths, number)) in self._lent:
            number += 1
        pool = self._kept.pop(key, None)
        if pool is None:
            limits = SandboxLimits(call_timeout_s=CALL_TIMEOUT_S, start_timeout_s=START_TIMEOUT_S)
            pool = _WarmPool(
                source, limits=limits, readable_paths=readable_paths, stop=self._switch, spare=self._spare.take
            )
        self._lent[key] = pool
        return pool

    def settle(self) -> None:
        """End what the pools are doing."""
        for pool in self._lent.values():
            pool.settle()

    def drop_unused(self) -> None:
        """End the processes whose code is not in the grader any more; where there is code, have a spare one ready."""
        for pool in self._kept.values():
            pool.close()
        self._kept = {}
        if self._lent:
            self._spare.refill()

    def close(self) -> None:
        """End all processes."""
        self.settle()
        self._kept |= self._lent
        self._lent = {}
        self.drop_unused()
        self._spare.close()


class WarmContext(GradingContext):
    """The context of one retest: its sandboxes come from the pools and go back to them."""

    def __init__(self, pools: WarmPools, stop: Stop, judge: Judge | None) -> None:
        super().__init__(CALL_TIMEOUT_S, None, stop, judge=judge)
        self._pools = pools

    def pool(self, source: str, readable_paths: tuple[Path, ...] = ()) -> SandboxPool:
        """A pool that runs this source."""
        return self._pools.lend(source, readable_paths)
