"""Starting the workspace's worker: a process of its own session that outlives the terminal and whoever started it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rft_tui.store.database import Store
from rft_tui.store.owners import is_alive
from rft_tui.store.tasks import current_worker


def ensure_worker(store: Store, folder: Path) -> None:
    """Start a worker for the workspace in a folder, unless one lives; of two that start at once one ends again."""
    with store.read() as db:
        worker = current_worker(db)
    if worker is not None and is_alive(worker[0]):
        return
    subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-P", "-m", "rft_tui.tasks.worker", str(folder.resolve())],
        cwd=folder.resolve(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
