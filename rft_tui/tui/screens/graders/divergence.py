"""Best of k: what happens to what is true where the best of k answers is picked by the grader."""

from __future__ import annotations

from typing import ClassVar

from textual.message import Message

from rft_tui.errors import RftError
from rft_tui.safetext import one_line
from rft_tui.store.graders import SHORT_HASH, StoredGrader, get_grader, list_graders
from rft_tui.tasks.rating.divergence import DivergenceReport
from rft_tui.tui.actions import DIVERGENCE
from rft_tui.tui.paint import Line, plain, wrap_line
from rft_tui.tui.rating.chart import divergence_lines
from rft_tui.tui.screens.over_reading import ReadingScreen

VERDICTS_CHOICE = "verdicts"


class DivergenceKnown(Message):
    """Posted when both curves are known, or why they are not."""

    def __init__(self, gold: StoredGrader | None, report: DivergenceReport | None, error: RftError | None) -> None:
        super().__init__()
        self.gold = gold
        self.report = report
        self.error = error


class DivergenceScreen(ReadingScreen):
    """One saved version against gold: the person's verdicts, or another version."""

    scope: ClassVar[str] = DIVERGENCE

    def __init__(self, grader: StoredGrader, word: str) -> None:
        super().__init__()
        self._grader = grader
        self._word = word
        self._gold: StoredGrader | None = None
        self._report: DivergenceReport | None = None
        self._error: RftError | None = None

    def on_mount(self) -> None:
        """Begin with the person's verdicts."""
        super().on_mount()
        self._measure()

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Which version; what is held for true."""
        room = 20 if self.is_narrow else 40
        name: Line = [(one_line(self._grader.name, room), "text.accent bold")]
        name += [(f" {self._word}", "text.normal"), (f" @{self._grader.version[:SHORT_HASH]}", "text.dim")]
        if self._report is not None and self._report.simulated:
            name.append((" SIMULATED", "state.warning bold"))
        right: Line = [] if self._report or self._error else [("measuring …", "state.info")]
        words: Line = [*self.tabs(), (" ▸Best of k", "text.accent bold")]
        gold = "your verdicts (right = 1, wrong = 0)" if self._gold is None else one_line(self._gold.label, room)
        return (name, right), (words, [("gold: ", "text.dim"), (gold, "text.normal")])

    # Measuring

    def _measure(self) -> None:
        """Both curves, in the background."""
        grader, gold, workspace = self._grader, self._gold, self.rft.workspace
        self._report = self._error = None
        self.pane.show(lambda _width: [])
        self.refresh_bars()

        def work() -> None:
            from rft_tui.tasks.rating.divergence import measure_divergence

            try:
                report = measure_divergence(workspace.store, grader, gold, workspace.reviewer)
            except RftError as error:
                if not self.rft.is_leaving:
                    self.post_message(DivergenceKnown(gold, None, error))
                return
            self.post_message(DivergenceKnown(gold, report, None))

        self.run_worker(work, thread=True, group="graders.divergence", exit_on_error=False)

    def on_divergence_known(self, message: DivergenceKnown) -> None:
        """Show them, unless another gold was chosen meanwhile."""
        if message.gold != self._gold:
            return
        self._report, self._error = message.report, message.error
        if message.error is not None:
            self.rft.log_error(message.error)
        self.pane.show(self._lines)
        self.refresh_bars()

    def _lines(self, width: int) -> list[Line]:
        if self._error is not None:
            return wrap_line(self.error_spans(self._error), width)
        return [] if self._report is None else divergence_lines(self._report, width, how=self._how())

    def _how(self) -> list[str]:
        """How to have what is missing."""
        key = self.hint_key
        return [
            f"{key('screen.review')} Review: verdicts on all runs of some items, not only on mistakes.",
            f"{key('divergence.gold')} here: another grader as gold.",
            f"{key('screen.runs')} Runs: {key('runs.top_up')} makes more runs, {key('runs.grade')} grades them.",
        ]

    def do_divergence_gold(self) -> None:
        """Choose who says what is true."""
        from rft_tui.tui.screens.pick import Choice, PickScreen

        with self.rft.workspace.store.read() as db:
            others = [one for one in reversed(list_graders(db)) if one.id != self._grader.id]
        choices = [Choice(VERDICTS_CHOICE, "your verdicts", "right = 1, wrong = 0")]
        choices += [Choice(str(one.id), one_line(one.label, 60), one.type) for one in others]

        def done(value: str | None) -> None:
            if value is None:
                return
            gold = None
            if value != VERDICTS_CHOICE:
                with self.rft.workspace.store.read() as db:
                    gold = get_grader(db, int(value))
            self._gold = gold
            self._measure()

        current = str(self._gold.id) if self._gold is not None else VERDICTS_CHOICE
        self.app.push_screen(PickScreen("gold: who says what is true", choices, current=current), self.guarded(done))

    def text_to_take(self) -> tuple[str, str] | None:
        """What is shown, as text."""
        lines = self._lines(100)
        return ("\n".join(plain(line) for line in lines) + "\n", ".txt") if lines else None
