"""A simulated service in a thread of this process, for tests: started in a moment, ended cleanly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from typing import Any

from rft_tui.model import JsonObject
from rft_tui.simulator.faults import MODEL_PATHS, Faults
from rft_tui.simulator.options import SimulatorOptions
from rft_tui.simulator.server import SimulatorServer, address_of, listen
from rft_tui.simulator.service import SimulatedService


class ManualClock:
    """A clock for jobs that goes on only when it is told to; hand it over as the option `clock`."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class RunningSimulator:
    """A service that runs; `base_url` is what a profile or a client takes."""

    def __init__(self, base_url: str, service: SimulatedService) -> None:
        self.base_url = base_url
        self._service = service

    def state(self) -> JsonObject:
        """What was asked and answered so far, as ``GET /simulator/state`` gives it."""
        return dict(self._service.state())

    def set_faults(
        self, shares: Mapping[str, float] | None = None, *, paths: tuple[str, ...] = MODEL_PATHS, seed: int = 0
    ) -> None:
        """Put faults in force from the next request on, none where nothing is said. Raises UsageError."""
        self._service.set_faults(Faults(dict(shares or {}), paths, seed))


@contextmanager
def running_simulator(
    faults: Mapping[str, float] | None = None,
    *,
    fault_paths: tuple[str, ...] = MODEL_PATHS,
    seed: int = 0,
    port: int = 0,
    **options: Any,
) -> Iterator[RunningSimulator]:
    """Run a service while the block runs; `options` are those of `SimulatorOptions`.

    Requests wait in its socket from the first moment; the thread is joined at the end, and its files are gone then.
    Raises UsageError for wrong options or a port that is taken.
    """
    service = SimulatedService(SimulatorOptions(faults=Faults(dict(faults or {}), fault_paths, seed), **options))
    with listen(port) as listening:
        server = SimulatorServer(service)
        thread = Thread(target=server.run, args=([listening],), name="simulated-service", daemon=True)
        base_url = address_of(listening)
        thread.start()
        try:
            yield RunningSimulator(base_url, service)
        finally:
            server.end()
            thread.join()
