"""The panes of Review: the list, the item beside it, and the header above them."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal
from textual.widget import Widget

from rft_tui.store.listing import Listing, ReviewRow
from rft_tui.store.review import ReviewItem, get_review_item
from rft_tui.store.summary import ScoreSummary
from rft_tui.tui.actions import REVIEW, TAGS
from rft_tui.tui.paint import Line, justify, line_length
from rft_tui.tui.screens.review.bars import figures, filter_words, what_is_read
from rft_tui.tui.screens.review.item import (
    band_style,
    compose_item,
    context_line,
    short_score,
)
from rft_tui.tui.screens.review.list import EmptySource
from rft_tui.tui.screens.review.state import ReviewContext, ReviewState
from rft_tui.tui.screens.review.strip import is_learning, runs_strip, steps_lines
from rft_tui.tui.screens.two_panes import PaneKeys
from rft_tui.tui.widgets.bars import Rule
from rft_tui.tui.widgets.table import Table
from rft_tui.tui.widgets.tag_bar import TagBar
from rft_tui.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from rft_tui.tui.screens.review.pair import Pair

LIST_WIDTH = 44
"""Cells of the list where both panes are shown, at the least; three eighths of a wide screen."""


class ReviewPanes(PaneKeys):
    """The widgets of Review and what they show of what was read."""

    scope: ClassVar[str] = REVIEW
    title_word: ClassVar[str] = "Review"

    def __init__(self) -> None:
        super().__init__()
        self.table = Table(EmptySource("reading …"), id="review-list")
        self.table.on_moved = self.guarded(self.moved)
        self.rule = Rule(classes="rule")
        self.pane = TextPane(id="review-item")
        self.tag_bar = TagBar()
        self.state = ReviewState()
        self.context: ReviewContext | None = None
        self.listing: Listing | None = None
        self.item: ReviewItem | None = None
        self.pair: Pair | None = None
        self.summary: ScoreSummary | None = None
        self._summary_of: tuple[int | None, tuple[int, ...] | None] | None = None
        self._pending: Listing | None = None
        self._has_moved = False
        self.in_item = False
        self._seen_growth: int | None = None

    def body(self) -> Widget:
        """List, rule and item."""
        self.pane.add_class("pane")
        return Horizontal(self.table, self.rule, self.pane, classes="body")

    @property
    def scopes(self) -> tuple[str, ...]:
        """The tag bar's keys come first while it is open."""
        return (TAGS, *super().scopes) if self.tag_bar.display else super().scopes

    @property
    def row(self) -> ReviewRow | None:
        """The row under the cursor."""
        return self.table.current

    def moved(self) -> None:
        """Show the item of the new row."""
        self._has_moved = True
        self.show_current()

    def show_current(self, prediction: int | None = None, *, keep_place: bool = False) -> None:
        """Read and show the item under the cursor, or another prediction."""
        row = self.row
        wanted = prediction if prediction is not None else row.prediction if row else None
        if wanted is None or self.context is None:
            self.item = None
            self.pane.show(lambda _width: self.table.source.empty() if self.is_narrow else [])
            return
        with self.rft.workspace.store.read() as db:
            self.item = get_review_item(db, self.context.selection, wanted)
            self.pair = self._pair(db, self.context, self.item)
        self.state.prediction = wanted
        self.paint_item(keep_place=keep_place)
        self.rft.remember()

    def paint_item(self, *, keep_place: bool = False) -> None:
        """Compose the item pane again."""
        self.pane.show(self._item_lines, keep_place=keep_place)

    def _item_lines(self, width: int) -> list[Line]:
        item, context = self.item, self.context
        if item is None or context is None:
            return []
        learning = is_learning(item.siblings)
        strip = [] if learning else runs_strip(item.siblings, item.prediction, context.view, width // 2)
        steps = steps_lines(item.siblings, item.prediction, context.view, width) if learning else []
        where: Line = [(f"{self.table.cursor + 1:,}", "text.accent bold"), (f"/{self.table.count:,}  ", "text.dim")]
        if self.is_narrow:
            where += self._neighbours()
        else:
            where += context_line(item, width - 16)
        if self.pair is not None:
            from rft_tui.tui.screens.review.pair import compose_pair

            composed = compose_pair(self.pair, item.prediction, context.view, width)
        else:
            composed = compose_item(item, context.view, width)
        return [justify(where, strip, width), *steps, [], *composed]

    def _pair(self, db: sqlite3.Connection, context: ReviewContext, item: ReviewItem) -> Pair | None:
        """The other side of the item, in a list of changes."""
        if not context.query.has("list"):
            return None
        from rft_tui.tui.screens.review.pair import read_pair

        return read_pair(db, context.query, context.selection, item)

    def _neighbours(self) -> Line:
        """On a narrow screen: the score here, and those before and after."""
        row, context = self.row, self.context
        if row is None or context is None:
            return []
        verdict = row.verdict.key if row.verdict else "·"
        line: Line = [
            (f"{short_score(row.score, row.error_kind)} ", band_style(row.score, context.view)),
            (verdict, "text.dim"),
        ]
        before, after = self.table.row(self.table.cursor - 1), self.table.row(self.table.cursor + 1)
        if before is not None:
            line.append((f"  ‹{short_score(before.score, before.error_kind)}", "text.faint"))
        if after is not None:
            line.append((f" {short_score(after.score, after.error_kind)}›", "text.faint"))
        return line

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """What is read; screens, filter and figures."""
        context = self.context
        if context is None:
            return ([("reading …", "text.dim")], []), (self.tabs(), [])
        narrow = self.is_narrow
        count = self.listing.count if self.listing is not None and self._pending is None else None
        done: Line = []
        if self.summary is not None and self.summary.graded and not narrow:
            passed = self.summary.pass_rate
            done = [(f"pass {passed:.0%}" if passed is not None else "", "text.dim")]
        top = what_is_read(context, self.rft.workspace.name, narrow=narrow)
        if self._seen_growth not in (None, self.rft.tasks.growth):
            top = [(f"{self.hint_key('refresh')} reads more", "state.info"), (" · ", "text.dim"), *top]
        asked = filter_words(self.state, context.query.notes)
        words = [*self.tabs(), *asked]
        right = figures(self.summary, context.view, count, narrow=narrow)
        if line_length(words) + line_length(right) + 4 > self.app.size.width:
            words = [*self.tabs(short=True), *asked]
        if line_length(words) + line_length(right) + 4 > self.app.size.width:
            right = figures(self.summary, context.view, count, narrow=True)
        return (top, done), (words, right)

    def lay_out(self) -> None:
        """Lay the panes out for the width."""
        narrow = self.is_narrow
        self.table.display = not narrow or self.state.list_open
        self.rule.display = not narrow
        self.pane.display = not narrow or not self.state.list_open
        self.table.styles.width = "1fr" if narrow else max(LIST_WIDTH, self.app.size.width * 3 // 8)
        self.table.jumps = not narrow
        self.set_active(self.state.list_open if narrow else not self.in_item)

    def set_active(self, in_list: bool) -> None:
        """Let keys move the list, or the item."""
        self.in_item = not in_list
        self.table.set_active(in_list or self.is_narrow)
