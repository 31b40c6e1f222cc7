"""The warm pool: calls in, results out in the same order, whatever the grader does to its worker.

Everything happens in the thread that draws results; it waits for all workers together, so a user interface's thread
is never held up for longer than it takes to encode or read a few calls.
"""

from __future__ import annotations

import os
import select
import threading
import time
import weakref
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from types import TracebackType

from rft_tui.graders.sandbox.batch import Batch
from rft_tui.graders.sandbox.contract import RUNTIME_ERROR, SERVER_ERROR, CallResult, SandboxLimits, failed
from rft_tui.graders.sandbox.crew import Crew, Spare
from rft_tui.graders.sandbox.process import ProtocolError, WorkerProcess, WorkerSetup
from rft_tui.model import JsonObject

_DEFAULT_WORKERS = 4
_TICK_S = 0.05
"""How often a run looks at `stop` and at the number of threads while nothing arrives."""
_ONE_WORKER_S = 0.03
"""A batch that one worker finishes within this time starts no second one."""
_GATHER_S = 0.001
_FEW_ANSWERS, _MANY_PENDING = 16, 64
_START_ATTEMPTS = 3


class SandboxPool:
    """Confined, persistent workers for one grader source; starts them when first needed and keeps them between runs.

    `readable_paths` become readable and importable inside: a package folder (one with ``__init__.py``) by its name,
    any other folder as an entry of the search path. `left_out` names layers (of `confinement.LAYERS`) to do without on
    a machine where one of them breaks a library. One batch runs at a time; `stop` ends it early. `spare` may give
    workers that are half started.
    """

    def __init__(
        self,
        source: str,
        *,
        workers: int | None = None,
        limits: SandboxLimits | None = None,
        readable_paths: Sequence[Path] = (),
        stop: threading.Event | None = None,
        left_out: Sequence[str] = (),
        spare: Spare | None = None,
    ) -> None:
        self._limits = limits or SandboxLimits()
        self._most_workers = max(1, workers or min(os.cpu_count() or 1, _DEFAULT_WORKERS))
        self._stop = stop or threading.Event()
        paths = tuple(os.path.realpath(path) for path in readable_paths)
        self._crew = Crew(WorkerSetup(source, self._limits, paths, tuple(left_out)), spare)
        self._lock = threading.RLock()
        self._running = False
        self._closed = False
        self._ever_ready = False
        self._finalizer = weakref.finalize(self, self._crew.close)

    def __enter__(self) -> SandboxPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill every worker and wait until none is left; a run under way ends at its next result."""
        with self._lock:
            self._closed = True
            self._crew.close()
            self._finalizer.detach()

    @property
    def worker_count(self) -> int:
        """How many workers live now."""
        return len(self._crew.workers)

    @property
    def folder(self) -> str | None:
        """The folder that holds the workers' temporary folders, while there is one."""
        return self._crew.folder

    def warm(self) -> None:
        """Start the first worker now, without waiting for it, so that the next run finds it ready."""
        with self._lock:
            if not self._closed and not self._crew.workers and self._refusal() is None:
                try:
                    self._crew.start()
                except OSError:
                    return

    def run(self, calls: Iterable[tuple[JsonObject, JsonObject]]) -> Generator[CallResult, None, None]:
        """One result for each ``(sample, item)``, in order; reads `calls` a bounded way ahead.

        Raises RuntimeError where the pool is closed or already runs a batch. Closing the iterator early kills the
        workers that are busy.
        """
        with self._lock:
            if self._closed or self._running:
                raise RuntimeError("this sandbox pool is closed" if self._closed else "one batch at a time")
            self._running = True
        run = _Run(self._crew, Batch(calls), self._most_workers, ever_ready=self._ever_ready)
        refusal = self._refusal()
        try:
            while refusal is None and not run.batch.done:
                with self._lock:
                    if self._closed or self._stop.is_set():
                        return
                    refusal = run.step()
                    results = list(run.batch.ready())
                yield from results
            if refusal is not None:
                for result in run.batch.fail_rest(refusal):
                    if self._closed or self._stop.is_set():
                        return
                    yield result
        finally:
            with self._lock:
                self._ever_ready = run.ever_ready
                self._running = False
                run.leave()

    def _refusal(self) -> CallResult | None:
        size = len(self._crew.setup.source.encode("utf-8", "surrogatepass"))
        if size > self._limits.source_bytes:
            return failed(RUNTIME_ERROR, f"the source has {size:,} bytes; the limit is {self._limits.source_bytes:,}")
        return None


class _Run:
    """One batch on a crew, advanced step by step."""

    def __init__(self, crew: Crew, batch: Batch, most_workers: int, *, ever_ready: bool) -> None:
        self.crew = crew
        self.batch = batch
        self.ever_ready = ever_ready
        self._most_workers = most_workers
        self._failed_starts = 0
        self._busy_since: float | None = None
        self._threads_checked = 0.0

    def step(self) -> CallResult | None:
        """Feed, wait, read, watch the clock; the failure of every remaining call, where no worker can be had."""
        self._feed()
        if self.batch.done:
            return None
        refusal = self._staff()
        if refusal is None:
            refusal = self._exchange() or self._watch()
        self.crew.reap()
        return refusal

    def leave(self) -> None:
        """Keep only workers that a next batch can use at once."""
        for worker in list(self.crew.workers):
            if worker.pending or worker.worn:
                self.crew.discard(worker)
        self.crew.reap()

    def _feed(self) -> None:
        for worker in list(self.crew.workers):
            if not worker.ready:
                continue
            if not worker.pending and (worker.worn or worker.process.poll() is not None):
                self.crew.discard(worker)
                continue
            room = worker.room
            if room > 0 and self.batch.has_more():
                numbers = self.batch.take(room)
                worker.feed(numbers, [self.batch.line(number) for number in numbers])

    def _staff(self) -> CallResult | None:
        """Start a worker if there is none for the calls that wait, or if those at work have been busy for a while."""
        fit = [worker for worker in self.crew.workers if not worker.worn]
        if not self.batch.has_more() or len(fit) >= self._most_workers or not all(worker.ready for worker in fit):
            return None
        now = time.monotonic()
        if fit:
            self._busy_since = self._busy_since or now
            if now - self._busy_since < _ONE_WORKER_S:
                return None
        try:
            self.crew.start()
        except OSError as error:
            return None if self.crew.workers else failed(SERVER_ERROR, f"the sandbox could not start: {error.strerror}")
        return None

    def _exchange(self) -> CallResult | None:
        """Wait for a worker, then read and write what can be."""
        owners: dict[int, WorkerProcess] = {}
        poller = select.poll()
        for worker in self.crew.workers:
            owners[worker.output] = worker
            poller.register(worker.output, select.POLLIN)
            if worker.wants_to_send:
                owners[worker.input] = worker
                poller.register(worker.input, select.POLLOUT)
        deadline = min((worker.deadline for worker in self.crew.workers), default=0.0)
        patience = max(0.0, min(deadline - time.monotonic(), _TICK_S))
        answered = 0
        refusal: CallResult | None = None
        for descriptor, _event in poller.poll(patience * 1000):
            worker = owners[descriptor]
            if worker not in self.crew.workers:
                continue
            if descriptor == worker.input:
                worker.send()
                continue
            before = worker.answered
            refusal = self._read(worker) or refusal
            answered += worker.answered - before
        pending = sum(len(worker.pending) for worker in self.crew.workers)
        if 0 < answered < _FEW_ANSWERS and pending > _MANY_PENDING:
            time.sleep(_GATHER_S)  # many small wake-ups cost more than reading the same answers together
        return refusal

    def _read(self, worker: WorkerProcess) -> CallResult | None:
        answers: list[tuple[int, CallResult]] = []
        violation: ProtocolError | None = None
        is_open = True
        try:
            is_open = worker.receive(answers)
        except ProtocolError as error:
            violation = error
        for number, result in answers:
            self.batch.settle(number, result)
        if worker.ready:
            self.ever_ready = True
        if violation is not None:
            return self._violated(worker, violation)
        if worker.load_failure is not None:
            return self._lost(worker, worker.load_failure)
        if not is_open:
            return self._lost(worker, worker.death())
        if worker.spoilt:
            self._replace(worker)
        return None

    def _violated(self, worker: WorkerProcess, violation: ProtocolError) -> CallResult | None:
        """A second answer spoils the call that it claims and those after it; anything else the call being worked on.

        What was handed out already stays; no call that came after the forged lines pays for them.
        """
        result = failed("protocol", "something other than its score was written to the result channel")
        recent = list(worker.recent)
        claimed = [at for at, number in enumerate(recent) if b"%d" % number == violation.number]
        if not claimed:
            return self._lost(worker, result)
        for number in recent[claimed[-1] :]:
            self.batch.replace(number, result)
        self._replace(worker)
        return None

    def _replace(self, worker: WorkerProcess) -> None:
        """Do without a worker that nobody is to blame for; its calls go to others."""
        self.crew.discard(worker)
        self.batch.give_back(worker.pending)
        worker.pending.clear()

    def _lost(self, worker: WorkerProcess, result: CallResult) -> CallResult | None:
        """The call being worked on gets this result; a worker lost at its start may mean that none can be had."""
        starting = not worker.ready
        if worker.pending:
            self.batch.settle(worker.pending.popleft(), result)
        self._replace(worker)
        if not starting:
            return None
        self._failed_starts += 1
        if self.ever_ready and self._failed_starts < _START_ATTEMPTS:
            return None
        if worker.confined:
            return result
        detail = result.error.message if result.error is not None else ""
        return failed(SERVER_ERROR, f"the sandbox could not start: {detail}")

    def _watch(self) -> CallResult | None:
        now = time.monotonic()
        refusal: CallResult | None = None
        for worker in list(self.crew.workers):
            if now >= worker.deadline:
                refusal = self._lost(worker, self._overdue(worker)) or refusal
        if now - self._threads_checked >= _TICK_S:
            self._threads_checked = now
            for worker in list(self.crew.workers):
                if worker.too_many_threads:
                    most = worker.setup.limits.threads
                    refusal = self._lost(worker, failed("crash", f"the grader had more than {most} threads")) or refusal
        return refusal

    def _overdue(self, worker: WorkerProcess) -> CallResult:
        limits = worker.setup.limits
        if not worker.ready:
            return failed("timeout", f"the grader's module code did not finish within {limits.start_timeout_s:g} s")
        message = f"no score within {limits.call_timeout_s:g} s"
        return failed("timeout", f"{message}, it was at\n{worker.note}" if worker.note else message)
