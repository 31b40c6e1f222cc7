"""The pool as its callers see it: order, laziness, warmth, load failures, recycling, and no process left behind."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import rft_tui
from rft_tui.graders.sandbox.contract import CallResult, SandboxLimits
from rft_tui.graders.sandbox.pool import SandboxPool

LIMITS = SandboxLimits(call_timeout_s=5.0, start_timeout_s=5.0)
ECHO = "def grade(sample, item):\n    return item['score']\n"
PROCESS = "import os\ndef grade(sample, item):\n    return os.getpid()\n"


def scores(pool: SandboxPool, items: list[dict[str, Any]]) -> list[float | None]:
    return [result.score for result in pool.run(({}, item) for item in items)]


def kinds(pool: SandboxPool, items: list[dict[str, Any]]) -> list[str | None]:
    return [result.error.kind if result.error else None for result in pool.run(({}, item) for item in items)]


def test_results_come_in_the_order_of_the_calls() -> None:
    uneven = "import time\ndef grade(sample, item):\n    time.sleep(item['pause'])\n    return item['score']\n"
    items = [{"score": n, "pause": 0.08 if n in {3, 40} else 0} for n in range(500)]
    with SandboxPool(uneven, workers=2, limits=LIMITS) as pool:
        assert scores(pool, items) == list(range(500))


def test_order_holds_when_workers_die() -> None:
    deadly = "import os\ndef grade(sample, item):\n    item['score'] % 37 or os._exit(1)\n    return item['score']\n"
    with SandboxPool(deadly, workers=2, limits=LIMITS) as pool:
        results = list(pool.run(({}, {"score": n}) for n in range(300)))
    assert [result.score for result in results] == [n if n % 37 else None for n in range(300)]
    assert {result.error.kind for result in results if result.error} == {"crash"}


def test_numbers_of_all_sorts() -> None:
    source = (
        "import decimal, fractions\n"
        "class Low(float): pass\n"
        "VALUES = [1, True, False, 0.1, -3, decimal.Decimal('0.5'), fractions.Fraction(1, 4), Low(2), 1e308, 5e-324]\n"
        "def grade(sample, item):\n"
        "    return VALUES[item['n']]\n"
    )
    with SandboxPool(source, workers=1, limits=LIMITS) as pool:
        assert scores(pool, [{"n": n} for n in range(10)]) == [1, 1, 0, 0.1, -3, 0.5, 0.25, 2, 1e308, 5e-324]


def test_values_pass_as_they_are() -> None:
    source = (
        "def grade(sample, item):\n"
        "    assert sample['output_text'] == '\\ud800 \\u2028\\n\\x00 \\U0001f600'\n"
        "    assert item['whole'] == 10 ** 4000 and item['nan'] != item['nan'] and item['inf'] > 1e308\n"
        "    assert len(item['long']) == 3_000_000 and item['nested'] == [None, {'a': [True]}]\n"
        "    return 1\n"
    )
    sample = {"output_text": "\ud800 \u2028\n\x00 \U0001f600"}
    item = {
        "whole": 10**4000,
        "nan": float("nan"),
        "inf": float("inf"),
        "long": "é" * 3_000_000,
        "nested": [None, {"a": [True]}],
    }
    with SandboxPool(source, workers=1, limits=LIMITS) as pool:
        assert list(pool.run([(sample, item)] * 2)) == [CallResult(1.0)] * 2


def test_values_that_are_no_json_are_errors_of_their_call() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    circle: dict[str, Any] = {}
    circle["self"] = circle
    items: list[dict[str, Any]] = [{"score": 1}, {"x": 10**5000}, {"x": deep}, circle, {"x": object()}, {"score": 2}]
    with SandboxPool(ECHO, workers=1, limits=LIMITS) as pool:
        assert kinds(pool, items) == [None, *["other_error"] * 4, None]
    while deep:
        deep = deep.pop()


def test_each_call_has_its_own_dicts() -> None:
    source = "def grade(sample, item):\n    seen = item.get('seen', 0)\n    item['seen'] = 1\n    return seen\n"
    item: dict[str, Any] = {}
    with SandboxPool(source, workers=1, limits=LIMITS) as pool:
        assert [result.score for result in pool.run([({}, item)] * 3)] == [0, 0, 0]
    assert item == {}


def test_calls_are_read_as_they_are_needed() -> None:
    read = 0

    def endless() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        nonlocal read
        while True:
            read += 1
            yield {}, {"score": read}

    with SandboxPool(ECHO, workers=2, limits=LIMITS) as pool:
        run = pool.run(endless())
        assert [result.score for result in islice(run, 5)] == [1, 2, 3, 4, 5]
        assert read <= 4096
        assert isinstance(run, Generator)
        run.close()
        assert scores(pool, [{"score": 7}]) == [7]


def test_no_calls_start_no_worker() -> None:
    with SandboxPool(ECHO, limits=LIMITS) as pool:
        assert list(pool.run([])) == []
        assert pool.worker_count == 0


def test_workers_stay_warm_between_runs() -> None:
    with SandboxPool(PROCESS, workers=2, limits=LIMITS) as pool:
        pool.warm()
        first, again = scores(pool, [{}]), scores(pool, [{}, {}])
        assert first == again[:1] == again[1:]
        assert pool.worker_count == 1


def test_a_worker_killed_between_runs_is_replaced() -> None:
    with SandboxPool(PROCESS, workers=1, limits=LIMITS) as pool:
        [first] = scores(pool, [{}])
        assert first is not None
        descriptor = os.pidfd_open(int(first))
        os.kill(int(first), signal.SIGKILL)
        assert wait_for(descriptor)
        [second] = scores(pool, [{}])
        assert second not in {None, first}


def test_workers_are_recycled() -> None:
    with SandboxPool(PROCESS, workers=1, limits=SandboxLimits(recycle_after=10)) as pool:
        seen = scores(pool, [{}] * 35)
    assert None not in seen
    assert [len({*seen[at : at + 10]}) for at in (0, 10, 20, 30)] == [1, 1, 1, 1]
    assert len({*seen}) == 4


def test_slow_calls_are_shared_by_workers() -> None:
    slow = "import os, time\ndef grade(sample, item):\n    time.sleep(0.1)\n    return os.getpid()\n"
    with SandboxPool(slow, workers=2, limits=LIMITS) as pool:
        assert len({*scores(pool, [{}] * 6)}) == 2


def test_a_pool_outlives_the_thread_that_started_it() -> None:
    with SandboxPool(PROCESS, workers=1, limits=LIMITS) as pool:
        seen: list[float | None] = []
        for _ in range(2):
            thread = threading.Thread(target=lambda: seen.extend(scores(pool, [{}])))
            thread.start()
            thread.join()
        assert seen[0] == seen[1] is not None


@pytest.mark.parametrize(
    ("source", "kind", "part"),
    [
        (
            "def grade(sample, item)\n    return 1\n",
            "python_grader_runtime_error",
            "SyntaxError: expected ':' (line 1)",
        ),
        ("x = 1\n", "python_grader_runtime_error", "no top-level function grade"),
        ("grade = 3\n", "python_grader_runtime_error", "no top-level function grade"),
        ("def grade(sample):\n    return 1\n", "python_grader_runtime_error", "two positional arguments"),
        ("def grade(a, b, c):\n    return 1\n", "python_grader_runtime_error", "two positional arguments"),
        ("def grade(a, b, *, c):\n    return 1\n", "python_grader_runtime_error", "two positional arguments"),
        ("import no_such_module\n", "python_grader_runtime_error", "line 1, in <module>: import no_such_module"),
        ("raise SystemExit\n", "python_grader_runtime_error", "SystemExit"),
        ("while True: pass\n", "timeout", "0.3 s"),
        ("import os; os._exit(5)\n", "crash", "exit code 5"),
        ("x = bytearray(1 << 40)\n", "memory", "MemoryError"),
        ("import os; os.write(1, b'x')\nfor n in range(3, 99):\n    os.write(n, b'1\\n')\n", "*", ""),
        ("\x00", "python_grader_runtime_error", ""),
        ("# \ud800", "python_grader_runtime_error", ""),
        ("(" * 5000, "python_grader_runtime_error", "SyntaxError"),
        ("-" * 200_000 + "1", "*", ""),
        ("#" + "x" * 256_000, "python_grader_runtime_error", "256,001 bytes"),
    ],
)
def test_a_source_that_cannot_be_loaded_fails_every_call(source: str, kind: str, part: str) -> None:
    with SandboxPool(source, workers=2, limits=SandboxLimits(start_timeout_s=0.3)) as pool:
        results = list(pool.run([({}, {})] * 3))
    assert len(results) == 3
    for result in results:
        assert result.score is None
        assert result.error is not None
        assert kind in {"*", result.error.kind}
        assert part in result.error.message


@pytest.mark.parametrize(
    "source",
    [
        "def grade(sample, item, more=1):\n    return more\n",
        "def grade(*both):\n    return len(both) / 2\n",
        "class Grader:\n    def __call__(self, sample, item):\n        return 1\ngrade = Grader()\n",
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: 'int'\ngrade = lambda s, i: A(1).x\n",
        "if __name__ == '__main__':\n    raise SystemExit\ndef grade(s, i):\n    return 1\n",
        "import logging\nlogging.warning('x')\nprint('x')\ndef grade(s, i):\n    return 1\n",
        (
            "import tempfile, pathlib\ndef grade(s, i):\n"
            "    with tempfile.TemporaryDirectory() as folder:\n"
            "        path = pathlib.Path(folder, 'x'); path.write_text('é1'); return len(path.read_text()) - 1\n"
        ),
        "import numpy as np\ndef grade(s, i):\n    return np.linalg.det(np.eye(300, dtype='float32'))\n",
        "import rapidfuzz\ndef grade(s, i):\n    return rapidfuzz.fuzz.ratio('a', 'a') / 100\n",
        "import hashlib, ssl, uuid, sqlite3, decimal, ctypes, multiprocessing, unittest\ngrade = lambda s, i: 1\n",
    ],
)
def test_what_a_grader_may_do(source: str) -> None:
    with SandboxPool(source, workers=1, limits=SandboxLimits()) as pool:
        assert list(pool.run([({}, {})] * 2)) == [CallResult(1.0)] * 2


def test_the_products_own_package_can_be_used_inside(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("VALUE = 0.5\n", encoding="utf-8")
    source = (
        "import helper\nfrom rft_tui.identity import content_hash\n"
        "def grade(sample, item):\n    return helper.VALUE if content_hash('a') == item['hash'] else 0\n"
    )
    from rft_tui.identity import content_hash

    paths = [Path(rft_tui.__file__).parent, tmp_path]
    with SandboxPool(source, workers=1, limits=LIMITS, readable_paths=paths) as pool:
        assert scores(pool, [{"hash": content_hash("a")}]) == [0.5]
    with SandboxPool("import rft_tui\n", workers=1, limits=LIMITS) as pool:
        assert kinds(pool, [{}]) == ["python_grader_runtime_error"]


def test_stop_ends_a_run_and_kills_what_is_busy() -> None:
    stop = threading.Event()
    source = "def grade(sample, item):\n    while item['spin']: pass\n    return 1\n"

    def calls() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        yield {}, {"spin": False}
        yield {}, {"spin": True}
        stop.set()
        yield {}, {"spin": False}

    with SandboxPool(source, workers=1, limits=LIMITS, stop=stop) as pool:
        assert [result.score for result in pool.run(calls())] in ([1.0], [])
        assert pool.worker_count == 0


def test_one_batch_at_a_time_and_none_when_closed() -> None:
    with SandboxPool(ECHO, workers=1, limits=LIMITS) as pool:
        first = pool.run([({}, {"score": 1}), ({}, {"score": 2})])
        next(first)
        with pytest.raises(RuntimeError, match="one batch"):
            next(pool.run([({}, {"score": 1})]))
        assert [result.score for result in first] == [2]
        second = pool.run([({}, {"score": 3})] * 9)
        next(second)
        pool.close()
        assert len(list(second)) < 9
        with pytest.raises(RuntimeError, match="closed"):
            next(pool.run([({}, {"score": 1})]))


def test_an_error_in_the_calls_reaches_the_caller_and_the_pool_stays_usable() -> None:
    def calls() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        yield {}, {"score": 1}
        raise LookupError

    with SandboxPool(ECHO, workers=1, limits=LIMITS) as pool:
        with pytest.raises(LookupError):
            list(pool.run(calls()))
        assert scores(pool, [{"score": 4}]) == [4]


def test_close_leaves_no_process_and_no_folder() -> None:
    source = "import os\ndef grade(sample, item):\n    open('x', 'w').close()\n    return os.getpid()\n"
    with SandboxPool(source, workers=2, limits=LIMITS) as pool:
        [process] = scores(pool, [{}])
        assert process is not None
        folder = pool.folder
        assert folder is not None
        assert Path(folder).exists()
    assert not Path(folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(process), 0)


CHILD = """
import json, sys
from rft_tui.graders.sandbox.pool import SandboxPool
SOURCE = '''
import os, signal
def grade(sample, item):
    if item:
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        while True: pass
    return os.getpid()
'''
pool = SandboxPool(SOURCE, workers=1)
run = pool.run([({}, {}), ({}, {"spin": 1})])
print(int(next(run).score), flush=True)
"""


def started(ending: str, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A program with a worker that spins, and a descriptor that shows the worker's end."""
    root = str(Path(rft_tui.__file__).parent.parent)
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", CHILD + ending],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root, "TMPDIR": str(folder)},
    )
    assert process.stdout is not None
    return process, os.pidfd_open(int(process.stdout.readline()))


def wait_for(descriptor: int) -> bool:
    """Whether the process of a descriptor has ended, waiting for it up to 5 s."""
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    ended = bool(poller.poll(5000))
    os.close(descriptor)
    return ended


@pytest.mark.skipif(sys.platform != "linux", reason="needs a parent-death signal")
def test_no_worker_survives_its_killed_parent(tmp_path: Path) -> None:
    process, worker = started("next(run)\n", tmp_path)
    process.kill()
    process.communicate()
    assert wait_for(worker)


@pytest.mark.skipif(sys.platform != "linux", reason="needs pidfd")
@pytest.mark.parametrize("ending", ["sys.exit(0)\n", "sys.stdin.read()\nsys.stdout.close()\ndel pool\n", "1 / 0\n"])
def test_a_program_that_forgets_its_pool_ends_quietly(ending: str, tmp_path: Path) -> None:
    process, worker = started(ending, tmp_path)
    _output, errors = process.communicate(timeout=10)
    assert errors == b"" or (ending == "1 / 0\n" and errors.count(b"Traceback") == 1)
    assert wait_for(worker)
    assert list(tmp_path.iterdir()) == []


def test_importing_the_pool_is_light() -> None:
    code = (
        "import sys, json; before = set(sys.modules); import rft_tui.graders.sandbox.pool;"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    root = str(Path(rft_tui.__file__).parent.parent)
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env={"PYTHONPATH": root})
    heavy = {"numpy", "asyncio", "multiprocessing", "concurrent", "rapidfuzz", "ctypes", "shutil", "random"}
    assert not heavy & set(json.loads(output.stdout))
