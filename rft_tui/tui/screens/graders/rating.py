"""A second rater and best of k from Graders: what is asked goes on here, whichever screen is looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rft_tui.errors import GraderSpecError
from rft_tui.graders.spec import parse_spec, score_rule
from rft_tui.identity import grader_version
from rft_tui.model import Grade, ScoreRule
from rft_tui.store.graders import StoredGrader
from rft_tui.tui.actions import Action
from rft_tui.tui.paint import Line
from rft_tui.tui.rating.desk import AskingDesk, FromWorker, Known
from rft_tui.tui.rating.wish import wish_of
from rft_tui.tui.screens.base import WorkScreen
from rft_tui.tui.screens.graders.bench import GradersBench
from rft_tui.tui.screens.graders.panes import VERSIONS
from rft_tui.tui.task_words import counted

if TYPE_CHECKING:
    from rft_tui.tasks.rating.disagreements import Disagreement
    from rft_tui.tasks.rating.report import RatingReport
    from rft_tui.tui.rating.critiques import CritiqueDesk
    from rft_tui.tui.rating.pairs import RatingDesk

OF_SAVED = frozenset({"graders.rater", "graders.divergence"})
"""Actions on what a saved version has scored."""


class GradersRating(GradersBench):
    """The host of the desks; their screens are opened from here."""

    def __init__(self) -> None:
        super().__init__()
        self._pairs: RatingDesk | None = None
        self._critiques: CritiqueDesk | None = None

    def why_not(self, action: Action) -> str | None:
        """A second rater and best of k are of a saved version; critiques of rows that have scores."""
        if action.id in OF_SAVED:
            if self.entry is None:
                return "there are no graders here"
            if self._saved is None and not (action.id == "graders.rater" and self._goes_on(self._pairs)):
                return f"save it first: {self.hint_key('graders.save')}"
        if action.id == "graders.critique":
            if self.entry is None:
                return "there are no graders here"
            if not self.rows and not self._goes_on(self._critiques):
                return "the probe set is empty"
        return super().why_not(action)

    @property
    def _saved(self) -> StoredGrader | None:
        """The version that is held against others: the one under the cursor of the versions, else the edited one."""
        return self.version if self.pane == VERSIONS else self.base

    def _word(self, version: StoredGrader) -> str:
        is_older = self.work.is_changed and self.pane != VERSIONS
        return f"{self.name_of(version)} as saved" if is_older else self.name_of(version)

    @staticmethod
    def _goes_on(desk: AskingDesk | None) -> bool:
        return desk is not None and desk.is_asking

    # Opening

    def do_graders_rater(self) -> None:
        """Show what a second rater says of the version; what goes on is shown first."""
        from rft_tui.tui.rating.pairs import RatingDesk
        from rft_tui.tui.screens.graders.rater import RaterScreen

        desk, version = self._pairs, self._saved
        if desk is None or not desk.is_asking:
            if version is None:
                return
            wish = wish_of(self.rft.session, self.rft.workspace.settings)
            if desk is None or desk.grader.id != version.id or desk.wish != wish:
                desk = RatingDesk(self, version, self._word(version), wish)
            desk.word = self._word(version)
        self._pairs = desk
        self.app.push_screen(RaterScreen(desk))

    def do_graders_divergence(self) -> None:
        """Hold what the version prefers against what is true."""
        from rft_tui.tui.screens.graders.divergence import DivergenceScreen

        version = self._saved
        if version is not None:
            self.app.push_screen(DivergenceScreen(version, self._word(version)))

    def do_graders_critique(self) -> None:
        """Find the rows on which the person and the grader disagree, in the background."""
        if self._critiques is not None and self._critiques.is_asking:
            self._show_critiques(self._critiques, self._grader_of_critiques)
            return
        entry, base = self.opened, self.base
        grades, rule, version, word = self._grades_here()
        if entry is None or not version:
            self.say("this text is no grader yet: the line under the text says why", "state.warning")
            return
        if not grades:
            self.say("the rows of the probe set have no scores yet", "state.warning")
            return
        store, reviewer, simulated = self.rft.workspace.store, self.rft.workspace.reviewer, self.simulated
        shown = len(self.rows)

        def work() -> None:
            from rft_tui.tasks.rating.disagreements import person_disagreements
            from rft_tui.tasks.rating.person import person_says

            about = person_disagreements(store, grades, rule, reviewer)
            with store.read() as db:
                says = person_says(db, reviewer, [number for number in grades if number > 0])
            judged = sum(one.right is not None for one in says.values())
            self.tell(lambda: self._found(entry.name, word, version, about, judged, base, shown, simulated=simulated))

        self.run_worker(work, thread=True, exclusive=True, group="graders.disagreements", exit_on_error=False)

    def _grades_here(self) -> tuple[dict[int, Grade], ScoreRule, str, str]:
        """The grades of the probe set by the text as it is, how they are read, its version, and how that is called."""
        base = self.base
        if base is not None and not self.work.is_changed:
            stored = {row.prediction: row.own for row in self.rows if row.own is not None}
            return stored | self.fresh, base.rule, base.version, self.name_of(base)
        try:
            spec = parse_spec(self.work.text, "the text")
            version = grader_version(spec)
        except GraderSpecError:
            return {}, ScoreRule(), "", ""
        fresh = self.fresh if self.work.text == self.tried else {}
        number = self.opened.number(version) if self.opened else 0
        return dict(fresh), score_rule(spec), version, f"v{number}" if number else "unsaved"

    def _found(
        self, name: str, word: str, version: str, about: list[Disagreement], judged: int, base: StoredGrader | None,
        shown: int, *, simulated: bool,
    ) -> None:  # fmt: skip
        """Show the disagreements; where there are none, say how they come about."""
        if not self.is_current or self.is_typing:
            return
        if about:
            self._open_critiques(name, word, version, about, base.id if base else None, simulated=simulated,
                                 looked_at=shown)  # fmt: skip
            return
        others = f"{self.hint_key('graders.probes')} chooses other rows"
        if judged:
            said = f"you and the grader agree on all {counted(judged, 'row')} that you judged · {others}"
        else:
            said = f"no verdict of yours on these rows · {self.hint_key('screen.review')} Review gives them, {others}"
        self.say(said, "state.info")

    def critique_pairs(self, desk: RatingDesk, report: RatingReport) -> None:
        """Ask the second rater about the pairs that the grader orders the other way."""
        from rft_tui.tasks.rating.disagreements import rater_disagreements

        if self._critiques is not None and self._critiques.is_asking:
            self._show_critiques(self._critiques, self._grader_of_critiques)
            return
        about = rater_disagreements(self.rft.workspace.store, report)
        grader = desk.grader
        self._open_critiques(desk.name, desk.word, grader.version, about, grader.id, simulated=report.simulated,
                             found=len(report.wrong))  # fmt: skip

    _grader_of_critiques: int | None = None

    def _open_critiques(
        self, name: str, word: str, version: str, about: list[Disagreement], grader: int | None, *, simulated: bool,
        found: int = 0, looked_at: int = 0,
    ) -> None:  # fmt: skip
        from rft_tui.tui.rating.critiques import CritiqueDesk

        wish = wish_of(self.rft.session, self.rft.workspace.settings)
        desk = CritiqueDesk(self, name, word, wish, version, about, simulated=simulated)
        desk.found, desk.looked_at = max(desk.found, found), looked_at
        self._critiques, self._grader_of_critiques = desk, grader
        self._show_critiques(desk, grader)

    def _show_critiques(self, desk: CritiqueDesk, grader: int | None) -> None:
        from rft_tui.tui.screens.graders.critiques import CritiquesScreen

        entry = self.opened
        versions = {one.version: f"v{entry.number(one.version)}" for one in entry.versions} if entry else {}
        self.app.push_screen(CritiquesScreen(desk, grader, lambda version: versions.get(version, "")))

    # What desks need of their host

    def in_thread(self, work: Callable[[], None]) -> None:
        """Do something in a thread; errors that nobody expects are said by who watches the workers."""
        self.run_worker(work, thread=True, group="graders.rater", exit_on_error=False)

    def tell(self, take: Known) -> None:
        """From a thread: take something over on the app's side."""
        self.post_message(FromWorker(take))

    def on_from_worker(self, message: FromWorker) -> None:
        """Take it over."""
        message.take()

    def desk_changed(self, desk: AskingDesk) -> None:
        """Show what is known now, wherever that is looked at."""
        from rft_tui.tui.screens.graders.asking import AskingScreen

        for screen in self.app.screen_stack:
            if isinstance(screen, AskingScreen) and screen.desk is desk and screen.is_mounted:
                screen.show_result()
                if not desk.is_reading:
                    screen.offer()
        self.refresh_bars()

    def desk_ended(self, desk: AskingDesk, said: str, style: str) -> None:
        """Say how asking has ended; elsewhere also where it can be read."""
        from rft_tui.tui.screens.graders.asking import AskingScreen

        screen = self.app.screen
        if not isinstance(screen, WorkScreen):
            return
        if not (isinstance(screen, AskingScreen) and screen.desk is desk):
            where = "" if screen is self else f"{self.hint_key('screen.graders')} Graders, "
            said = f"second rater: {said} · {where}{self._key_of(desk)} shows it"
        screen.say(said, style)

    def _key_of(self, desk: AskingDesk) -> str:
        return self.hint_key("graders.rater" if desk is self._pairs else "graders.critique")

    def counting_words(self) -> Line:
        """How far what goes on is, and what shows it."""
        line = super().counting_words()
        for desk in (self._pairs, self._critiques):
            if desk is not None and desk.is_asking and not line:
                line = [(f"second rater: {desk.progress_words()} · {self._key_of(desk)} shows it", "state.info")]
        return line

    def stop_work(self) -> None:
        """Ask nothing more; what was answered is kept."""
        for desk in (self._pairs, self._critiques):
            if desk is not None:
                desk.leave()
        super().stop_work()
