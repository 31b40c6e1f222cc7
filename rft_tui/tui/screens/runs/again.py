"""Asking again for runs that are there: what is missing in them, or what failed; said and confirmed first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from rft_tui.errors import UsageError
from rft_tui.store.run_figures import RunLine
from rft_tui.store.wanted import FAILED, MISSING
from rft_tui.tui.screens.base import WorkScreen
from rft_tui.tui.task_words import about_cost, counted

if TYPE_CHECKING:
    from rft_tui.providers.profiles import NamedProfile


class TaskStarted(Message):
    """Posted when a worker has queued a task; `said` tells what it does."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said = said


@dataclass(frozen=True, slots=True)
class Again:
    """What is asked again: the runs, which of their items, how many, and about what they cost (None: unknown)."""

    runs: tuple[int, ...]
    which: str
    requests: int
    cost: float | None

    @property
    def words(self) -> str:
        """What the person is asked."""
        what = "missing prediction" if self.which == MISSING else "failed prediction"
        return f"asks for {counted(self.requests, what)}, {about_cost(self.cost)}"


def again(line: RunLine, which: str) -> Again:
    """What asking again for a line would do; the price is the mean of what its answers cost so far."""
    requests = line.missing if which == MISSING else line.errors
    priced = sum(part.done for part in line.parts if part.cost is not None)
    cost = line.cost / priced * requests if line.cost is not None and priced else None
    return Again(line.runs, which, requests, cost)


def why_not_again(line: RunLine, which: str) -> str | None:
    """Why a line's runs cannot be asked again; None when they can."""
    if any(part.source for part in line.parts):
        return "these predictions were imported: there is no service to ask"
    if which == MISSING and not line.missing:
        return "nothing is missing in these runs"
    if which == FAILED and not line.errors:
        return "there are no errors in these runs"
    return None


def ask_again(screen: WorkScreen, line: RunLine, which: str) -> None:
    """Say what it takes, and after a yes queue the task; posts TaskStarted. Raises RftError."""
    from rft_tui.providers.profiles import find_key

    profile = _profile(screen, line)
    find_key(profile)
    wanted = again(line, which)
    screen.confirm(wanted.words, lambda: _start(screen, profile, wanted))


def _profile(screen: WorkScreen, line: RunLine) -> NamedProfile:
    from rft_tui.providers.profiles import named_profile

    names = {part.profile for part in line.parts}
    if len(names) > 1:
        raise UsageError(f"these runs have {len(names)} profiles", hint="Take one run at a time.")
    profile = named_profile(screen.rft.workspace.settings, next(iter(names)))
    for part in line.parts:
        if part.service != profile.service:
            raise UsageError(
                f"run {part.id} was asked at {part.service}, the profile {profile.name} reaches {profile.service} now",
                hint="Answers of two services are not mixed in one run: begin a new one.",
            )
    return profile


def _start(screen: WorkScreen, profile: NamedProfile, wanted: Again) -> None:
    workspace = screen.rft.workspace

    def work() -> None:
        from rft_tui.tasks.background.launching import ensure_worker
        from rft_tui.tasks.predicting.planning import start_for_runs

        task = start_for_runs(workspace.store, profile, list(wanted.runs), wanted.which)
        ensure_worker(workspace.store, workspace.folder)
        screen.post_message(TaskStarted(f"task {task} {wanted.words}"))

    screen.run_worker(work, thread=True, group="runs.start", exit_on_error=False)
