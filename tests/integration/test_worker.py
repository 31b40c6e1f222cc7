"""The worker as a process: killed, hung up on, taken over, told to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rft_tui.store.database import Store
from rft_tui.store.owners import process_number
from rft_tui.store.tasks import PAUSE, TaskState, current_worker, get_task, queue_again, wish
from rft_tui.tasks.background.launching import ensure_worker
from tests.integration.killing import (
    LATE_S,
    queue,
    run_killing,
    wait_for_progress,
    wait_for_rest,
    wait_until,
    write_workspace,
)
from tests.loopback import loopback


def test_a_worker_killed_over_and_over_loses_nothing_and_asks_nothing_twice(tmp_path: Path) -> None:
    with loopback(latency_s=0.02, faults=0.1, seed=3) as server:
        write_workspace(tmp_path, server, 400)
        done = run_killing(tmp_path, server, 4, most_s=0.3)
    assert done.kills >= 3
    assert done.task.state is TaskState.DONE
    assert done.predictions == 400
    assert done.task.progress.ended == 400
    assert all(away < LATE_S for away in done.repeats), done.repeats


def test_the_work_goes_on_when_the_terminal_goes_away(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rft_tui", "predict", "rows", "--model", "m"]
    with loopback(latency_s=0.05) as server:
        write_workspace(tmp_path, server, 200)
        store = Store(tmp_path / ".rft" / "cache.db")
        process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True, stderr=subprocess.PIPE)
        while current_worker(store.connection()) is None:
            assert process.poll() is None
            wait_until(time.monotonic() + 0.05)
        assert wait_for_progress(store, 1, tmp_path) is not None
        os.killpg(process.pid, signal.SIGHUP)
        assert process.wait() == -signal.SIGHUP
        assert process.stderr is not None
        process.stderr.close()
        ended = wait_for_rest(store, 1, tmp_path)
    assert (ended.state, ended.progress.done) == (TaskState.DONE, 200)
    assert ended.progress.requests == 200
    store.close()


def test_pause_and_go_on(tmp_path: Path) -> None:
    with loopback(latency_s=0.03) as server:
        write_workspace(tmp_path, server, 300)
        store = Store(tmp_path / ".rft" / "cache.db")
        task = queue(tmp_path, store)
        assert wait_for_progress(store, task, tmp_path) is not None
        with store.write() as db:
            wish(db, task, PAUSE)
        paused = wait_for_rest(store, task, tmp_path)
        assert paused.state is TaskState.PAUSED
        assert 0 < paused.progress.done < 300
        asked = server.counts()["requests"]
        assert asked == paused.progress.done
        with store.write() as db:
            queue_again(db, task)
        ended = wait_for_rest(store, task, tmp_path)
        assert (ended.state, ended.progress.done) == (TaskState.DONE, 300)
        assert server.counts()["requests"] == 300
    store.close()


def test_a_worker_that_is_told_to_end_hands_its_task_on(tmp_path: Path) -> None:
    with loopback(latency_s=0.03) as server:
        write_workspace(tmp_path, server, 300)
        store = Store(tmp_path / ".rft" / "cache.db")
        task = queue(tmp_path, store)
        worker = wait_for_progress(store, task, tmp_path)
        assert worker is not None
        os.kill(worker, signal.SIGTERM)
        while current_worker(store.connection()) is not None:
            wait_until(time.monotonic() + 0.05)
        with store.read() as db:
            assert get_task(db, task).state is TaskState.QUEUED
        ended = wait_for_rest(store, task, tmp_path)
        assert (ended.state, ended.progress.done) == (TaskState.DONE, 300)
        assert server.counts()["requests"] == 300
    store.close()


def test_of_two_workers_one_ends_again(tmp_path: Path) -> None:
    with loopback(latency_s=0.03) as server:
        write_workspace(tmp_path, server, 200)
        store = Store(tmp_path / ".rft" / "cache.db")
        task = queue(tmp_path, store)
        for _ in range(3):
            ensure_worker(store, tmp_path)
        ended = wait_for_rest(store, task, tmp_path)
        assert (ended.state, ended.progress.done) == (TaskState.DONE, 200)
        assert server.counts()["requests"] == 200
        assert server.counts()["peak"] <= 16
    store.close()


@pytest.mark.parametrize("rate", [40.0])
def test_a_rate_limit_is_kept_to_and_used(tmp_path: Path, rate: float) -> None:
    with loopback(latency_s=0.01, rate=rate) as server:
        write_workspace(tmp_path, server, 400)
        store = Store(tmp_path / ".rft" / "cache.db")
        task = queue(tmp_path, store)
        wait_for_progress(store, task, tmp_path)
        ended = wait_for_rest(store, task, tmp_path)
        counts = server.counts()
    moments = sorted(times[0] for times in counts["answered"].values())
    reached = (len(moments) - 1) / ((moments[-1] - moments[0]) / 1e9)
    assert (ended.state, ended.progress.done) == (TaskState.DONE, 400)
    assert reached >= 0.9 * rate
    assert counts["peak"] <= 16
    store.close()


def test_the_next_start_finds_the_process_of_the_worker(tmp_path: Path) -> None:
    with loopback(latency_s=0.03) as server:
        write_workspace(tmp_path, server, 100)
        store = Store(tmp_path / ".rft" / "cache.db")
        task = queue(tmp_path, store)
        worker = wait_for_progress(store, task, tmp_path)
        found = current_worker(store.connection())
        assert found is not None
        assert process_number(found[0]) == worker
        assert worker is not None
        assert os.getsid(worker) == worker
        wait_for_rest(store, task, tmp_path)
    store.close()
