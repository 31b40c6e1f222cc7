"""What a version does to all predictions: graded here, by a judge only after the cost was said; then who flips."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING

from rft_tui.graders.registry import models_asked
from rft_tui.safetext import one_line
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.base import WorkScreen
from rft_tui.tui.screens.graders.messages import ConsequencesEnded, ConsequencesKnown, ConsequencesProgress
from rft_tui.tui.screens.graders.versions import GradersVersions
from rft_tui.tui.task_words import at_most, counted

if TYPE_CHECKING:
    from rft_tui.providers.profiles import NamedProfile
    from rft_tui.store.graders import StoredGrader
    from rft_tui.tasks.retesting.consequences import Unjudged

TELL_EVERY_S = 0.25
"""How often the header follows what is graded."""


class GradersConsequences(GradersVersions):
    """The consequence diff of two versions."""

    def __init__(self) -> None:
        super().__init__()
        self.counting: tuple[int, int] | None = None
        self._stop = Event()
        self._known: ConsequencesKnown | None = None

    def why_no_consequences(self) -> str | None:
        """Why two versions cannot be compared now; None when they can, or where it can be stopped."""
        if self.counting is not None or self._known is not None:
            return None
        if self.version is None:
            return f"save it first: {self.hint_key('graders.save')}"
        if self.compared_with(self.version) is None:
            return f"there is no version before this one · {self.hint_key('graders.against')} chooses another"
        return None

    def counting_words(self) -> Line:
        """How far it is, and what stops it; empty where nothing is compared."""
        key = self.hint_key("graders.consequences")
        if self.counting is None:
            return [(f"consequences · {key} shows them", "state.info")] if self._known else []
        done, of = self.counting
        figures = f" {done:,}/{of:,}" if of else " …"
        return [(f"consequences{figures} · {key} stops", "state.info")]

    def do_graders_consequences(self) -> None:
        """Grade all predictions by the version and the one it is held against, and show who flips; or stop that."""
        if self.counting is not None:
            self._stop.set()
            self.say("stopping; what was graded is kept", "text.dim")
            return
        if self._known is not None:
            self._show(self._known)
            return
        after = self.version
        before = self.compared_with(after) if after else None
        if after is None or before is None:
            return
        self._in_background(lambda stop: self._compare(before, after, stop))

    def _in_background(self, work: Callable[[Event], None]) -> None:
        stop = self._stop = Event()
        self.counting = (0, 0)
        self.refresh_bars()

        def run() -> None:
            try:
                work(stop)
            except BaseException:
                self.post_message(ConsequencesEnded())
                raise

        self.run_worker(run, thread=True, exclusive=True, group="graders.consequences", exit_on_error=False)

    def _progress(self) -> Callable[[int, int], None]:
        told = 0.0

        def progress(done: int, of: int) -> None:
            nonlocal told
            if time.monotonic() - told >= TELL_EVERY_S:
                told = time.monotonic()
                self.post_message(ConsequencesProgress(done, of))

        return progress

    def _compare(self, before: StoredGrader, after: StoredGrader, stop: Event) -> None:
        """In a worker: grade what needs no judge, and find out what does."""
        from rft_tui.tasks.retesting.consequences import consequences, unjudged

        store = self.rft.workspace.store
        found = consequences(store, before, after, stop=stop, progress=self._progress())
        offers: tuple[Unjudged, ...] = ()
        if found is not None and _models(before, after):
            offers = unjudged(store, before, after, self._judge_profile())
        self.post_message(ConsequencesKnown(before, after, found, offers, simulated=self._any_simulated(before, after)))

    def _judge_profile(self) -> NamedProfile:
        from rft_tui.providers.profiles import named_profile

        return named_profile(self.rft.workspace.settings, None, judge=True)

    def _any_simulated(self, *versions: StoredGrader) -> bool:
        from rft_tui.store.grades import is_simulated
        from rft_tui.store.runs import any_simulated

        with self.rft.workspace.store.read() as db:
            return any_simulated(db, None) or any(is_simulated(db, one.id) for one in versions)

    def on_consequences_progress(self, message: ConsequencesProgress) -> None:
        """Show how far it is."""
        if self.counting is not None:
            self.counting = (message.done, message.of)
            self.refresh_bars()

    def on_consequences_ended(self) -> None:
        """It failed, which is said elsewhere: nothing is counted any more."""
        self.counting = None
        self.refresh_bars()

    def on_consequences_known(self, message: ConsequencesKnown) -> None:
        """Show who flips, unless somebody types or reads something else: then it waits for its key."""
        self.counting = None
        if self.opened is not None and not self.is_typing:
            self.read_probes()  # they have grades now that they had not
        if message.found is None:
            self.say("stopped; what was graded is kept", "text.dim")
        elif self.is_current and not (self.is_typing or self.is_asking or self.is_confirming):
            self._show(message)
        else:
            self._known = message
            screen = self.app.screen
            if isinstance(screen, WorkScreen) and screen is not self:
                screen.say(f"consequences are known · {self.hint_key('screen.graders')} Graders", "state.info")
        self.refresh_bars()

    def _show(self, known: ConsequencesKnown) -> None:
        self._known = None
        self.refresh_bars()
        found = known.found
        assert found is not None
        if known.offers:
            self._offer(known)
            return
        if known.stopped is not None:
            self.say_error(known.stopped)
        if found.flips:
            from rft_tui.tui.screens.graders.flips import FlipsScreen

            self.app.push_screen(FlipsScreen(known, self.rft.workspace.store))
        elif known.stopped is None:
            left = found.diff.left_out
            without = f"; {left:,} are not scored by both" if left else ""
            self.say(f"no flips among {counted(found.diff.compared, 'prediction')}{without}", "state.good")

    # A judge

    def _offer(self, known: ConsequencesKnown) -> None:
        """Some answers only a judge can grade: compare without them, or ask, which is said and confirmed first."""
        from rft_tui.tui.screens.pick import Choice, PickScreen

        found, offers = known.found, known.offers
        assert found is not None
        both = f"{counted(found.diff.compared, 'prediction')} scored by both"
        name = one_line(self._judge_profile().name, 20)
        choices = [Choice("graded", "compare what is graded", both)]
        for number, offer in enumerate(offers):
            where = "in all runs" if offer is offers[-1] else "in runs that one of them has graded"
            choices.append(Choice(str(number), f"ask {name} {where}", at_most(offer.requests, offer.cost)))
        missing = offers[-1]
        parts = [
            f"{self.name_of(version)}: {count:,}"
            for version, count in ((known.before, missing.before), (known.after, missing.after))
            if count
        ]
        title = f"not graded by {' · '.join(parts)} · {one_line(', '.join(_models(known.before, known.after)), 40)}"

        def done(value: str | None) -> None:
            if value == "graded":
                self._show(known.without_offers())
            elif value is not None:
                self._confirm_asking(known, offers[int(value)])

        self.app.push_screen(PickScreen(title, choices), self.guarded(done))

    def _confirm_asking(self, known: ConsequencesKnown, offer: Unjudged) -> None:
        from rft_tui.providers.profiles import find_key

        profile = self._judge_profile()
        find_key(profile)
        said = f"asks {profile.name} {at_most(offer.requests, offer.cost, simulated=profile.is_simulated)}"

        def ask() -> None:
            self._in_background(lambda stop: self._ask(known, offer, profile, stop))

        self.confirm(said, ask)

    def _ask(self, known: ConsequencesKnown, offer: Unjudged, profile: NamedProfile, stop: Event) -> None:
        """In a worker: ask the judge about what is missing; each answer is kept, whatever comes then."""
        from rft_tui.tasks.judging.in_process import judge_for
        from rft_tui.tasks.retesting.consequences import consequences, forget_failures

        workspace, before, after = self.rft.workspace, known.before, known.after
        forget_failures(workspace.store, before, after, offer.runs)
        with judge_for(workspace, profile.name) as judge:
            self._stop = judge.stop  # what makes asking hopeless, and the person, end it in the same way
            if not stop.is_set():
                consequences(
                    workspace.store, before, after, offer.runs, stop=judge.stop, progress=self._progress(), judge=judge
                )
        found = None if self.rft.is_leaving else consequences(workspace.store, before, after)
        simulated = self._any_simulated(before, after)
        self.post_message(ConsequencesKnown(before, after, found, simulated=simulated, stopped=judge.stopped))

    def stop_work(self) -> None:
        """Stop what is done in the background."""
        self._stop.set()
        super().stop_work()


def _models(*versions: StoredGrader) -> list[str]:
    """The models that the versions ask."""
    asked = (model for one in versions if not one.is_external for model in models_asked(one.spec))
    return list(dict.fromkeys(asked))
