"""A job archived by workers that are killed over and over, and ten thousand items in one process."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from rft_tui.store.archive_manifest import check_files, read_manifest
from rft_tui.store.database import Store
from rft_tui.store.tasks import TaskState
from tests.archive_service import JOB, showing_process
from tests.integration.killing import wait_for_progress, wait_for_rest, wait_until
from tests.unit.tasks.jobs.archiving import workroom

ROOT = Path(__file__).resolve().parents[2]

KILLS = 6

MEASURED = """
import resource, sys
from pathlib import Path
import openai
from tests.unit.tasks.jobs.archiving import workroom

with workroom(Path(sys.argv[1]), sys.argv[2]) as room:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = room.run()
    print(done.state, done.progress.done, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_bytes().splitlines()]


def test_kills_at_any_moment_lose_and_repeat_nothing(tmp_path: Path) -> None:
    os.environ["OPENAI_API_KEY"] = "sk-test"
    chance = random.Random(5)
    rows, steps, kills = 400, 5, 0
    with showing_process(rows=rows, steps=steps, delay_s=0.03) as server, workroom(tmp_path, server.base_url) as room:
        task = room.queue()
        while kills < KILLS:
            worker = wait_for_progress(room.store, task, tmp_path)
            if worker is None:
                break
            wait_until(time.monotonic() + chance.uniform(0, 0.2))
            os.kill(worker, signal.SIGKILL)
            kills += 1
        done = wait_for_rest(room.store, task, tmp_path)
        assert (done.state, kills >= 3) == (TaskState.DONE, True)
        check_files(room.archive, read_manifest(room.archive))
        assert room.manifest["complete"]
        for step in range(steps):
            path = room.archive / "evals" / "eval_abc" / f"step-{step:04d}.jsonl"
            assert ids(path) == [f"outputitem_{step}_{place}" for place in range(rows)]
        counts = room.rows("SELECT (SELECT count(*) FROM prediction), (SELECT count(*) FROM grade)")
        assert counts == [(rows * steps, rows * steps)]
        served = server.state()["served"]
        assert len(served) == rows * steps
        assert sum(served.values()) - len(served) <= kills * 100


def test_ten_thousand_items_in_bounded_memory(tmp_path: Path) -> None:
    os.environ["OPENAI_API_KEY"] = "sk-test"
    with showing_process(rows=5000, steps=2, padding=10_000) as server:
        words = [sys.executable, "-c", MEASURED, str(tmp_path), server.base_url]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    state, items, grown_kib = done.stdout.split()
    size = sum(path.stat().st_size for path in (tmp_path / "archives" / JOB).rglob("*") if path.is_file())
    assert (state, items) == ("done", "10000")
    assert size > 60 * 10**6
    assert int(grown_kib) < 60 * 1024
    store = Store(tmp_path / ".rft" / "cache.db")
    with store.read() as db:
        assert db.execute("SELECT count(*) FROM prediction").fetchone() == (10_000,)
    store.close()
