"""What a second rater says of disagreements: whom it sides with and why; shown and kept, never applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rft_tui.safetext import one_line
from rft_tui.store.graders import SHORT_HASH
from rft_tui.store.ratings import StoredCritique
from rft_tui.tasks.rating.disagreements import Disagreement
from rft_tui.tui.actions import CRITIQUES
from rft_tui.tui.paint import Line, fit, fit_right
from rft_tui.tui.rating.critiques import CritiqueDesk
from rft_tui.tui.rating.desk import bill_words
from rft_tui.tui.rating.words import critique_lines, side_words, sides_line
from rft_tui.tui.score_words import score_text, shown_score
from rft_tui.tui.screens.graders.asking import AskingScreen
from rft_tui.tui.task_words import counted
from rft_tui.tui.widgets.table import TableSource

_YOURS = {True: "right", False: "wrong", None: "–"}
_SIDE_STYLES = {"you": "verdict.right", "grader": "verdict.grader", "itself": "state.info"}


class DisagreementsSource:
    """Disagreements as rows of a table, with whom the rater sides."""

    def __init__(self, desk: CritiqueDesk) -> None:
        self._desk = desk

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._desk.about)

    def page(self, first: int, count: int) -> list[Disagreement]:
        """Some of them."""
        return list(self._desk.about[first : first + count])

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        other = "rater" if self._desk.is_against_rater else "you"
        return [(f"   score  {fit(other, 6)} sides with  answer", "text.dim")]

    def paint(self, row: Disagreement, width: int) -> Line:
        """Pass, score, what the person or the rater says, whom the critique sides with, and the answer."""
        desk = self._desk
        critique = desk.critique_of(row.prediction)
        sign, style = ("✓", "state.good") if row.passed else ("✗", "state.bad")
        if row.preferred is not None:
            other = f"<{shown_score(row.preferred.answer.score)}"
        else:
            other = _YOURS[row.person.right if row.person is not None else None]
        side = "error" if row.prediction in desk.errors else side_words(critique) or ("said" if critique else "–")
        current = desk.is_current(critique)
        colour = "state.bad" if side == "error" else _SIDE_STYLES.get(side, "text.normal") if current else "text.faint"
        return [
            (f" {sign}", f"{style} bold"),
            (fit_right(score_text(row.grade), 6), "text.normal"),
            (f"  {fit(other, 6)} ", "text.normal"),
            (fit(side if current or side == "error" else f"({side})" if critique else side, 12), colour),
            (one_line(row.answer, 200) or "(empty)", "text.dim"),
        ]

    def empty(self) -> list[Line]:
        """There is none."""
        return [[(" nothing is disputed", "text.faint")]]


class CritiquesScreen(AskingScreen):
    """Disagreements at the left, the one under the cursor with its critique at the right."""

    scope: ClassVar[str] = CRITIQUES
    list_name = "critiques"
    ask_action = "critiques.ask"
    desk: CritiqueDesk

    def __init__(self, desk: CritiqueDesk, grader: int | None, name_of_version: Callable[[str], str]) -> None:
        super().__init__(desk, DisagreementsSource(desk))
        self._grader = grader
        self._name_of_version = name_of_version

    # What is shown

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Whose grades are disputed; how far asking is; who is asked."""
        desk = self.desk
        name: Line = [(one_line(desk.name, 20 if self.is_narrow else 40), "text.accent bold")]
        unsaved = desk.word == "unsaved"
        name.append((f" {desk.word}", "state.warning bold" if unsaved else "text.normal"))
        name.append((f" @{desk.version[:SHORT_HASH]}", "text.dim"))
        if desk.is_simulated:
            name.append((" SIMULATED", "state.warning bold"))
        words: Line = [*self.tabs(), (" ▸Critiques", "text.accent bold")]
        return (name, self.progress_line()), (words, self.rater_words())

    def list_source(self) -> TableSource:
        """The disagreements."""
        return DisagreementsSource(self.desk)

    def place_of(self, row: object, source: TableSource) -> int:
        """They stay where they are."""
        return self.table.cursor

    def figures(self) -> list[Line]:
        """How many there are, with whom the rater sides, what it took; and that nothing of it is applied."""
        desk = self.desk
        shown = len(desk.about)
        number = f"the {shown:,} sharpest of {desk.found:,}" if desk.found > shown else f"{shown:,}"
        against = "with the second rater" if desk.is_against_rater else "between you and the grader"
        noun = "disagreement" if shown == 1 else "disagreements"
        among = f" among the {counted(desk.looked_at, 'row')} shown" if desk.looked_at else ""
        if among and self.is_narrow:
            against, among = among.strip(), ""
        line: Line = [(f"{number} ", "text.normal bold"), (f"{noun} {against}{among} · ", "text.dim")]
        sides = desk.sides().most_common()
        line += sides_line(sides) if sides else [("no critique of this version by this model yet", "text.dim")]
        paid: Line = []
        if desk.bill.asked or desk.bill.cached:
            paid = [(f"{bill_words(desk.bill.asked, desk.bill.cached, desk.bill.cost)} · ", "text.dim")]
        if desk.errors:
            paid.append((f"✗ {counted(len(desk.errors), 'question')} without an answer · ", "state.bad"))
        said = "what it says is shown and kept, never applied: no score and no verdict changes"
        return [*self.error_lines(), line, [*paid, (said, "text.dim")]]

    def show_current(self, *, keep_place: bool = False) -> None:
        """Show the disagreement under the cursor, with its critique."""
        row: Disagreement | None = self.table.current
        if row is None:
            self.pane.show(lambda _width: [])
            return
        desk = self.desk
        critique = desk.critique_of(row.prediction)
        error = desk.errors.get(row.prediction)
        said = "" if error is None else f"{error.kind}: {error.message}"
        current, word = desk.is_current(critique), self._word_of(critique)
        self.pane.show(
            lambda width: critique_lines(row, critique, width, is_current=current, word=word, error=said),
            keep_place=keep_place,
        )

    def _word_of(self, critique: StoredCritique | None) -> str:
        return "" if critique is None else self._name_of_version(critique.version)

    # What is done

    @property
    def has_something(self) -> bool:
        """Whether there are critiques of this version by this rater."""
        return bool(self.desk.sides())

    def nothing_left(self) -> str:
        """What is said where everything is answered."""
        return "the rater was asked about all of these"

    def do_critiques_ask(self) -> None:
        """Ask about all of them, after the cost was said."""
        self.ask_for_yes()

    def do_critiques_model(self) -> None:
        """Choose another rater."""
        self.choose_model()

    def predictions(self) -> Sequence[int]:
        """The disputed predictions, the sharpest first."""
        return [one.prediction for one in self.desk.about]

    def prediction_here(self) -> int | None:
        """The one under the cursor."""
        row: Disagreement | None = self.table.current
        return None if row is None else row.prediction

    def grader_here(self) -> int | None:
        """The version that the text came from."""
        return self._grader

    def text_to_take(self) -> tuple[str, str] | None:
        """The disagreement and its critique as texts."""
        row: Disagreement | None = self.table.current
        if row is None:
            return None
        critique = self.desk.critique_of(row.prediction)
        parts = [
            ("question", row.asked.question), ("reference", row.asked.reference), ("answer", row.answer),
            ("grader", "\n".join([f"score {row.grade.score:g}", *row.grade.steps])),
            (f"critique by {critique.rater}" if critique else "", critique.text if critique else ""),
        ]  # fmt: skip
        return "\n\n".join(f"# {name}\n\n{text}" for name, text in parts if text) + "\n", ".md"
