"""A large file sent in parts, over connections that break and with a process that is killed in the middle.

``python tests/benchmarks/uploading.py [MEGABYTES [SHARE_OF_RESETS]]``. The service is a process of its own, which
hashes what it put together; the sender's memory is what it had at most, less what it had before it read the file.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from rft_tui.providers.backends.uploads import PART_BYTES
from tests.benchmarks.terminal import hermetic, row
from tests.upload_service import taking_process
from tests.uploading import run_process

MB = 1 << 20


def main(arguments: list[str]) -> None:
    """Do it and print what came of it."""
    megabytes = int(arguments[0]) if arguments else 300
    resets = float(arguments[1]) if len(arguments) > 1 else 0.1
    with tempfile.TemporaryDirectory() as name, taking_process(resets, seed=2) as server:
        path, cache = Path(name) / "rows.jsonl", Path(name) / ".rft" / "cache.db"
        digest = sha256()
        with path.open("wb") as file:
            for _ in range(megabytes):
                block = os.urandom(MB)
                digest.update(block)
                file.write(block)
        size = path.stat().st_size
        began = time.perf_counter()
        first = run_process(server.url, cache, path, PART_BYTES, kill_at=size // 2)
        second = run_process(server.url, cache, path, PART_BYTES)
        seconds = time.perf_counter() - began
        again = time.perf_counter()
        third = run_process(server.url, cache, path, PART_BYTES)
        again = time.perf_counter() - again
        state = server.state()
    (found,) = state["files"].values()
    row("bytes", f"{size:,}", f"arrived {state['arrived']:,}", f"{state['lost']} connections lost")
    row("both processes", f"{seconds:.1f} s", f"killed at {first.sent[-1]:,}", f"went on at {second.sent[0]:,}")
    row("known already", f"{again:.1f} s", f"{len(third.sent)} parts sent")
    row("memory", f"{(second.peak_kib - second.before_kib) / 1024:.0f} MB above {second.before_kib / 1024:.0f} MB")
    row("hash", "right" if found["sha256"] == digest.hexdigest() else "WRONG", f"{len(state['files'])} file")
    assert found["sha256"] == digest.hexdigest()
    assert second.sent == sorted(set(second.sent))
    assert second.sent[0] >= first.sent[-1]


if __name__ == "__main__":
    with hermetic():
        main(sys.argv[1:])
