"""Asking a model about the probe set: what that costs is said first, and what was answered before is not asked."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from rft_tui.errors import GraderSpecError, RftError
from rft_tui.graders.registry import models_asked
from rft_tui.graders.spec import parse_spec
from rft_tui.model import Usage
from rft_tui.store.grades import is_service_error
from rft_tui.tasks.guesses import CHARACTERS_A_TOKEN, JUDGE_OUTPUT
from rft_tui.tasks.retesting.probes import ProbeRow
from rft_tui.tui.screens.graders.messages import JudgeReady
from rft_tui.tui.screens.graders.probes import GradersProbes
from rft_tui.tui.task_words import at_most, counted, money

if TYPE_CHECKING:
    from rft_tui.graders.judge import Judge
    from rft_tui.providers.profiles import NamedProfile
    from rft_tui.tasks.judging.judge import ServiceJudge


class GradersJudging(GradersProbes):
    """Model graders on the probe set."""

    def __init__(self) -> None:
        super().__init__()
        self._judge: tuple[str, ServiceJudge] | None = None
        self._judge_room = ExitStack()
        self._is_judging = False

    def known_answers(self) -> Judge | None:
        """A judge that knows what models answered before and asks nobody; None where no service can be meant."""
        from rft_tui.providers.profiles import named_profile
        from rft_tui.tasks.judging.known import KnownAnswers

        try:
            profile = named_profile(self.rft.workspace.settings, None, judge=True)
        except RftError:
            return None
        return KnownAnswers(self.rft.workspace.store, profile)

    def text_changed(self) -> None:
        """Grade the probe set by the text as it is."""
        self._is_judging = False
        super().text_changed()

    def do_graders_retest(self) -> None:
        """Grade the probe set; a model is asked after the cost was said and confirmed."""
        self.keep()
        spec = None
        with suppress(GraderSpecError):
            spec = parse_spec(self.work.text, "the text")
        models = models_asked(spec) if spec is not None else ()
        if not models:
            self.try_text(None)
            self.say("the probe set is graded as you type", "text.dim")
            return
        from rft_tui.providers.profiles import find_key, named_profile

        profile = named_profile(self.rft.workspace.settings, None, judge=True)
        find_key(profile)
        to_ask = self.to_ask()
        if not to_ask:
            self.say("every question of the probe set is answered", "state.good")
            return
        requests = len(to_ask) * len(models)
        said = at_most(requests, self._cost(profile), through=profile.name, simulated=profile.is_simulated)
        self.confirm(f"asks {said}", lambda: self._open_judge(profile))

    def to_ask(self) -> list[ProbeRow]:
        """The rows that have no score by the text as it is."""
        known = self.fresh if self.work.text == self.tried else {}
        answered = {number for number, grade in known.items() if not is_service_error(grade)}
        return [row for row in self.rows if row.prediction not in answered and not row.error_kind]

    def _cost(self, profile: NamedProfile) -> float | None:
        """About what asking the whole probe set costs in US dollars; None where a price is not known."""
        from rft_tui.providers.prices import cost_of, price_of

        to_ask = self.to_ask()
        characters = sum(len(row.output_text) for row in to_ask) + len(to_ask) * len(self.work.text)
        total = 0.0
        for model in self.models:
            usage = Usage(round(characters / CHARACTERS_A_TOKEN), len(to_ask) * JUDGE_OUTPUT)
            cost = cost_of(usage, price_of(profile, model))
            if cost is None:
                return None
            total += cost
        return total

    def _open_judge(self, profile: NamedProfile) -> None:
        """Make ready to ask, in the background; the connection stays open for the next time."""
        if self._judge is not None and self._judge[0] == profile.name and self._judge[1].stopped is None:
            self._ask_all(self._judge[1])
            return
        workspace = self.rft.workspace

        def work() -> None:
            from rft_tui.tasks.judging.in_process import judge_for

            self._judge_room.close()
            judge = self._judge_room.enter_context(judge_for(workspace, profile.name))
            self.post_message(JudgeReady(profile, judge))

        self.say("asking …", "state.info")
        self.run_worker(work, thread=True, exclusive=True, group="graders.judge", exit_on_error=False)

    def on_judge_ready(self, message: JudgeReady) -> None:
        """Ask."""
        self._judge = (message.profile.name, message.judge)
        self._ask_all(message.judge)

    def _ask_all(self, judge: ServiceJudge) -> None:
        self._is_judging = True
        self.try_text(judge)
        self.show_figures()

    def tested(self) -> None:
        """Say what it took, or why nothing more was asked."""
        super().tested()
        was_judging, self._is_judging = self._is_judging, False
        if not was_judging or self._judge is None:
            return
        judge = self._judge[1]
        if judge.stopped is not None:
            self.say_error(judge.stopped)
        else:
            asked = counted(judge.tally.requests, "question")
            self.say(f"answered · {asked} asked so far, {money(judge.tally.cost)}", "state.good")

    def waits_for(self) -> str:
        """What a model grader waits for; nothing for a local one."""
        if not self.models:
            return ""
        if self.is_testing and self._is_judging:
            return f"asking: {len(self.fresh)} of {len(self.rows)} answered"
        said = self.to_ask_words()
        return f"{said} · {self.hint_key('graders.retest')} says the cost and asks" if said else ""

    def to_ask_words(self) -> str:
        """How many rows have no score by the text as it is; empty where all have."""
        to_ask = len(self.to_ask())
        older = "scores of an older text · " if any(number not in self.fresh for number in self.results) else ""
        return f"{older}{to_ask:,} to ask" if to_ask else ""

    def stop_work(self) -> None:
        """Stop asking."""
        super().stop_work()
        self._judge_room.close()
