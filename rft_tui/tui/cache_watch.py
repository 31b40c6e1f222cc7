"""What others do to the cache while the app runs: it is looked at from time to time, and a worker is seen to."""

from __future__ import annotations

import logging
from typing import Any

from textual.app import App

from rft_tui.errors import StoreError
from rft_tui.tui.notify import tell
from rft_tui.tui.screens.base import WorkScreen
from rft_tui.tui.task_watch import TaskWatch
from rft_tui.tui.task_words import how_it_ended
from rft_tui.workspace import Workspace

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 2.0
"""How often the app asks the cache whether another process has written something."""


class CacheWatch(App[None]):
    """An app over a workspace that shows what its tasks and other processes have stored."""

    def __init__(self, *, workspace: Workspace, **options: Any) -> None:
        super().__init__(**options)
        self.workspace = workspace
        self.tasks = TaskWatch()
        self._data_version = workspace.store.data_version()
        self._own_commits = workspace.store.commits_elsewhere

    def begin_to_watch(self) -> None:
        """Look from now on, and take up tasks that are not done."""
        self.set_interval(LOOK_AGAIN_S, self._look_again)
        with self.workspace.store.read() as db:
            self.tasks.look(db)
        if self.tasks.open:
            self._ensure_worker()

    def _look_again(self) -> None:
        try:
            version = self.workspace.store.data_version()
        except Exception as error:  # noqa: BLE001 - a cache that went away is said when it is used
            log.warning("cache not readable: %s", error)
            return
        own = self.workspace.store.commits_elsewhere
        if version == self._data_version:
            if self.tasks.is_still():
                self._ensure_worker()
            return
        is_own, self._data_version, self._own_commits = own != self._own_commits, version, own
        screen = self.screen
        if self.look_at_tasks() or not isinstance(screen, WorkScreen) or screen.cache_changed() or is_own:
            return
        screen.say(f"the cache has changed · {screen.hint_key('refresh')} reads it again", "state.info")

    def look_at_tasks(self) -> bool:
        """Read how the tasks stand and show what has changed; whether anything of them has moved."""
        try:
            with self.workspace.store.read() as db:
                seen = self.tasks.look(db)
        except StoreError as error:
            log.warning("tasks not readable: %s", error.message)
            return False
        screen = self.screen
        for task in seen.ended:
            if task.kind == "watch" and task.state != "cancelled" and self._driver is not None:
                tell(self.workspace.user.notify, how_it_ended(task)[0], self._driver.write)
        if seen.moved and isinstance(screen, WorkScreen):
            screen.tasks_changed()
            if seen.grew:
                screen.cache_grew()
            if seen.ended and not screen.is_confirming:
                said, style = how_it_ended(seen.ended[-1])
                screen.say(f"{said} · {screen.hint_key('tasks')} shows tasks", style)
        return seen.moved

    def _ensure_worker(self) -> None:
        """See in the background that somebody does what is queued."""

        def ensure() -> None:
            from rft_tui.tasks.background.launching import ensure_worker

            ensure_worker(self.workspace.store, self.workspace.folder)

        self.run_worker(ensure, thread=True, group="app.worker", exclusive=False, exit_on_error=False)
