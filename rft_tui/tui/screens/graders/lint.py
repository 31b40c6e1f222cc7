"""What is wrong with the text of a grader: said under it, marked beside its lines, gone to with a key."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress

from rft_tui.errors import GraderSpecError, UsageError
from rft_tui.graders.document import Part, root_path
from rft_tui.graders.document_check import TextProblem
from rft_tui.graders.json_spans import parse_spans, place, value_at
from rft_tui.model import Grade
from rft_tui.safetext import one_line
from rft_tui.store.graders import clean_name
from rft_tui.tui.editing.failures import Failure, failures_of, part_of_failure
from rft_tui.tui.editing.grader_text import RAW, Tab
from rft_tui.tui.paint import Line, justify, line_length, wrap_line
from rft_tui.tui.screens.graders.lists import GraderEntry
from rft_tui.tui.screens.graders.panes import TEXT, GradersPanes
from rft_tui.tui.task_words import counted

LINT_LINES = 2
"""Lines under the text that are kept for what is wrong with it."""

MOST_LINES = 5
"""Lines that it takes where the text leaves them empty."""

MOST_LINES_GONE_TO = 8
"""Lines that it takes for a problem that a person went to."""

SAID_ELSEWHERE = frozenset({"needs_service"})
"""Kinds of problems that no edit ends: the line under the probe set says what asking a model takes."""

FAILED = "failed_on_probe"
"""The kind of a problem that trying the text has shown."""

UNKNOWN_NAME = "invalid variable error: "
"""How a failure begins that is about a name in a template."""

LONGEST_NAME = 30
"""Characters by which two names are held to be one: messages cut them at different places."""

RANKS = ("error", "warning")
"""What is shown before what."""

_LINE = re.compile(r"\bline (\d{1,6})\b")


class GradersLint(GradersPanes):
    """The problems of the text: of its words, and of what came of trying it. Errors stand first, then the newest.

    `checked` are those of its words alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.opened: GraderEntry | None = None
        self.problems: tuple[TextProblem, ...] = ()
        self.problem = -1
        self.checked: tuple[TextProblem, ...] = ()
        self._failed: dict[TextProblem, str] = {}
        self._since: dict[TextProblem, int] = {}
        self._times = 0
        self._lint_height = LINT_LINES
        self._name_place = ("", (1, 1))

    def fill_form(self) -> None:
        """Show the values of the small parts, and what is wrong with them."""
        raise NotImplementedError

    def forget_problems(self) -> None:
        """Another text is shown: nothing is known of it yet."""
        self.problems, self.problem, self.checked = (), -1, ()
        self._failed, self._since = {}, {}

    def problems_known(self, problems: tuple[TextProblem, ...]) -> None:
        """These are the problems of the text now."""
        self.checked = (*self.other_name(), *(one for one in problems if one.kind not in SAID_ELSEWHERE))
        self._order()

    def failures_known(self, grades: Collection[Grade], *, done: bool) -> None:
        """These are the grades by the text so far: show the errors among them; old ones stay until it is `done`."""
        found = [one for one in failures_of(grades) if not self._is_said(one)]
        if not found and not done and self._failed:
            return
        parts = [part for tab in self.work.tabs for part in tab.parts]
        failed: dict[TextProblem, str] = {}
        for failure in found:
            part = part_of_failure(failure, parts)
            path = ".".join(map(str, part.path)) if part else ""
            problem = TextProblem(path, FAILED, "error", failure.message, max(1, failure.line), 1)
            failed[problem] = f"{failure.count} of {len(grades)}"
        if failed != self._failed:
            self._failed = failed
            if not self._order():
                self.lint_bar.show(self._lint_lines)

    def _is_said(self, failure: Failure) -> bool:
        """Whether the check of the text says already, and at its place, that a name is not there."""
        name = failure.message.removeprefix(UNKNOWN_NAME).partition(" ")[0][:LONGEST_NAME]
        is_name = failure.message.startswith(UNKNOWN_NAME)
        return is_name and any(name in one.message for one in self.checked)

    def _order(self) -> bool:
        """Put the problems into their order; whether they are other ones."""
        found = dict.fromkeys((*self._failed, *self.checked))
        self._times += 1
        self._since = {one: self._since.get(one, self._times) for one in found}
        problems = tuple(sorted(found, key=lambda one: (RANKS.index(one.severity), -self._since[one])))
        if problems == self.problems:
            return False
        self.problems, self.problem = problems, -1
        self.show_lint()
        self.refresh_bars()
        return True

    def other_name(self) -> list[TextProblem]:
        """That the JSON has another name than the grader is called by here."""
        entry = self.opened
        named = (part for tab in self.work.tabs for part in tab.parts if part.path == (*part.grader, "name"))
        part = next((one for one in named if one.grader in ((), ("grader",))), None)
        if entry is None or part is None or not entry.name:
            return []
        with suppress(UsageError):
            if clean_name(str(part.value)) == entry.name:
                return []
        own, called = one_line(str(part.value), 60) or '""', one_line(entry.name, 60)
        said = f"the JSON's name is {own}; this grader is called {called}"
        if self._name_place[0] != self.work.text:
            self._name_place = self.work.text, _place_of_name(self.work.text)
        return [TextProblem(".".join(map(str, part.path)), "other_name", "warning", said, *self._name_place[1])]

    def show_lint(self) -> None:
        """Show what is wrong with the text."""
        self.size_lint()
        self.lint_bar.show(self._lint_lines)
        if self.work.tab.kind == "form":
            self.fill_form()
        else:
            self.mark_lines()

    def size_lint(self) -> None:
        """Give the problem the lines that it needs, as far as the text leaves some empty or a person went to it."""
        width, height = self.middle.size.width - 2, self.middle.size.height
        if width < 4 or height < LINT_LINES:
            return
        most = min(MOST_LINES, height - 1 - self.text_rows(height))
        if self.problem >= 0:
            most = min(MOST_LINES_GONE_TO, height // 2)
        wanted = max(LINT_LINES, min(len(self._problem_lines(width)), most))
        if wanted != self._lint_height:
            self._lint_height = wanted
            self.lint_bar.styles.height = wanted
            self.lint_bar.show(self._lint_lines)

    def on_resize(self) -> None:
        """Lay out for another width."""
        super().on_resize()
        self.call_after_refresh(self.size_lint)

    def text_rows(self, most: int) -> int:
        """Rows that the text or the fields take, counted up to `most`."""
        if self.reading.display:
            return most
        return len(self.form.fields) if self.work.tab.kind == "form" else self.editor.rows_used(most)

    def _lint_lines(self, width: int) -> list[Line]:
        """What is said of the problem in the lines that there are, the last one cut where that is too little."""
        lines = self._problem_lines(width)
        room = self._lint_height
        if len(lines) <= room:
            return lines
        return [*lines[: room - 1], justify([*lines[room - 1], (" …", "text.dim")], self._more(), width)]

    def _more(self) -> Line:
        count = len(self.problems)
        place = f"{self.problem + 1} of {count}" if self.problem >= 0 else counted(count, "problem")
        return [(f"{place} · {self.hint_key('graders.next_problem')}", "text.dim")]

    def _problem_lines(self, width: int) -> list[Line]:
        problems = self.problems
        if self.opened is None:
            return []
        if not problems:
            return [[("✓ ", "state.good"), ("nothing to complain about", "text.dim")]]
        shown = problems[self.problem] if 0 <= self.problem < len(problems) else problems[0]
        sign, style = ("✗ ", "state.bad") if shown.severity == "error" else ("! ", "state.warning")
        broken = wrap_line([(self._said(shown), style)], width - 2)
        lines: list[Line] = [[("  " if at else sign, f"{style} bold"), *line] for at, line in enumerate(broken)]
        more = self._more()
        if line_length(lines[-1]) + line_length(more) + 2 > width:
            lines.append([])
        lines[-1] = justify(lines[-1], more, width)
        return lines

    def _said(self, problem: TextProblem) -> str:
        """What is said of a problem: where it is, what it is, and of how many rows where trying the text showed it."""
        if problem in self._failed:
            return one_line(f"{problem.message} · {self._failed[problem]}", 600)
        parts = (self.part_of(problem, tab) for tab in self.work.tabs)
        part = next((one for one in parts if one is not None), None)
        where = one_line(part.label if part else problem.path or f"line {problem.line}", 60)
        return one_line(f"{where}: {problem.message}", 600)

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
                if problem not in self._failed:
                    marks.setdefault(problem.line - 1, sign)
                continue
            found = _LINE.search(problem.message)
            if tab.kind == "python" and found and self.part_of(problem, tab) is not None:
                marks.setdefault(int(found[1]) - 1, sign)
        self.editor.mark(marks)

    def do_graders_next_problem(self) -> None:
        """Stand on the next problem, and show its whole text."""
        if not self.problems:
            self.say("nothing to complain about", "state.good")
            return
        self.work.flush()
        self.problem = (self.problem + 1) % len(self.problems)
        problem = self.problems[self.problem]
        self.shows_difference = False
        self.go_to(TEXT)
        self._go_to_problem(problem)
        self.size_lint()
        self.lint_bar.show(self._lint_lines)

    def _go_to_problem(self, problem: TextProblem) -> None:
        found = _LINE.search(problem.message)
        tab = None if self.work.is_raw else next((one for one in self.work.tabs if self.part_of(problem, one)), None)
        if tab is None:
            if problem in self._failed and not self.work.is_raw:
                return  # it comes from no place of the text
            self.work.show(RAW)
            if problem not in self._failed:
                self.editor.go((problem.line - 1, problem.column - 1))
            return
        self.work.show(tab.key)
        part = self.part_of(problem, tab)
        if tab.kind == "form" and part is not None:
            self.form.go(tab.parts.index(part))
        elif found:
            self.editor.go((int(found[1]) - 1, 0))


def _place_of_name(text: str) -> tuple[int, int]:
    """Line and column of a grader's name in its JSON, of the JSON's beginning where there is none to find."""
    with suppress(GraderSpecError, KeyError):
        span = parse_spans(text)
        for key in (*root_path(value_at(text, span)), "name"):
            span = span.members[str(key)]
        return place(text, span.start)
    return 1, 1
