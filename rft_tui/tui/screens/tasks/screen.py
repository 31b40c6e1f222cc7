"""The task list: what is done in the background, and the keys that steer it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import ClassVar

from textual.message import Message

from rft_tui.errors import UsageError
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line
from rft_tui.store.tasks import CANCEL, PAUSE, StoredTask, change_settings, list_tasks, queue_again, wish
from rft_tui.tasks.jobs.task_kinds import JOB_KINDS
from rft_tui.tui.actions import TASKS, Action
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.over import OverScreen
from rft_tui.tui.screens.tasks.list import TasksSource, task_details
from rft_tui.tui.screens.two_panes import TwoPanes
from rft_tui.tui.task_words import counted, short_name

SHOWN = 500
"""Tasks that are listed, the newest."""

STEERING = ("tasks.cancel", "tasks.more", "tasks.fewer", "tasks.concurrency", "tasks.spend_cap")
"""Actions on a task that has not ended."""

NEEDS_TASK = ("open", "tasks.pause", "tasks.resume", "tasks.details", *STEERING)
"""Actions on the task under the cursor."""


class TaskChanged(Message):
    """Posted when a worker has stored what a person wished of a task."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said = said


class TasksScreen(OverScreen, TwoPanes):
    """All tasks, the newest first, and one of them in full."""

    scope: ClassVar[str] = TASKS

    def __init__(self) -> None:
        super().__init__(TasksSource([]))

    def on_mount(self) -> None:
        """Read the tasks."""
        super().on_mount()
        self.do_refresh()

    @property
    def task_here(self) -> StoredTask | None:
        """The task under the cursor."""
        row: StoredTask | None = self.table.current
        return row

    def do_refresh(self) -> None:
        """Read the tasks again; the cursor stays on its task."""
        here = self.task_here
        with self.rft.workspace.store.read() as db:
            tasks = list_tasks(db, limit=SHOWN)
        place = next((number for number, task in enumerate(tasks) if here is not None and task.id == here.id), 0)
        asks, grades = self.hint_key("runs.new"), self.hint_key("runs.grade")
        words: list[Line] = [
            [(" No tasks yet.", "text.normal")],
            [(f" {asks} in Runs asks models for predictions; {grades} there grades with a model.", "text.dim")],
            [(" Tasks go on when you leave, and are shown here when you come back.", "text.dim")],
        ]
        self.table.show(TasksSource(tasks, words), place)
        self.show_current()

    def tasks_changed(self) -> None:
        """Show how the tasks stand."""
        self.do_refresh()

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Workspace; the screen's name and how many tasks are open."""
        name: Line = [(one_line(self.rft.workspace.name, 40), "text.accent bold")]
        is_open = len(self.rft.tasks.open)
        said = f"{counted(self.table.count, 'task')}, {is_open} open"
        return (name, []), ([*self.tabs(), (" ▸Tasks", "text.accent bold")], [(said, "text.dim")])

    def why_not(self, action: Action) -> str | None:
        """Actions on a task need one that they fit."""
        task = self.task_here
        if action.id not in NEEDS_TASK:
            return super().why_not(action)
        if task is None:
            return "there is no task here"
        if action.id == "tasks.details" and not self.is_narrow:
            return "the details stand beside the list"
        has_ended = not task.is_open and task.state != "paused"
        if action.id == "tasks.pause" and not task.is_open:
            return f"task {task.id} is {task.state}"
        if action.id in STEERING and has_ended:
            return f"task {task.id} has ended"
        if action.id == "tasks.resume" and (task.state == "done" or (task.is_open and not task.wish)):
            again = f"; {self.hint_key('runs.retry')} in Runs asks again for errors" if task.state == "done" else ""
            return f"task {task.id} is {task.state}{again}"
        return super().why_not(action)

    def show_current(self) -> None:
        """Show the task in full."""
        task = self.task_here
        self.refresh_bars()
        self.pane.show(lambda width: [] if task is None else task_details(task, width), keep_place=True)

    def do_back(self) -> None:
        """From the details to the list, from the list to the screen below."""
        if self.in_pane:
            self.go_to_pane(False)
        else:
            self.close_over()

    def do_tasks(self) -> None:
        """They are shown: back."""
        self.close_over()

    def do_tasks_details(self) -> None:
        """Show the details, or the list again."""
        self.go_to_pane(not self.in_pane)

    def do_open(self) -> None:
        """Open the task's runs in Review, or the job that it works for."""
        task = self.task_here
        if task is None:
            return
        if task.kind in JOB_KINDS:
            self._open_job(task.request.get("job"))
            return
        from rft_tui.tui.screens.review.screen import ReviewScreen

        runs = task.request.get("runs")
        review = self.rft.work_screen("review")
        self.do_screen_review()
        if isinstance(review, ReviewScreen) and isinstance(runs, list):
            review.look_at(tuple(runs))

    def _open_job(self, number: object) -> None:
        """Open a job over the list of jobs."""
        from rft_tui.tui.screens.jobs.screen import JobsScreen

        jobs = self.rft.work_screen("jobs")
        self.do_screen_jobs()
        if isinstance(jobs, JobsScreen) and isinstance(number, int):
            jobs.open_next(number)

    def do_tasks_pause(self) -> None:
        """Let the task rest."""
        self._change(lambda db, task: wish(db, task.id, PAUSE), "pauses; what is in flight still answers")

    def do_tasks_resume(self) -> None:
        """Let the task go on."""
        self._change(lambda db, task: queue_again(db, task.id), "goes on", starts=True)

    def do_tasks_cancel(self) -> None:
        """End the task, after a yes."""
        task = self.task_here
        if task is not None:
            left = max(0, task.progress.total - task.progress.ended)
            self.confirm(
                f"ends task {task.id} ({short_name(task)}); {left:,} are left undone",
                lambda: self._change(lambda db, task: wish(db, task.id, CANCEL), "ends; what is done is kept", of=task),
            )

    def do_tasks_more(self) -> None:
        """Half as many again at once."""
        self._set_concurrency(lambda now: now + max(1, now // 2))

    def do_tasks_fewer(self) -> None:
        """A third fewer at once."""
        self._set_concurrency(lambda now: now - max(1, now // 3))

    def _set_concurrency(self, change: Callable[[int], int]) -> None:
        task = self.task_here
        if task is None:
            return
        from rft_tui.providers.profiles import named_profile

        now = task.settings.get("concurrency")
        if not isinstance(now, int):
            now = named_profile(self.rft.workspace.settings, str(task.request.get("profile", ""))).profile.concurrency
        self._set({"concurrency": max(1, change(now))}, f"asks at most {max(1, change(now))} at once")

    def do_tasks_concurrency(self) -> None:
        """Type how many calls may be in flight."""
        task = self.task_here
        if task is None:
            return

        def keep(text: str) -> None:
            if not text.strip().isascii() or not text.strip().isdigit() or not 0 < int(text) <= 10_000:
                raise UsageError(f"{text.strip()!r} is no number of calls", hint="A whole number from 1.")
            self._set({"concurrency": int(text)}, f"asks at most {int(text)} at once", of=task)

        self.ask("most calls at once", str(task.settings.get("concurrency", "")), keep)

    def do_tasks_spend_cap(self) -> None:
        """Type how many dollars the task may cost."""
        task = self.task_here
        if task is None:
            return

        def keep(text: str) -> None:
            try:
                value = float(text.strip().removeprefix("$"))
            except ValueError:
                value = 0.0
            if not 0 < value < 1e9:
                raise UsageError(f"{text.strip()!r} is no amount of dollars", hint="For example 2.50.")
            self._set({"spend_cap": value}, f"stops at ${value:,.2f}", of=task)

        self.ask("spend cap in $", str(task.settings.get("spend_cap", "")), keep)

    def _set(self, changes: JsonObject, said: str, of: StoredTask | None = None) -> None:
        self._change(lambda db, task: change_settings(db, task.id, changes), said, of=of)

    def _change(
        self,
        change: Callable[[sqlite3.Connection, StoredTask], object],
        said: str,
        *,
        of: StoredTask | None = None,
        starts: bool = False,
    ) -> None:
        """Store a wish in the background; posts TaskChanged."""
        task = of or self.task_here
        if task is None:
            return
        workspace = self.rft.workspace

        def work() -> None:
            with workspace.store.write() as db:
                change(db, task)
            if starts:
                from rft_tui.tasks.background.launching import ensure_worker

                ensure_worker(workspace.store, workspace.folder)
            self.post_message(TaskChanged(f"task {task.id} {said}"))

        self.run_worker(work, thread=True, group="tasks.change", exit_on_error=False)

    def on_task_changed(self, message: TaskChanged) -> None:
        """Show it."""
        self.rft.look_at_tasks()
        self.do_refresh()
        self.say(message.said, "state.info")
