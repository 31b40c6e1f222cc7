"""Reading for Review: the list and the item from the store, the first rows first, and the header's figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from textual.containers import Horizontal
from textual.widget import Widget

from rft_tui.errors import RftError, StoreError
from rft_tui.safetext import one_line
from rft_tui.store.listing import Listing, ReviewRow
from rft_tui.store.regex_scan import ScanEnded
from rft_tui.store.review import ReviewItem, get_review_item, graded_runs
from rft_tui.store.review_log import is_waiting, let_stand
from rft_tui.store.search import catch_up
from rft_tui.store.summary import ScoreSummary, summarise
from rft_tui.tui.actions import REVIEW, TAGS
from rft_tui.tui.paint import Line, justify, line_length
from rft_tui.tui.screens.review_bars import figures, filter_words, what_is_read
from rft_tui.tui.screens.review_item import (
    band_style,
    compose_item,
    context_line,
    is_learning,
    runs_strip,
    short_score,
    steps_lines,
)
from rft_tui.tui.screens.review_list import EmptySource, ReviewSource
from rft_tui.tui.screens.review_messages import ListingEnded, ListingReady, SummaryReady, VerdictsStand
from rft_tui.tui.screens.review_pair import Pair, compose_pair, read_pair
from rft_tui.tui.screens.review_state import ReviewContext, ReviewState, read_context, request_of, shown_columns
from rft_tui.tui.screens.two_panes import PaneKeys
from rft_tui.tui.widgets.bars import Rule
from rft_tui.tui.widgets.table import Table
from rft_tui.tui.widgets.tag_bar import TagBar
from rft_tui.tui.widgets.text_pane import TextPane

SMALL = 5000
"""Predictions up to which everything is read at once; above, the first rows come first and the rest behind them."""

HEAD = 256
"""Rows that are read first from a large cache."""

LIST_WIDTH = 44
"""Cells of the list where both panes are shown, at the least; three eighths of a wide screen."""


class ReviewReading(PaneKeys):
    """The widgets of Review, what they show, and how it is read."""

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

    def on_mount(self) -> None:
        """Show the first rows with the first picture; the rest comes behind."""
        self.mount(self.tag_bar, before=self.footer)
        self.tag_bar.display = False
        self.state = ReviewState.restored(self.rft.session.get("review", {}))
        self.lay_out()
        self.reload(keep=self.state.prediction, first=True)

    def on_screen_resume(self) -> None:
        """Let verdicts of elsewhere stand where their predictions have come meanwhile."""
        super().on_screen_resume()
        with self.rft.workspace.store.read() as db:
            waiting = is_waiting(db)
        if waiting:
            self.run_worker(self._let_stand, thread=True, group="review.waiting", exit_on_error=False)

    def _let_stand(self) -> None:
        """In a worker, since very many may wait."""
        if let_stand(self.rft.workspace.store):
            self.post_message(VerdictsStand())

    def on_verdicts_stand(self) -> None:
        """Show them."""
        self.reload(keep=self.state.prediction)

    def remembered(self) -> dict[str, Any]:
        """The state of the screen."""
        return self.state.as_json()

    @property
    def scopes(self) -> tuple[str, ...]:
        """The tag bar's keys come first while it is open."""
        return (TAGS, *super().scopes) if self.tag_bar.display else super().scopes

    @property
    def row(self) -> ReviewRow | None:
        """The row under the cursor."""
        return self.table.current

    def stop_work(self) -> None:
        """Stop the list that is being read."""
        if self._pending is not None:
            self._pending.interrupt()

    def cache_grew(self) -> None:
        """Say quietly that there is more; the list keeps its place."""
        self.refresh_bars()

    def forget_summary(self) -> None:
        """The figures in the header are of other predictions now."""
        self.summary = None
        self._summary_of = None

    # Reading

    def reload(self, *, keep: int | None = None, query: str | None = None, first: bool = False) -> None:
        """Read the list again, keep the cursor on a prediction; `query` is a draft that is not kept yet.

        Raises RftError.
        """
        self._seen_growth = self.rft.tasks.growth
        with self.rft.workspace.store.read() as db:
            context = read_context(db, self.state, self.rft.workspace.reviewer)
            size = db.execute("SELECT ifnull(max(id), 0) FROM prediction").fetchone()[0]
        if self._pending is not None:
            self._pending.interrupt()
            self._pending = None
        request = request_of(self.state, context, query=query)
        if size <= SMALL and not request.query.has("re") and not request.query.has("re", negated=True):
            self._show_listing(Listing(self.rft.workspace.store, request).run(), context, keep)
            self._read_summary(context)
            return
        if first and request.begins_at_once:
            head = replace(request, head=HEAD)
            self._show_listing(Listing(self.rft.workspace.store, head).run(), context, keep)
        elif first:
            self.context = context
            self.show_current(keep)
        self._has_moved = False
        listing = self._pending = Listing(self.rft.workspace.store, request)
        self.run_worker(
            lambda: self._fill(listing, context, keep), thread=True, group="review.list", exit_on_error=False
        )
        self.refresh_bars()

    def _fill(self, listing: Listing, context: ReviewContext, keep: int | None) -> None:
        """In a worker: fill a listing, then the figures, then catch up the search tables."""
        try:
            listing.run()
        except ScanEnded:
            return
        except StoreError:
            self.post_message(ListingEnded(listing))
            raise
        except TimeoutError as error:
            self.post_message(ListingEnded(listing))
            raise RftError(str(error), hint="Make the pattern simpler, or search for text.") from error
        self.post_message(ListingReady(listing, context, keep))
        self._read_summary(context)

    def _read_summary(self, context: ReviewContext) -> None:
        selection = context.selection
        if context.grader is None or self._summary_of == (selection.grader, selection.runs):
            return
        with self.rft.workspace.store.read() as db:
            summary = summarise(db, context.grader.id, selection.rule, selection.runs, selection.edges)
        self.post_message(SummaryReady(summary, context))

    def on_listing_ready(self, message: ListingReady) -> None:
        """Take the list of a worker, unless a newer one is wanted."""
        if message.listing is not self._pending:
            message.listing.close()
            return
        self._pending = None
        keep = self.row.prediction if self._has_moved and self.row is not None else message.keep
        self._show_listing(message.listing, message.context, keep)
        self.run_worker(self._catch_up, thread=True, group="review.search", exclusive=True, exit_on_error=False)

    def on_listing_ended(self, message: ListingEnded) -> None:
        """Keep the list that is shown."""
        if message.listing is self._pending:
            self._pending = None
            self.refresh_bars()

    def on_summary_ready(self, message: SummaryReady) -> None:
        """Show the figures."""
        if self.context is not None and message.context.selection.runs == self.context.selection.runs:
            self.summary = message.summary
            self._summary_of = (message.context.selection.grader, message.context.selection.runs)
            self.refresh_bars()

    def _catch_up(self) -> None:
        """In a worker: bring the search tables up to date in small steps."""
        store = self.rft.workspace.store
        while self.is_mounted and self.rft.is_running and not self.rft.is_leaving:
            with store.write() as db:
                if catch_up(db) == 0:
                    return

    def _show_listing(self, listing: Listing, context: ReviewContext, keep: int | None) -> None:
        old, self.listing, self.context = self.listing, listing, context
        source = ReviewSource(
            listing, context.view, shown_columns(self.state), self._empty_words(context) if listing.count == 0 else []
        )
        position = listing.position_of(keep) if keep is not None else None
        self.table.show(source, position or 0)
        if old is not None and old is not listing:
            old.close()
        self.show_current(keep if position is None and keep is not None and not listing.is_complete else None)
        self.refresh_bars()

    def _is_graded(self, context: ReviewContext) -> bool:
        """Whether the grader has graded anything of what is looked at."""
        assert context.grader is not None
        with self.rft.workspace.store.read() as db:
            return bool(graded_runs(db, context.grader.id, context.selection.runs))

    def _empty_words(self, context: ReviewContext) -> list[Line]:
        if not context.groups:
            return [
                [(" No predictions yet.", "text.normal")],
                [(f" {self.hint_key('runs.new')} in Runs asks a model for some;", "text.dim")],
                [(" rft-tui import FILE brings in those made elsewhere;", "text.dim")],
                [(" rft-tui demo shows how it looks.", "text.dim")],
            ]
        if context.grader is None and self.state.query:
            return [
                [(f" Nothing is graded yet, so nothing fits /{one_line(self.state.query, 30)}", "text.normal")],
                [(f" {self.hint_key('runs.grade')} in Runs grades them,", "text.dim")],
                [(f" {self.hint_key('review.mistakes')} shows them without scores.", "text.dim")],
            ]
        if context.grader is not None and not self._is_graded(context):
            return [
                [(f" {one_line(context.grader.name, 30)} has not graded these.", "text.normal")],
                [(f" {self.hint_key('runs.grade')} in Runs grades them,", "text.dim")],
                [(f" {self.hint_key('review.by')} shows other scores.", "text.dim")],
            ]
        return [
            [(f" Nothing fits /{one_line(self.state.query, 30)}", "text.normal")],
            *([(f" {one_line(note, 200)}", "state.warning")] for note in context.query.notes),
            [(f" {self.hint_key('filter')} changes the filter", "text.dim")],
            [(f" {self.hint_key('review.runs')} chooses whose predictions", "text.dim")],
        ]

    # Showing

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
            self.pair = read_pair(db, self.context.query, self.context.selection, self.item)
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
            composed = compose_pair(self.pair, item.prediction, context.view, width)
        else:
            composed = compose_item(item, context.view, width)
        return [justify(where, strip, width), *steps, [], *composed]

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

    def look_at(self, runs: tuple[int, ...]) -> None:
        """Read the predictions of some runs."""
        self.state.runs = list(runs)
        self.forget_summary()
        if self.is_mounted:
            self.reload(keep=self.state.prediction)
            self.rft.remember()
        else:
            self.rft.session["review"] = {**self.rft.session.get("review", {}), "runs": list(runs)}

    def look_by(self, values: dict[str, Any]) -> None:
        """Read by other choices: fields of the state by their names; the others stay."""
        if not self.is_mounted:
            self.rft.session["review"] = {**self.rft.session.get("review", {}), **values}
            return
        self.state = ReviewState.restored({**self.state.as_json(), **values})
        self.forget_summary()
        self.reload(keep=self.state.prediction)
        self.rft.remember()

    def refresh_row(self) -> None:
        """Read the row under the cursor and its item again: a verdict, tag or note has changed."""
        if self.listing is None:
            return
        rows = self.listing.page(self.table.cursor, 1)
        if rows:
            self.table.replace(self.table.cursor, rows[0])

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
