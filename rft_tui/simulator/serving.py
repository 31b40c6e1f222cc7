"""The simulated service as a process of its own: until it is interrupted, idle for long, or no longer wanted."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from rft_tui.settings import write_atomically
from rft_tui.simulator.options import SimulatorOptions
from rft_tui.simulator.server import SimulatorServer, address_of, listen
from rft_tui.simulator.service import SimulatedService


def serve(
    options: SimulatorOptions, announce: Callable[[str], None], *, port: int = 0, state_file: Path | None = None
) -> None:
    """Serve until the end; `announce` is told the base address once requests can come.

    With a state file, it says ``{port, pid, token}``, and the service ends when the file is gone or says something
    else. Raises UsageError where the port is taken, KeyboardInterrupt after an orderly end by that signal.
    """
    service = SimulatedService(options)
    with listen(port) as listening:

        def is_over() -> bool:
            idle = time.monotonic() - service.last_request_at
            if options.idle_exit_s and idle > options.idle_exit_s and not service.state()["under_way"]:
                return True
            return state_file is not None and not _is_ours(state_file, service.token)

        if state_file is not None:
            said = {"port": listening.getsockname()[1], "pid": os.getpid(), "token": service.token}
            write_atomically(state_file, json.dumps(said).encode())
        announce(address_of(listening))
        try:
            SimulatorServer(service, is_over).run([listening])
        finally:
            if state_file is not None and _is_ours(state_file, service.token):
                state_file.unlink(missing_ok=True)


def _is_ours(state_file: Path, token: str) -> bool:
    try:
        return bool(json.loads(state_file.read_bytes())["token"] == token)
    except (OSError, ValueError, KeyError, TypeError):
        return False
