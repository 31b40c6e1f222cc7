"""50 random kills of the worker during a run of 2 000 items against a server with faults: nothing lost, nothing twice.

``python tests/benchmarks/killing.py [ITEMS [KILLS]]``. The server says which questions it had answered in full and was
asked again all the same; it is printed how near to a kill those answers had been sent.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.benchmarks.terminal import hermetic, row
from tests.integration.killing import run_killing, write_workspace
from tests.loopback import loopback

FAULTS = 0.1
"""Share of requests that the server fails: 500, 429, reset in mid-body, half an answer."""


def main(arguments: list[str]) -> None:
    """Do it and print what came of it."""
    items, kills = (*map(int, arguments), 2000, 50)[:2] if arguments else (2000, 50)
    with tempfile.TemporaryDirectory() as name, loopback(latency_s=0.02, faults=FAULTS, seed=3) as server:
        folder = Path(name)
        write_workspace(folder, server, items)
        done = run_killing(folder, server, kills)
    progress = done.task.progress
    row("kills", f"{done.kills} in {done.seconds:.0f} s")
    row("task", str(done.task.state), f"{progress.done:,} done", f"{progress.errors}")
    row("predictions", f"{done.predictions:,} of {items:,}", f"{done.errors} of them typed errors")
    row("requests", f"{done.asked:,}")
    late = max(done.repeats, default=0.0)
    row("answered in full, asked again", f"{len(done.repeats)}", f"each sent within {late * 1000:.0f} ms of a kill")
    assert done.predictions == items


if __name__ == "__main__":
    with hermetic():
        main(sys.argv[1:])
