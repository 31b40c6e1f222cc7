"""What stands below a job's chart, one at a time: alarms, events, checkpoints and files as rows of a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from rft_tui.analysis.job_alarms import POINTED, RULES, JobAlarm
from rft_tui.job_model import JobCheckpoint
from rft_tui.safetext import one_line
from rft_tui.store.job_events import StoredEvent
from rft_tui.store.job_files import JobFile
from rft_tui.tui.paint import Line, crop, fit, fit_right, justify, line_length, wrap_line
from rft_tui.tui.screens.jobs.words import ALARM_SIGNS, clock, shown_score
from rft_tui.tui.widgets.lines import LineWidget

_DIGITS = re.compile(r"([0-9]+)")

PANES = ("figures", "alarms", "events", "checkpoints", "files", "request", "details")
"""What can stand below the chart, in the order of the key that turns it."""

TABLES = ("alarms", "events", "checkpoints", "files")
"""Those of them that are lists."""

ALARM_CELLS = 21
"""Cells of sign, name and step of an alarm."""

HINT_LINES = 2
"""Lines that say what to do about the alarm below the chart, at the most."""

LEVEL_SIGNS = {"info": ("·", "text.faint"), "warn": ("!", "state.warning"), "error": ("✗", "state.bad")}
"""Signs of the levels of events; any other level is a warning."""

CHECKPOINT_VALUES = (
    ("reward", ("full_valid_mean_reward", "train_mean_reward")),
    ("loss", ("full_valid_loss", "valid_loss", "train_loss")),
)
"""What a checkpoint is judged by; of each the first that it has."""


class EventsSource:
    """The events at some places, the newest first; `read` brings them, `words` stand there while there are none."""

    def __init__(
        self, positions: Sequence[int], read: Callable[[Sequence[int]], list[StoredEvent]], words: Sequence[Line] = ()
    ) -> None:
        self.positions = positions
        self._read = read
        self._words = list(words)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.positions)

    def page(self, first: int, count: int) -> list[StoredEvent]:
        """Some of them."""
        return self._read(self.positions[first : first + count])

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        return [(fit(f" {fit('time', 9)}   event, the newest first", width), "text.dim")]

    def paint(self, row: StoredEvent, width: int) -> Line:
        """Time, level as a sign, message."""
        sign, style = LEVEL_SIGNS.get(row.level, ("!", "state.warning"))
        said = "text.normal" if row.level == "info" else style
        time = clock(row.at, seconds=True)
        return [
            (f" {fit(time, 9)} " if len(time) <= 9 else f" {time} ", "text.dim"),
            (f"{sign} ", f"{style} bold"),
            (one_line(row.message, 1000) or "–", said),
        ]

    def empty(self) -> list[Line]:
        """Why there are none."""
        return self._words


class AlarmRow(NamedTuple):
    """One line of what is said of an alarm that rings; the first one names it."""

    alarm: JobAlarm
    said: Line
    is_first: bool


class AlarmsSource:
    """All rules: those that ring with their message and hint on as many lines as it takes, the others in short."""

    def __init__(self, alarms: Sequence[JobAlarm], off: Collection[str], width: int) -> None:
        ringing = {alarm.name for alarm in alarms}
        rows: list[AlarmRow | str] = [row for alarm in alarms for row in _alarm_rows(alarm, width - ALARM_CELLS)]
        self.rows = rows + [name for name in RULES if name not in ringing]
        self._off = off

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.rows)

    def page(self, first: int, count: int) -> list[AlarmRow | str]:
        """Some of them."""
        return self.rows[first : first + count]

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        return [(fit("   alarm       step  what was seen, and what to do", width), "text.dim")]

    def paint(self, row: AlarmRow | str, width: int) -> Line:
        """One rule."""
        if isinstance(row, str):
            state = "switched off" if row in self._off else "quiet"
            return [(f"   {fit(row, 10)} {fit_right('', 5)}  {state}: {ALARM_WORDS.get(row, row)}", "text.faint")]
        if not row.is_first:
            return [(" " * ALARM_CELLS, "text.dim"), *row.said]
        sign, style = ALARM_SIGNS[row.alarm.severity]
        name = f"{fit(row.alarm.name, 10)} {fit_right(str(row.alarm.step), 5)}  "
        return [(f" {sign} ", f"{style} bold"), (name, "text.dim"), *row.said]

    def empty(self) -> list[Line]:
        """There are always rules."""
        return []


ALARM_WORDS = {
    "flat": "the reward does not move for five evaluations",
    "jump": "the reward rises suddenly",
    "growing": "rewards rise while answers, lists or padding grow",
    "opposite": "validation gets worse while training gets better",
    "gap": "training lies more than 0.1 of the range above validation",
    "tokens": "answers become three times as long",
    "errors": "more than 2 % of grader calls fail",
    "silent": "a running job sends no event for long",
}
"""What each alarm looks for."""


def _alarm_rows(alarm: JobAlarm, width: int) -> list[AlarmRow]:
    """What was seen, and what to do."""
    style = ALARM_SIGNS[alarm.severity][1]
    said: Line = [(f"{one_line(alarm.message, 300)}.", style), (f" {one_line(alarm.hint, 300)}", "text.dim")]
    return [AlarmRow(alarm, line, not number) for number, line in enumerate(wrap_line(said, max(20, width)))]


class CheckpointsSource:
    """The checkpoints by step, the newest first."""

    def __init__(self, checkpoints: Sequence[JobCheckpoint]) -> None:
        self.rows = sorted(checkpoints, key=lambda one: -one.step)
        values = [checkpoint_value(one) for one in self.rows]
        known = [(value if name == "reward" else -value) for name, value in values if value is not None]
        self._best = max(known, default=None)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.rows)

    def page(self, first: int, count: int) -> list[JobCheckpoint]:
        """Some of them."""
        return self.rows[first : first + count]

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        name = next((name for name, value in map(checkpoint_value, self.rows) if value is not None), "reward")
        return [(fit(f" {fit_right('step', 7)} {fit_right(name, 8)}    made at   model", width), "text.dim")]

    def paint(self, row: JobCheckpoint, width: int) -> Line:
        """Step, what it is judged by, when it was made, the name of its model."""
        name, value = checkpoint_value(row)
        is_best = value is not None and self._best == (value if name == "reward" else -value)
        return [
            (f" {fit_right(f'{row.step:,}', 7)} ", "text.normal"),
            (fit_right(shown_score(value), 8), "text.normal"),
            (" best " if is_best else "      ", "state.good"),
            (f"{fit(clock(row.at), 9)} " if row.at else fit("–", 10), "text.dim"),
            (_end_of(one_line(row.model, 300), width - 33), "text.normal"),
        ]

    def empty(self) -> list[Line]:
        """When they come."""
        return [[(" No checkpoints yet: the service shows them after evaluations or epochs.", "text.dim")]]


def _end_of(name: str, width: int) -> str:
    """The end of a long name: by it checkpoints differ."""
    return name if len(name) <= width else f"…{name[1 - max(2, width) :]}"


def checkpoint_value(one: JobCheckpoint) -> tuple[str, float | None]:
    """What a checkpoint is judged by, and its name."""
    for name, series in CHECKPOINT_VALUES:
        for key in series:
            if key in one.metrics:
                return name, one.metrics[key]
    return "reward", None


class FilesSource:
    """The files of a job: what it was given and what it made."""

    def __init__(self, files: Sequence[JobFile]) -> None:
        self.rows = sorted(files, key=lambda one: (one.role, _natural(one.path or ""), _natural(one.remote_id)))

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.rows)

    def page(self, first: int, count: int) -> list[JobFile]:
        """Some of them."""
        return self.rows[first : first + count]

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        return [(fit(f" {fit('file', 11)} {fit_right('bytes', 12)}  id at the service", width), "text.dim")]

    def paint(self, row: JobFile, width: int) -> Line:
        """Role, size, id, and where a copy lies here."""
        size = "–" if row.size is None else f"{row.size:,}"
        names = [one_line(one, 200) for one in (row.name, row.path) if one]
        here = f"  {' · '.join(names)}" if names else ""
        return [
            (f" {fit(row.role, 11)} {fit_right(size, 12)}  ", "text.dim"),
            (one_line(row.remote_id, 200), "text.normal"),
            (here, "text.dim"),
        ]

    def empty(self) -> list[Line]:
        """When they come."""
        return [[(" No files yet: result files come at the end.", "text.dim")]]


def _natural(text: str) -> list[tuple[int, str]]:
    """What sorts texts with the numbers in them by their size."""
    parts = _DIGITS.split(text)
    return [(int(part), "") if number % 2 and len(part) < 19 else (0, part) for number, part in enumerate(parts)]


class PaneTabs(LineWidget):
    """One line that names what can stand below, with counts, and what is kept of it."""

    DEFAULT_CSS = "PaneTabs { height: 1; }"

    def __init__(self) -> None:
        super().__init__(id="job-tabs")
        self._spans: tuple[Line, Line] = ([], [])

    def show(self, left: Line, right: Line) -> None:
        """Show names at the left, what is kept at the right."""
        if (left, right) != self._spans:
            self._spans = (left, right)
            self.refresh()

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """The line."""
        left, right = self._spans
        return justify(left, right, width), "panel"


class AlarmLines(LineWidget):
    """One of the alarms that ring, how many others there are, and what to do about it."""

    def __init__(self) -> None:
        super().__init__(id="job-alarms")
        self.styles.height = 0
        self._rows: list[Line] = []

    def show(self, alarms: Sequence[JobAlarm], place: int, key: str, width: int) -> None:
        """Show the alarm at a place; `key`, which leads to where one rang, is never cut off."""
        rows = _alarm_in_short(alarms, place % len(alarms), key, width) if alarms else []
        if rows != self._rows:
            self._rows = rows
            self.styles.height = len(rows)
            self.refresh()

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """The alarm, or what to do."""
        return (self._rows[y] if y < len(self._rows) else []), "background"


def _alarm_in_short(alarms: Sequence[JobAlarm], place: int, key: str, width: int) -> list[Line]:
    """What one of the alarms saw on one line, since when where there is room, and what to do below it."""
    alarm = alarms[place]
    sign, style = ALARM_SIGNS[alarm.severity]
    count = f" {place + 1}/{len(alarms)}" if len(alarms) > 1 else ""
    tail: Line = [(f"  {key}", "text.accent bold"), (" shows it", "text.dim")]
    seen: Line = [(f" {sign}{count} ", f"{style} bold"), (one_line(alarm.message, 300), style)]
    since: Line = [] if alarm.name in POINTED else [(f", since step {alarm.step:,}", "text.dim")]
    room = width - line_length(tail)
    seen = [*seen, *since] if line_length([*seen, *since]) <= room else crop(seen, room)
    hint = wrap_line([(one_line(alarm.hint, 300), "text.dim")], max(20, width - 4))
    return [[*seen, *tail], *([("   ", "text.dim"), *line] for line in hint[:HINT_LINES])]
