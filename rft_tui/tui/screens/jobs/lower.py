"""The lower half of a job's screen: one of events, alarms, checkpoints, files, documents."""

from __future__ import annotations

from typing import Any

from rft_tui.analysis.job_alarms import JobAlarm
from rft_tui.job_model import JobCheckpoint
from rft_tui.safetext import one_line
from rft_tui.store.event_pages import EventLevel
from rft_tui.store.job_events import StoredEvent, event_raw
from rft_tui.store.job_files import JobFile
from rft_tui.tui.actions import Action
from rft_tui.tui.paint import Line, wrap_text
from rft_tui.tui.screens.jobs.details import details
from rft_tui.tui.screens.jobs.events import JobEvents
from rft_tui.tui.screens.jobs.figures import figures
from rft_tui.tui.screens.jobs.panes import (
    PANES,
    TABLES,
    AlarmRow,
    AlarmsSource,
    CheckpointsSource,
    FilesSource,
    PaneTabs,
)
from rft_tui.tui.screens.jobs.raw import RawScreen, indented
from rft_tui.tui.screens.jobs.words import alarm_mark
from rft_tui.tui.widgets.table import Table
from rft_tui.tui.widgets.text_pane import TextPane

LEVEL_WORDS: dict[EventLevel, str] = {"all": "", "messages": "no numbers", "problems": "warnings and errors"}
"""What is kept of the events, as the line above them says it."""


class JobLower(JobEvents):
    """Shows one of PANES below the chart."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.tabs_line = PaneTabs()
        self.pane = TextPane()

    def model_to_run(self) -> str:
        """The checkpoint under the cursor, else the job's model, else its newest checkpoint."""
        if self.pane_name == "checkpoints" and isinstance(row := self.table.current, JobCheckpoint):
            return row.model
        newest = self.view.checkpoints[-1].model if self.view is not None and self.view.checkpoints else ""
        return super().model_to_run() or newest

    # What stands below

    @property
    def panes(self) -> tuple[str, ...]:
        """What can stand below: the figures only where they do not stand beside the chart."""
        return PANES if self.is_narrow else PANES[1:]

    def set_pane(self, name: str) -> None:
        """Show another pane."""
        if self.pane_name in TABLES:
            self.places[self.pane_name] = self.table.cursor
        self.pane_name = name
        self.pane.top = 0
        self.show_pane()
        self.refresh_bars()

    def do_next_pane(self) -> None:
        """To the next pane."""
        self.set_pane(self.panes[(self.panes.index(self.pane_name) + 1) % len(self.panes)])

    def do_job_previous_pane(self) -> None:
        """To the pane before."""
        self.set_pane(self.panes[(self.panes.index(self.pane_name) - 1) % len(self.panes)])

    def show_job(self) -> None:
        """Show the job as it was read."""
        if self.pane_name != "events" or not self.table.count:
            self.show_pane()
        self.show_tabs()
        self.refresh_bars()

    def show_pane(self) -> None:
        """Show the list or the text of the pane."""
        is_table = self.pane_name in TABLES
        self.table.display, self.pane.display = is_table, not is_table
        if is_table:
            self.table.show(self._source(self.pane_name), self.places[self.pane_name])
        else:
            self.pane.show(self._lines, keep_place=True)
        self.show_tabs()

    def _source(self, name: str) -> Any:
        view = self.view
        if name == "alarms":
            width = self.table.size.width or self.app.size.width
            return AlarmsSource(() if view is None else view.alarms, self.alarms_off, width)
        if name == "checkpoints":
            return CheckpointsSource(() if view is None else view.checkpoints)
        if name == "files":
            return FilesSource(() if view is None else view.files)
        return self.events_source()

    def _lines(self, width: int) -> list[Line]:
        view = self.view
        if view is None:
            return []
        if self.pane_name == "figures":
            return figures(view, width)
        if self.pane_name == "details":
            return details(view, width)
        where = "what was sent, to the letter" if view.job.request else "not created here; as the service shows it"
        if view.body is None:
            return [[("nothing has been sent yet", "text.faint")]]
        return [[(where, "text.dim")], *wrap_text(indented(view.body), width)]

    def show_tabs(self) -> None:
        """Show the names of the panes, how many rows each has, and what is left out of the events."""
        view = self.view
        counts: dict[str, int] = {}
        if view is not None:
            counts = {"alarms": len(view.alarms), "events": len(self.positions),
                      "checkpoints": len(view.checkpoints), "files": len(view.files)}  # fmt: skip
        line: Line = []
        for name in self.panes:
            here = name == self.pane_name
            line.append((f" {'▸' if here else ''}{name}", "text.accent bold" if here else "text.dim"))
            if name == "alarms" and counts.get(name):
                text, style = alarm_mark(() if view is None else view.alarms)
                line.append((f" {text}", style))
            elif counts.get(name) and (here or not self.is_narrow):
                line.append((f" {counts[name]:,}", "text.normal" if here else "text.dim"))
            line.append(("" if self.is_narrow else " ", "text.dim"))
        right: Line = []
        if self.pane_name == "events" and self.leaves_out:
            said = " ".join(
                part for part in (LEVEL_WORDS[self.level], self.text and f"/{one_line(self.text, 24)}") if part
            )
            right = [(f"{said} ", "text.accent")]
        self.tabs_line.show(line, right)

    # Keys

    def move(self, rows: int) -> None:
        """Move in what stands below."""
        if self.pane_name in TABLES:
            self.table.go(self.table.cursor + rows)
        else:
            self.pane.scroll(rows)

    def move_page(self, pages: int) -> None:
        """Move by pages."""
        self.move(pages * max(1, (self.table if self.pane_name in TABLES else self.pane).size.height - 2))

    def why_not(self, action: Action) -> str | None:
        """Opening needs something to open."""
        if action.id == "open":
            if self.view is None or (self.pane_name in TABLES and self.table.current is None):
                return "there is nothing here to open"
            if self.pane_name == "files":
                return f"files lie at the service; {self.hint_key('job.archive')} keeps them here"
            if isinstance(self.table.current, str) and self.pane_name == "alarms":
                return "this alarm does not ring"
        return super().why_not(action)

    def do_open(self) -> None:
        """The event's or checkpoint's own JSON, the place of an alarm, or the document over the whole screen."""
        row, view = self.table.current, self.view
        if view is None:
            return
        if self.pane_name in ("figures", "details", "request"):
            body = view.body if self.pane_name == "request" else view.job.remote or view.job.request
            self.app.push_screen(RawScreen("Request" if self.pane_name == "request" else "Job", body, view.job))
        elif isinstance(row, AlarmRow):
            self.go_to_alarm(row.alarm)
        elif isinstance(row, JobCheckpoint):
            self.app.push_screen(RawScreen(f"Checkpoint at step {row.step}", row.raw, view.job))
        elif isinstance(row, StoredEvent):
            with self.rft.workspace.store.read() as db:
                raw = event_raw(db, self.number, row.position)
            self.app.push_screen(RawScreen(f"Event {row.position + 1}", raw, view.job))

    def go_to_alarm(self, alarm: JobAlarm) -> None:
        """Show where an alarm rang."""
        raise NotImplementedError

    def on_table_chosen(self, message: Table.Chosen) -> None:
        """Open the row that was clicked twice."""
        message.stop()
        if self.why_not_open() is None:
            self.do_open()

    def why_not_open(self) -> str | None:
        """Why the row cannot be opened."""
        from rft_tui.tui.actions import BY_ID

        return self.why_not(BY_ID["open"])

    def text_to_take(self) -> tuple[str, str] | None:
        """An event's message, a checkpoint's model, a file's id; else the document."""
        row, view = self.table.current, self.view
        if view is None:
            return None
        if self.pane_name == "request":
            return None if view.body is None else (indented(view.body), ".json")
        if self.pane_name in TABLES:
            if isinstance(row, StoredEvent):
                return row.message, ".txt"
            if isinstance(row, JobCheckpoint):
                return row.model, ".txt"
            if isinstance(row, JobFile):
                return row.remote_id, ".txt"
            if isinstance(row, AlarmRow):
                return f"{row.alarm.message}\n{row.alarm.hint}\n", ".txt"
        return view.job.label, ".txt"
