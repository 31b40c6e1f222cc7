"""A workspace whose jobs run at the embedded service, in processes that can be stopped, cut off and killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from rft_tui.providers.simulated import ensure_simulator, stop_simulator
from rft_tui.settings import CACHE_FILE
from rft_tui.store.database import Store
from rft_tui.store.owners import is_alive, process_number
from rft_tui.store.tasks import current_worker
from rft_tui.tasks.import_data import import_dataset
from rft_tui.workspace import init_workspace

PATIENCE_S = 60.0
JOBS = "/v1/fine_tuning"
OPTIONS = ("--method", "reinforcement", "--model", "o4-mini-2025-04-16", "--train", "train", "--validation", "valid")


@dataclass
class AtWork:
    """The workspace, and what is done to those who work for it."""

    folder: Path
    store: Store

    def command(self, *words: object) -> list[str]:
        """A command line of the product in this workspace."""
        return [sys.executable, "-m", "rft_tui", *map(str, words), "-C", str(self.folder)]

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*words), capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd=self.folder
        )

    def create(self, name: str, *options: object) -> subprocess.CompletedProcess[str]:
        """Launch a job."""
        words = ("job", "create", *OPTIONS, "--grader", "graders/exact.json", "--suffix", name, "--yes", "--json")
        return self.run(*words, *options)

    @contextmanager
    def running(self, *words: object) -> Iterator[subprocess.Popen[bytes]]:
        """A command while it runs; what it says goes into the file ``out``, one after the other."""
        with (self.folder / "out").open("ab") as out, subprocess.Popen(
            self.command(*words), stdout=out, stderr=subprocess.DEVNULL, cwd=self.folder
        ) as process:  # fmt: skip
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the cache holds."""
        with self.store.read() as db:
            return [tuple(row) for row in db.execute(sql)]

    def value(self, sql: str) -> Any:
        """One value of the cache, None where there is no row."""
        found = self.rows(sql)
        return found[0][0] if found else None

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait until something holds."""
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < end, what
            time.sleep(0.02)

    def kill_worker(self) -> None:
        """End the worker at once, as the kernel does."""
        self.until(lambda: self.worker is not None, "no worker")
        number = self.worker
        assert number is not None
        os.kill(number, signal.SIGKILL)

    @property
    def worker(self) -> int | None:
        """The worker's process, None where it has ended: its number may be another's by now."""
        with self.store.read() as db:
            worker = current_worker(db)
        return process_number(worker[0]) if worker is not None and is_alive(worker[0]) else None

    @property
    def service(self) -> tuple[int, int]:
        """Port and process of the embedded service."""
        said = json.loads((self.folder / ".rft" / "simulator.json").read_text())
        return said["port"], said["pid"]

    def signal_service(self, number: signal.Signals) -> None:
        """Stop, continue or kill the embedded service."""
        os.kill(self.service[1], number)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """A request to the embedded service without any client's help."""
        connection = HTTPConnection("127.0.0.1", self.service[0], timeout=10)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def set_faults(self, **shares: float) -> None:
        """Put faults in force at the paths of jobs, none where none are named."""
        named = {name.lstrip("_"): share for name, share in shares.items()}
        self.ask("PUT", "/simulator/faults", {"faults": named, "paths": [JOBS]})

    def events_at_service(self, remote_id: str) -> list[str]:
        """The ids of a job's events as the service has them, the oldest first."""
        found: list[str] = []
        after = ""
        while True:
            shown = self.ask("GET", f"{JOBS}/jobs/{remote_id}/events?limit=100{after}")
            found += [one["id"] for one in shown["data"]]
            if not shown["has_more"]:
                return list(reversed(found))
            after = f"&after={found[-1]}"


@contextmanager
def at_work(folder: Path) -> Iterator[AtWork]:
    """A workspace with rows and a running service; everything that works for it is ended afterwards."""
    init_workspace(folder)
    store = Store(folder / CACHE_FILE)
    for name, count in (("train", 40), ("valid", 12)):
        path = folder / f"{name}.jsonl"
        rows = [
            {"messages": [{"role": "user", "content": f"{name} {n}?"}], "reference_answer": str(n)}
            for n in range(count)
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        import_dataset(store, path, name)
    (folder / "rft.toml").write_text('default_profile = "simulated"\n')
    ensure_simulator(store.path.parent)
    work = AtWork(folder, store)
    try:
        yield work
    finally:
        if (number := work.worker) is not None:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGTERM)
            work.until(lambda: work.worker != number, "the worker stays")
        stop_simulator(store.path.parent)
        store.close()
