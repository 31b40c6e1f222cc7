"""Sending one file to a service in a process of its own, so that it can be killed and measured.

``python -m tests.uploading URL CACHE FILE [PART_BYTES]`` prints a line of JSON for each bit of progress, and at its end
the file's id and the most memory that it had, in KiB.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from rft_tui.providers.backends.files import RemoteFiles
from rft_tui.providers.backends.openai import OpenAIJobs
from rft_tui.providers.backends.uploads import ONE_REQUEST_BYTES, PART_BYTES, Uploads
from rft_tui.providers.clock import Clock
from rft_tui.providers.profiles import NamedProfile
from rft_tui.providers.service import ModelService
from rft_tui.settings import Profile
from rft_tui.store.database import Store
from rft_tui.tasks.jobs.uploading import UploadedFile, ensure_uploaded


async def no_wait(_seconds: float) -> None:
    """Go on at once, but let others go on too."""
    await asyncio.sleep(0)


QUICK = Clock(wait=no_wait)


def backend_of(
    service: ModelService, part_bytes: int = PART_BYTES, one_request_bytes: int = ONE_REQUEST_BYTES
) -> OpenAIJobs:
    """A backend that does not wait, with parts of some size."""
    uploads = Uploads(
        service, RemoteFiles(service, QUICK), QUICK, part_bytes=part_bytes, one_request_bytes=one_request_bytes
    )
    return OpenAIJobs(service, clock=QUICK, uploads=uploads)


def peak_kib() -> int:
    """The most memory that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def send(url: str, cache: Path, path: Path, part_bytes: int) -> UploadedFile:
    """Send the file, printing how far it is."""

    def told(stage: str, done: int, total: int) -> None:
        sys.stdout.write(json.dumps([stage, done, total]) + "\n")
        sys.stdout.flush()

    store = Store(cache)
    async with ModelService(NamedProfile("test", Profile(base_url=url)), clock=QUICK) as service:
        await service.request("GET", "/files", repeatable=True)
        sys.stdout.write(json.dumps(["before", peak_kib(), 0]) + "\n")
        backend = backend_of(service, part_bytes, part_bytes)
        done = await ensure_uploaded(backend, store, path, service=url, told=told, clock=QUICK)
    store.close()
    return done


@dataclass
class Run:
    """What one process did: the bytes that it said had arrived, the file's id (empty where it was killed), its memory.

    `before_kib` is what it had before it read the file, `peak_kib` what it had at most.
    """

    sent: list[int] = field(default_factory=list)
    file_id: str = ""
    before_kib: int = 0
    peak_kib: int = 0


def run_process(url: str, cache: Path, path: Path, part_bytes: int, kill_at: int | None = None) -> Run:
    """Send a file in a process of its own, which is killed once so many bytes have arrived."""
    words = [sys.executable, "-m", "tests.uploading", url, str(cache), str(path), str(part_bytes)]
    run = Run()
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            what, first, second = json.loads(line)
            if what == "sending":
                run.sent.append(first)
                if kill_at is not None and first >= kill_at:
                    process.kill()
                    break
            elif what == "before":
                run.before_kib = first
            elif what == "end":
                run.file_id, run.peak_kib = first, second
    return run


if __name__ == "__main__":
    words = sys.argv[1:]
    size = int(words[3]) if len(words) > 3 else PART_BYTES
    found = asyncio.run(send(words[0], Path(words[1]), Path(words[2]), size))
    sys.stdout.write(json.dumps(["end", found.file_id, peak_kib()]) + "\n")
