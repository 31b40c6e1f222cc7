"""How a simulated service is to behave."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rft_tui.errors import UsageError
from rft_tui.simulator.faults import Faults
from rft_tui.simulator.jobs.scenarios import HEALTHY, SCENARIOS

_NUMBERS = ("rate", "retry_after_s", "latency_s", "drip_s", "batch_stage_s", "idle_exit_s", "job_seconds")


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """Everything that can be said of a simulated service before it starts.

    `rate` is in requests a second, 0 for no limit; beyond it come 429s, with ``retry-after`` if `retry_after`.
    `retry_after_s` is what the fault ``429`` says. `latency_s` is waited before each answer, `drip_s` is how long a
    dripping body takes, `batch_stage_s` how long a batch stays at each of its stages, all in seconds. `api_key_env`
    names the environment variable that holds the only accepted key; empty: any key or none. `idle_exit_s` ends the
    service after so long without a request; 0: never.

    `job_seconds` is how long a whole fine-tuning job takes, `job_scenario` the story it tells unless it says another;
    `clock` gives the time of jobs in seconds since 1970. In `folder` jobs and files for training are kept for a later
    service; None: they are gone at the end.
    """

    faults: Faults = field(default_factory=Faults)
    rate: float = 0.0
    retry_after: bool = True
    retry_after_s: float = 0.2
    latency_s: float = 0.0
    drip_s: float = 1.0
    batch_stage_s: float = 0.05
    api_key_env: str = ""
    idle_exit_s: float = 0.0
    job_seconds: float = 45.0
    job_scenario: str = HEALTHY
    clock: Callable[[], float] = time.time
    folder: Path | None = None

    def __post_init__(self) -> None:
        if self.job_scenario not in SCENARIOS:
            raise UsageError(f"there is no scenario {self.job_scenario[:40]!r}", hint=f"One of {', '.join(SCENARIOS)}.")
        for name in _NUMBERS:
            value = getattr(self, name)
            if not 0 <= value <= 1e6:
                raise UsageError(f"{name} is {value!r}", hint="It must be a number from 0 to 1,000,000.")
