"""A second rater: the pairs that the grader orders the other way, and what a stronger model says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rft_tui.safetext import one_line
from rft_tui.store.graders import SHORT_HASH
from rft_tui.store.grades import get_grade
from rft_tui.store.ratings import known_raters
from rft_tui.tasks.rating.person import person_says
from rft_tui.tasks.rating.report import RatedPair
from rft_tui.tui.actions import RATER, Action
from rft_tui.tui.paint import Line, fit_right, wrap_line
from rft_tui.tui.rating.pairs import RatingDesk
from rft_tui.tui.rating.wish import RaterWish, parse_pairs
from rft_tui.tui.rating.words import PairView, pair_lines, rating_lines
from rft_tui.tui.score_words import shown_score
from rft_tui.tui.screens.graders.asking import AskingScreen
from rft_tui.tui.task_words import counted
from rft_tui.tui.widgets.table import TableSource


class PairsSource:
    """Wrongly ordered pairs as rows of a table, the largest difference of scores first."""

    def __init__(self, pairs: Sequence[RatedPair], words: Sequence[Line]) -> None:
        self.pairs = pairs
        self._words = list(words)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.pairs)

    def page(self, first: int, count: int) -> list[RatedPair]:
        """Some of them."""
        return list(self.pairs[first : first + count])

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        return [("  rater's  other     Δ  question", "text.dim")]

    def paint(self, row: RatedPair, width: int) -> Line:
        """The score of the answer that the rater prefers, that of the other one, and the question."""
        better, worse = row.better_and_worse
        return [
            (fit_right(shown_score(better.score), 9), "text.normal"),
            (fit_right(shown_score(worse.score), 7), "text.normal"),
            (fit_right(shown_score(worse.score - better.score), 6), "state.bad"),
            (f"  {one_line(row.pair.asked.question, 200)}", "text.dim"),
        ]

    def empty(self) -> list[Line]:
        """Why there is none."""
        return self._words


class RaterScreen(AskingScreen):
    """What a rater says of a saved version: figures, pairs in the wrong order, one of them in full."""

    scope: ClassVar[str] = RATER
    list_name = "rater"
    ask_action = "rater.ask"
    desk: RatingDesk

    def __init__(self, desk: RatingDesk) -> None:
        super().__init__(desk, PairsSource([], []))

    @property
    def wrong(self) -> tuple[RatedPair, ...]:
        """The pairs that the grader orders the other way."""
        return self.desk.report.wrong if self.desk.report is not None else ()

    # What is shown

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Which version; how far asking is; who the rater is, which is called a model."""
        desk = self.desk
        name: Line = [(one_line(desk.name, 20 if self.is_narrow else 40), "text.accent bold")]
        name += [(f" {desk.word}", "text.normal"), (f" @{desk.grader.version[:SHORT_HASH]}", "text.dim")]
        if desk.is_simulated:
            name.append((" SIMULATED", "state.warning bold"))
        words: Line = [*self.tabs(), (" ▸Second rater", "text.accent bold")]
        rater = self.rater_words()
        if desk.wish is not None and not self.is_narrow:
            rater.append((f" · {counted(desk.wish.pairs, 'pair')}", "text.dim"))
        return (name, self.progress_line()), (words, rater)

    def list_source(self) -> TableSource:
        """The wrongly ordered pairs."""
        return PairsSource(self.wrong, self._empty_words())

    def place_of(self, row: object, source: TableSource) -> int:
        """Where the same pair is now."""
        wanted = (row.rating.first, row.rating.second) if isinstance(row, RatedPair) else None
        pairs = ((one.rating.first, one.rating.second) for one in self.wrong)
        return next((at for at, pair in enumerate(pairs) if pair == wanted), min(self.table.cursor, source.count))

    def _empty_words(self) -> list[Line]:
        desk, report, plan = self.desk, self.desk.report, self.desk.plan
        width = max(20, (self.app.size.width if self.is_narrow else self.app.size.width * 2 // 5) - 2)
        said: list[str]
        if desk.wish is None:
            said = [f"{self.hint_key('rater.model')} chooses a model that says which of two answers is better."]
        elif report is not None and report.rated:
            said = ["No pair is in the wrong order."]
        elif desk.is_asking or desk.is_reading:
            said = ["asking …" if desk.is_asking else "reading …"]
        elif plan is not None and not plan.chosen.pairs:
            said = self._no_pairs(plan.chosen.items, plan.chosen.alike)
        else:
            said = [f"{self.hint_key('rater.ask')} says the cost and asks."]
        return [[(" ", "text.normal"), *part] for one in said for part in wrap_line([(one, "text.dim")], width)]

    def _no_pairs(self, items: int, alike: int) -> list[str]:
        """Why there is nothing to compare, and what makes it so."""
        if items:
            return [
                f"All answers to the same question are alike ({counted(alike, 'item')}).",
                f"More runs make others: {self.hint_key('screen.runs')} Runs, {self.hint_key('runs.top_up')}.",
            ]
        needs = "A rater compares answers of several runs to one question, by their scores:"
        key = self.hint_key
        return [
            f"{self.desk.word} has scored no question twice.",
            f"{needs} {key('screen.runs')} Runs, {key('runs.grade')} grades, {key('runs.top_up')} makes more runs.",
        ]

    def figures(self) -> list[Line]:
        """The figures; what went wrong."""
        report = self.desk.report
        lines = rating_lines(report) if report is not None and (report.rated or report.asking.errors) else []
        return [*self.error_lines(), *lines]

    def show_current(self, *, keep_place: bool = False) -> None:
        """Show the pair under the cursor."""
        row: RatedPair | None = self.table.current
        desk = self.desk
        if row is None or desk.wish is None:
            self.pane.show(lambda _width: [])
            return
        numbers = (row.rating.first, row.rating.second)
        with self.rft.workspace.store.read() as db:
            graded = {number: get_grade(db, desk.grader.id, number) for number in numbers}
            person = person_says(db, self.rft.workspace.reviewer, numbers)
        grades = {number: grade for number, grade in graded.items() if grade is not None}
        view = PairView(row, desk.grader.rule, grades, person, desk.wish.model)
        self.pane.show(lambda width: pair_lines(view, width), keep_place=keep_place)

    # What is done

    def why_not(self, action: Action) -> str | None:
        """Critiques need pairs."""
        if action.id == "rater.critique" and not self.wrong:
            return "no pair is in the wrong order"
        return super().why_not(action)

    @property
    def has_something(self) -> bool:
        """Whether pairs were judged before."""
        return self.desk.report is not None and bool(self.desk.report.rated)

    def nothing_left(self) -> str:
        """What is said where everything is answered."""
        if self.desk.plan is not None and not self.desk.plan.chosen.pairs:
            return "there is no pair to ask about"
        return f"every pair is judged · {self.hint_key('rater.pairs')} asks about more"

    def do_rater_ask(self) -> None:
        """Ask about the pairs, after the cost was said."""
        self.ask_for_yes()

    def do_rater_model(self) -> None:
        """Choose another rater."""
        self.choose_model()

    def do_rater_pairs(self) -> None:
        """Type how many pairs are compared."""
        wish = self.desk.wish
        if wish is None:
            self.choose_model()
        else:
            self._ask_pairs(wish)

    def chosen(self, wish: RaterWish) -> None:
        """Take the rater; of one that has judged nothing yet it is asked how many pairs it shall compare."""
        with self.rft.workspace.store.read() as db:
            known = {(one.rater, one.service) for one in known_raters(db)}
        if (wish.model, wish.service) in known:
            self.take_wish(wish)
        else:
            self._ask_pairs(wish)

    def _ask_pairs(self, wish: RaterWish) -> None:
        self.ask("pairs", str(wish.pairs), lambda text: self.take_wish(replace(wish, pairs=parse_pairs(text))),
                 hints=(("2 questions a pair", "both orders"),))  # fmt: skip

    def do_rater_critique(self) -> None:
        """Ask the rater about the pairs in the wrong order."""
        from rft_tui.tui.screens.graders.rating import GradersRating

        host, report = self.desk.host, self.desk.report
        if isinstance(host, GradersRating) and report is not None:
            host.critique_pairs(self.desk, report)

    def predictions(self) -> Sequence[int]:
        """Both answers of each pair, the one that is scored too high first."""
        return [answer.prediction for one in self.wrong for answer in reversed(one.better_and_worse)]

    def prediction_here(self) -> int | None:
        """The answer that is scored too high."""
        row: RatedPair | None = self.table.current
        return None if row is None else row.better_and_worse[1].prediction

    def grader_here(self) -> int | None:
        """The version that is held against the rater."""
        return self.desk.grader.id

    def text_to_take(self) -> tuple[str, str] | None:
        """The pair as texts."""
        row: RatedPair | None = self.table.current
        if row is None:
            return None
        better, worse = row.better_and_worse
        parts = [
            ("question", row.pair.asked.question), ("reference", row.pair.asked.reference),
            (f"the rater prefers (scored {better.score:g})", better.text),
            (f"the grader scores higher ({worse.score:g})", worse.text), ("why", row.rating.reason),
        ]  # fmt: skip
        return "\n\n".join(f"# {name}\n\n{text}" for name, text in parts if text) + "\n", ".md"
