"""What workers of the Graders screen tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from rft_tui.tasks.retesting.probes import ProbeChoice, ProbeRow

if TYPE_CHECKING:
    from contextlib import ExitStack

    from rft_tui.errors import RftError
    from rft_tui.providers.profiles import NamedProfile
    from rft_tui.store.graders import StoredGrader
    from rft_tui.tasks.judging.judge import ServiceJudge
    from rft_tui.tasks.retesting.advice import Advice
    from rft_tui.tasks.retesting.consequences import Consequences, Unjudged
    from rft_tui.tasks.retesting.order_draft import OrderDraft
    from rft_tui.tasks.retesting.pausing import PauseAnswer
    from rft_tui.tasks.retesting.retest import RetestUpdate


class ProbesRead(Message):
    """Posted when a worker has read the probe set of a grader.

    `simulated` where the embedded service had a part; `problem` says what of it could not be read; of so many
    predictions that fit, `total`, the rows are.
    """

    def __init__(
        self,
        serial: int,
        choice: ProbeChoice,
        rows: list[ProbeRow],
        pins: frozenset[int],
        simulated: bool,
        problem: str = "",
        total: int = 0,
    ) -> None:
        super().__init__()
        self.problem = problem
        self.total = total
        self.simulated = simulated
        self.serial = serial
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


class PauseReady(Message):
    """Posted when a judge can be asked at pauses, None where that failed; `room` holds it open."""

    def __init__(self, room: ExitStack, judge: ServiceJudge | None) -> None:
        super().__init__()
        self.room = room
        self.judge = judge


class PauseAnswered(Message):
    """Posted when a judge has answered at a pause, or has failed to."""

    def __init__(self, room: ExitStack, answer: PauseAnswer) -> None:
        super().__init__()
        self.room = room
        self.answer = answer


class OrderBegun(Message):
    """Posted when the answers to an item are known, to be put into an order."""

    def __init__(self, name: str, draft: OrderDraft) -> None:
        super().__init__()
        self.name = name
        self.draft = draft


class ConsequencesProgress(Message):
    """Posted while all predictions are graded: how many of how many are done."""

    def __init__(self, done: int, of: int) -> None:
        super().__init__()
        self.done = done
        self.of = of


class ConsequencesEnded(Message):
    """Posted when comparing has failed; what went wrong is said by who watches the workers."""


class ConsequencesKnown(Message):
    """Posted when it is known what a version changes against another; `found` is None where it was stopped.

    `offers` say what a judge could still be asked, the largest last; `stopped` why it was not asked to the end.
    `simulated` where the embedded service had a part in it.
    """

    def __init__(
        self,
        before: StoredGrader,
        after: StoredGrader,
        found: Consequences | None,
        offers: tuple[Unjudged, ...] = (),
        *,
        simulated: bool = False,
        stopped: RftError | None = None,
    ) -> None:
        super().__init__()
        self.before = before
        self.after = after
        self.found = found
        self.offers = offers
        self.simulated = simulated
        self.stopped = stopped

    def without_offers(self) -> ConsequencesKnown:
        """The same where nobody is to be asked."""
        return ConsequencesKnown(self.before, self.after, self.found, simulated=self.simulated)


class FlipsKept(Message):
    """Posted when flips are kept as a list, to be read from one prediction on; `kept` of them are in it."""

    def __init__(self, prediction: int, kept: int) -> None:
        super().__init__()
        self.prediction = prediction
        self.kept = kept
