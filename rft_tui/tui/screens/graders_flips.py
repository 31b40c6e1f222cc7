"""What one grader version changes against the one before, over all predictions: who flips, the largest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rft_tui.safetext import one_line
from rft_tui.store.filters import Selection, Sort
from rft_tui.store.graders import StoredGrader
from rft_tui.store.review import ReviewItem, get_review_item
from rft_tui.tasks.diff_graders import Flip
from rft_tui.tasks.retesting.consequences import Consequences
from rft_tui.tui.actions import GLOBAL, Action
from rft_tui.tui.paint import Line, fit_right
from rft_tui.tui.screens.graders_lists import shown_delta, shown_score
from rft_tui.tui.screens.over import OverScreen
from rft_tui.tui.screens.review_item import ItemView, compose_item
from rft_tui.tui.screens.two_panes import TwoPanes
from rft_tui.tui.task_words import counted


class FlipsSource:
    """Flips as rows of a table."""

    def __init__(self, flips: Sequence[Flip]) -> None:
        self.flips = flips

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.flips)

    def page(self, first: int, count: int) -> list[Flip]:
        """Some of them."""
        return list(self.flips[first : first + count])

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        return [("  before  after       Δ   model", "text.dim")]

    def paint(self, row: Flip, width: int) -> Line:
        """Both scores, the difference and whose prediction it is."""
        up = row.passed_after
        style = "state.good" if up else "state.bad"
        delta = shown_delta(row.after - row.before)
        return [
            (fit_right(shown_score(row.before), 8), "text.dim"),
            (fit_right(shown_score(row.after), 7), "text.normal"),
            (fit_right(delta, 7), style),
            ("▲" if up else "▼", f"{style} bold"),
            (f"  {one_line(row.model, 60)} · {row.run_index}", "text.dim"),
        ]

    def empty(self) -> list[Line]:
        """Nothing flips."""
        return [[(" nothing flips", "text.faint")]]


class FlipsScreen(OverScreen, TwoPanes):
    """The flips at the left, the prediction at the right; enter goes to Review."""

    scope: ClassVar[str] = GLOBAL
    list_share = "2fr"
    pane_share = "3fr"

    def __init__(self, before: StoredGrader, after: StoredGrader, found: Consequences) -> None:
        super().__init__(FlipsSource(found.flips))
        self._before, self._after, self._found = before, after, found

    def on_mount(self) -> None:
        """Show the first."""
        super().on_mount()
        self.show_current()

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """What is compared; how much changes."""
        diff = self._found.diff
        up = sum(flip.passed_after for flip in self._found.flips)
        name: Line = [(f"{one_line(self._before.label, 40)} → {one_line(self._after.label, 40)}", "text.accent bold")]
        mean = diff.mean_difference
        figures = f"{counted(diff.compared, 'prediction')} · {diff.changed:,} scores change"
        if mean is not None:
            figures += f" · mean {mean:+.3f}"
        words: Line = [*self.tabs(), (" ▸Consequences", "text.accent bold")]
        flips: Line = [("flips ", "text.dim"), (f"▲{up}", "state.good"), (" ", "text.dim"),
                       (f"▼{len(self._found.flips) - up}", "state.bad")]  # fmt: skip
        return (name, [(figures, "text.dim")]), (words, flips)

    def why_not(self, action: Action) -> str | None:
        """Opening needs a flip."""
        if action.id == "open" and self.table.current is None:
            return "nothing flips"
        return super().why_not(action)

    def show_current(self) -> None:
        """Show the prediction with the grade of the new version."""
        flip: Flip | None = self.table.current
        if flip is None:
            self.pane.show(lambda _width: [])
            return
        rule = self._after.rule
        selection = Selection(None, self._after.id, self.rft.workspace.reviewer, rule, rule.shown_threshold,
                              baseline=self._before.id)  # fmt: skip
        with self.rft.workspace.store.read() as db:
            item: ReviewItem = get_review_item(db, selection, flip.prediction)
        view = ItemView(rule, rule.shown_threshold, selection.edges, self._after.name)
        self.pane.show(lambda width: compose_item(item, view, width))

    def do_open(self) -> None:
        """Read on in Review: by the new version, Δ against the one before, the largest differences first."""
        from rft_tui.tui.screens.review import ReviewScreen

        flip: Flip | None = self.table.current
        review = self.rft.work_screen("review")
        if flip is None or not isinstance(review, ReviewScreen):
            return
        self.close_over()
        self.rft.show_screen("review")
        wanted = {"runs": None, "grader": self._after.id, "baseline": self._before.id, "query": "",
                  "sort": Sort.DELTA.value, "descending": flip.after > flip.before, "threshold": None,
                  "prediction": flip.prediction}  # fmt: skip
        review.look_by(wanted)
