"""What workers of Compare tell the screen; `turn` is the reading they belong to, so that an old one is not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.message import Message

from rft_tui.errors import RftError
from rft_tui.store.graders import StoredGrader
from rft_tui.store.runs import RunGroup

if TYPE_CHECKING:
    from rft_tui.tasks.comparing.comparison import Comparison


class ChoicesRead(Message):
    """Posted when the groups of runs, the index of every run, and the graders that have graded any are known."""

    def __init__(self, groups: list[RunGroup], indexes: dict[int, int], graders: list[StoredGrader]) -> None:
        super().__init__()
        self.indexes = indexes
        self.groups = groups
        self.graders = graders


class Compared(Message):
    """Posted when the figures of a comparison are there: first without resampling, later with it."""

    def __init__(self, turn: int, comparison: Comparison) -> None:
        super().__init__()
        self.turn = turn
        self.comparison = comparison


class NotCompared(Message):
    """Posted when a comparison, or a panel of it, cannot be made; `panel` is empty for the comparison itself."""

    def __init__(self, turn: int, error: RftError, panel: str = "") -> None:
        super().__init__()
        self.turn = turn
        self.error = error
        self.panel = panel


class PanelRead(Message):
    """Posted when what a panel shows beside the comparison has been read."""

    def __init__(self, turn: int, panel: str, found: Any) -> None:
        super().__init__()
        self.turn = turn
        self.panel = panel
        self.found = found


class ListKept(Message):
    """Posted when a list is there for Review: its name, where to stand in it, and what Review is to look at."""

    def __init__(self, name: str, prediction: int | None, look: dict[str, Any]) -> None:
        super().__init__()
        self.name = name
        self.prediction = prediction
        self.look = look
