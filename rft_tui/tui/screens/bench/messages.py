"""What workers of the bench screen tell it."""

from __future__ import annotations

from textual.message import Message

from rft_tui.errors import RftError
from rft_tui.model import JsonObject
from rft_tui.tasks.bench import BenchPlan
from rft_tui.tasks.bench_state import BenchState
from rft_tui.tasks.bench_work import BenchAsks, Benched


class BenchPlanned(Message):
    """Posted when it is known what is to be tried and asked, and what was kept of an earlier bench."""

    def __init__(
        self, serial: int, plan: BenchPlan, asks: BenchAsks | None, state: BenchState, kept: JsonObject | None
    ) -> None:
        super().__init__()
        self.serial = serial
        self.plan = plan
        self.asks = asks
        self.state = state
        self.kept = kept


class BenchProgress(Message):
    """Posted a few times a second while answers are graded: how many of how many."""

    def __init__(self, serial: int, done: int, of: int) -> None:
        super().__init__()
        self.serial = serial
        self.done = done
        self.of = of


class BenchDone(Message):
    """Posted when a bench was done and is kept."""

    def __init__(self, serial: int, benched: Benched) -> None:
        super().__init__()
        self.serial = serial
        self.benched = benched


class BenchFailed(Message):
    """Posted when a bench could not be planned or done."""

    def __init__(self, serial: int, error: RftError) -> None:
        super().__init__()
        self.serial = serial
        self.error = error
