"""P17: requests a second of `predict` against a trivial loopback server, beside bare AsyncOpenAI in the same run.

``python tests/benchmarks/predicting.py [ITEMS]``. The server is a process of its own; our side is the worker, from its
first request to the last prediction stored, as its task counts it, and the whole command from start to exit beside it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from rft_tui.store.database import Store
from rft_tui.store.tasks import list_tasks
from tests.benchmarks.commands import measured
from tests.benchmarks.terminal import hermetic, python, row
from tests.loopback import loopback

AT_ONCE = 64
"""Calls in flight."""

LARGE = 20_000
"""Predictions of the run whose memory is measured."""

WORKER = """
import resource, sys
from rft_tui.tasks.background.worker import main
code = main()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
sys.exit(code)
"""
"""A worker that says at its end how much memory it had at most, in MB."""


async def bare(base_url: str, api: str, count: int) -> float:
    """Seconds that the client takes for so many typed calls, from the first to the last."""
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    client = AsyncOpenAI(
        base_url=base_url, api_key="none", max_retries=0, http_client=DefaultAsyncHttpxClient(trust_env=False)
    )
    numbers = iter(range(count))

    async def one(text: str) -> None:
        if api == "chat":
            await client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
        else:
            await client.responses.create(model="m", input=text)

    async def ask() -> None:
        for number in numbers:
            await one(f"Question {number}?")

    await one("warm?")
    began = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    elapsed = time.perf_counter() - began
    await client.close()
    return elapsed


def ours(base_url: str, api: str, count: int) -> tuple[float, float]:
    """Seconds of the task and of the whole command for so many predictions."""
    with tempfile.TemporaryDirectory() as name:
        folder = make_workspace(Path(name), base_url, api, count)
        usage = measured([*python("-m", "rft_tui"), "predict", "rows", "--model", "m", "--yes"], folder)
        store = Store(folder / ".rft" / "cache.db")
        with store.read() as db:
            task = list_tasks(db)[0]
            stored = db.execute("SELECT count(*) FROM prediction WHERE error_kind IS NULL").fetchone()[0]
        store.close()
        assert stored == count, f"{stored} of {count} predictions"
        return task.progress.seconds, usage.wall_s


def make_workspace(folder: Path, base_url: str, api: str, count: int) -> Path:
    """A workspace with a dataset of so many questions and a profile of the server."""
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as out:
        for number in range(count):
            messages = [{"role": "user", "content": f"Question {number}?"}]
            out.write(json.dumps({"messages": messages, "reference_answer": str(number)}) + "\n")
    profile = f'[profiles.loopback]\nbase_url = "{base_url}"\napi = "{api}"\nconcurrency = {AT_ONCE}\n'
    (folder / "rft.toml").write_text(profile, encoding="utf-8")
    measured([*python("-m", "rft_tui"), "data", "import", "rows.jsonl"], folder)
    return folder


def memory(base_url: str, count: int) -> tuple[float, float]:
    """Most memory in MB of a worker that makes so many predictions, and its seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = make_workspace(Path(name), base_url, "responses", count)
        from rft_tui.providers.profiles import named_profile
        from rft_tui.tasks.predicting.planning import plan, start
        from rft_tui.tasks.predicting.requests import PredictRequest
        from rft_tui.workspace import open_workspace

        workspace = open_workspace(folder)
        profile = named_profile(workspace.settings, None)
        start(workspace.store, plan(workspace.store, PredictRequest("rows", ("m",)), profile, None))
        workspace.store.close()
        import subprocess

        done = subprocess.run([*python("-c", WORKER), str(folder)], capture_output=True, text=True, check=True)
        with workspace.store.read() as db:
            task = list_tasks(db)[0]
        workspace.store.close()
        assert task.progress.done == count, task
        return float(done.stdout), task.progress.seconds


def main(arguments: list[str]) -> None:
    """Measure and print."""
    count = int(arguments[0]) if arguments else 2000
    with loopback() as server:
        row(f"P17 {count:,} calls, {AT_ONCE} at once", "bare client", "predict", "ratio of rates", "whole command")
        for api in ("chat", "responses"):
            client = count / asyncio.run(bare(server.base_url, api, count))
            task_s, command_s = ours(server.base_url, api, count)
            rate = count / task_s
            row(api, f"{client:,.0f}/s", f"{rate:,.0f}/s", f"×{rate / client:.2f}", f"{command_s:.1f} s")
        peak, seconds = memory(server.base_url, LARGE)
        row(f"{LARGE:,} predictions", f"{peak:.0f} MB at most", f"{LARGE / seconds:,.0f}/s")


if __name__ == "__main__":
    with hermetic():
        main(sys.argv[1:])
