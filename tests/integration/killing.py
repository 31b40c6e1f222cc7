"""A worker that is killed over and over in the middle of a run, and what the server says of it afterwards."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from rft_tui.providers.profiles import named_profile
from rft_tui.settings import load_workspace_settings
from rft_tui.store.database import Store
from rft_tui.store.owners import process_number
from rft_tui.store.tasks import StoredTask, TaskState, current_worker, get_task
from rft_tui.tasks.background.launching import ensure_worker
from rft_tui.tasks.predicting.planning import plan, start
from rft_tui.tasks.predicting.requests import PredictRequest
from tests.loopback import Loopback

AT_ONCE = 16
"""Calls in flight."""

LOOK_S = 0.01
"""How often the harness looks whether the worker has got anywhere."""

ENSURE_S = 0.5
"""How often the harness sees to it that a worker lives, as the app and the command line do."""

LATE_S = 0.25
"""An answer that the server sent so near to a kill may not have been stored: it was still under way."""


@dataclass(frozen=True, slots=True)
class Killed:
    """What came of it: `repeats` are answers in full that were asked for again, by how far from a kill they were sent.

    What was sent within a few milliseconds of the kill was still on its way, or the server had not noticed yet.
    """

    kills: int
    seconds: float
    task: StoredTask
    predictions: int
    errors: int
    repeats: tuple[float, ...]
    asked: int


def write_workspace(folder: Path, server: Loopback, items: int) -> None:
    """A workspace with a dataset and a profile of the server."""
    from rft_tui.tasks.import_data import import_dataset

    rows = folder / "rows.jsonl"
    with rows.open("w", encoding="utf-8") as out:
        for number in range(items):
            messages = [{"role": "user", "content": f"Question {number}?"}]
            out.write(json.dumps({"messages": messages, "reference_answer": str(number)}) + "\n")
    (folder / "rft.toml").write_text(
        f'[profiles.loopback]\nbase_url = "{server.base_url}"\nconcurrency = {AT_ONCE}\n', encoding="utf-8"
    )
    store = Store(folder / ".rft" / "cache.db")
    import_dataset(store, rows, "rows")
    store.close()


def queue(folder: Path, store: Store, runs: int = 1) -> int:
    """Queue a prediction of all the rows."""
    profile = named_profile(load_workspace_settings(folder), None)
    return start(store, plan(store, PredictRequest("rows", ("m",), runs=runs), profile, None))


def run_killing(folder: Path, server: Loopback, kills: int, *, seed: int = 7, most_s: float = 0.6) -> Killed:
    """Run the task, killing its worker a random time after it got on, until so many kills are done; then finish."""
    chance = random.Random(seed)
    store = Store(folder / ".rft" / "cache.db")
    task = queue(folder, store)
    began = time.monotonic()
    moments: list[int] = []
    while True:
        worker = wait_for_progress(store, task, folder)
        if worker is None:
            break
        if len(moments) >= kills:
            wait_for_rest(store, task, folder)
            break
        wait_until(time.monotonic() + chance.uniform(0, most_s))
        os.kill(worker, signal.SIGKILL)
        moments.append(time.monotonic_ns())
    with store.read() as db:
        ended = get_task(db, task)
        predictions, errors = db.execute("SELECT count(*), count(error_kind) FROM prediction").fetchone()
    store.close()
    counts = server.counts()
    repeats = tuple(_repeats(counts["answered"], moments))
    return Killed(len(moments), time.monotonic() - began, ended, predictions, errors, repeats, int(counts["requests"]))


def _repeats(answered: dict[str, list[int]], moments: list[int]) -> list[float]:
    """For every answer that was asked for again: how far from a kill it had been sent, in seconds."""
    return [
        min((abs(kill - moment) for kill in moments), default=float("inf")) / 1e9
        for times in answered.values()
        for moment in times[:-1]
    ]


def wait_until(moment: float) -> None:
    """Wait until a moment of the steady clock."""
    while (left := moment - time.monotonic()) > 0:
        signal.sigtimedwait([], left)


def wait_for_progress(store: Store, task: int, folder: Path) -> int | None:
    """Wait until a living worker has got on with the task since this call; its process, None where the task rests."""
    first: int | None = None
    until = time.monotonic() + 60
    ensured = 0.0
    while time.monotonic() < until:
        if time.monotonic() - ensured > ENSURE_S:
            ensure_worker(store, folder)
            ensured = time.monotonic()
        with store.read() as db:
            stored, worker = get_task(db, task), current_worker(db)
        if not stored.is_open:
            return None
        if first is None:
            first = stored.progress.ended
        pid = process_number(worker[0]) if worker else None
        if pid is not None and stored.state is TaskState.RUNNING and stored.progress.ended > first:
            return pid
        wait_until(time.monotonic() + LOOK_S)
    raise TimeoutError(f"no worker got on with task {task}")


def wait_for_rest(store: Store, task: int, folder: Path, within_s: float = 240) -> StoredTask:
    """Wait until a task rests, seeing to it that somebody works."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        ensure_worker(store, folder)
        with store.read() as db:
            stored = get_task(db, task)
        if not stored.is_open:
            return stored
        wait_until(time.monotonic() + ENSURE_S)
    raise TimeoutError(f"task {task} does not rest: {stored}")
