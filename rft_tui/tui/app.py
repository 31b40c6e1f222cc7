"""The app: one process, a few screens over the store, keys through one registry."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.message import Message
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.worker import Worker, WorkerState

from rft_tui import logs
from rft_tui.errors import RftError, StoreBusyError, StoreError
from rft_tui.settings import KEYMAP_FILE, config_folder, save_user_settings
from rft_tui.store.database import BUSY_TIMEOUT_MS
from rft_tui.store.session import load_session, save_session
from rft_tui.tui.cache_watch import CacheWatch
from rft_tui.tui.key_order import KeysInOrder
from rft_tui.tui.keymap import Keymap, load_keymap
from rft_tui.tui.outbox import AT_ONCE_MS, Outbox, Write
from rft_tui.tui.screens.base import WorkScreen
from rft_tui.tui.screens.review.screen import ReviewScreen
from rft_tui.tui.theme import Theme, default_theme, load_theme, theme_names
from rft_tui.tui.thin import ThinOutput
from rft_tui.workspace import Workspace

log = logging.getLogger(__name__)

REMEMBER_AFTER_S = 0.3
"""How long after a change the session is written down."""

WITHOUT_COLOR = "ansi-dark"
"""The theme for NO_COLOR: it marks rows and words by reverse video, bold and underline, which stay."""


class RftApp(KeysInOrder, ThinOutput, CacheWatch):
    """The workbench over one workspace."""

    CSS_PATH = None
    ENABLE_COMMAND_PALETTE = False
    TITLE = "rft-tui"
    CSS = """
    Screen { layout: vertical; overflow: hidden; }
    #header { height: 2; }
    #footer, .prompt-line, #tag-bar { height: 1; }
    .body { height: 1fr; layout: horizontal; }
    .rule { width: 1; height: 100%; }
    .pane { height: 100%; width: 1fr; }
    .prompt-line LineInput { width: 1fr; }
    """

    screen_words: ClassVar[tuple[tuple[str, str], ...]] = (
        ("data", "Data"),
        ("runs", "Runs"),
        ("review", "Review"),
        ("graders", "Graders"),
        ("compare", "Compare"),
        ("jobs", "Jobs"),
    )

    def __init__(self, workspace: Workspace, *, keymap_path: Path | None = None) -> None:
        self.wants_no_color = "NO_COLOR" in os.environ
        theme = WITHOUT_COLOR if self.wants_no_color else workspace.user.theme or default_theme()
        self.palette: Theme = load_theme(theme)
        self.keymap: Keymap = load_keymap(keymap_path or config_folder() / KEYMAP_FILE)
        with workspace.store.read() as db:
            self.session: dict[str, Any] = load_session(db)
        names = [name for name, _word in self.screen_words]
        saved = self.session.get("screen")
        vars(self)["DEFAULT_MODE"] = saved if saved in names else "review"
        super().__init__(workspace=workspace, ansi_color=True)
        for name in names:
            self.add_mode(name, partial(self.work_screen, name))
        self.thin_output = workspace.user.thin_output
        self._work_screens: dict[str, WorkScreen] = {}
        self.is_leaving = False
        self.outbox = Outbox(workspace.store)
        self._remember_timer: Timer | None = None

    def work_screen(self, name: str) -> WorkScreen:
        """The one screen of a name, made when it is first shown."""
        if name not in self._work_screens:
            self._work_screens[name] = self._make_screen(name)
        return self._work_screens[name]

    def _make_screen(self, name: str) -> WorkScreen:
        if name == "data":
            from rft_tui.tui.screens.data.screen import DataScreen

            return DataScreen()
        if name == "runs":
            from rft_tui.tui.screens.runs.screen import RunsScreen

            return RunsScreen()
        if name == "graders":
            from rft_tui.tui.screens.graders.screen import GradersScreen

            return GradersScreen()
        if name == "compare":
            from rft_tui.tui.screens.compare.screen import CompareScreen

            return CompareScreen()
        if name == "jobs":
            from rft_tui.tui.screens.jobs.screen import JobsScreen

            return JobsScreen()
        return ReviewScreen()

    def on_mount(self) -> None:
        """Look from time to time whether another process has written to the cache; take up unfinished tasks."""
        self.begin_to_watch()

    def show_screen(self, name: str) -> None:
        """Switch to a screen; it is as it was left."""
        self.switch_mode(name)
        self.session["screen"] = name
        self.remember()

    def open_compare(self, operands: Sequence[Sequence[int]]) -> None:
        """Go to Compare with these operands, each the ids of its runs, the baseline first."""
        from rft_tui.tui.screens.compare.screen import CompareScreen

        screen = self.work_screen("compare")
        if isinstance(screen, CompareScreen):
            screen.open_operands(operands)
        self.show_screen("compare")

    async def _dispatch_message(self, message: Message) -> None:
        """Say what goes wrong in a handler; the app goes on."""
        try:
            await super()._dispatch_message(message)
        except RftError as error:
            if not (self.screen_stack and isinstance(self.screen, WorkScreen)):
                raise
            self.screen.say_error(error)

    @property
    def opens_a_field(self) -> bool:
        """Whether a field is about to be there that letters are meant for."""
        screen = self.screen
        return isinstance(screen, ModalScreen) or (isinstance(screen, WorkScreen) and screen.is_asking)

    def take_key(self, key: str) -> bool:
        """Give a key to the registry; whether it does something on this screen."""
        screen = self.screen
        return isinstance(screen, WorkScreen) and screen.take_key(key)

    def store_soon(self, write: Write) -> bool:
        """Store what a person said; False where the cache is busy and a worker will store it."""
        if self.outbox.put(write):
            return True
        self.run_worker(self._store_waiting, thread=True, group="app.outbox", exclusive=False, exit_on_error=False)
        return False

    def _store_waiting(self) -> None:
        """In a worker: store what waits, for as long as it takes."""
        while self.outbox.waiting and self.is_running:
            try:
                self.outbox.flush()
            except StoreBusyError:
                continue
            self.call_from_thread(self._all_stored)

    def _all_stored(self) -> None:
        screen = self.screen
        if isinstance(screen, WorkScreen):
            screen.say("everything is stored", "state.good")
            screen.stored()

    def leave(self) -> None:
        """End the app at once: what is read in the background is stopped, what was said is stored."""
        self._stop_work()
        if not self.outbox.waiting:
            self.workspace.store.interrupt()
        self.exit()

    def _stop_work(self) -> None:
        """Stop what is done in the background."""
        self.is_leaving = True
        if (judging := sys.modules.get("rft_tui.tasks.judging.in_process")) is not None:
            judging.leave_judges()
        for screen in self._work_screens.values():
            screen.stop_work()

    def remember(self) -> None:
        """Write the session down soon."""
        if self._remember_timer is None:
            self._remember_timer = self.set_timer(REMEMBER_AFTER_S, self.save_session)

    def save_session(self, wait_ms: int = AT_ONCE_MS) -> None:
        """Write the session down now; a cache that is busy is tried again with the next change."""
        self._remember_timer = None
        for name, screen in self._work_screens.items():
            self.session[name] = screen.remembered()
        try:
            with self.workspace.store.write(wait_ms) as db:
                save_session(db, self.session)
        except StoreError as error:
            log.warning("session not saved: %s", error.message)

    def choose_theme(self) -> None:
        """Show the themes; each is tried on while the cursor is on it."""
        from rft_tui.tui.screens.pick import Choice, PickScreen

        if self.wants_no_color:
            if isinstance(self.screen, WorkScreen):
                self.screen.say("NO_COLOR is set: no theme has colours now", "state.warning")
            return
        before = self.palette
        choices = [
            Choice(name, name, "the terminal's own colours" if name.startswith("ansi") else "")
            for name in theme_names()
        ]
        picker = PickScreen("theme", choices, current=before.name, on_move=self.set_theme_by_name)

        def done(name: str | None) -> None:
            self.set_theme_by_name(name or before.name)
            if name:
                from dataclasses import replace

                save_user_settings(replace(self.workspace.user, theme=name))

        self.push_screen(picker, done)

    def set_theme_by_name(self, name: str) -> None:
        """Paint everything in another theme."""
        self.palette = load_theme(name)
        self.forget_screen()
        for screen in {*self.screen_stack, *self._work_screens.values()}:
            if screen.is_mounted:
                screen.refresh(layout=True)
                for widget in screen.walk_children():
                    widget.refresh()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say it when work in the background has failed."""
        if event.state is not WorkerState.ERROR or self.is_leaving:
            return
        error = event.worker.error
        screen = self.screen
        if isinstance(error, RftError):
            if isinstance(screen, WorkScreen):
                screen.say_error(error)
            return
        log.error("worker %s failed", event.worker.name, exc_info=error)
        if isinstance(screen, WorkScreen):
            screen.say(f"{event.worker.group} failed: {type(error).__name__}; the log has the details", "state.bad")

    def log_error(self, error: RftError) -> None:
        """Keep an error in the log."""
        log.warning("%s: %s %s", error.kind, error.message, error.hint)

    def _fatal_error(self) -> None:
        """Leave after an error nobody expected: the details go to the log, the person reads a sentence."""
        error = self._exception
        where = logs.keep_error(error) if error is not None else ""
        said = logs.describe(error) if error is not None else "the app ended"
        self._exit_renderables.append(Text(f"Something went wrong: {said}\n{where}"))
        self._close_messages_no_wait()

    def on_unmount(self) -> None:
        """Store what still waits and write the session down, at the end, however it came."""
        atexit.register(gc.freeze)  # what goes anyway is not searched for rings once more, which takes 0.1 to 0.2 s
        if not self.is_leaving:
            self._stop_work()
        try:
            self.outbox.flush()
        except StoreError as error:
            log.error("%d changes not stored: %s", self.outbox.waiting, error.message)  # noqa: TRY400 - no surprise
            self._exit_renderables.append(Text(f"{self.outbox.waiting} changes could not be stored: {error.message}"))
        self.save_session(BUSY_TIMEOUT_MS)
        if open_tasks := len(self.tasks.open):
            goes = "1 task goes" if open_tasks == 1 else f"{open_tasks} tasks go"
            self._exit_renderables.append(Text(f"{goes} on in the background: rft-tui task list"))
