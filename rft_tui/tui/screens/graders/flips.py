"""What one grader version changes against another over all predictions: who flips, the largest change first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from rft_tui.errors import UsageError
from rft_tui.safetext import one_line
from rft_tui.store.filters import Selection, Sort
from rft_tui.store.graders import StoredGrader, get_grader
from rft_tui.store.kept_lists import put_list
from rft_tui.store.review import ReviewItem, get_review_item
from rft_tui.store.review_rows import beginnings
from rft_tui.tasks.diff_graders import Flip
from rft_tui.tui.actions import GLOBAL, Action
from rft_tui.tui.paint import Line, crop, fit, fit_right
from rft_tui.tui.score_words import shown_delta, shown_score
from rft_tui.tui.screens.graders.messages import ConsequencesKnown, FlipsKept
from rft_tui.tui.screens.over import OverScreen
from rft_tui.tui.screens.review.item import ItemView, compose_item
from rft_tui.tui.screens.two_panes import TwoPanes
from rft_tui.tui.task_words import counted
from rft_tui.tui.widgets.bars import Across
from rft_tui.tui.widgets.lines import LineWidget

if TYPE_CHECKING:
    from rft_tui.store.database import Store

FLIPS = "flips"
"""The name of the kept list that Review shows."""


BESIDE = 50
"""Cells for texts from which on the reference stands beside the answer."""

_FIGURES = 26
"""Cells that the figures of a row take."""

LEAST_LIST = 4
MOST_LIST = 10
"""Lines of the list over the prediction on a narrow screen."""


class FlipsSource:
    """Flips as rows of a table."""

    def __init__(self, flips: Sequence[Flip], store: Store) -> None:
        self.flips = flips
        self._store = store
        self._texts: dict[int, tuple[str, str]] = {}

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.flips)

    def page(self, first: int, count: int) -> list[Flip]:
        """Some of them, with the beginnings of their texts."""
        flips = list(self.flips[first : first + count])
        with self._store.read() as db:
            self._texts = beginnings(db, [flip.prediction for flip in flips]) | self._texts
        return flips

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        room = _text_room(width)
        return [("  before  after      Δ   ", "text.dim"), (fit("answer", room), "text.dim"),
                ("  reference" if room < max(0, width - _FIGURES) else "", "text.dim")]  # fmt: skip

    def paint(self, row: Flip, width: int) -> Line:
        """Both scores, the difference, and how the answer and the reference begin."""
        answer, reference = self._texts.get(row.prediction, ("", ""))
        room = _text_room(width)
        up = row.passed_after
        style = "state.good" if up else "state.bad"
        delta = shown_delta(row.after - row.before)
        return [
            (fit_right(shown_score(row.before), 8), "text.dim"),
            (fit_right(shown_score(row.after), 7), "text.normal"),
            (fit_right(delta, 7), style),
            ("▲" if up else "▼", f"{style} bold"),
            (f"  {fit(one_line(answer, 200) or '(empty)', room)}", "text.normal"),
            (f"  {one_line(reference, 200)}" if room < max(0, width - _FIGURES) else "", "text.dim"),
        ]

    def empty(self) -> list[Line]:
        """Nothing flips."""
        return [[(" nothing flips", "text.faint")]]


def _text_room(width: int) -> int:
    """Cells for the answer: all that is left, or half of it where the reference has room too."""
    left = max(0, width - _FIGURES)
    return left if left < BESIDE else (left - 2) // 2


class _Summary(LineWidget):
    """What enter does with all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: Line = []

    def line(self, y: int, width: int) -> tuple[Line, str]:
        return crop(self.shown, width), "panel"


class FlipsScreen(OverScreen, TwoPanes):
    """The flips at the left, the prediction at the right or below; enter reads them in Review."""

    scope: ClassVar[str] = GLOBAL
    list_share = "2fr"
    pane_share = "3fr"

    def __init__(self, known: ConsequencesKnown, store: Store) -> None:
        assert known.found is not None
        super().__init__(FlipsSource(known.found.flips, store))
        self._summary = _Summary()
        self._across = Across()
        self._before: StoredGrader = known.before
        self._after: StoredGrader = known.after
        self._found = known.found
        self._simulated = known.simulated
        self._stopped = known.stopped

    def body(self) -> Widget:
        """The panes over the summary."""
        self._summary.styles.height = 1
        self.pane.add_class("pane")
        return Vertical(Horizontal(self.table, self.rule, self._across, self.pane, classes="body"), self._summary)

    def lay_out(self) -> None:
        """Beside each other; on a narrow screen the prediction below the list, or alone."""
        super().lay_out()
        narrow = self.is_narrow
        self.pane.display = True
        self._across.display = narrow and not self.in_pane
        rows = max(LEAST_LIST, min(self.table.count + 1, MOST_LIST))
        self.table.styles.height = rows if narrow else "1fr"
        self.pane.styles.height = "1fr" if narrow else "100%"
        panes = self.table.parent
        if isinstance(panes, Horizontal):
            panes.styles.layout = "vertical" if narrow else "horizontal"
        key, count = self.hint_key("open"), len(self._found.flips)
        self._summary.shown = [
            (f" {counted(count, 'flip')} · ", "text.dim"), (key, "text.accent bold"),
            (f" opens Review with them: /list:{FLIPS}", "text.normal"),
        ]  # fmt: skip
        self._summary.refresh()

    def on_mount(self) -> None:
        """Show the first."""
        super().on_mount()
        self.show_current()
        if self._stopped is not None:
            self.say_error(self._stopped)

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """What is compared; how much changes."""
        diff = self._found.diff
        up = sum(flip.passed_after for flip in self._found.flips)
        room = 18 if self.is_narrow else 40
        name: Line = [(f"{one_line(self._before.label, room)} → {one_line(self._after.label, room)}",
                       "text.accent bold")]  # fmt: skip
        if self._simulated:
            name.append((" SIMULATED", "state.warning bold"))
        mean = diff.mean_difference
        figures = f"{diff.changed:,} of {diff.compared:,} scores change"
        if mean is not None and not self.is_narrow:
            figures += f" · mean {mean:+.3f}"
        words: Line = [*self.tabs(), (" ▸Consequences", "text.accent bold")]
        flips: Line = [("flips ", "text.dim"), (f"▲{up:,}", "state.good"), (" ", "text.dim"),
                       (f"▼{len(self._found.flips) - up:,}", "state.bad")]  # fmt: skip
        if diff.left_out:
            flips.append((f" · {diff.left_out:,} not scored by both", "text.dim"))
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
        """Keep the flips as a list, in the background: others may be writing just now."""
        flip: Flip | None = self.table.current
        if flip is None:
            return
        store, predictions, at = self.rft.workspace.store, self._found.predictions, flip.prediction
        after, undo = self._after, self.hint_key("graders.undo")

        def keep() -> None:
            with store.write() as db:
                grader = get_grader(db, after.id)
                if grader is None or grader.deleted:
                    raise UsageError(f"{after.label} was deleted meanwhile", hint=f"{undo} in Graders takes it back.")
                kept = put_list(db, FLIPS, predictions)
            self.post_message(FlipsKept(at, kept))

        self.say("opening …", "text.dim")
        self.run_worker(keep, thread=True, exclusive=True, group="flips.keep", exit_on_error=False)

    def on_flips_kept(self, message: FlipsKept) -> None:
        """Read them in Review: by the new version, Δ against the other, in this order."""
        from rft_tui.tui.screens.review.screen import ReviewScreen

        review = self.rft.work_screen("review")
        if not self.is_current or not isinstance(review, ReviewScreen):
            return
        self.close_over()
        self.rft.show_screen("review")
        wanted = {"runs": None, "grader": self._after.id, "baseline": self._before.id, "query": f"list:{FLIPS}",
                  "sort": Sort.LIST.value, "descending": False, "threshold": None,
                  "prediction": message.prediction}  # fmt: skip
        review.look_by(wanted)
        left_out = len(self._found.flips) - message.kept
        if left_out:
            review.say(f"the first {counted(message.kept, 'flip')}; {left_out:,} more are not in the list", "text.dim")
