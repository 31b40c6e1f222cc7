"""Work that the app sees, in a real terminal: it outlives the terminal, and the next start shows it."""

from __future__ import annotations

from pathlib import Path

from rft_tui.store.database import Store
from rft_tui.store.tasks import TaskState, get_task
from tests.integration.emulator import Terminal
from tests.integration.killing import queue, wait_for_rest, write_workspace
from tests.loopback import loopback

ITEMS = 800


def test_the_work_outlives_the_terminal_and_the_next_start_shows_it(tmp_path: Path) -> None:
    with loopback(latency_s=0.15) as server:
        write_workspace(tmp_path, server, ITEMS)
        store = Store(tmp_path / ".rft" / "cache.db")
        task = queue(tmp_path, store)
        with Terminal("-m", "rft_tui", tmp_path, size=(80, 24)) as terminal:
            terminal.find(r"predict m [1-9]\d*/800")
            terminal.hang_up()
        with store.read() as db:
            assert get_task(db, task).state is TaskState.RUNNING
        with Terminal("-m", "rft_tui", tmp_path, size=(80, 24)) as terminal:
            terminal.find(r"predict m [1-9]\d*/800")
            terminal.kill()
        with Terminal("-m", "rft_tui", tmp_path, size=(120, 40)) as terminal:
            terminal.find(r"predict m [1-9]\d*/800.*/s")
            terminal.send("T")
            terminal.find(r"predict m on rows +. running +[1-9]\d*/800")
            terminal.send("\x1b")
            ended = wait_for_rest(store, task, tmp_path)
            terminal.find("800 done, 0 errors")
            terminal.send("q")
            assert terminal.wait() == 0
    assert (ended.state, ended.progress.done, ended.progress.requests) == (TaskState.DONE, ITEMS, ITEMS)
    store.close()
