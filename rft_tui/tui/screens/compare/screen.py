"""Compare: two or more groups of runs, or grader versions, on their common items; panels of figures and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rft_tui.safetext import one_line
from rft_tui.tui.actions import Action
from rft_tui.tui.comparing.panel_words import short_words
from rft_tui.tui.comparing.rows import Row, said
from rft_tui.tui.paint import Line, plain
from rft_tui.tui.screens.compare.choosing import CompareChoosing
from rft_tui.tui.screens.compare.messages import ChoicesRead
from rft_tui.tui.screens.compare.pane import ComparePane
from rft_tui.tui.screens.compare.panels import panel_rows
from rft_tui.tui.screens.compare.reading import FEWEST
from rft_tui.tui.screens.compare.state import PANEL_NAMES, PANELS, RUNS, VERSIONS

NEEDS_LINE = ("compare.mark", "compare.baseline")
"""Actions on the line under the cursor."""

NEEDS_PAIRS = ("compare.next_pair", "compare.previous_pair", "compare.regressions", "compare.improvements")
"""Actions on a difference to the baseline."""


class CompareScreen(CompareChoosing):
    """The list of what can be compared, and a panel beside it; on a narrow screen one of them."""

    def on_choices_read(self, message: ChoicesRead) -> None:
        """Show the list; marks follow groups that have grown, and what is gone is no longer marked."""
        self.groups, self.indexes, self.graders = message.groups, message.indexes, message.graders
        is_first, self.is_read = not self.is_read, True
        if self.state.operands is None:
            self.state.operands = _proposed(self.groups)
        else:
            self.state.operands = self._grown(self.state.operands)
        known = {one.id for one in self.graders}
        self.state.versions = [one for one in self.state.versions if one in known]
        cursor = self.state.cursor if is_first else self.table.cursor
        self.show_list(cursor)
        self.compare_again()

    def _grown(self, operands: Sequence[Sequence[int]]) -> list[list[int]]:
        """Operands of several runs with all runs of their groups by now; a single run stays alone."""
        grown: list[list[int]] = []
        for one in operands:
            groups = [group for group in self.groups if set(group.runs) & set(one)]
            runs = sorted({run for group in groups for run in group.runs})
            if len(one) == 1 < len(runs):
                runs, self.state.unfolded = list(one), True
            if runs and runs not in grown:
                grown.append(runs)
        return grown

    def open_operands(self, operands: Sequence[Sequence[int]]) -> None:
        """Compare these runs, the baseline first."""
        self.state.operands = [sorted(one) for one in operands if one]
        self.state.what = RUNS
        self.in_pane = self.is_mounted and self.is_narrow
        if not self.is_mounted:
            kept = self.rft.session.get("compare", {})
            changed = {"operands": self.state.operands, "what": RUNS, "in_pane": True}
            self.rft.session["compare"] = {**(kept if isinstance(kept, dict) else {}), **changed}
            return
        self.lay_out()
        self.rft.remember()
        self.read_choices()

    # Showing

    def show_all(self, *, keep_place: bool = False) -> None:
        """Show the list, the panel and the bars."""
        self.read_panel()
        self.table.forget()
        self.pane.show_rows(self._rows, keep_place=keep_place)
        self.refresh_bars()

    def show_current(self) -> None:
        """The panel does not follow the cursor."""

    def lay_out(self) -> None:
        """Show one pane or both."""
        super().lay_out()
        self.pane.set_active(self.in_pane)

    def _rows(self, width: int, height: int) -> list[Row]:
        comparison = self.comparison
        if comparison is not None:
            panel = self.state.panel
            return panel_rows(panel, comparison, self.found.get(panel), self.state.pair, width, height)
        if not self.is_read or self.is_reading:
            return said("reading …", width, "text.faint")
        if self.problem is not None:
            keys = (
                f"{self.hint_key('compare.mark')} marks other lines of the list,"
                f" {self.hint_key('compare.by')} chooses another grader."
            )
            rows = said(self.said_of(self.problem), width, "state.bad", "✗ ")
            return [*rows, *(said(self.problem.hint, width) if self.problem.hint else []), *said(keys, width)]
        return self.nothing_there(width)

    def nothing_there(self, width: int) -> list[Row]:
        """What there is to do where nothing can be compared yet."""
        if not self.groups:
            return [
                *said("No runs yet, so there is nothing to compare.", width, "text.normal"),
                *said(f"{self.hint_key('screen.runs')} goes to Runs: {self.hint_key('runs.new')} asks a model for some;"
                      f" {self.hint_key('runs.import')} brings in those made elsewhere.", width),
            ]  # fmt: skip
        if not self.graders:
            return [
                *said("Nothing is graded yet, so there are no scores to compare.", width, "text.normal"),
                *said(
                    f"{self.hint_key('screen.runs')} goes to Runs, {self.hint_key('runs.grade')} grades there.", width
                ),
            ]
        mark = self.hint_key("compare.mark")
        if self.state.what == RUNS and len(self.groups) < FEWEST:
            return [
                *said("One group of runs: there is nothing to compare it with yet.", width, "text.normal"),
                *said(f"{self.hint_key('screen.runs')} goes to Runs: another model, effort or prompt makes another"
                      f" group. {self.hint_key('compare.what')} compares grader versions on these runs.", width),
            ]  # fmt: skip
        count = len(self.state.marked)
        marked = "nothing is marked" if not count else "one line is marked"
        is_hidden = self.is_narrow and self.in_pane
        where = f"{self.hint_key('left')} shows the list; " if is_hidden else "In the list "
        return [
            *said(f"A comparison takes two or more; {marked}.", width, "text.normal"),
            *said(f"{where}{mark} marks a line of it; the first is the baseline,"
                  f" {self.hint_key('compare.baseline')} makes another line the baseline.", width),
        ]  # fmt: skip

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """Workspace and grader; how many items are compared and what is left out."""
        comparison = self.comparison
        name: Line = [(one_line(self.rft.workspace.name, 40), "text.accent bold")]
        if self.has_grown:
            name += [(f" · {self.hint_key('refresh')} reads more", "state.info")]
        if comparison is not None:
            graders = ", ".join(one_line(one.label, 40) for one in comparison.graders)
            name += [(" · by ", "text.dim"), (graders, "text.normal")]
            if comparison.cluster:
                name += [(f" · items by {one_line(comparison.cluster, 24)}", "text.dim")]
            if comparison.simulated:
                name.append((" SIMULATED", "state.warning bold"))
        self.panel_tabs.show(self._panel_words(), [])
        return (name, []), (self.tabs(), self._figures())

    def _figures(self) -> Line:
        comparison = self.comparison
        if comparison is None and self.is_reading:
            return [("comparing …", "state.info")]
        if comparison is None:
            can_mark = self.is_read and self.graders and self.table.count >= FEWEST
            words = f"{self.hint_key('compare.mark')} marks what is compared" if can_mark else "nothing to compare yet"
            return [(words, "text.dim")]
        line: Line = [(short_words(comparison), "text.dim")]
        if not comparison.is_resampled:
            line.append((" · resampling…", "state.info"))
        return line

    def _panel_words(self) -> Line:
        """The names of the panels, the one that is shown marked by a sign too."""
        line: Line = [(" ", "text.normal")]
        for name, word, _sentence in PANELS:
            if name == self.state.panel:
                line.append((f"▸{word} ", "text.accent bold"))
            else:
                line.append((f" {word}", "text.dim"))
                line.append((" ", "text.dim"))
        return line

    # Keys

    def why_not(self, action: Action) -> str | None:
        """Actions on a line need one, those on a difference two operands."""
        if action.id in NEEDS_LINE and self.row is None:
            return "there is nothing here to mark"
        if action.id in NEEDS_LINE and self.is_narrow and self.in_pane:
            return f"the list is not shown: {self.hint_key('left')} shows it"
        if action.id == "compare.unfold" and self.state.what == VERSIONS:
            return f"grader versions are shown: {self.hint_key('compare.what')} shows runs"
        if action.id in NEEDS_PAIRS and (self.comparison is None or not self.comparison.pairs):
            return "there is no difference to a baseline yet"
        if action.id in NEEDS_PAIRS[:2] and self.comparison is not None and len(self.comparison.pairs) < FEWEST:
            return "there is one difference only"
        if action.id in ("filter", "sort", "sort_reverse"):
            return f"{action.label}: not on this screen"
        return super().why_not(action)

    def move(self, rows: int) -> None:
        """Step through the panel, or move the cursor of the list."""
        if self.in_pane:
            self.pane.step(rows)
        else:
            self.table.go(self.table.cursor + rows)

    def do_page_down(self) -> None:
        """A page down."""
        self._page(1)

    def do_page_up(self) -> None:
        """A page up."""
        self._page(-1)

    def _page(self, pages: int) -> None:
        if self.in_pane:
            self.pane.scroll(pages * max(1, self.pane.size.height - 2))
        else:
            self.move_page(pages)

    def do_top(self) -> None:
        """To the first line."""
        if self.in_pane:
            self.pane.go_to_end(last=False)
        else:
            self.table.go(0)

    def do_bottom(self) -> None:
        """To the last line."""
        if self.in_pane:
            self.pane.go_to_end(last=True)
        else:
            self.table.go(self.table.count)

    def do_open(self) -> None:
        """Open what the line of the panel leads to; from the list, go to the panel."""
        if self.in_pane:
            self.open_target(self.pane.target)
        else:
            self.go_to_pane(True)

    def on_compare_pane_chosen(self, message: ComparePane.Chosen) -> None:
        """Open what was clicked."""
        message.stop()
        self.go_to_pane(True)
        self.open_target(self.pane.target)

    def do_refresh(self) -> None:
        """Read the cache again."""
        self.read_choices()

    def do_compare_next_panel(self) -> None:
        """The next panel."""
        self._go_to_panel(+1)

    def do_compare_previous_panel(self) -> None:
        """The panel before."""
        self._go_to_panel(-1)

    def _go_to_panel(self, step: int) -> None:
        place = PANEL_NAMES.index(self.state.panel)
        self.show_panel(PANEL_NAMES[(place + step) % len(PANEL_NAMES)])

    def do_compare_next_pair(self) -> None:
        """The next difference in full."""
        self._go_to_pair(+1)

    def do_compare_previous_pair(self) -> None:
        """The difference before in full."""
        self._go_to_pair(-1)

    def _go_to_pair(self, step: int) -> None:
        if self.comparison is not None and self.comparison.pairs:
            self.state.pair = (min(self.state.pair, len(self.comparison.pairs) - 1) + step) % len(self.comparison.pairs)
            self.show_all(keep_place=True)
            self.rft.remember()

    def text_to_take(self) -> tuple[str, str] | None:
        """The panel as it stands."""
        lines = self.pane.lines
        return ("\n".join(plain(line).rstrip() for line in lines) + "\n", ".txt") if lines else None


def _proposed(groups: Sequence[Any]) -> list[list[int]]:
    """Before anybody has marked anything: the first two groups of one dataset, so that there is something to see."""
    for place, group in enumerate(groups):
        fellow = next((one for one in groups[place + 1 :] if one.dataset == group.dataset), None)
        if fellow is not None:
            return [list(group.runs), list(fellow.runs)]
    return []
