"""The workers of one pool and their temporary folders: started, killed, reaped, cleaned up."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable
from typing import TypeAlias

from rft_tui.graders.sandbox.process import WorkerProcess, WorkerSetup

_REAP_S = 10.0

Spare: TypeAlias = Callable[[], "tuple[str, subprocess.Popen[bytes]] | None"]
"""Gives a folder and an interpreter that `process.boot` started in it, None where there is none."""


class Crew:
    """Living workers in `workers`; those killed stay known until the system has let go of them.

    `spare` gives an interpreter that is up already, with its folder, or None.
    """

    def __init__(self, setup: WorkerSetup, spare: Spare | None = None) -> None:
        self.setup = setup
        self._spare = spare
        self.workers: list[WorkerProcess] = []
        self._dying: list[WorkerProcess] = []
        self.folder: str | None = None

    def start(self) -> WorkerProcess:
        """One more worker; raises OSError where it or its folder cannot be made."""
        import tempfile  # with shutil some milliseconds that only a run needs to pay

        taken = self._spare() if self._spare is not None else None
        if taken is not None:
            worker = WorkerProcess(self.setup, *taken)
        else:
            if self.folder is None:
                self.folder = os.path.realpath(tempfile.mkdtemp(prefix="rft-grader-"))
            worker = WorkerProcess(self.setup, tempfile.mkdtemp(dir=self.folder))
        self.workers.append(worker)
        return worker

    def discard(self, worker: WorkerProcess) -> None:
        """Kill a worker without waiting for its end."""
        worker.kill()
        if worker in self.workers:
            self.workers.remove(worker)
            self._dying.append(worker)

    def reap(self) -> None:
        """Take leave of the dead, so that none stays a zombie."""
        for worker in [worker for worker in self._dying if worker.process.poll() is not None]:
            self._bury(worker)

    def _bury(self, worker: WorkerProcess) -> None:
        import shutil

        self._dying.remove(worker)
        with contextlib.suppress(RecursionError):
            shutil.rmtree(worker.folder, ignore_errors=True)

    def close(self) -> None:
        """Kill all, wait for their end, remove their folders."""
        for worker in list(self.workers):
            self.discard(worker)
        for worker in list(self._dying):
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.process.wait(_REAP_S)
            self._bury(worker)
        if self.folder is not None:
            import shutil

            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None
