"""What workers of the form of a new job tell it, and what it tells the screen below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from rft_tui.errors import RftError

if TYPE_CHECKING:
    from rft_tui.tasks.jobs.launching import Launch
    from rft_tui.tasks.jobs.preflight.facts import NetworkFacts
    from rft_tui.tui.screens.jobs.preflight_work import Looked


class LookedAt(Message):
    """Posted when a worker has looked at everything before a launch, or could not."""

    def __init__(self, looked: Looked | None, error: RftError | None) -> None:
        super().__init__()
        self.looked = looked
        self.error = error


class ServiceAnswered(Message):
    """Posted when a service was asked what it says of a job; `error` where it could not even be reached."""

    def __init__(self, profile: str, grader_version: str | None, facts: NetworkFacts | None, error: str) -> None:
        super().__init__()
        self.profile = profile
        self.grader_version = grader_version
        self.facts = facts
        self.error = error


class LaunchQueued(Message):
    """Posted when a worker has written the files of a job and queued its launch, or could not."""

    def __init__(self, launch: Launch | None, error: RftError | None) -> None:
        super().__init__()
        self.launch = launch
        self.error = error


class JobLaunched(Message):
    """Posted to the screen below the form when a job was queued: its number in the cache, the task, a sentence."""

    def __init__(self, job: int, task: int, said: str) -> None:
        super().__init__()
        self.job = job
        self.task = task
        self.said = said
