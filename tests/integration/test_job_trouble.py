"""Jobs through everything that goes wrong outside of the program: every step once, every event once, one job."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.jobs_at_work import AtWork, at_work

ROOT = Path(__file__).resolve().parents[2]
STEPS = 60


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AtWork]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with at_work(tmp_path / "workspace") as made:
        yield made


def watched_ids(work: AtWork) -> list[str]:
    return [json.loads(line)["id"] for line in (work.folder / "out").read_text().splitlines()]


def step(work: AtWork) -> int:
    return int(work.value("SELECT coalesce(step, 0) FROM job") or 0)


def passes(work: AtWork, steps: int) -> None:
    """Wait until so many more steps are in the cache."""
    begin = step(work)
    work.until(lambda: step(work) >= min(STEPS, begin + steps), f"the watching stands still at step {begin}")


def test_every_step_and_every_event_once_whatever_happens(work: AtWork) -> None:
    created = work.create("t", "--metadata", "seconds=14", "--metadata", f"steps={STEPS}")
    assert created.returncode == 0, created.stderr
    remote_id = json.loads(created.stdout)["remote_id"]
    with work.running("job", "watch", "t", "--json") as watching:
        passes(work, 5)
        work.kill_worker()
        passes(work, 5)
        work.set_faults(_503=1.0)
        time.sleep(1.5)
        work.set_faults(reset=1.0)
        time.sleep(1.0)
        work.set_faults()
        passes(work, 3)
        work.signal_service(signal.SIGSTOP)
        time.sleep(1.0)
        work.signal_service(signal.SIGCONT)
        passes(work, 3)
        work.signal_service(signal.SIGKILL)
        passes(work, 3)
        work.kill_worker()
        assert watching.wait(60) == 0
    assert work.rows("SELECT status, step, total_steps FROM job") == [("succeeded", STEPS, STEPS)]
    series = work.rows("SELECT step FROM job_metric WHERE series = 'train_mean_reward' ORDER BY step")
    assert [one[0] for one in series] == list(range(1, STEPS + 1))
    told = work.events_at_service(remote_id)
    assert watched_ids(work) == told
    assert [one[0] for one in work.rows("SELECT remote_id FROM job_event ORDER BY position")] == told


def test_a_watch_that_is_closed_and_opened_again_loses_nothing(work: AtWork) -> None:
    """The worker goes on while nobody watches; who comes back is shown all of it from the first event."""
    created = work.create("t", "--metadata", "seconds=6", "--metadata", f"steps={STEPS}")
    remote_id = json.loads(created.stdout)["remote_id"]
    with work.running("job", "watch", "t", "--json") as first:
        passes(work, 5)
        first.send_signal(signal.SIGKILL)
        first.wait()
    seen = len(watched_ids(work))
    passes(work, 15)
    (work.folder / "out").unlink()
    with work.running("job", "watch", remote_id, "--json") as again:
        assert again.wait(60) == 0
    assert len(watched_ids(work)) > seen
    assert watched_ids(work) == work.events_at_service(remote_id)


def test_a_reader_that_goes_away_ends_the_watch(work: AtWork) -> None:
    import subprocess

    work.create("t", "--metadata", "seconds=300")
    with subprocess.Popen(
        work.command("job", "watch", "t", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=work.folder
    ) as watching:
        assert watching.stdout is not None
        assert watching.stderr is not None
        watching.stdout.readline()
        watching.stdout.close()
        try:
            assert watching.wait(30) == 130
        finally:
            watching.kill()
        assert watching.stderr.read() == b""


@pytest.mark.parametrize("fault", ["stall", "reset"])
def test_a_worker_that_is_killed_around_the_creation_makes_one_job(work: AtWork, fault: str) -> None:
    """`stall`: the request is on its way and nobody answers; `reset`: the job is made and its answer is lost."""
    with work.running("job", "create", *_words()) as creating:
        work.until(lambda: work.rows("SELECT 1 FROM task"), "it is not queued")
        work.set_faults(**{fault: 1.0})
        work.until(lambda: work.value("SELECT status FROM job") == "creating", "it is not created")
        time.sleep(0.5)
        work.kill_worker()
        work.set_faults()
        assert creating.wait(60) == 0
    jobs = work.ask("GET", "/v1/fine_tuning/jobs?limit=100")["data"]
    assert len(jobs) == 1
    assert work.rows("SELECT remote_id, mark FROM job") == [(jobs[0]["id"], jobs[0]["metadata"]["rft_tui_mark"])]


def _words() -> list[str]:
    from tests.integration.jobs_at_work import OPTIONS

    return [*OPTIONS, "--grader", "graders/exact.json", "--suffix", "t", "--yes", "--force", "--json"]
