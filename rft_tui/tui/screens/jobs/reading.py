"""Reading a job again and again as it goes on, and the job whose curves lie over its own."""

from __future__ import annotations

from rft_tui.analysis.job_alarms import RULES
from rft_tui.safetext import one_line
from rft_tui.store.job_lines import job_lines
from rft_tui.store.jobs import StoredJob
from rft_tui.tasks.jobs.curves import TRAIN_LOSS, TRAIN_REWARD
from rft_tui.tasks.jobs.job_view import JobReader, JobView
from rft_tui.tui.screens.jobs.charts import have_common
from rft_tui.tui.screens.jobs.messages import JobRead
from rft_tui.tui.screens.jobs.panes import ALARM_WORDS
from rft_tui.tui.screens.jobs.service import look
from rft_tui.tui.screens.jobs.words import name_of
from rft_tui.tui.screens.jobs.work import JobWork
from rft_tui.tui.screens.pick import Choice, PickScreen

NOTHING = "\0nothing"
"""The choice that takes the other job away."""


class JobReading(JobWork):
    """Follows one job in the cache; subclasses show it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.view: JobView | None = None
        self.other: JobView | None = None
        self._reader = JobReader(number)
        self._other_reader: JobReader | None = None
        self._is_laying = False
        self._reads_again = False

    @property
    def job_here(self) -> StoredJob | None:
        """The job."""
        return None if self.view is None else self.view.job

    def show_job(self) -> None:
        """Show the job as it was read."""
        raise NotImplementedError

    def show_pane(self) -> None:
        """Show what stands below again."""
        raise NotImplementedError

    def find_events(self) -> None:
        """Find the events that fit again: there are more."""
        raise NotImplementedError

    def read_again(self) -> None:
        """Read the job, one reading at a time; what is shown stays until it is there."""
        if any(one.group == "job.read" and one.is_running and one.node is self for one in self.workers):
            self._reads_again = True
            return
        self._reads_again = False
        self.run_worker(self._read, thread=True, group="job.read", exit_on_error=False)

    def _read(self) -> None:
        workspace, other = self.rft.workspace, self._other_reader
        with workspace.store.read() as db:
            view = self._reader.read(db, workspace.settings, self.alarms_off)
            beside = None if other is None else other.read(db, workspace.settings)
        self.post_message(JobRead(view, beside))

    def on_job_read(self, message: JobRead) -> None:
        """Show what has changed."""
        if message.other is not None and self._is_laying:
            self._is_laying = False
            self._say_if_unlike(message.view, message.other)
        if self._other_reader is None:
            message.other = None
        if message.view != self.view or message.other != self.other:
            grew = self.view is None or message.view.events != self.view.events
            self.view, self.other = message.view, message.other
            if grew:
                self.find_events()
            self.show_job()
        if self._reads_again:
            self.set_timer(0.05, self.read_again)

    def on_screen_resume(self) -> None:
        """Show what came in meanwhile."""
        super().on_screen_resume()
        if self.view is not None:
            self.read_again()

    def tasks_changed(self) -> None:
        """A task has moved: the job may have, too."""
        super().tasks_changed()
        self.read_again()

    def cache_changed(self) -> bool:
        """Follow the cache whoever has written to it."""
        self.read_again()
        return True

    def do_refresh(self) -> None:
        """Ask the service for the job."""
        self.say("asking the service …", "state.info")
        look(self, self.number)

    def do_job_alarms(self) -> None:
        """Choose an alarm to switch off or on."""
        off = self.alarms_off
        choices = [
            Choice(name, name, f"{'off' if name in off else 'on'} · {ALARM_WORDS.get(name, name)}") for name in RULES
        ]

        def turn(name: str | None) -> None:
            if name is None:
                return
            self.job_session["off"] = sorted(off ^ {name})
            self.rft.remember()
            self.read_again()
            self.show_pane()
            self.say(f"the alarm {name} is {'on' if name in off else 'off'}", "state.info")

        self.app.push_screen(PickScreen("alarms: enter switches one off or on", choices), self.guarded(turn))

    def do_job_beside(self) -> None:
        """Choose another job whose curves lie over these."""
        with self.rft.workspace.store.read() as db:
            lines = job_lines(db, TRAIN_REWARD + TRAIN_LOSS, ())
        choices = [Choice(NOTHING, "no other job")] if self.other is not None else []
        choices += [
            Choice(str(line.id), one_line(line.name or line.label, 60), f"{line.status} · {one_line(line.model, 30)}")
            for line in lines
            if line.id != self.number and line.train is not None
        ]
        if not choices:
            self.say("no other job has curves", "state.warning")
            return

        def lay(chosen: str | None) -> None:
            if chosen is not None:
                self._other_reader = None if chosen == NOTHING else JobReader(int(chosen))
                self._is_laying = self._other_reader is not None
                self.read_again()

        self.app.push_screen(PickScreen("curves of another job over these", choices), self.guarded(lay))

    def _say_if_unlike(self, view: JobView, other: JobView) -> None:
        """Take the other job away again where nothing of it can be drawn over this one."""
        if have_common(view, other):
            return
        self._other_reader = None
        mine, theirs = (one_line(one.job.method, 30) or "unknown" for one in (view, other))
        said = f"{mine} and {theirs}" if mine != theirs else f"{name_of(view.job)} and {name_of(other.job)}"
        self.say(f"nothing in common to draw: {said}", "state.warning")

    def leave_job(self) -> None:
        """Back to the list."""
        if self.app.screen is self:
            self.job_session.pop("open", None)
            self.rft.remember()
            self.app.pop_screen()

    def do_screen_jobs(self) -> None:
        """Back to the list."""
        self.leave_job()
