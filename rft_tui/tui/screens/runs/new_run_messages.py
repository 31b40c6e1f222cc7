"""What workers of the form tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from rft_tui.errors import RftError

if TYPE_CHECKING:
    from rft_tui.providers.models import ServiceModel
    from rft_tui.tasks.predicting.planning import PredictPlan


class Planned(Message):
    """Posted when a worker has worked out what the form comes to, or why it cannot be."""

    def __init__(self, serial: int, plan: PredictPlan | None, error: RftError | None) -> None:
        super().__init__()
        self.serial = serial
        self.plan = plan
        self.error = error


class Started(Message):
    """Posted when a worker has queued the task; `said` tells what it asks, `runs` which runs it fills."""

    def __init__(self, task: int, said: str, runs: tuple[int, ...]) -> None:
        super().__init__()
        self.task = task
        self.said = said
        self.runs = runs


class ModelsFetched(Message):
    """Posted when a worker has the list of a service's models."""

    def __init__(self, service: str, models: list[ServiceModel]) -> None:
        super().__init__()
        self.service = service
        self.models = models
