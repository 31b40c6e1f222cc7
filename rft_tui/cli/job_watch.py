"""``rft-tui job watch``."""

from __future__ import annotations

import os
import select
import shutil
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import click

from rft_tui.cli.console import Calling, command
from rft_tui.cli.job_text import alarm_json, alarm_line, event_json, event_line, figures, status_line
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, EXIT_INTERRUPTED

if TYPE_CHECKING:
    from rft_tui.analysis.job_alarms import JobAlarm
    from rft_tui.model import JsonObject
    from rft_tui.store.jobs import StoredJob
    from rft_tui.tasks.jobs.following import Glance
    from rft_tui.workspace import Workspace

BYTES_A_SECOND = 900.0
"""What a terminal is sent in a second at most, in the long run: a slow link carries it beside other work."""

AT_ONCE_BYTES = 900.0
"""What may go at once where nothing was sent before; together with it a second never carries 2 kB."""

MOST_WAITING = 8
"""Lines that wait for a terminal; of more the oldest are left out, and counted."""

STATUS_EVERY_S = 1.0
ALARMS_EVERY_S = 2.0
SILENCE_EVERY_S = 60.0
"""How often the status line moves at most, alarms are looked at while events come, and while none come."""


@command
@click.argument("name", metavar="JOB")
@click.option("--profile", metavar="P", default="", help="Another way to reach the same service.")
def watch(calling: Calling, name: str, profile: str) -> int:
    """Follow a job: every event from its first to the job's end, one line each; with --json as JSON Lines.

    A worker reads the events whether anybody watches or not, so nothing is lost while this is closed; Ctrl-C ends the
    showing only. On a terminal a status line moves below, and where events come faster than a slow link carries them
    the older ones are left out and counted. Alarms ring on stderr, once each. Exit status 0 where the job succeeded,
    1 where it failed or was cancelled.
    """
    from rft_tui.cli.job_find import find_job, fresh
    from rft_tui.tasks.jobs.reaching import profile_of_job

    workspace = calling.workspace()
    job = find_job(calling, workspace, name, profile)
    if job.has_ended and job.remote_id is not None:
        job, _live = fresh(calling, workspace, job, profile)
    is_going = job.remote_id is not None and not job.has_ended
    way = profile_of_job(workspace.settings, job, profile).name if is_going else ""
    return follow_to_the_end(calling, workspace, job, profile=way)


def follow_to_the_end(
    calling: Calling, workspace: Workspace, job: StoredJob, *, profile: str = "", quiet: bool = False
) -> int:
    """Show a job's events until it has ended, watched through a profile; the exit code. `quiet` shows alarms only."""
    from rft_tui.tasks.jobs.following import follow_job

    teller = _teller(calling, quiet=quiet)
    alarms, reader = _Alarms(workspace, teller, calling), _Reader()
    try:
        for glance in follow_job(workspace.store, workspace.folder, job.id, profile):
            job = glance.job
            teller.take(glance)
            alarms.look(glance)
            if not quiet and reader.is_gone:
                return EXIT_INTERRUPTED
            if glance.is_over and teller.is_done:
                break
    except KeyboardInterrupt:
        calling.tell(f"{job.label} goes on, and so does its watching: rft-tui job watch {job.id} shows all of it.")
        raise
    said = f"{job.label} {job.status}" + (f": {job.message}" if job.message else "")
    calling.tell(said + (f"; its model is {job.fine_tuned_model}" if job.fine_tuned_model else ""))
    return EXIT_DONE if job.status == "succeeded" else EXIT_FAILURES


class Teller(Protocol):
    """Shows what is new in a job."""

    @property
    def is_done(self) -> bool:
        """Whether everything that was taken has been shown."""
        ...

    def take(self, glance: Glance) -> None:
        """Take in a glance and show what can be shown now."""
        ...


def _teller(calling: Calling, *, quiet: bool) -> Teller:
    if quiet:
        return Silence()
    if calling.as_json:
        return JsonLines(calling)
    return TerminalLines(calling) if sys.stdout.isatty() else PlainLines(calling)


class Silence:
    """Shows nothing."""

    is_done = True

    def take(self, glance: Glance) -> None:
        """Let it go."""


@dataclass
class JsonLines:
    """Each event as one line of JSON, as its service gave it."""

    calling: Calling
    is_done: bool = True

    def take(self, glance: Glance) -> None:
        """Give the events of a glance."""
        for remote_id, raw in glance.events:
            self.calling.emit_line(event_json(remote_id, raw, simulated=glance.job.simulated))


@dataclass
class PlainLines:
    """Each event as one line of text."""

    calling: Calling
    is_done: bool = True

    def take(self, glance: Glance) -> None:
        """Give the lines of a glance."""
        for _remote_id, raw in glance.events:
            self.calling.line(_line(raw))


@dataclass
class TerminalLines:
    """Lines at a pace that a slow link carries, and a status line below them that takes its own place."""

    calling: Calling
    clock: Callable[[], float] = time.monotonic
    _waiting: deque[str] = field(default_factory=deque)
    _left_out: int = 0
    _budget: float = AT_ONCE_BYTES
    _at: float | None = None
    _status: str = ""
    _shown: str = ""
    _shown_at: float = 0.0
    _latest: str = ""

    @property
    def is_done(self) -> bool:
        """Whether no line waits."""
        return not self._waiting

    def take(self, glance: Glance) -> None:
        """Take in the newest events, and show as much as the pace allows."""
        from rft_tui.providers.backends.reading import read_event

        events = glance.events
        if len(events) > MOST_WAITING:
            self._left_out += len(events) - MOST_WAITING
            events = events[-MOST_WAITING:]
        for _remote_id, raw in events:
            event = read_event(raw)
            if event.type == "metrics" and event.metrics:
                self._latest = figures(event.metrics)
            self._waiting.append(event_line(event))
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self._left_out += 1
        self._status = "" if glance.is_over else status_line(glance.job, self._latest, glance.trouble)
        self._show()

    def _show(self) -> None:
        now = self.clock()
        since = now if self._at is None else self._at
        self._budget = min(AT_ONCE_BYTES, self._budget + (now - since) * BYTES_A_SECOND)
        self._at = now
        while self._waiting and self._budget > 0:
            if self._left_out:
                said = f"… {self._left_out:,} more before: rft-tui job watch --json gives every event"
                self._left_out = 0
            else:
                said = self._waiting.popleft()
            self._pay(said)
            self.calling.line(_cut(said))
            self._shown = ""
        is_due = not self._shown or now - self._shown_at >= STATUS_EVERY_S
        if self._status and self._status != self._shown and is_due and self._budget > 0:
            self._pay(self._status)
            self.calling.status(_cut(self._status))
            self._shown, self._shown_at = self._status, now

    def _pay(self, said: str) -> None:
        self._budget -= len(_cut(said).encode("utf-8", "replace")) + 8


@dataclass
class _Alarms:
    """The alarms of a job, each told once when it rings; one that rings for several things rings for each."""

    workspace: Workspace
    teller: Teller
    calling: Calling
    _rung: Counter[str] = field(default_factory=Counter)
    _is_due: bool = False
    _at: float = float("-inf")

    def look(self, glance: Glance) -> None:
        """Look at the curves where they may have changed."""
        self._is_due = self._is_due or bool(glance.events)
        waited = time.monotonic() - self._at
        is_time = waited >= (ALARMS_EVERY_S if self._is_due else SILENCE_EVERY_S)
        if not (self._is_due if glance.is_over else is_time):
            return
        self._is_due, self._at = False, time.monotonic()
        for alarm in self._new(glance.job):
            if self.calling.as_json:
                mark = {"simulated": True} if glance.job.simulated else {}
                self.calling.emit_line({"alarm": alarm_json(alarm)} | mark, aside=True)
            else:
                self.calling.say(alarm_line(alarm))

    def _new(self, job: StoredJob) -> Sequence[JobAlarm]:
        from rft_tui.tasks.jobs.alarms import alarms_of

        with self.workspace.store.read() as db:
            ringing = alarms_of(db, job)
        seen: Counter[str] = Counter()
        new: list[JobAlarm] = []
        for alarm in ringing:
            seen[alarm.name] += 1
            if seen[alarm.name] > self._rung[alarm.name]:
                self._rung[alarm.name] += 1
                new.append(alarm)
        return new


def _line(raw: JsonObject) -> str:
    from rft_tui.providers.backends.reading import read_event

    return event_line(read_event(raw))


def _cut(line: str) -> str:
    """A line that fits the terminal, so that the next one can take its place."""
    columns = max(20, shutil.get_terminal_size().columns - 1)
    return line if len(line) <= columns else line[: columns - 1] + "…"


class _Reader:
    """Whoever reads stdout: there as long as the pipe is whole and nothing else has been put in its place."""

    def __init__(self) -> None:
        self._begin = self._now()

    @property
    def is_gone(self) -> bool:
        """Whether what is written reaches nobody any more."""
        if self._begin is None:
            return False
        if self._now() != self._begin:
            return True
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        return any(event & (select.POLLERR | select.POLLNVAL) for _number, event in poll.poll(0))

    @staticmethod
    def _now() -> tuple[int, int] | None:
        try:
            found = os.fstat(sys.stdout.fileno())
        except (OSError, ValueError):
            return None
        return found.st_dev, found.st_ino
