"""The probe set of the Graders screen: chosen, graded again at every pause, and by a model when asked for."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rft_tui.errors import GraderSpecError
from rft_tui.graders.registry import models_asked
from rft_tui.graders.spec import parse_spec, score_rule
from rft_tui.model import SIMULATED_PREFIX, Grade, JsonObject, ScoreRule, Usage
from rft_tui.safetext import one_line
from rft_tui.store.drafts import pin, pinned, unpin
from rft_tui.store.grades import is_simulated
from rft_tui.tasks.retesting.advice import Advice, advise, seen_in
from rft_tui.tasks.retesting.probes import ProbeChoice, ProbeRow, probe_rows
from rft_tui.tasks.retesting.retest import NEEDS_JUDGE, Retester, RetestSummary, RetestUpdate
from rft_tui.tui.paint import Line, line_length, wrap_line
from rft_tui.tui.screens.graders_editing import GradersEditing
from rft_tui.tui.screens.graders_lists import ProbeSource, heading_line
from rft_tui.tui.screens.graders_messages import JudgeReady, ProbesRead, Retested
from rft_tui.tui.screens.graders_panes import PROBES
from rft_tui.tui.task_words import counted, money

if TYPE_CHECKING:
    from rft_tui.providers.profiles import NamedProfile
    from rft_tui.tasks.judging.judge import ServiceJudge

JUDGE_OUTPUT = 150
"""Output tokens of a judge's answer that are assumed."""

CHARACTERS_A_TOKEN = 4.0
"""About right for English."""

KIND_WORDS = {
    "mistakes": "last mistakes",
    "pinned": "pinned",
    "filter": "filter",
    "marks": "marked",
    "random": "random sample",
    "run": "run",
}


def shown_figure(value: float | None) -> str:
    """A mean or a rate in few cells."""
    return "–" if value is None else f"{value:.2f}".replace("0.", ".", 1)


class GradersProbes(GradersEditing):
    """What the text does to the predictions of the probe set."""

    def __init__(self) -> None:
        super().__init__()
        self.choice = ProbeChoice("mistakes")
        self.rows: list[ProbeRow] = []
        self.results: dict[int, Grade] = {}
        self.summary: RetestSummary | None = None
        self.spec: JsonObject | None = None
        self._pins: frozenset[int] = frozenset()
        self.simulated = False
        self._fresh: dict[int, Grade] = {}
        self._serial = -1
        self._is_testing = False
        self.is_stale = False
        self._advice: tuple[Advice, ...] = ()
        self._read_for = ""
        self._retester: Retester | None = None
        self._judge: tuple[str, ServiceJudge] | None = None
        self._judge_room = ExitStack()

    # The probe set

    def read_probes(self) -> None:
        """Read the probe set of what is edited, in the background."""
        base, choice, name = self.base, self.choice, self.opened.name if self.opened else ""
        store, reviewer = self.rft.workspace.store, self.rft.workspace.reviewer
        self._read_for = name

        def read() -> None:
            rows = probe_rows(store, choice, base, reviewer)
            used = choice
            if not rows and choice == ProbeChoice("mistakes"):
                used = ProbeChoice("random")
                rows = probe_rows(store, used, base, reviewer)
            with store.read() as db:
                pins = frozenset(pinned(db))
                simulated = base is not None and is_simulated(db, base.id)
            simulated = simulated or any(row.model.startswith(SIMULATED_PREFIX) for row in rows)
            self.post_message(ProbesRead(name, used, rows, pins, simulated))

        self.run_worker(read, thread=True, exclusive=True, group="graders.probes", exit_on_error=False)

    def on_probes_read(self, message: ProbesRead) -> None:
        """Show the probe set and try the text on it."""
        if message.name != self._read_for:
            return
        self.rows, self._pins = message.rows, message.pins
        self.simulated = message.simulated
        self.refresh_bars()
        self._shown_choice = message.choice
        self.results, self._fresh, self.summary = {}, {}, None
        self.fields_known(frozenset(key for row in self.rows[:50] for key in row.fields) if self.rows else None)
        self._show_rows(self.probes.cursor)
        self.text_changed()

    _shown_choice = ProbeChoice("mistakes")

    def _show_rows(self, cursor: int = 0) -> None:
        before = self.base.rule if self.base is not None else ScoreRule()
        after = score_rule(self.spec) if self.spec is not None else before
        source = ProbeSource(self.rows, self.results, (before, after), self._pins, self._empty_words())
        self.probes.show(source, cursor)
        self.show_figures()

    def _empty_words(self) -> list[Line]:
        if self.opened is None:
            return []
        kind = self.choice.kind
        what = {
            "pinned": f"Nothing is pinned: {self.hint_key('graders.pin')} on a prediction pins it.",
            "marks": f"Nothing is marked: {self.hint_key('review.mark')} in Review marks.",
            "filter": f"Nothing fits /{one_line(self.choice.text, 40)}",
        }.get(kind, "No predictions to try it on.")
        lines: list[Line] = [[(f" {what}", "text.normal")]]
        return [*lines, [(f" {self.hint_key('graders.probes')} chooses another probe set.", "text.dim")]]

    def do_graders_probes(self) -> None:
        """Choose the probe set."""
        from rft_tui.store.runs import run_groups
        from rft_tui.tui.screens.pick import Choice, PickScreen

        with self.rft.workspace.store.read() as db:
            models = list(dict.fromkeys(group.model for group in run_groups(db)))
        choices = [
            Choice("mistakes", "last mistakes", "those you judged last, then the lowest scores"),
            Choice("pinned", "pinned", f"kept with {self.hint_key('graders.pin')}"),
            Choice("marks", "marked", "in Review"),
            Choice("random", "random sample", "the same each time"),
            Choice("filter", "a filter …", "as Review takes it"),
            *(Choice(f"run {model}", f"outputs of {one_line(model, 60)}", "all its runs") for model in models),
        ]

        def done(value: str | None) -> None:
            if value == "filter":
                self.ask("filter", self.choice.text if self.choice.kind == "filter" else "", self._filtered)
            elif value is not None:
                kind, _, text = value.partition(" ")
                self._choose(ProbeChoice(kind, text))  # type: ignore[arg-type]

        current = f"run {self.choice.text}" if self.choice.kind == "run" else self.choice.kind
        self.app.push_screen(PickScreen("probe set", choices, current=current), self.guarded(done))

    def _filtered(self, text: str) -> None:
        self._choose(ProbeChoice("filter", text))

    def _choose(self, choice: ProbeChoice) -> None:
        self.choice = choice
        self.probes.cursor = 0
        self.rft.remember()
        self.read_probes()

    def do_graders_pin(self) -> None:
        """Pin the prediction under the cursor, or let it go."""
        row: ProbeRow | None = self.probes.current
        if row is None:
            return
        number, is_pinned = row.prediction, row.prediction in self._pins

        def change(db: sqlite3.Connection) -> None:
            if is_pinned:
                unpin(db, number)
            else:
                pin(db, number)

        self._pins = self._pins ^ {number}
        self.rft.store_soon(change)
        self.say("not pinned any more" if is_pinned else "pinned to the probe set", "state.good")
        self._show_rows(self.probes.cursor)
        self.move(1)

    # Grading

    def text_changed(self) -> None:
        """Grade the probe set by the text as it is; what asks a model waits until it is asked for."""
        self._start(None)

    def _start(self, judge: Any) -> None:
        if self.opened is None or not self.work.text.strip():
            return
        with suppress(GraderSpecError):
            self.spec = parse_spec(self.work.text, "the text")
        if self._retester is None:
            self._retester = Retester(self.rft.workspace.store)
        self._is_testing = True
        rows, spec, told = self.rows, self.spec, dict[int, Grade]()

        def tell(update: RetestUpdate) -> None:
            """In the retester's thread."""
            told.update(update.results)
            seen = spec is not None and update.done and update.summary is not None
            advice = advise(spec, seen_in(rows, told), datetime.now(UTC).date()) if seen and spec else []
            self.post_message(Retested(update, tuple(advice)))

        self._serial = self._retester.start(
            self.work.text, rows, first_visible=self.probes.top, visible=self.probes.rows_shown, on_update=tell,
            judge=judge,
        )  # fmt: skip
        self._fresh = {}

    def on_retested(self, message: Retested) -> None:
        """Show the new scores; those of an older text are left out."""
        update = message.update
        if update.serial != self._serial:
            return
        new = {self.rows[index].prediction: grade for index, grade in update.results.items() if index < len(self.rows)}
        self._fresh.update(new)
        problems = tuple(
            sorted((one for one in update.problems if one.kind != NEEDS_JUDGE), key=lambda one: one.severity != "error")
        )
        waits = len(problems) < len(update.problems)
        self.problems_known(problems)
        if waits:
            self._wait_for_judge()
        else:
            self.results = self._fresh if update.done else {**self.results, **new}
            self.is_stale = False
            if update.done:
                self.summary, self._advice = update.summary, message.advice
        self._is_testing = not update.done
        self._show_rows(self.probes.cursor)

    def _wait_for_judge(self) -> None:
        """A model has to be asked: what it said of an older text stays, and that is said."""
        if not self.work.is_changed:
            self.results = {row.prediction: row.old for row in self.rows if row.old is not None}
            self.summary = None
        self.is_stale = bool(self.results) and self.work.is_changed

    def do_graders_retest(self) -> None:
        """Grade the probe set; a model is asked after the cost was said and confirmed."""
        self.keep()
        spec = None
        with suppress(GraderSpecError):
            spec = parse_spec(self.work.text, "the text")
        models = models_asked(spec) if spec is not None else ()
        if not models:
            self._start(None)
            self.say("the probe set is graded as you type", "text.dim")
            return
        from rft_tui.providers.profiles import find_key, named_profile

        profile = named_profile(self.rft.workspace.settings, None, judge=True)
        find_key(profile)
        to_ask = self._to_ask()
        if not to_ask:
            self.say("every question of the probe set is answered", "state.good")
            return
        requests = len(to_ask) * len(models)
        mark = "SIMULATED " if profile.is_simulated else ""
        said = f"asks at most {counted(requests, f'{mark}question')} through {profile.name}, {self._cost(profile)}"
        self.confirm(said, lambda: self._open_judge(profile))

    def _to_ask(self) -> list[ProbeRow]:
        """The rows that have no score by the text as it is."""
        known = {} if self.is_stale else self.results
        return [row for row in self.rows if row.prediction not in known and not row.error_kind]

    def _cost(self, profile: NamedProfile) -> str:
        """About what asking the whole probe set costs, in words."""
        from rft_tui.providers.prices import cost_of, price_of

        models = models_asked(self.spec) if self.spec is not None else ()
        to_ask = self._to_ask()
        characters = sum(len(row.output_text) for row in to_ask) + len(to_ask) * len(self.work.text)
        total = 0.0
        for model in models:
            usage = Usage(round(characters / CHARACTERS_A_TOKEN), len(to_ask) * JUDGE_OUTPUT)
            cost = cost_of(usage, price_of(profile, model))
            if cost is None:
                return "unknown price"
            total += cost
        return f"about {money(total)}"

    def _open_judge(self, profile: NamedProfile) -> None:
        """Make ready to ask, in the background; the connection stays open for the next time."""
        if self._judge is not None and self._judge[0] == profile.name and self._judge[1].stopped is None:
            self._start(self._judge[1])
            return
        workspace = self.rft.workspace

        def work() -> None:
            from rft_tui.tasks.judging.judge import judge_for

            self._judge_room.close()
            judge = self._judge_room.enter_context(judge_for(workspace, profile.name))
            self.post_message(JudgeReady(profile, judge))

        self.say("asking …", "state.info")
        self.run_worker(work, thread=True, exclusive=True, group="graders.judge", exit_on_error=False)

    def on_judge_ready(self, message: JudgeReady) -> None:
        """Ask."""
        self._judge = (message.profile.name, message.judge)
        self._start(message.judge)

    def stop_work(self) -> None:
        """Stop grading; what was typed is kept."""
        self.keep()
        if self._retester is not None:
            self._retester.close()
            self._retester = None
        self._judge_room.close()

    # Figures

    def show_figures(self) -> None:
        """Show the name of the probe set and what the text changes."""
        self.probe_head.show(lambda width: [self._head(width)])
        self.probe_foot.show(self._foot)

    def _head(self, width: int) -> Line:
        choice = self._shown_choice
        name = KIND_WORDS[choice.kind]
        if choice.text:
            name = one_line(choice.text, 30) if choice.kind == "run" else f"/{one_line(choice.text, 30)}"
        words = f"probe: {len(self.rows)} {name}" if choice.kind not in ("run", "filter") else f"probe: {name}"
        place = f"{self.probes.cursor + 1}/{len(self.rows)} " if self.rows else ""
        version = self.opened.number(self.base.version) if self.opened and self.base else 0
        right = f"v{version} → now  {place}" if version else place
        return heading_line(words, right, width, active=self.pane == PROBES)

    def _foot(self, width: int) -> list[Line]:
        summary = self.summary
        if self.opened is None or not self.rows:
            return []
        asking = self._asking()
        if summary is None:
            said = asking or ("grading …" if self._is_testing else "no scores: the line under the text says why")
            return wrap_line([(said, "state.info" if asking else "text.dim")], width)
        lines = _laid_out(self._figures(summary), width)
        for advice in self._advice[:2]:
            lines += wrap_line([("! ", "state.warning bold"), (advice.message, "state.warning")], width)
        if asking:
            lines += wrap_line([(asking, "state.info")], width)
        return lines

    def _figures(self, summary: RetestSummary) -> list[Line]:
        """The figures of a retest, each on its own."""
        mean: Line = [("mean ", "text.dim")]
        if summary.mean_before is not None:
            mean.append((f"{shown_figure(summary.mean_before)} → ", "text.normal"))
        mean.append((shown_figure(summary.mean_after), "text.normal bold"))
        passed: Line = [("pass ", "text.dim")]
        if summary.passed_before is not None:
            passed.append((f"{summary.passed_before} → ", "text.normal"))
        passed += [(f"{summary.passed_after}", "text.normal bold"), (f" of {summary.scored}", "text.dim")]
        flips: Line = [
            ("flips ", "text.dim"),
            (f"▲{summary.flips_up}", "state.good" if summary.flips_up else "text.dim"),
            (" ", "text.dim"),
            (f"▼{summary.flips_down}", "state.bad" if summary.flips_down else "text.dim"),
        ]
        figures = [mean, passed, flips]
        if summary.judged:
            was = "" if summary.agree_before is None else f" (was {summary.agree_before}/{summary.judged})"
            agrees = f"{summary.agree_after}/{summary.judged}"
            figures.append([("agrees with you ", "text.dim"), (agrees, "text.normal bold"), (was, "text.dim")])
        if summary.errors:
            figures.append([(f"✗ {counted(summary.errors, 'error')}", "state.bad")])
        return figures

    def _asking(self) -> str:
        """What a model grader waits for."""
        models = models_asked(self.spec) if self.spec is not None else ()
        if not models:
            return ""
        key = self.hint_key("graders.retest")
        if self._is_testing and self._judge is not None:
            return f"{len(self._fresh)} of {len(self.rows)} answered"
        if self.is_stale:
            return f"scores of an older text · {key} says the cost and asks"
        to_ask = sum(row.prediction not in self.results and not row.error_kind for row in self.rows)
        return f"{to_ask} to ask · {key} says the cost and asks" if to_ask else ""

    def on_probe_moved(self) -> None:
        """Show where the cursor is."""
        self.probe_head.show(lambda width: [self._head(width)])


def _laid_out(figures: list[Line], width: int) -> list[Line]:
    """Figures behind one another, as many on a line as fit."""
    lines: list[Line] = [[]]
    for figure in figures:
        if lines[-1] and line_length(lines[-1]) + 3 + line_length(figure) > width:
            lines.append([])
        lines[-1] += [("   ", "text.dim"), *figure] if lines[-1] else figure
    return lines
