"""Starting the workspace's worker: a process of its own session that outlives the terminal and whoever started it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from rft_tui.store.database import Store
from rft_tui.store.owners import is_alive, is_here
from rft_tui.store.tasks import current_worker

STARTS_WITHIN_S = 3.0
"""How long a worker may take from its start until it is seen in the cache."""

_begun: dict[Path, tuple[subprocess.Popen[bytes], float]] = {}
"""The workers that this process has started and when, by their workspace; kept so that their end is noticed."""

_seen: dict[Path, tuple[str, int]] = {}
"""Workers on other machines as they were last seen, with their beat."""


def ensure_worker(store: Store, folder: Path) -> None:
    """Start a worker for the workspace in a folder, unless one lives; of two that start at once one ends again.

    Of a worker on another machine, or from before this one's restart, only its beat tells: where it stands still, one
    is started here that watches it for a while and then takes its place.
    """
    folder = folder.resolve()
    with store.read() as db:
        worker = current_worker(db)
    before = _seen.pop(folder, None)
    is_elsewhere = worker is not None and not is_here(worker[0])
    if worker is not None and is_elsewhere:
        _seen[folder] = worker
        if before is not None and before != worker:
            return
    elif worker is not None and is_alive(worker[0]):
        return
    if folder in _begun:
        process, since = _begun[folder]
        if process.poll() is None and (is_elsewhere or time.monotonic() - since < STARTS_WITHIN_S):
            return
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-P", "-m", "rft_tui.tasks.background.worker", str(folder)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _begun[folder] = process, time.monotonic()
