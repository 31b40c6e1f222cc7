"""An expected order is made: the answers to an item, moved until each is better than the next, then kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.message import Message

from rft_tui.model import BandEdges, Grade, ScoreRule
from rft_tui.safetext import one_line
from rft_tui.tasks.retesting.order_draft import RUN, OrderDraft, OrderLine
from rft_tui.tui.actions import ORDER, Action
from rft_tui.tui.paint import Line, fit, fit_right, wrap_line, wrap_text
from rft_tui.tui.score_words import score_text
from rft_tui.tui.screens.over import OverScreen
from rft_tui.tui.screens.two_panes import TwoPanes
from rft_tui.tui.task_words import counted

NEEDS_LINE = frozenset({"order.up", "order.down", "order.drop", "open"})
"""Actions on an answer."""

GradeAnswers = Callable[[list[str]], Mapping[str, Grade]]
"""Grades some answers by the text as it is; runs in a thread."""


class OrderSource:
    """The answers as rows of a table, the best first."""

    def __init__(self, draft: OrderDraft, rule: ScoreRule, type_key: str) -> None:
        self.draft = draft
        self._rule = rule
        self._type_key = type_key

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.draft.lines)

    def page(self, first: int, count: int) -> list[tuple[int, OrderLine]]:
        """Some of them, with their places."""
        return list(enumerate(self.draft.lines))[first : first + count]

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        return [(fit("   #  score   best to worst", width), "text.dim")]

    def paint(self, row: tuple[int, OrderLine], width: int) -> Line:
        """Rank, score, a sign where it does not score above the next, the answer."""
        place, line = row
        rank = self.draft.rank(place)
        style = "text.faint" if line.score is None else f"band.{BandEdges().band(line.score, self._rule).value}"
        broken = not self.draft.is_above_next(place)
        text = one_line(line.text, 300) or "(empty)"
        beside = "" if line.origin == RUN else f"{line.origin} · "
        return [
            (fit_right(str(rank) if rank else "–", 4), "text.normal bold" if rank else "text.faint"),
            (fit_right(score_text(line.grade), 7), style if rank else "text.faint"),
            (" ✗ " if broken else "   ", "state.bad bold"),
            (beside, "text.accent"),
            (text, "text.normal" if rank else "text.faint"),
        ]

    def empty(self) -> list[Line]:
        """Nothing is known."""
        return [[(f" nobody has answered this yet: {self._type_key} types an answer", "text.dim")]]


class AnswersGraded(Message):
    """Posted when typed answers have their grades."""

    def __init__(self, grades: Mapping[str, Grade]) -> None:
        super().__init__()
        self.grades = grades


class OrderScreen(OverScreen, TwoPanes):
    """The answers at the left, the one under the cursor in full at the right."""

    scope: ClassVar[str] = ORDER
    list_share = "3fr"
    pane_share = "2fr"

    def __init__(
        self, draft: OrderDraft, rule: ScoreRule, grader: str, grade: GradeAnswers, on_kept: Callable[[], None]
    ) -> None:
        super().__init__(OrderSource(draft, rule, ""))
        self.draft = draft
        self._rule = rule
        self._grader = grader
        self._grade = grade
        self._on_kept = on_kept

    def on_mount(self) -> None:
        """Show the first answer."""
        super().on_mount()
        self._changed(0)

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Whose order it is; how many answers are in it, and whether it takes the place of another one."""
        count, kept = len(self.draft.answers), self.draft.kept
        name: Line = [(one_line(self._grader, 40), "text.accent bold"), (" · expected order", "text.normal")]
        has = f"{counted(len(kept), 'order')} of this item kept" if kept else "no order of this item is kept yet"
        if self.draft.replaced is not None:
            has = f"in place of order {self.draft.replaced.number}" + (f" · {has}" if len(kept) > 1 else "")
        words: Line = [*self.tabs(), (" ▸Order", "text.accent bold")]
        state = "unsaved · " if self.draft.is_changed else ""
        style = "state.warning" if state else "text.dim"
        return (name, [(has, "text.dim")]), (words, [(state, style), (f"{counted(count, 'answer')} in it", "text.dim")])

    def why_not(self, action: Action) -> str | None:
        """Most actions need an answer."""
        if action.id in NEEDS_LINE and not self.draft.lines:
            return f"there is no answer yet · {self.hint_key('order.type')} types one"
        return super().why_not(action)

    def show_current(self) -> None:
        """Show the answer in full, what it is an answer to, and the orders that are kept."""
        self.pane.show(self._lines)

    def _lines(self, width: int) -> list[Line]:
        item, lines = self.draft.item, list[Line]()
        lines += [[("question", "text.dim")], *wrap_text(item.question, width, limit=60), []]
        if item.reference is not None:
            lines += [[("reference", "text.dim")], *wrap_text(item.reference, width, limit=60), []]
        if self.draft.lines:
            lines += self._answer(self.draft.lines[min(self.table.cursor, len(self.draft.lines) - 1)], width)
        for kept in self.draft.kept:
            lines += [[], [(f"order {kept.number} as it is kept", "text.dim")]]
            for rank, answer in enumerate(kept.answers, 1):
                lines += wrap_line([(f"{rank:>2}  ", "text.dim"), (one_line(answer, 200), "text.normal")], width)
        return lines

    def _answer(self, line: OrderLine, width: int) -> list[Line]:
        whence = {"run": "answer of a run", "reference": "the reference as an answer"}.get(line.origin, line.origin)
        lines: list[Line] = [[(whence, "text.dim")], *wrap_text(line.text or "(empty)", width, "text.normal bold"), []]
        grade = line.grade
        if grade is None:
            return [*lines, [("no score yet", "text.faint")]]
        if grade.error is not None:
            said = one_line(f"{grade.error.kind}: {grade.error.message}", 300)
            return lines + wrap_line([(said, "state.bad")], width)
        lines.append([("score ", "text.dim"), (score_text(grade), "text.normal bold")])
        for name, score in grade.sub_scores.items():
            value = "err" if score is None else f"{score:.2f}"
            lines.append([(f"  {one_line(name, 24)} ", "text.dim"), (value, "text.normal")])
        for step in grade.steps[:20]:
            lines += wrap_line([(one_line(step, 300), "text.dim")], width)
        return lines

    # Doing

    def _changed(self, place: int) -> None:
        self.table.show(OrderSource(self.draft, self._rule, self.hint_key("order.type")), place)
        self.show_current()
        self.refresh_bars()

    def do_open(self) -> None:
        """Read the answer in full."""
        self.go_to_pane(True)

    def do_back(self) -> None:
        """Back to the list, or out; what was not kept is asked about."""
        if self.in_pane:
            self.go_to_pane(False)
        elif self.draft.is_changed:
            self.confirm("leaves without keeping the order", self.close_over)
        else:
            self.close_over()

    def do_order_up(self) -> None:
        """Move the answer up."""
        self._changed(self.draft.move(self.table.cursor, -1))

    def do_order_down(self) -> None:
        """Move it down."""
        self._changed(self.draft.move(self.table.cursor, 1))

    def do_order_drop(self) -> None:
        """Drop the answer, or take it in again."""
        place = self.table.cursor
        self.draft.drop(place)
        self._changed(place + (not self.draft.lines[place].is_in))

    def do_order_undo(self) -> None:
        """Take back the last step."""
        if self.draft.undo():
            self._changed(self.table.cursor)
        else:
            self.say("nothing to take back", "text.dim")

    def do_order_type(self) -> None:
        """Type an answer; it stands below the one under the cursor."""

        def done(text: str) -> None:
            place, is_new = self.draft.add(text, self.table.cursor)
            self._changed(place)
            if is_new:
                self._grade_soon(text)
            else:
                self.say("this answer is there already", "text.dim")

        self.ask("answer", "", done)

    def _grade_soon(self, text: str) -> None:
        def work() -> None:
            self.post_message(AnswersGraded(self._grade([text])))

        self.run_worker(work, thread=True, group="order.grade", exit_on_error=False)

    def on_answers_graded(self, message: AnswersGraded) -> None:
        """Show the scores."""
        self.draft.take_grades(message.grades)
        self._changed(self.table.cursor)

    def do_order_keep(self) -> None:
        """Keep the order beside the grader, and leave."""
        self.draft.keep()
        self.close_over()
        self._on_kept()

    def text_to_take(self) -> tuple[str, str] | None:
        """The answers, the best first."""
        return "\n\n".join(self.draft.answers) + "\n", ".md"
