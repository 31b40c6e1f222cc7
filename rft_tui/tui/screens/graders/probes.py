"""The probe set graded again at every pause, by the text as it is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING

from textual.timer import Timer

from rft_tui.errors import GraderSpecError
from rft_tui.graders.spec import parse_spec
from rft_tui.model import Grade
from rft_tui.store.graders import StoredGrader
from rft_tui.store.grades import is_service_error
from rft_tui.tasks.retesting.advice import Advice, advise, seen_in
from rft_tui.tasks.retesting.probes import ProbeRow, is_unasked, regraded
from rft_tui.tasks.retesting.retest import NEEDS_JUDGE, Retester, RetestUpdate
from rft_tui.tui.screens.graders.messages import Retested
from rft_tui.tui.screens.graders.probe_set import GradersProbeSet

if TYPE_CHECKING:
    from rft_tui.graders.judge import Judge

SLOW_S = 0.15
"""How long a retest may be silent before scores that it has not reached are marked as those of an older text.

One that is not silent may take twice as long.
"""


class GradersProbes(GradersProbeSet):
    """What the text does to the predictions of the probe set; `tried` is the text of which the newest grades are."""

    def __init__(self) -> None:
        super().__init__()
        self.tried = ""
        self._slow: Timer | None = None
        self._is_heard = False
        self._serial = -1
        self._began = 0.0
        self._retester: Retester | None = None

    def text_changed(self) -> None:
        """Grade the probe set by the text as it is; of models, what they answered before is taken."""
        if self._before_save is not None and self.work.is_changed:
            self._hold_against_saved()
        self.try_text(None)

    def _hold_against_saved(self) -> None:
        """The text that was saved has changed: from here on what was saved is on the old side."""
        base, self._before_save = self.base, None
        if base is None or self.against is not None:
            return
        is_known = self.tried == self.work.saved and self._arrived == self._reading
        known = self.fresh if is_known else {}
        if all(row.prediction in known for row in self.rows):
            bare = (replace(row, old=None, old_passed=None) for row in self.rows)
            self.rows = [regraded(row, known[row.prediction], base) for row in bare]
        else:
            self.read_probes()

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
        self._is_slow, self._is_heard = self._is_slow and self.is_testing, False
        self.is_testing, self._began = True, monotonic()
        if self._slow is not None:
            self._slow.stop()
        self._slow = self.set_timer(SLOW_S, self._look_for_news)
        rows, spec, told = self.rows, self.spec, dict[int, Grade]()
        by_score = self._shown_choice.is_by_score

        def tell(update: RetestUpdate) -> None:
            """In the retester's thread."""
            told.update(update.results)
            advice: list[Advice] = []
            if spec is not None and update.done and update.summary is not None:
                seen = {index: grade for index, grade in told.items() if not is_unasked(grade)}
                today = datetime.now(UTC).date()
                advice = advise(spec, seen_in(rows, seen), today, rows=len(rows), by_score=by_score)
            self.post_message(Retested(update, tuple(advice)))

        self._serial = self._retester.start(
            self.work.text, rows, first_visible=self.probes.top, visible=self.probes.rows_shown, on_update=tell,
            judge=judge,
        )  # fmt: skip

    def _take_stored(self) -> None:
        """Of a version as it was saved, take the grades that are stored."""
        if not self.work.is_changed:
            stored = {row.prediction: row.own for row in self.rows if row.own and not is_service_error(row.own)}
            self.fresh = stored | self.fresh
            self.results.update(self.fresh)

    def _look_for_news(self) -> None:
        """See whether a retest is slow, and say so."""
        self._slow = None
        if not self.is_testing or self._is_slow:
            return
        rest = 2 * SLOW_S - (monotonic() - self._began) if self._is_heard else 0.0
        if rest > 0.002:
            self._slow = self.set_timer(rest, self._look_for_news)
            return
        self._is_slow = True
        self.show_rows(self.probes.cursor)

    def on_retested(self, message: Retested) -> None:
        """Show the new scores; those of an older text are left out."""
        update = message.update
        if update.serial != self._serial:
            return
        self._is_heard = self._is_heard or bool(update.results)
        told = {self.rows[at].prediction: grade for at, grade in update.results.items() if at < len(self.rows)}
        self.take_grades({number: grade for number, grade in told.items() if not is_unasked(grade)})
        problems = (one for one in update.problems if one.kind != NEEDS_JUDGE)
        self.problems_known(tuple(sorted(problems, key=lambda one: one.severity != "error")))
        if update.done:
            self.is_testing = self._is_slow = False
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
            is_old = self.held is not None and self.held.id == base.id
            self.rows = [_owned(row, grades.get(row.prediction), base, is_old=is_old) for row in self.rows]
        if not self.simulated and any(use.simulated for grade in grades.values() for use in grade.judged):
            self.simulated = True
            self.refresh_bars()

    def tested(self) -> None:
        """The retest has come to its end."""

    def stop_work(self) -> None:
        """Stop grading; what was typed is kept."""
        self.keep(leaving=True)
        if self._retester is not None:
            self._retester.close()
            self._retester = None


def _owned(row: ProbeRow, grade: Grade | None, base: StoredGrader, *, is_old: bool) -> ProbeRow:
    """The row with a grade of the version that is edited, on the old side too where that is its own."""
    if grade is None or is_service_error(grade):
        return row
    row = replace(row, own=grade)
    return regraded(row, grade, base) if is_old else row
