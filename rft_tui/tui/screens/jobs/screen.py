"""Jobs: those of all profiles as they are in the cache, the newest first; one of them in short beside the list."""

from __future__ import annotations

from typing import Any, ClassVar

from rft_tui.analysis.job_alarms import JobAlarm
from rft_tui.errors import UsageError
from rft_tui.safetext import one_line
from rft_tui.store.job_lines import JobLine, job_lines
from rft_tui.store.jobs import get_job
from rft_tui.tasks.jobs.alarm_marks import AlarmMarks
from rft_tui.tasks.jobs.curves import TRAIN_LOSS, TRAIN_REWARD, VALID_LOSS, VALID_REWARD
from rft_tui.tasks.jobs.job_view import JobReader, JobView
from rft_tui.tui.actions import JOBS, Action
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.jobs.form_messages import JobLaunched
from rft_tui.tui.screens.jobs.list import JobsSource, summary
from rft_tui.tui.screens.jobs.messages import AlarmsRead, JobsRead, SummaryRead
from rft_tui.tui.screens.jobs.service import fetch_lists
from rft_tui.tui.screens.jobs.words import name_of
from rft_tui.tui.screens.jobs.work import JobWork
from rft_tui.tui.screens.two_panes import TwoPanes
from rft_tui.tui.task_words import counted

ALARMS_AT_ONCE = 20
"""Jobs whose alarms are looked for before it is asked whether the app ends."""

READERS = 4
"""Jobs whose curves are kept in memory for the summary."""


class JobsScreen(JobWork, TwoPanes):
    """The list and the summary; enter opens a job."""

    scope: ClassVar[str] = JOBS
    list_share = "17fr"
    pane_share = "9fr"

    def __init__(self) -> None:
        super().__init__(JobsSource([], {}, [[(" reading …", "text.faint")]]))
        self.lines: list[JobLine] = []
        self.wanted_words = ""
        self._views: dict[int, tuple[JobLine, JobView]] = {}
        self._readers: dict[int, JobReader] = {}
        self._wanted: int | None = None
        self._alarm_marks = AlarmMarks()
        self._alarms: dict[int, tuple[JobAlarm, ...]] = {}
        self._is_read = False
        self._reads_again = False

    @property
    def job_here(self) -> JobLine | None:
        """The job under the cursor."""
        row: JobLine | None = self.table.current
        return row

    def on_mount(self) -> None:
        """Read in the background."""
        super().on_mount()
        self.read_again()

    def on_screen_resume(self) -> None:
        """Show what came in meanwhile."""
        super().on_screen_resume()
        if self._is_read:
            if self.app.screen is self:
                self.job_session.pop("open", None)
            self.read_again()

    def remembered(self) -> dict[str, Any]:
        """Where the cursor stood."""
        here = self.job_here
        return {"job": here.id} if here is not None else self.rft.session.get("jobs", {})

    def read_again(self) -> None:
        """Read the jobs of the cache, one reading at a time; what is shown stays until they are there."""
        if any(one.group == "jobs.read" and one.is_running and one.node is self for one in self.workers):
            self._reads_again = True
            return
        self._reads_again = False
        self.run_worker(self._read, thread=True, group="jobs.read", exit_on_error=False)

    def _read(self) -> None:
        with self.rft.workspace.store.read() as db:
            lines = job_lines(db, TRAIN_REWARD + TRAIN_LOSS, VALID_REWARD + VALID_LOSS)
        self.post_message(JobsRead(lines))
        off = self.alarms_off
        ringing: dict[int, tuple[JobAlarm, ...]] = {}
        for start in range(0, len(lines), ALARMS_AT_ONCE):
            if self.rft.is_leaving:
                return
            jobs = [(line.id, line.status, line.seen_at) for line in lines[start : start + ALARMS_AT_ONCE]]
            with self.rft.workspace.store.read() as db:
                ringing |= self._alarm_marks.ring(db, jobs, off)
        self.post_message(AlarmsRead(ringing))

    def on_alarms_read(self, message: AlarmsRead) -> None:
        """Mark the jobs on which alarms ring."""
        if message.alarms != self._alarms:
            self._alarms = message.alarms
            self._show_lines()

    def on_jobs_read(self, message: JobsRead) -> None:
        """Show them where anything has changed."""
        if not self._is_read or self._wanted is not None or message.lines != self.lines:
            self.lines = message.lines
            self._show_lines()
        if not self._is_read:
            self._is_read = True
            self._open_again()
        if self._reads_again:
            self.set_timer(0.05, self.read_again)

    def _show_lines(self) -> None:
        here = self.job_here
        wanted = here.id if here is not None else self.rft.session.get("jobs", {}).get("job")
        wanted, self._wanted = self._wanted or wanted, None
        words = self.wanted_words.casefold().split()
        kept = [line for line in self.lines if all(word in _searched(line) for word in words)]
        place = next((number for number, line in enumerate(kept) if line.id == wanted), 0)
        self.table.show(JobsSource(kept, self._alarms, self._empty_words()), place)
        self.show_current()

    def _empty_words(self) -> list[Line]:
        """What makes jobs, and what brings those of a service."""
        if self.wanted_words.strip():
            return [[(" no job fits the filter", "text.faint")]]
        makes, fetches = self.hint_key("jobs.new"), self.hint_key("refresh")
        return [
            [(" No jobs yet.", "text.normal")],
            [(f" {makes} makes one: pre-flight, upload, launch;", "text.dim")],
            [(f" {fetches} fetches those that the service of your profile has;", "text.dim")],
            [(" rft-tui import brings in an archive of one.", "text.dim")],
        ]

    def _open_again(self) -> None:
        """Open the job that was open when the session was left."""
        number = self.job_session.get("open")
        if self.app.screen is self and isinstance(number, int) and any(line.id == number for line in self.lines):
            self._open(number)

    def tasks_changed(self) -> None:
        """A task has moved: jobs may have, too."""
        super().tasks_changed()
        self.read_again()

    def cache_changed(self) -> bool:
        """Follow the cache whoever has written to it."""
        self.read_again()
        return True

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Workspace; how many jobs there are and go on."""
        name: Line = [(one_line(self.rft.workspace.name, 40), "text.accent bold")]
        if any(line.simulated for line in self.lines):
            name.append((" SIMULATED", "state.warning bold"))
        going = sum(not line.has_ended for line in self.lines)
        said = counted(self.table.count, "job") + (f" · {going} going on" if going else "")
        shown: Line = [(said, "text.dim")]
        if self.wanted_words:
            shown.insert(0, (f"/{one_line(self.wanted_words, 30)}  ", "text.accent"))
        return (name, []), (self.tabs(), shown)

    def why_not(self, action: Action) -> str | None:
        """Opening needs a job."""
        if action.id in ("open", "jobs.details", "jobs.again") and self.job_here is None:
            return "there is no job here"
        if action.id == "jobs.details" and not self.is_narrow:
            return "the summary stands beside the list"
        return super().why_not(action)

    # The summary

    def show_current(self) -> None:
        """Show the job under the cursor; its curves are read where they are not known or have grown."""
        self.refresh_bars()
        line = self.job_here
        if line is None:
            words = self._empty_words() if self._is_read and self.in_pane else []
            self.pane.show(lambda _width: words)
            return
        known = self._views.get(line.id)
        if known is None or known[0] != line:
            self.run_worker(
                lambda: self._read_summary(line), thread=True, exclusive=True, group="jobs.summary",
                exit_on_error=False,
            )  # fmt: skip
        self._paint(line, None if known is None else known[1])

    def _read_summary(self, line: JobLine) -> None:
        reader = self._readers.pop(line.id, None) or JobReader(line.id)
        self._readers[line.id] = reader
        while len(self._readers) > READERS:
            self._readers.pop(next(iter(self._readers)), None)
        workspace = self.rft.workspace
        with workspace.store.read() as db:
            view = reader.read(db, workspace.settings, self.alarms_off)
        self.post_message(SummaryRead(line, view))

    def on_summary_read(self, message: SummaryRead) -> None:
        """Show it, if the cursor is still there."""
        self._views.pop(message.line.id, None)
        self._views[message.line.id] = (message.line, message.view)
        while len(self._views) > READERS:
            self._views.pop(next(iter(self._views)))
        here = self.job_here
        if here is not None and here.id == message.line.id:
            self._paint(here, message.view)

    def _paint(self, line: JobLine, view: JobView | None) -> None:
        tasks = self.rft.tasks.open
        self.pane.show(lambda width: summary(line, view, tasks, width), keep_place=True)

    # Keys

    def do_open(self) -> None:
        """Open the job."""
        here = self.job_here
        if here is not None:
            self._open(here.id)

    def _open(self, number: int) -> None:
        from rft_tui.tui.screens.jobs.job import JobScreen

        self.job_session["open"] = number
        self.rft.remember()
        self.app.push_screen(JobScreen(number))

    def open_next(self, number: int) -> None:
        """Open a job in the place of the one that is open; once the list is read, if it is not yet."""
        from rft_tui.tui.screens.jobs.job import JobScreen

        top = self.app.screen
        if not self._is_read:
            self.job_session["open"] = number
        elif not isinstance(top, JobScreen):
            self._open(number)
        elif top.number != number:
            self.app.pop_screen()
            self._open(number)

    def do_refresh(self) -> None:
        """Ask the services for their jobs, and read the cache again."""
        self.say("asking for jobs …", "state.info")
        fetch_lists(self)
        self.read_again()

    def do_jobs_details(self) -> None:
        """Show the summary, or the list again."""
        self.go_to_pane(not self.in_pane)

    def do_filter(self) -> None:
        """Filter by words while they are typed."""
        before = self.wanted_words

        def show(text: str) -> None:
            self.wanted_words = text
            self._show_lines()

        self.ask("jobs with", before, show, on_change=show, on_cancel=lambda: show(before))

    def text_to_take(self) -> tuple[str, str] | None:
        """The id of the job."""
        here = self.job_here
        return None if here is None else (here.label, ".txt")

    def do_jobs_new(self) -> None:
        """Open the form of a new job."""
        from rft_tui.tui.screens.jobs.form import JobForm

        self.app.push_screen(JobForm())

    def do_jobs_again(self) -> None:
        """Open the form filled with what made the job under the cursor."""
        from rft_tui.tui.new_job.again import request_of_job
        from rft_tui.tui.screens.jobs.form import JobForm

        here = self.job_here
        if here is None:
            return
        with self.rft.workspace.store.read() as db:
            request = request_of_job(get_job(db, here.id), db)
        if request is None:
            raise UsageError(
                f"too little is known of {name_of(here)}",
                hint=f"{self.hint_key('jobs.new')} begins with an empty form.",
            )
        self.app.push_screen(JobForm(request))

    def on_job_launched(self, message: JobLaunched) -> None:
        """Stand on the job that was just launched."""
        self._wanted = message.job
        self.wanted_words = ""
        self.read_again()


def _searched(line: JobLine) -> str:
    return f"{line.name} {line.label} {line.status} {line.method} {line.model} {line.profile}".casefold()
