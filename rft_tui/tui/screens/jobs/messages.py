"""What workers of the Jobs screens post."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from rft_tui.analysis.job_alarms import JobAlarm
from rft_tui.store.event_pages import EventLevel
from rft_tui.store.job_lines import JobLine
from rft_tui.tasks.jobs.job_view import JobView


class JobsRead(Message):
    """Posted when a worker has read the jobs of the cache."""

    def __init__(self, lines: list[JobLine]) -> None:
        super().__init__()
        self.lines = lines


class AlarmsRead(Message):
    """Posted when a worker has looked for the alarms that ring on the jobs, by their numbers."""

    def __init__(self, alarms: dict[int, tuple[JobAlarm, ...]]) -> None:
        super().__init__()
        self.alarms = alarms


class SummaryRead(Message):
    """Posted when a worker has read what the summary shows of one line."""

    def __init__(self, line: JobLine, view: JobView) -> None:
        super().__init__()
        self.line = line
        self.view = view


class JobRead(Message):
    """Posted when a worker has read a job, and the one it is compared with."""

    def __init__(self, view: JobView, other: JobView | None) -> None:
        super().__init__()
        self.view = view
        self.other = other


class EventsFound(Message):
    """Posted when a worker has found the events that fit."""

    def __init__(self, level: EventLevel, text: str, positions: Sequence[int]) -> None:
        super().__init__()
        self.level = level
        self.text = text
        self.positions = positions


class ServiceAsked(Message):
    """Posted when a service has been asked about jobs: what it brought, and whether all went well."""

    def __init__(self, said: str, *, is_good: bool = True) -> None:
        super().__init__()
        self.said = said
        self.is_good = is_good
