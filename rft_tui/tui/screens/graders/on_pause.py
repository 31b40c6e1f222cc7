"""Asking a judge about the row under the cursor at every pause of typing, within a cap that is asked for first."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from textual.timer import Timer

from rft_tui.errors import UsageError
from rft_tui.safetext import one_line
from rft_tui.tasks.retesting.pausing import (
    PROPOSED_DOLLARS,
    PROPOSED_QUESTIONS,
    PauseAnswer,
    PauseAsker,
    PauseCap,
    parse_cap,
)
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.graders.judging import GradersJudging
from rft_tui.tui.screens.graders.messages import PauseAnswered, PauseReady
from rft_tui.tui.screens.graders.panes import PROBES, TEXT
from rft_tui.tui.task_words import money

if TYPE_CHECKING:
    from rft_tui.providers.profiles import NamedProfile

ASK_PAUSE_S = 0.8
"""How long no key must come before a judge is asked: longer than for local graders, since it costs."""

LEAST_S = 0.005
"""The shortest time a timer is set to: one of nothing is none."""

ELSEWHERE = frozenset({"not_in_rft", "nested_multi"})
"""Errors of a text that only hold for a service's fine-tuning: the grader can be asked all the same."""


@dataclass(slots=True)
class _Switch:
    """The switch while it is on: `asker` is None until the judge can be asked."""

    profile: NamedProfile
    cap: PauseCap
    room: ExitStack
    asker: PauseAsker | None = None
    at_once: str = ""
    """The grader whose visible row is still to be asked for the first time, wherever the person stands."""


class GradersOnPause(GradersJudging):
    """The switch "retest the visible item as I pause"; it is off at every start."""

    def __init__(self) -> None:
        super().__init__()
        self._switch: _Switch | None = None
        self._why_off = ""
        self._last_asked = ("", 0)
        self._touched_at = 0.0
        self._rest: Timer | None = None

    # The switch

    def do_graders_on_pause(self) -> None:
        """Switch it on, after a cap was asked for; or off."""
        if self._switch is not None:
            self._switch_off("")
            return
        from rft_tui.providers.profiles import find_key, named_profile

        if not self.models:
            self.say("this grader asks no model: its scores follow as you type", "text.dim")
            return
        profile = named_profile(self.rft.workspace.settings, None, judge=True)
        find_key(profile)
        self._ask_cap(profile, priced=self._is_priced(profile))

    def _ask_cap(
        self, profile: NamedProfile, *, priced: bool, typed: str = "", wrong: UsageError | None = None
    ) -> None:
        """Ask for the cap; what was no cap stays in the line, with what is wrong beside it."""
        proposal = PauseCap(PROPOSED_DOLLARS) if priced else PauseCap(questions=PROPOSED_QUESTIONS)
        label = "ask at pauses, at most $" if priced else "ask at pauses, at most"
        nothing = ("nothing typed:", f"{'$' if priced else ''}{proposal.text}")
        other = ("or", "50 questions") if priced else ("so many", "no price is known")

        def done(text: str) -> None:
            try:
                cap = parse_cap(text, priced=priced) if text.strip() else proposal
            except UsageError as error:
                self.call_next(self.guarded(self._ask_cap), profile, priced=priced, typed=text, wrong=error)
                return
            mark = "SIMULATED " if profile.is_simulated else ""
            limit = f"up to {money(cap.dollars)}" if cap.dollars is not None else f"up to {cap.text}"
            who = one_line(", ".join(self.models), 20 if self.is_narrow else 60)
            through = f" through {one_line(profile.name, 20)}" if not self.is_narrow else ""
            said = f"asks {mark}{who}{through} at pauses, {limit}"
            self.confirm(said, lambda: self._switch_on(profile, cap))

        self.ask(label, typed, done, hints=(nothing, other))
        if wrong is not None:
            self.say_error(wrong)

    def _is_priced(self, profile: NamedProfile) -> bool:
        from rft_tui.providers.prices import price_of

        return all(price_of(profile, model) is not None for model in self.models)

    def _switch_on(self, profile: NamedProfile, cap: PauseCap) -> None:
        workspace, room = self.rft.workspace, ExitStack()
        self._switch = _Switch(profile, cap, room, at_once=self.opened.name if self.opened else "")
        self._why_off, self._last_asked = "", ("", 0)
        self.refresh_bars()
        self.show_figures()
        key = self.hint_key("graders.on_pause")
        self.say(f"on pause: the row at the cursor is asked when no key comes · {key} ends it", "state.info")

        def work() -> None:
            from rft_tui.tasks.judging.in_process import judge_for

            try:
                opening = judge_for(
                    workspace, profile.name, spend_cap=cap.dollars, most_requests=cap.questions, patient=False
                )
                judge = room.enter_context(opening)
            except BaseException:
                self.post_message(PauseReady(room, None))
                raise
            self.post_message(PauseReady(room, judge))

        self.run_worker(work, thread=True, group="graders.pause", exit_on_error=False)

    def on_pause_ready(self, message: PauseReady) -> None:
        """The judge can be asked now."""
        switch = self._switch
        if switch is None or switch.room is not message.room:
            self._close(None, message.room)
            return
        if message.judge is None:  # why is said by whoever hears of the failed work
            self._switch = None
            self.refresh_bars()
            return

        def told(answer: PauseAnswer) -> None:
            """In a thread of the asker."""
            self.post_message(PauseAnswered(message.room, answer))

        switch.asker = PauseAsker(self.rft.workspace.store, message.judge, switch.cap, told)
        self._ask_here()
        self._touch()

    def _switch_off(self, why: str) -> None:
        """Ask nothing more, and say what was spent."""
        switch, self._switch = self._switch, None
        if switch is None:
            return
        spent = ""
        if switch.asker is not None:
            spent = f" · {money(switch.asker.spent)} spent, {switch.asker.asked:,} asked"
            self._close(switch.asker, switch.room)
        said = f"on pause is off{': ' if why else ''}{why}{spent}"
        self._why_off = said if why else ""
        self.say(said, "state.warning" if why else "text.normal")
        self.refresh_bars()
        self.show_figures()

    def _close(self, asker: PauseAsker | None, room: ExitStack) -> None:
        """End a judge in the background: answers that are paid for may still come."""

        def work() -> None:
            if asker is not None:
                asker.close()
            room.close()

        self.run_worker(work, thread=True, group="graders.pause", exit_on_error=False)

    def pause_words(self) -> Line:
        """What is spent of the cap, for the header; empty while the switch is off."""
        switch = self._switch
        if switch is None:
            return []
        asker, cap = switch.asker, switch.cap
        spent, asked = (asker.spent, asker.asked) if asker is not None else (0.0, 0)
        said = f"{money(spent)} of {money(cap.dollars)} · {asked:,} asked" if cap.dollars is not None else (
            f"{asked:,} of {cap.text} asked"
        )  # fmt: skip
        mark: Line = [("SIMULATED ", "state.warning bold")] if switch.profile.is_simulated else []
        return [*mark, (f"on pause: {said}", "state.info")]

    # Pauses

    def typed(self) -> None:
        """Something was typed."""
        super().typed()
        self._touch()

    def text_changed(self) -> None:
        """The text is another one."""
        super().text_changed()
        self._touch()

    def on_probe_moved(self) -> None:
        """Another row is under the cursor."""
        super().on_probe_moved()
        self._touch()

    def _touch(self) -> None:
        """A pause begins anew."""
        if self._switch is not None:
            self._touched_at = monotonic()
            self._wait_for_rest(ASK_PAUSE_S)

    def _wait_for_rest(self, seconds: float) -> None:
        if self._rest is None:
            self._rest = self.set_timer(max(seconds, LEAST_S), self._at_rest)

    def _at_rest(self) -> None:
        self._rest = None
        rest = ASK_PAUSE_S - (monotonic() - self._touched_at)
        if rest > 0.002:
            self._wait_for_rest(rest)
        else:
            self._ask_here()

    def tested(self) -> None:
        """What was answered before is known now: the rest may be asked."""
        super().tested()
        if self._switch is not None:
            self._wait_for_rest(ASK_PAUSE_S - (monotonic() - self._touched_at))

    def _ask_here(self) -> None:
        """Ask about the row under the cursor, unless that says nothing new or the text is not whole."""
        switch, row = self._switch, self.probe
        if switch is None or switch.asker is None or row is None:
            return
        is_at_once = self.opened is not None and self.opened.name == switch.at_once
        if self.pane not in (TEXT, PROBES) and not is_at_once:
            return
        if self.is_testing or not self.models or self.work.text != self.tried:
            return
        if any(one.severity == "error" and one.kind not in ELSEWHERE for one in self.checked):
            return
        if row.error_kind or row.prediction in self.fresh:
            return
        if switch.cap.dollars is not None and not self._is_priced(switch.profile):
            who = one_line(", ".join(self.models), 60)
            self._switch_off(f"what {who} costs is not known, so {money(switch.cap.dollars)} cannot be held to")
            return
        if (self.tried, row.prediction) != self._last_asked and switch.asker.ask(self.tried, row):
            self._last_asked = (self.tried, row.prediction)
            switch.at_once = ""
            self.show_figures()

    def on_pause_answered(self, message: PauseAnswered) -> None:
        """Show what was said, if it was said of the text as it is; it is in the cache in any case."""
        answer = message.answer
        here = any(row.prediction == answer.prediction for row in self.rows)
        if answer.grade is not None and answer.text == self.tried and here:
            self.take_grades({answer.prediction: answer.grade})
        switch = self._switch
        if switch is not None and switch.room is message.room and switch.asker is not None:
            if why := _why_stopped(switch.asker):
                self._switch_off(why)
            else:
                self._wait_for_rest(ASK_PAUSE_S - (monotonic() - self._touched_at))
        self.refresh_bars()
        self.show_rows(self.probes.cursor)

    def waits_for(self) -> str:
        """What a model grader waits for."""
        waits = super().waits_for()
        if self._why_off:
            return f"{self._why_off} · {waits}" if waits else self._why_off
        switch = self._switch
        if switch is None or self._is_judging or not self.models:
            return waits
        asking = switch.asker.asking if switch.asker is not None else None
        to_ask = self.to_ask_words()
        if asking is not None:
            place = next((at for at, row in enumerate(self.rows, 1) if row.prediction == asking[1]), 0)
            of = "" if asking[0] == self.tried else ", by an older text"
            return f"asking about row {place or '–'}{of} … · {to_ask}"
        return f"{to_ask}, one at each pause" if to_ask else ""

    def stop_work(self) -> None:
        """Stop asking."""
        switch, self._switch = self._switch, None
        if switch is not None:
            if switch.asker is not None:
                switch.asker.close()
            switch.room.close()
        super().stop_work()


def _why_stopped(asker: PauseAsker) -> str:
    """Why nothing more should be asked; empty where there is room."""
    from rft_tui.tasks.judging.judge import CAP_REACHED

    cap, stopped = asker.cap, asker.stopped
    limit = money(cap.dollars) if cap.dollars is not None else cap.text
    spent = asker.spent >= cap.dollars if cap.dollars is not None else asker.asked >= (cap.questions or 0)
    if stopped is not None and stopped.outcome != CAP_REACHED:
        return one_line(stopped.message, 200)
    if stopped is not None and asker.judge.tally.unpriced and cap.dollars is not None:
        return f"what an answer costs is not known, so {limit} cannot be held to"
    if stopped is not None and not asker.asked:
        return f"one question may cost more than {limit}"
    if stopped is not None or spent:
        return f"the cap of {limit} is reached"
    return ""
