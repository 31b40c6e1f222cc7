"""What workers of the Graders screen tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from rft_tui.tasks.retesting.probes import ProbeChoice, ProbeRow

if TYPE_CHECKING:
    from rft_tui.providers.profiles import NamedProfile
    from rft_tui.store.graders import StoredGrader
    from rft_tui.tasks.judging.judge import ServiceJudge
    from rft_tui.tasks.retesting.advice import Advice
    from rft_tui.tasks.retesting.consequences import Consequences
    from rft_tui.tasks.retesting.retest import RetestUpdate


class ProbesRead(Message):
    """Posted when a worker has read the probe set of a grader; `simulated` where the embedded service had a part."""

    def __init__(
        self, name: str, choice: ProbeChoice, rows: list[ProbeRow], pins: frozenset[int], simulated: bool
    ) -> None:
        super().__init__()
        self.simulated = simulated
        self.name = name
        self.choice = choice
        self.rows = rows
        self.pins = pins


class Retested(Message):
    """Posted when the retester knows more; `advice` at the end, from what was seen."""

    def __init__(self, update: RetestUpdate, advice: tuple[Advice, ...] = ()) -> None:
        super().__init__()
        self.update = update
        self.advice = advice


class JudgeReady(Message):
    """Posted when a judge can be asked."""

    def __init__(self, profile: NamedProfile, judge: ServiceJudge) -> None:
        super().__init__()
        self.profile = profile
        self.judge = judge


class ConsequencesProgress(Message):
    """Posted while all predictions are graded: how many of how many are done."""

    def __init__(self, done: int, of: int) -> None:
        super().__init__()
        self.done = done
        self.of = of


class ConsequencesKnown(Message):
    """Posted when it is known what a version changes; None where it was stopped."""

    def __init__(self, before: StoredGrader, after: StoredGrader, found: Consequences | None) -> None:
        super().__init__()
        self.before = before
        self.after = after
        self.found = found
