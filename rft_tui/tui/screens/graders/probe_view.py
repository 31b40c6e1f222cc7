"""What the Graders screen shows of its probe set: the rows with both scores, and what the text changes in figures."""

from __future__ import annotations

from rich.cells import cell_len

from rft_tui.graders.registry import models_asked
from rft_tui.graders.spec import score_rule
from rft_tui.model import Grade, JsonObject, ScoreRule
from rft_tui.safetext import one_line
from rft_tui.tasks.retesting.advice import Advice
from rft_tui.tasks.retesting.figures import RetestSummary, summarise_retest
from rft_tui.tasks.retesting.probes import ProbeChoice, ProbeRow
from rft_tui.tui.paint import Line, wrap_line
from rft_tui.tui.screens.graders.figures import (
    drawn_words,
    errors_of,
    figures_of,
    laid_out,
    order_figures_of,
    probe_words,
)
from rft_tui.tui.screens.graders.lists import ProbeSource, heading_line
from rft_tui.tui.screens.graders.panes import PROBES
from rft_tui.tui.screens.graders.sides import GradersSides


class GradersProbeView(GradersSides):
    """Rows, old and new scores, and the lines below them.

    `results` are the grades that are shown, by the number of their row; `fresh` are those by the text as it is.
    `total` is how many predictions the probe set would have if nothing were left out.
    """

    def __init__(self) -> None:
        super().__init__()
        self.choice = self._shown_choice = ProbeChoice("mistakes")
        self.results: dict[int, Grade] = {}
        self.fresh: dict[int, Grade] = {}
        self.summary: RetestSummary | None = None
        self.spec: JsonObject | None = None
        self.is_testing = False
        self.total = 0
        self._is_slow = False
        self._pins: frozenset[int] = frozenset()
        self._problem = ""
        self._advice: tuple[Advice, ...] = ()

    @property
    def probe(self) -> ProbeRow | None:
        """The row of the probe set under the cursor."""
        row: ProbeRow | None = self.probes.current
        return row

    @property
    def models(self) -> tuple[str, ...]:
        """The models that the text asks; none for a local grader."""
        return models_asked(self.spec) if self.spec is not None else ()

    @property
    def score_rules(self) -> tuple[ScoreRule, ScoreRule]:
        """How the old scores are read and the new ones; where nothing says it, both in the same way."""
        held, base = self.held, self.base
        before = held.rule if held is not None else ScoreRule()
        after = score_rule(self.spec) if self.spec is not None else base.rule if base is not None else before
        return before, after

    # Rows

    def show_rows(self, cursor: int = 0) -> None:
        """Show the rows with what is known of them."""
        held, base = self.held, self.base
        old, new = self.side_names
        names = ("old", "new") if held is None or held is base else (old, "new" if new == "now" else new)
        source = ProbeSource(
            self.rows, self.results, self.score_rules, self._pins, self._empty_words(), self._stale(), names
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

    def _stale(self) -> frozenset[int]:
        """The rows whose scores are marked as those of an older text."""
        return frozenset(self.results) - frozenset(self.fresh) if self.models or self._is_slow else frozenset()

    # Figures

    def show_figures(self) -> None:
        """Show the name of the probe set and what the text changes."""
        self._summarise()
        self.failures_known(self.fresh.values(), done=not self.is_testing)
        self.probe_head.show(lambda width: [self._head(width)])
        self.probe_foot.show(self._foot)

    def _summarise(self) -> None:
        """The figures of the rows that have a grade by the text as it is: others do not count on either side."""
        rows = [row for row in self.rows if row.prediction in self.fresh]
        rule = score_rule(self.spec) if self.spec is not None else ScoreRule()
        grades = {place: self.fresh[row.prediction] for place, row in enumerate(rows)}
        self.summary = summarise_retest(rows, grades, rule) if rows else None

    def _head(self, width: int) -> Line:
        if self.opened is None:
            return []
        orders = len({row.place.order for row in self.rows if row.place})
        words = f"probe: {probe_words(self._shown_choice, len(self.rows), self.total, orders)}"
        place = f"{self.probes.cursor + 1}/{len(self.rows)} " if self.rows else ""
        held, now = self.side_names
        right = f"{held} → {now}  " if held else ""
        if cell_len(words) + cell_len(right) + len(place) + 3 > width:
            place = ""
        return heading_line(words, right + place, width, active=self.pane == PROBES)

    def _foot(self, width: int) -> list[Line]:
        if self.opened is None or not (self.rows or self._problem):
            return []
        waits = self.waits_for()
        lines: list[Line] = []
        if self.summary is not None:
            lines = laid_out(self._figures(self.summary), width)
        elif self.rows and not waits:
            said = "grading …" if self.is_testing else "no scores: the line under the text says why"
            said = f"grading … 0 of {len(self.rows)}" if self._is_slow else said
            return wrap_line([(said, "text.dim")], width)
        if waits:
            lines += wrap_line([(waits, "state.info")], width)
        if self._problem:
            lines += wrap_line([("! ", "state.warning bold"), (one_line(self._problem, 200), "state.warning")], width)
        for advice in self._advice[:2]:
            is_plain = advice.severity == "info"
            lead: Line = [] if is_plain else [("! ", "state.warning bold")]
            lines += wrap_line([*lead, (advice.message, "text.dim" if is_plain else "state.warning")], width)
        if len(self.rows) < self.total:
            lines += wrap_line(
                [(f"{len(self.rows)} of {self.total:,}: {drawn_words(self._shown_choice)}", "text.dim")], width
            )
        return lines

    def _figures(self, summary: RetestSummary) -> list[Line]:
        """The figures, and of how many rows they are where that is not all."""
        new, of = len(self.fresh), len(self.rows)
        said = f"grading … {new} of {of}" if self._is_slow and not self.models else f"{new} of {of} new"
        lead: list[Line] = [[(said, "state.info")]] if new < of else []
        if any(row.place for row in self.rows):
            from rft_tui.tasks.retesting.orders import order_figures

            return [*lead, *order_figures_of(order_figures(self.rows, self.fresh)), *errors_of(summary)]
        return [*lead, *figures_of(summary, self._our_threshold())]

    def _our_threshold(self) -> float | None:
        """Where a pass begins, where the grader does not say that itself."""
        rule = score_rule(self.spec) if self.spec is not None else ScoreRule()
        says_passes = any(grade.passed is not None for grade in self.fresh.values())
        return None if says_passes or rule.pass_threshold is not None else rule.shown_threshold

    def waits_for(self) -> str:
        """What a model grader waits for; nothing for a local one."""
        raise NotImplementedError

    def on_probe_moved(self) -> None:
        """Show where the cursor is."""
        self.probe_head.show(lambda width: [self._head(width)])
