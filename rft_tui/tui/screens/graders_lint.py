"""What is wrong with the text of a grader: said under it, marked beside its lines, gone to with a key."""

from __future__ import annotations

import re

from rft_tui.graders.document import Part
from rft_tui.graders.document_check import TextProblem
from rft_tui.safetext import one_line
from rft_tui.tui.editing.grader_text import RAW, Tab
from rft_tui.tui.paint import Line, justify
from rft_tui.tui.screens.graders_lists import GraderEntry
from rft_tui.tui.screens.graders_panes import TEXT, GradersPanes
from rft_tui.tui.task_words import counted

_LINE = re.compile(r"\bline (\d{1,6})\b")


class GradersLint(GradersPanes):
    """The problems of the text."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: GraderEntry | None = None
        self.problems: tuple[TextProblem, ...] = ()
        self.problem = -1

    def fill_form(self) -> None:
        """Show the values of the small parts, and what is wrong with them."""
        raise NotImplementedError

    def problems_known(self, problems: tuple[TextProblem, ...]) -> None:
        """These are the problems now."""
        if problems != self.problems:
            self.problems, self.problem = problems, -1
            self.show_lint()
            self.refresh_bars()

    def show_lint(self) -> None:
        """Show what is wrong with the text."""
        self.lint_bar.show(self._lint_lines)
        if self.work.tab.kind == "form":
            self.fill_form()
        else:
            self.mark_lines()

    def _lint_lines(self, width: int) -> list[Line]:
        problems = self.problems
        if self.opened is None:
            return []
        if not problems:
            return [[("✓ ", "state.good"), ("nothing to complain about", "text.dim")]]
        shown = problems[self.problem] if 0 <= self.problem < len(problems) else problems[0]
        sign, style = ("✗ ", "state.bad") if shown.severity == "error" else ("! ", "state.warning")
        parts = (self.part_of(shown, tab) for tab in self.work.tabs)
        part = next((one for one in parts if one is not None), None)
        where = one_line(part.label if part else shown.path or f"line {shown.line}", 60)
        more = f"{counted(len(problems), 'problem')} · {self.hint_key('graders.next_problem')}"
        said = one_line(f"{where}: {shown.message}", 400)
        room = width - len(more) - 4
        if len(said) <= room:
            return [justify([(sign, f"{style} bold"), (said, style)], [(more, "text.dim")], width)]
        cut = said.rfind(" ", 0, width - 2) if len(said) > width - 2 else len(said)
        cut = cut if cut > 0 else width - 2
        rest: Line = [("  ", "text.normal"), (said[cut:].strip(), style)]
        return [[(sign, f"{style} bold"), (said[:cut], style)], justify(rest, [(more, "text.dim")], width)]

    def part_of(self, problem: TextProblem, tab: Tab) -> Part | None:
        """The part of a tab that a problem is about."""
        for part in tab.parts:
            path = ".".join(map(str, part.path))
            if problem.path == path or problem.path.startswith(f"{path}."):
                return part
            if problem.path and problem.path == path.rpartition(".")[0]:
                return part
        return None

    def mark_lines(self) -> None:
        """Put signs beside the lines that problems name."""
        marks: dict[int, tuple[str, str]] = {}
        tab = self.work.tab
        for problem in self.problems:
            sign = ("✗", "state.bad") if problem.severity == "error" else ("!", "state.warning")
            if tab.kind == "raw":
                marks.setdefault(problem.line - 1, sign)
                continue
            found = _LINE.search(problem.message)
            if tab.kind == "python" and found and self.part_of(problem, tab) is not None:
                marks.setdefault(int(found[1]) - 1, sign)
        self.editor.mark(marks)

    def do_graders_next_problem(self) -> None:
        """Stand on the next problem."""
        if not self.problems:
            self.say("nothing to complain about", "state.good")
            return
        self.work.flush()
        self.problem = (self.problem + 1) % len(self.problems)
        problem = self.problems[self.problem]
        self.lint_bar.show(self._lint_lines)
        self.shows_difference = False
        self.go_to(TEXT)
        tab = None if self.work.is_raw else next((one for one in self.work.tabs if self.part_of(problem, one)), None)
        if tab is None:
            self.work.show(RAW)
            self.editor.go((problem.line - 1, problem.column - 1))
            return
        self.work.show(tab.key)
        part = self.part_of(problem, tab)
        if tab.kind == "form" and part is not None:
            self.form.go(tab.parts.index(part))
        elif found := _LINE.search(problem.message):
            self.editor.go((int(found[1]) - 1, 0))
