"""What protection the sandbox has on this machine, found out by starting a worker and asking it."""

from __future__ import annotations

import functools
import select
import time
from dataclasses import dataclass

from rft_tui.graders.sandbox import confinement
from rft_tui.graders.sandbox.contract import SandboxLimits
from rft_tui.graders.sandbox.crew import Crew
from rft_tui.graders.sandbox.process import ProtocolError, WorkerSetup

_MEANINGS = {
    confinement.PARENT_DEATH: "a worker dies with the program that started it",
    confinement.LIMITS: "memory, file size and open files are limited",
    confinement.NETWORK: "a worker has a network of its own, with nothing on it",
    confinement.DISK: "the temporary folder is a disk of its own with a limited size",
    confinement.CAPABILITIES: "a worker has none of the administrator's rights",
    confinement.FILES: "no file outside the temporary folder and Python's own libraries can be opened",
    confinement.SYSTEM_CALLS: "no processes, no sockets, no signals to other processes, no changes of file modes",
}
_PROBE = "def grade(sample, item):\n    return 0.0\n"
_WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Protection:
    """One layer of the sandbox: what it gives, or why this machine does not have it."""

    name: str
    present: bool
    note: str


@functools.cache
def protection_report() -> tuple[Protection, ...]:
    """Every layer, in the order in which a worker puts them on; probed once in a process of its own (about 50 ms)."""
    reasons = _probe()
    return tuple(
        Protection(name, not reasons[name], f"missing, so not sure: {_MEANINGS[name]} ({reasons[name]})")
        if reasons[name]
        else Protection(name, present=True, note=_MEANINGS[name])
        for name in confinement.LAYERS
    )


def _probe() -> dict[str, str]:
    crew = Crew(WorkerSetup(_PROBE, SandboxLimits(), (), ()))
    failure = dict.fromkeys(confinement.LAYERS, "the sandbox could not start")
    try:
        worker = crew.start()
        poller = select.poll()
        poller.register(worker.output, select.POLLIN)
        end = time.monotonic() + _WAIT_S
        while not worker.confined and (left := end - time.monotonic()) > 0:
            poller.poll(left * 1000)
            if not worker.receive([]):
                break
        return failure | worker.missing
    except (OSError, ProtocolError):
        return failure
    finally:
        crew.close()
