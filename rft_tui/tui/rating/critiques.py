"""Disagreements that a second rater is asked about: its critiques, those made before and those that come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from threading import Event

from rft_tui.model import GradeError
from rft_tui.store.ratings import StoredCritique, get_critiques
from rft_tui.tasks.predicting.estimate import Estimate
from rft_tui.tasks.rating.critiques import Critique, estimate_critiques, said_before, side_of
from rft_tui.tasks.rating.disagreements import Disagreement
from rft_tui.tui.rating.desk import AskingDesk, Bill, DeskHost, Hear, Known
from rft_tui.tui.rating.wish import RaterWish
from rft_tui.tui.task_words import counted

MOST = 20
"""Disagreements that are asked about at once, the sharpest ones."""


class CritiqueDesk(AskingDesk):
    """Critiques about disagreements over the grades of one version of a grader, saved or not.

    `found` is how many disagreements there are, of which `about` are the sharpest; `errors` are what came in place of
    critiques, by prediction.
    """

    noun = "critiques"

    def __init__(
        self,
        host: DeskHost,
        name: str,
        word: str,
        wish: RaterWish | None,
        version: str,
        found: Sequence[Disagreement],
        *,
        simulated: bool,
    ) -> None:
        super().__init__(host, name, word, wish)
        self.version = version
        self.about = tuple(found[:MOST])
        self.found = len(found)
        self.errors: dict[int, GradeError] = {}
        self.bill = Bill()
        self._kept: dict[int, list[StoredCritique]] = {}
        self._said: dict[int, str] = {}
        self._grades_are_simulated = simulated

    @property
    def is_simulated(self) -> bool:
        """Whether the embedded service answered, judged, or is asked."""
        shown = (self.critique_of(one.prediction) for one in self.about)
        made = any(one is not None and one.simulated for one in shown)
        return self.profile_is_simulated or self._grades_are_simulated or made

    @property
    def is_against_rater(self) -> bool:
        """Whether the rater's own preference is what the grades are held against, in place of the person."""
        return any(one.preferred is not None for one in self.about)

    @property
    def has_more(self) -> bool:
        """Whether a disagreement has no critique of this rater on this version."""
        return any(not self.is_current(self.critique_of(one.prediction)) for one in self.about)

    def critique_of(self, prediction: int) -> StoredCritique | None:
        """The critique that is shown: this rater's of this very disagreement, else the newest one there is."""
        kept = self._kept.get(prediction, [])
        return next((one for one in kept if self.is_current(one)), kept[0] if kept else None)

    def is_current(self, critique: StoredCritique | None) -> bool:
        """Whether a critique is of this version and this disagreement, by the rater that is chosen."""
        wish = self.wish
        if critique is None or wish is None:
            return False
        made_by = (critique.version, critique.rater, critique.service)
        is_the_same = self._said.get(critique.prediction) == critique.text
        return is_the_same and made_by == (self.version, wish.model, wish.service)

    def sides(self) -> Counter[str]:
        """With whom the critiques of these disagreements side, counted."""
        shown = (self.critique_of(one.prediction) for one in self.about)
        return Counter(side_of(one.text) for one in shown if one is not None and self.is_current(one))

    def read(self) -> None:
        """Read the critiques there are, and see what asking would take."""
        if self.is_asking:
            return
        wish, workspace, about = self.wish, self.host.rft.workspace, self.about

        def work(_stop: Event, hear: Hear) -> Known:
            from rft_tui.tasks.judging.known import KnownAnswers

            with workspace.store.read() as db:
                kept = get_critiques(db, [one.prediction for one in about])
            if wish is None or not wish.profile:
                return partial(self._read, kept, {})
            profile = wish.find(workspace.settings)
            said = said_before(about, wish.model, KnownAnswers(workspace.store, profile))
            hear(partial(self._read, kept, said))
            return partial(self._priced, estimate_critiques(workspace.store, about, wish.model, profile))

        self.begin(work, asks=False)

    def _read(self, kept: dict[int, list[StoredCritique]], said: dict[int, str]) -> None:
        self._kept, self._said = kept, said

    def _priced(self, estimate: Estimate) -> None:
        self.estimate = estimate

    def ask(self) -> None:
        """Ask about all of them; what was asked in the same words before costs nothing."""
        wish, workspace, about, version = self.wish, self.host.rft.workspace, self.about, self.version
        if wish is None or not wish.profile or not about or self.is_asking:
            return
        self.progress, self.errors, self.bill = (0, len(about)), {}, Bill()

        def work(stop: Event, hear: Hear) -> Known:
            from rft_tui.tasks.rating.work import critiques

            profile = wish.find(workspace.settings)
            for one in critiques(workspace, version, about, wish.model, profile, stop=stop):
                hear(partial(self._came, one))
            if self.host.rft.is_leaving:
                return lambda: None
            estimate = estimate_critiques(workspace.store, about, wish.model, profile)
            return partial(self._ended, estimate, is_stopped=stop.is_set())

        self.begin(work, asks=True)

    def _came(self, critique: Critique) -> None:
        done, of = self.progress
        self.progress = (done + 1, of)
        number = critique.disagreement.prediction
        if critique.error is not None:
            self.errors[number] = critique.error
            return
        self.bill.count(critique.use)
        if critique.stored is not None:
            self._said[number] = critique.stored.text
            self._kept[number] = [critique.stored, *self._kept.get(number, [])]

    def _ended(self, estimate: Estimate, *, is_stopped: bool) -> None:
        self.estimate = estimate
        made = self.progress[0] - len(self.errors)
        if is_stopped:
            said, style = f"stopped: {made:,} of {counted(self.progress[1], 'critique')}; they are kept", "text.normal"
        elif self.errors:
            said = f"{counted(made, 'critique')}, {counted(len(self.errors), 'question')} without an answer"
            style = "state.warning"
        else:
            said, style = counted(made, "critique"), "state.good"
        self.host.desk_ended(self, f"{said} · shown, never applied", style)
