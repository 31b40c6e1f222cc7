"""Pairs of answers that a second rater compares: what it said before, and asking it, with what has come so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

from rft_tui.store.graders import StoredGrader
from rft_tui.tasks.predicting.estimate import Estimate
from rft_tui.tasks.rating.pairs import AnswerPair
from rft_tui.tasks.rating.rating import RatingPlan, estimate_rating, kept_report, plan_rating
from rft_tui.tasks.rating.report import Asking, RatedPair, RatingReport, rating_report
from rft_tui.tui.rating.desk import AskingDesk, DeskHost, Hear, Known
from rft_tui.tui.rating.wish import RaterWish
from rft_tui.tui.task_words import counted

if TYPE_CHECKING:
    from rft_tui.workspace import Workspace

TELL_EVERY_S = 0.4
"""How often the figures follow while the rater answers, at the most."""

PAUSE_SHARE = 8
"""How many times longer than making the figures the pause between them is, where there are many pairs."""


class RatingDesk(AskingDesk):
    """A grader version held against a rater; `report` has all that it said, `plan` what it would be asked."""

    noun = "pairs"

    def __init__(self, host: DeskHost, grader: StoredGrader, word: str, wish: RaterWish | None) -> None:
        super().__init__(host, grader.name, word, wish)
        self.grader = grader
        self.report: RatingReport | None = None
        self.plan: RatingPlan | None = None

    @property
    def is_simulated(self) -> bool:
        """Whether the embedded service answered, judged, rated or would rate."""
        return self.profile_is_simulated or (self.report is not None and self.report.simulated)

    def choose(self, wish: RaterWish) -> None:
        """Take another rater, or another number of pairs."""
        if self.wish is None or (wish.model, wish.service) != (self.wish.model, self.wish.service):
            self.report = None
        self.plan = None
        super().choose(wish)

    def read(self) -> None:
        """Read what the rater said before, draw the pairs, and see what asking about them would take."""
        wish, workspace, grader = self.wish, self.host.rft.workspace, self.grader
        if wish is None or self.is_asking:
            return

        def work(_stop: Event, hear: Hear) -> Known:
            report = _kept(workspace, grader, wish)
            hear(lambda: self._known(report))
            plan, estimate = _planned(workspace, grader, wish)
            return lambda: self._planned(plan, estimate)

        self.begin(work, asks=False)

    def _known(self, report: RatingReport) -> None:
        asking = self.report.asking if self.report is not None else report.asking
        self.report = replace(report, asking=asking)

    def _planned(self, plan: RatingPlan | None, estimate: Estimate | None) -> None:
        self.plan, self.estimate = plan, estimate

    @property
    def has_more(self) -> bool:
        """Whether the plan has pairs that the rater has not judged."""
        if self.plan is None:
            return False
        judged = {_key(one.pair) for one in self.report.rated} if self.report is not None else set()
        return any(_key(pair) not in judged for pair in self.plan.chosen.pairs)

    def ask(self) -> None:
        """Ask about the pairs of the plan."""
        plan, wish, workspace, grader = self.plan, self.wish, self.host.rft.workspace, self.grader
        if plan is None or wish is None or self.is_asking:
            return
        before = self.report.rated if self.report is not None else ()
        self.progress = (0, len(plan.chosen.pairs))

        def work(stop: Event, hear: Hear) -> Known:
            from rft_tui.tasks.rating.work import rate

            def figures(rated: list[RatedPair], done: int, of: int) -> None:
                report = rating_report(
                    workspace.store, grader, wish.model, rated, Asking(wanted=of), workspace.reviewer
                )
                hear(lambda: self._heard(report, (done, of)))

            so_far = _SoFar(before, figures)
            made = rate(workspace, plan, stop=stop, progress=so_far.progress, noticed=so_far.noticed)
            if self.host.rft.is_leaving:
                return lambda: None
            report = replace(_kept(workspace, grader, wish), asking=made.asking)
            _plan, estimate = _planned(workspace, grader, wish)
            return partial(self._ended, report, estimate, is_stopped=stop.is_set())

        self.begin(work, asks=True)

    def _heard(self, report: RatingReport, progress: tuple[int, int]) -> None:
        self.report, self.progress = report, progress

    def _ended(self, report: RatingReport, estimate: Estimate | None, *, is_stopped: bool) -> None:
        self.report, self.estimate = report, estimate
        asking = report.asking
        judged = asking.wanted - asking.unasked - sum(asking.errors.values())
        said, style = f"{counted(judged, 'pair')} judged", "state.good"
        if is_stopped or asking.stopped:
            said = f"stopped: {judged:,} of {counted(asking.wanted, 'pair')} judged; they are kept"
            style = "text.normal"
        elif asking.errors:
            said, style = f"{said}, {sum(asking.errors.values()):,} without an answer", "state.warning"
        self.host.desk_ended(self, said, style)


class _SoFar:
    """What is judged so far, in the thread that asks: told now and then, since figures cost time too."""

    def __init__(self, before: tuple[RatedPair, ...], figures: Callable[[list[RatedPair], int, int], None]) -> None:
        self._pairs = {(one.rating.first, one.rating.second): one for one in before}
        self._figures = figures
        self._told = 0.0
        self._pause = 0.0

    def noticed(self, rated: RatedPair) -> None:
        """One more is judged."""
        self._pairs[rated.rating.first, rated.rating.second] = rated

    def progress(self, done: int, of: int) -> None:
        """So many are done."""
        now = monotonic()
        if now - self._told < self._pause or done == of:
            return
        self._figures(list(self._pairs.values()), done, of)
        self._told = monotonic()
        self._pause = max(TELL_EVERY_S, PAUSE_SHARE * (self._told - now))


def _key(pair: AnswerPair) -> tuple[str, frozenset[str]]:
    """The same for a pair of the same texts, from whatever runs."""
    return pair.asked.row_id, frozenset(" ".join(one.text.split()) for one in (pair.first, pair.second))


def _kept(workspace: Workspace, grader: StoredGrader, wish: RaterWish) -> RatingReport:
    return kept_report(workspace.store, grader, wish.model, wish.service, workspace.reviewer)


def _planned(workspace: Workspace, grader: StoredGrader, wish: RaterWish) -> tuple[RatingPlan | None, Estimate | None]:
    """What is to be asked; nothing where no profile leads to the rater."""
    if not wish.profile:
        return None, None
    profile = wish.find(workspace.settings)
    plan = plan_rating(workspace.store, grader, wish.model, profile, pairs=wish.pairs)
    return plan, estimate_rating(workspace.store, plan)
