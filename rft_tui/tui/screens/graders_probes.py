"""The probe set of the Graders screen: chosen, and graded again at every pause."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING

from rft_tui.errors import GraderSpecError, RftError
from rft_tui.graders.registry import models_asked
from rft_tui.graders.spec import parse_spec, score_rule
from rft_tui.model import SIMULATED_PREFIX, Grade, JsonObject, ScoreRule
from rft_tui.safetext import one_line
from rft_tui.store.drafts import pin, pinned, unpin
from rft_tui.store.grades import is_service_error, is_simulated
from rft_tui.tasks.retesting.advice import Advice, advise, seen_in
from rft_tui.tasks.retesting.figures import RetestSummary, summarise_retest
from rft_tui.tasks.retesting.probes import ProbeChoice, ProbeRow, is_unasked, probe_rows, regraded
from rft_tui.tasks.retesting.retest import NEEDS_JUDGE, Retester, RetestUpdate
from rft_tui.tui.paint import Line, wrap_line
from rft_tui.tui.screens.graders_editing import GradersEditing
from rft_tui.tui.screens.graders_figures import errors_of, figures_of, laid_out, order_figures_of
from rft_tui.tui.screens.graders_lists import ProbeSource, heading_line
from rft_tui.tui.screens.graders_messages import ProbesRead, Retested
from rft_tui.tui.screens.graders_panes import PROBES
from rft_tui.tui.task_words import counted

if TYPE_CHECKING:
    from rft_tui.graders.judge import Judge

KIND_WORDS = {
    "mistakes": "last mistakes",
    "pinned": "pinned",
    "filter": "filter",
    "marks": "marked",
    "random": "random sample",
    "run": "run",
    "orders": "expected orders",
}

SLOW_S = 0.3
"""How long a retest may take before scores that it has not reached are marked as those of an older text."""


class GradersProbes(GradersEditing):
    """What the text does to the predictions of the probe set.

    `results` are the grades that are shown, by the number of their row; `fresh` are those by the text as it is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.choice = ProbeChoice("mistakes")
        self.rows: list[ProbeRow] = []
        self.results: dict[int, Grade] = {}
        self.fresh: dict[int, Grade] = {}
        self.summary: RetestSummary | None = None
        self.spec: JsonObject | None = None
        self.tried = ""
        self.is_testing = False
        self.simulated = False
        self._pins: frozenset[int] = frozenset()
        self._problem = ""
        self._serial = -1
        self._began = 0.0
        self._advice: tuple[Advice, ...] = ()
        self._read_for = ""
        self._retester: Retester | None = None

    # The probe set

    def read_probes(self) -> None:
        """Read the probe set of what is edited, in the background."""
        base, choice, name = self.base, self.choice, self.opened.name if self.opened else ""
        workspace = self.rft.workspace
        judge = self.known_answers() if base is not None and models_asked(base.spec) else None
        store, reviewer = workspace.store, workspace.reviewer
        self._read_for = name

        def read_orders() -> tuple[list[ProbeRow], str]:
            from rft_tui.tasks.bench_items import orderings_path
            from rft_tui.tasks.retesting.orders import order_rows

            try:
                found = order_rows(store, orderings_path(workspace.graders_folder, name), base, judge)
            except RftError as error:
                return [], error.message.replace(f"{workspace.folder}/", "")
            return list(found.rows), found.problem

        def read() -> None:
            used, problem = choice, ""
            if choice.kind == "orders":
                rows, problem = read_orders()
            else:
                rows = probe_rows(store, choice, base, reviewer, judge)
            if not rows and choice == ProbeChoice("mistakes"):
                used = ProbeChoice("random")
                rows = probe_rows(store, used, base, reviewer, judge)
            with store.read() as db:
                pins = frozenset(pinned(db))
                simulated = base is not None and is_simulated(db, base.id)
            simulated = simulated or any(row.model.startswith(SIMULATED_PREFIX) for row in rows)
            self.post_message(ProbesRead(name, used, rows, pins, simulated, problem))

        self.run_worker(read, thread=True, exclusive=True, group="graders.probes", exit_on_error=False)

    def on_probes_read(self, message: ProbesRead) -> None:
        """Show the probe set and try the text on it."""
        if message.name != self._read_for:
            return
        self.rows, self._pins = message.rows, message.pins
        self.simulated = message.simulated
        self.refresh_bars()
        self._shown_choice = message.choice
        self._problem = message.problem
        self.results, self.fresh, self.summary, self._advice = {}, {}, None, ()
        self.fields_known(frozenset(key for row in self.rows[:50] for key in row.fields) if self.rows else None)
        self.show_rows(self.probes.cursor)
        self.text_changed()

    _shown_choice = ProbeChoice("mistakes")

    @property
    def probe(self) -> ProbeRow | None:
        """The row of the probe set under the cursor."""
        row: ProbeRow | None = self.probes.current
        return row

    def known_answers(self) -> Judge | None:
        """A judge that knows what models answered before and asks nobody; None where no service can be meant."""
        raise NotImplementedError

    def _stale(self) -> frozenset[int]:
        """The rows whose scores are marked as those of an older text."""
        slow = self.is_testing and monotonic() - self._began > SLOW_S
        return frozenset(self.results) - frozenset(self.fresh) if self.models or slow else frozenset()

    def show_rows(self, cursor: int = 0) -> None:
        """Show the rows with what is known of them."""
        before = self.base.rule if self.base is not None else ScoreRule()
        after = score_rule(self.spec) if self.spec is not None else before
        source = ProbeSource(
            self.rows, self.results, (before, after), self._pins, self._empty_words(), stale=self._stale()
        )
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
            "orders": f"No orders yet: {self.hint_key('graders.order')} on a prediction makes one.",
        }.get(kind, "No predictions to try it on.")
        lines: list[Line] = [[(f" {what}", "text.normal")]]
        if self._problem:
            lines = [[(" ✗ ", "state.bad bold"), ("no expected order can be read here", "state.bad")]]
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
            Choice("orders", "expected orders", f"kept with the grader; {self.hint_key('graders.order')} makes one"),
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
        row = self.probe
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
        self.show_rows(self.probes.cursor)
        self.move(1)

    # Grading

    @property
    def models(self) -> tuple[str, ...]:
        """The models that the text asks; none for a local grader."""
        return models_asked(self.spec) if self.spec is not None else ()

    def text_changed(self) -> None:
        """Grade the probe set by the text as it is; of models, what they answered before is taken."""
        self.try_text(None)

    def try_text(self, judge: Judge | None) -> None:
        """Grade the probe set by the text as it is, with a judge where one may be asked."""
        if self.opened is None or not self.work.text.strip() or self.rft.is_leaving:
            return
        with suppress(GraderSpecError):
            self.spec = parse_spec(self.work.text, "the text")
        if self.work.text != self.tried:
            self.tried, self.fresh, self._advice = self.work.text, {}, ()
        if self.models:
            judge = judge or self.known_answers()
            self._take_stored()
        if self._retester is None:
            self._retester = Retester(self.rft.workspace.store)
        self.is_testing, self._began = True, monotonic()
        rows, spec, told = self.rows, self.spec, dict[int, Grade]()

        def tell(update: RetestUpdate) -> None:
            """In the retester's thread."""
            told.update(update.results)
            advice: list[Advice] = []
            if spec is not None and update.done and update.summary is not None:
                seen = {index: grade for index, grade in told.items() if not is_unasked(grade)}
                found = advise(spec, seen_in(rows, seen), datetime.now(UTC).date())
                advice = [one for one in found if one.kind != "learnable_share" or not any(row.place for row in rows)]
            self.post_message(Retested(update, tuple(advice)))

        self._serial = self._retester.start(
            self.work.text, rows, first_visible=self.probes.top, visible=self.probes.rows_shown, on_update=tell,
            judge=judge,
        )  # fmt: skip

    def _take_stored(self) -> None:
        """Of a version as it was saved, take the grades that are stored."""
        if not self.work.is_changed:
            stored = {row.prediction: row.old for row in self.rows if row.old and not is_service_error(row.old)}
            self.fresh = stored | self.fresh
            self.results.update(self.fresh)

    def on_retested(self, message: Retested) -> None:
        """Show the new scores; those of an older text are left out."""
        update = message.update
        if update.serial != self._serial:
            return
        told = {self.rows[at].prediction: grade for at, grade in update.results.items() if at < len(self.rows)}
        self.take_grades({number: grade for number, grade in told.items() if not is_unasked(grade)})
        problems = (one for one in update.problems if one.kind != NEEDS_JUDGE)
        self.problems_known(tuple(sorted(problems, key=lambda one: one.severity != "error")))
        if update.done:
            self.is_testing = False
            if not self.models:
                self.results = dict(self.fresh)
            self._advice = message.advice
        self.show_rows(self.probes.cursor)
        if update.done:
            self.tested()

    def take_grades(self, grades: dict[int, Grade]) -> None:
        """These are grades by the text as it is."""
        self.fresh |= grades
        self.results |= grades
        if self.models and self.base is not None and not self.work.is_changed:  # what the version itself says
            base = self.base
            self.rows = [regraded(row, grades.get(row.prediction), base) for row in self.rows]
        if not self.simulated and any(use.simulated for grade in grades.values() for use in grade.judged):
            self.simulated = True
            self.refresh_bars()

    def tested(self) -> None:
        """The retest has come to its end."""

    def stop_work(self) -> None:
        """Stop grading; what was typed is kept."""
        self.keep()
        if self._retester is not None:
            self._retester.close()
            self._retester = None

    # Figures

    def show_figures(self) -> None:
        """Show the name of the probe set and what the text changes."""
        self._summarise()
        self.probe_head.show(lambda width: [self._head(width)])
        self.probe_foot.show(self._foot)

    def _summarise(self) -> None:
        """The figures of the rows that have a grade by the text as it is: others do not count on either side."""
        rows = [row for row in self.rows if row.prediction in self.fresh]
        rule = score_rule(self.spec) if self.spec is not None else ScoreRule()
        grades = {place: self.fresh[row.prediction] for place, row in enumerate(rows)}
        self.summary = summarise_retest(rows, grades, rule) if rows else None

    def _head(self, width: int) -> Line:
        choice = self._shown_choice
        name = KIND_WORDS[choice.kind]
        if choice.text:
            name = one_line(choice.text, 30) if choice.kind == "run" else f"/{one_line(choice.text, 30)}"
        words = f"probe: {len(self.rows)} {name}" if choice.kind not in ("run", "filter") else f"probe: {name}"
        if choice.kind == "orders":
            words = f"probe: {counted(len({row.place.order for row in self.rows if row.place}), 'expected order')}"
        place = f"{self.probes.cursor + 1}/{len(self.rows)} " if self.rows else ""
        version = self.opened.number(self.base.version) if self.opened and self.base else 0
        right = f"v{version} → now  {place}" if version else place
        return heading_line(words, right, width, active=self.pane == PROBES)

    def _foot(self, width: int) -> list[Line]:
        if self.opened is None or not (self.rows or self._problem):
            return []
        waits = self.waits_for()
        lines: list[Line] = []
        if self.summary is not None:
            lines = laid_out(self._figures(self.summary), width)
        elif self.rows and not waits:
            said = "grading …" if self.is_testing else "no scores: the line under the text says why"
            return wrap_line([(said, "text.dim")], width)
        if waits:
            lines += wrap_line([(waits, "state.info")], width)
        if self._problem:
            lines += wrap_line([("! ", "state.warning bold"), (one_line(self._problem, 200), "state.warning")], width)
        for advice in self._advice[:2]:
            lines += wrap_line([("! ", "state.warning bold"), (advice.message, "state.warning")], width)
        return lines

    def _figures(self, summary: RetestSummary) -> list[Line]:
        """The figures, and of how many rows they are where that is not all."""
        new, of = len(self.fresh), len(self.rows)
        lead: list[Line] = [[(f"{new} of {of} new", "state.info")]] if new < of else []
        if any(row.place for row in self.rows):
            from rft_tui.tasks.retesting.orders import order_figures

            return [*lead, *order_figures_of(order_figures(self.rows, self.fresh)), *errors_of(summary)]
        return [*lead, *figures_of(summary)]

    def waits_for(self) -> str:
        """What a model grader waits for; nothing for a local one."""
        raise NotImplementedError

    def on_probe_moved(self) -> None:
        """Show where the cursor is."""
        self.probe_head.show(lambda width: [self._head(width)])
