"""Interpreters that wait for code, and that nothing is left of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rft_tui.graders.sandbox.pool import SandboxPool
from rft_tui.tasks.retesting.warm import DRAIN_S, SpareWorker, Stop, WarmPools

SOURCE = "def grade(sample, item):\n    return 0.5\n"


@pytest.fixture
def spare() -> Iterator[SpareWorker]:
    made = SpareWorker()
    yield made
    made.close()


def test_a_spare_one_grades_as_a_new_one_does(spare: SpareWorker) -> None:
    assert spare.take() is None
    spare.refill()
    taken = spare.take()
    assert taken is not None
    folder, process = taken
    with SandboxPool(SOURCE, workers=1, spare=iter([taken]).__next__) as pool:
        assert [result.score for result in pool.run([({}, {})] * 3)] == [0.5] * 3
        assert pool.folder is None
    assert process.poll() is not None
    assert not Path(folder).exists()


def test_one_that_died_is_not_given_out(spare: SpareWorker) -> None:
    spare.refill()
    assert spare.waiting is not None
    first = spare.waiting[1]
    first.kill()
    first.wait()
    assert spare.take() is None
    spare.refill()
    assert spare.waiting is not None
    assert spare.waiting[1].pid != first.pid


def test_nothing_is_left_of_it(spare: SpareWorker) -> None:
    spare.refill()
    waiting = spare.waiting
    assert waiting is not None
    spare.refill()
    assert spare.waiting == waiting
    folder, process = Path(waiting[0]), waiting[1]
    assert folder.is_dir()
    spare.close()
    assert process.poll() is not None
    assert not folder.exists()
    assert spare.waiting is None


def test_a_program_that_just_ends_leaves_nothing(tmp_path: Path) -> None:
    code = "from rft_tui.tasks.retesting.warm import SpareWorker\nspare = SpareWorker()\nspare.refill()\n"
    folder = tmp_path / "temporary"
    folder.mkdir()
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(folder)}, check=False)
    assert done.returncode == 0
    assert list(folder.iterdir()) == []


def test_where_none_can_be_started(spare: SpareWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    from rft_tui.tasks.retesting import warm

    def fails(_folder: str) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(warm, "boot", fails)
    spare.refill()
    assert spare.take() is None


def test_a_batch_left_open_is_ended_before_the_pool_is_lent_again() -> None:
    pools = WarmPools()
    try:
        pools.begin(Stop())
        pool = pools.lend(SOURCE, ())
        unfinished = pool.run([({}, {})] * 5)
        assert next(unfinished).score == 0.5
        pools.begin(Stop())
        assert pools.lend(SOURCE, ()) is pool
        assert [result.score for result in pool.run([({}, {})] * 2)] == [0.5, 0.5]
        assert pools.lend(SOURCE, ()) is not pool
    finally:
        pools.close()


def test_a_stop_gives_sandboxes_a_moment() -> None:
    moment = 10.0
    stop = Stop(lambda: moment)
    assert not stop.is_overdue
    stop.set()
    assert stop.is_set()
    assert not stop.is_overdue
    moment += 2 * DRAIN_S
    stop.set()
    assert stop.is_overdue
