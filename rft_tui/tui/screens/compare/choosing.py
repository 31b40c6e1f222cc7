"""Choosing in Compare: marks, the baseline, the grader, what belongs together, and the panel."""

from __future__ import annotations

from rft_tui.safetext import one_line
from rft_tui.tui.comparing.numbers import score
from rft_tui.tui.comparing.rows import Row
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.compare.opening import CompareOpening
from rft_tui.tui.screens.compare.operands import OperandLine, OperandsSource, group_lines, version_lines
from rft_tui.tui.screens.compare.state import PANELS, RUNS, VERSIONS


class CompareChoosing(CompareOpening):
    """Actions of Compare that change what is compared or shown; none of them writes anything but the session."""

    def nothing_there(self, width: int) -> list[Row]:
        """What there is to do where nothing can be compared yet."""
        raise NotImplementedError

    @property
    def row(self) -> OperandLine | None:
        """The line under the cursor."""
        row: OperandLine | None = self.table.current
        return row

    def show_list(self, cursor: int) -> None:
        """Show the list of what can be marked."""
        is_runs = self.state.what == RUNS
        indexes = self.indexes if self.state.unfolded else None
        lines = group_lines(self.groups, indexes) if is_runs else version_lines(self.graders)
        title = "run groups, A baseline" if is_runs else "versions, A baseline"
        words: list[Line] = []
        if not lines:
            words = [[(" ", "text.normal"), *row.line] for row in self.nothing_there(36)]
        self.table.show(OperandsSource(lines, title, self.state.place, self._mean_of, words), cursor)

    def _mean_of(self, place: int) -> str:
        """The mean of an operand, once it is known."""
        comparison = self.comparison
        if comparison is None or place >= len(comparison.operands):
            return "…" if self.is_reading else ""
        mean = comparison.operands[place].mean
        return score(None if mean is None else mean.mean)

    def do_compare_mark(self) -> None:
        """Mark the line, or take its mark away."""
        if self.row is not None:
            self.state.toggle(self.row.ids)
            self._marks_changed()
            self.table.go(self.table.cursor + 1)

    def do_compare_baseline(self) -> None:
        """Make the line the baseline."""
        if self.row is not None:
            self.state.make_baseline(self.row.ids)
            self._marks_changed()

    def do_compare_clear(self) -> None:
        """Take all marks away."""
        self.state.clear()
        self._marks_changed()

    def _marks_changed(self) -> None:
        self.state.pair = 0
        self.compare_again()
        self.rft.remember()

    def do_compare_unfold(self) -> None:
        """Show each run below its group, or the groups only."""
        here = self.row
        self.state.unfolded = not self.state.unfolded
        self.show_list(0)
        if here is not None:
            source = self.table.source
            lines = source.lines if isinstance(source, OperandsSource) else []
            self.table.go(next((n for n, line in enumerate(lines) if set(here.ids) <= set(line.ids)), 0))
        self.rft.remember()

    def do_compare_what(self) -> None:
        """Compare runs, or grader versions on the same runs."""
        self.state.what = VERSIONS if self.state.what == RUNS else RUNS
        self.show_list(0)
        self.go_to_pane(False)
        self._marks_changed()
        self.say(
            "grader versions, on the marked runs" if self.state.what == VERSIONS else "groups of runs", "state.info"
        )

    def do_compare_panels(self) -> None:
        """Choose a panel."""
        from rft_tui.tui.screens.pick import Choice, PickScreen

        choices = [Choice(name, word, sentence) for name, word, sentence in PANELS]

        def chosen(name: str | None) -> None:
            if name is not None:
                self.show_panel(name)

        self.app.push_screen(PickScreen("panel", choices, current=self.state.panel), self.guarded(chosen))

    def do_compare_by(self) -> None:
        """Choose the grader."""
        from rft_tui.tui.screens.pick import Choice, PickScreen

        choices = [Choice("0", "the one that has graded most of them")]
        choices += [Choice(str(one.id), one_line(one.label, 80), one.type) for one in reversed(self.graders)]

        def chosen(value: str | None) -> None:
            if value is not None:
                self.state.grader = int(value) or None
                self.state.what = RUNS
                self.show_list(self.table.cursor)
                self._marks_changed()

        picker = PickScreen("scores of", choices, current=str(self.state.grader or 0))
        self.app.push_screen(picker, self.guarded(chosen))

    def do_compare_gold(self) -> None:
        """Choose who says what is true for the panel of hacking."""
        from rft_tui.tui.screens.pick import Choice, PickScreen

        choices = [Choice("0", "your verdicts")]
        choices += [Choice(str(one.id), one_line(one.label, 80), one.type) for one in reversed(self.graders)]

        def chosen(value: str | None) -> None:
            if value is not None:
                self.state.gold = int(value) or None
                self.found.pop("hacking", None)
                self.show_panel("hacking")

        picker = PickScreen("what is true is said by", choices, current=str(self.state.gold or 0))
        self.app.push_screen(picker, self.guarded(chosen))

    def do_compare_cluster(self) -> None:
        """Name the field of the rows whose items belong together."""

        def done(text: str) -> None:
            self.state.cluster = text.strip()
            self._marks_changed()

        self.ask("items belong together by field", self.state.cluster, done)

    def show_panel(self, name: str) -> None:
        """Show a panel; on a narrow screen it takes the place of the list."""
        self.state.panel = name
        if self.is_narrow:
            self.go_to_pane(True)
        self.show_all()
        self.rft.remember()
