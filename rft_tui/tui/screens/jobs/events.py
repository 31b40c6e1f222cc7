"""The events of a job in its lower half: those that fit a text and a level, found in the background."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from rft_tui.store.event_pages import EVENT_LEVELS, EventLevel, event_positions, events_at
from rft_tui.store.job_events import StoredEvent
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.jobs.messages import EventsFound
from rft_tui.tui.screens.jobs.panes import (
    TABLES,
    EventsSource,
)
from rft_tui.tui.screens.jobs.reading import JobReading
from rft_tui.tui.screens.two_panes import PaneKeys
from rft_tui.tui.widgets.table import Table


class JobEvents(JobReading, PaneKeys):
    """Which events are shown, where `pane_name` says that events are; `places` holds the cursor of every table."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.pane_name = "events"
        self.level: EventLevel = "all"
        self.text = ""
        self.table = Table(EventsSource((), self._events_at))
        self.positions: Sequence[int] = ()
        self.places = dict.fromkeys(TABLES, 0)

    def set_pane(self, name: str) -> None:
        """Show another pane."""
        raise NotImplementedError

    def show_tabs(self) -> None:
        """Show the names of the panes, and what is left out of the events."""
        raise NotImplementedError

    def events_source(self) -> EventsSource:
        """The events as rows."""
        return EventsSource(self.positions, self._events_at, self._no_events())

    def find_events(self) -> None:
        """Find the events that fit: at once where all do, else in the background; posts EventsFound."""
        level, text, store = self.level, self.text, self.rft.workspace.store

        def work() -> None:
            with store.read() as db:
                self.post_message(EventsFound(level, text, event_positions(db, self.number, level, text)))

        if level == "all" and not text:
            with store.read() as db:
                self._take_events(event_positions(db, self.number))
            return
        self.run_worker(work, thread=True, exclusive=True, group="job.events", exit_on_error=False)

    def on_events_found(self, message: EventsFound) -> None:
        """Show them, unless others are wanted by now."""
        if (message.level, message.text) == (self.level, self.text):
            self._take_events(message.positions)
            self.show_tabs()

    def _take_events(self, positions: Sequence[int]) -> None:
        """Take other events; the cursor stays on its event, or at the newest if it stands there."""
        is_shown = self.pane_name == "events"
        place = self.table.cursor if is_shown else self.places["events"]
        if 0 < place < len(self.positions):
            here = self.positions[place]
            place = min(bisect_left(positions, -here, key=lambda one: -one), max(0, len(positions) - 1))
        self.positions = positions
        self.places["events"] = place
        if is_shown:
            self.table.show(self.events_source(), place)

    @property
    def leaves_out(self) -> bool:
        """Whether some events may be left out."""
        return bool(self.text) or self.level != "all"

    def do_filter(self) -> None:
        """Keep events with a text, while it is typed."""
        before = self.text
        self.set_pane("events")

        def keep(text: str) -> None:
            self.text = text.strip()
            self.find_events()
            self.show_tabs()

        self.ask("events with", before, keep, on_change=keep, on_cancel=lambda: keep(before))

    def clear_filter(self) -> bool:
        """Show all events again; whether some were left out."""
        had = self.leaves_out
        if had:
            self.text, self.level = "", "all"
            self.find_events()
            self.show_tabs()
        return had

    def do_job_level(self) -> None:
        """Everything, then no numbers of steps, then warnings and errors only."""
        self.level = EVENT_LEVELS[(EVENT_LEVELS.index(self.level) + 1) % len(EVENT_LEVELS)]
        self.set_pane("events")
        self.find_events()
        self.show_tabs()

    def _events_at(self, positions: Sequence[int]) -> list[StoredEvent]:
        with self.rft.workspace.store.read() as db:
            return events_at(db, self.number, positions)

    def _no_events(self) -> list[Line]:
        """Why there are no events."""
        if self.leaves_out:
            return [[(" no event fits the filter", "text.faint")]]
        said = f" {self.hint_key('refresh')} asks the service for them."
        return [[(" No events here yet.", "text.normal")], [(said, "text.dim")]]
