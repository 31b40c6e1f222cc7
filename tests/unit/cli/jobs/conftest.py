"""A workspace whose jobs run at a simulated service in this process, on a clock that a test moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rft_tui.settings import CACHE_FILE
from rft_tui.simulator.running import ManualClock, RunningSimulator, running_simulator
from rft_tui.store.database import Store
from rft_tui.tasks.jobs import launching, watching
from tests.unit.cli.conftest import Cli, question, write_lines
from tests.unit.cli.workers import ThreadWorkers, thread_workers
from tests.unit.tasks.jobs.requests import preference_rows, supervised_rows


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def server(clock: ManualClock) -> Iterator[RunningSimulator]:
    with running_simulator(clock=clock, job_seconds=100) as running:
        yield running


@pytest.fixture(autouse=True)
def workers(server: RunningSimulator) -> Iterator[ThreadWorkers]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watching, "LOOK_S", {"running": 0.05})
        patch.setattr(launching, "LOOKS", (0.0, 0.05))
        with thread_workers() as threads:
            yield threads
    server.set_faults()


@pytest.fixture
def ready(cli: Cli, workspace: Path, server: RunningSimulator, clock: ManualClock) -> Iterator[Path]:
    """A workspace with rows of all shapes and a profile of the service; its jobs come to an end afterwards."""
    (workspace / "rft.toml").write_text(f'[profiles.here]\nbase_url = "{server.base_url}"\n')
    rows = {
        "train": [question(f"T{n}?", str(n), topic="numbers") for n in range(40)],
        "valid": [question(f"V{n}?", str(n), topic="numbers") for n in range(12)],
        "spoken": supervised_rows(),
        "pairs": preference_rows(),
    }
    for name, made in rows.items():
        write_lines(workspace / f"{name}.jsonl", made)
        assert cli("-C", workspace, "data", "import", workspace / f"{name}.jsonl", "--name", name).code == 0
    yield workspace
    clock.advance(1000)
    store = Store(workspace / CACHE_FILE)
    with store.write() as db:
        db.execute("UPDATE task SET wish = 'cancel' WHERE state = 'running'")
        db.execute("UPDATE task SET state = 'cancelled' WHERE state = 'queued'")
    store.close()
