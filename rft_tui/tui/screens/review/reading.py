"""Reading for Review: the list from the store, the first rows first, and the figures of the header."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rft_tui.errors import RftError, StoreError
from rft_tui.safetext import one_line
from rft_tui.store.listing import Listing
from rft_tui.store.regex_scan import ScanEnded
from rft_tui.store.review import graded_runs
from rft_tui.store.search import catch_up
from rft_tui.store.summary import summarise
from rft_tui.store.verdicts import is_waiting
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.review.list import ReviewSource
from rft_tui.tui.screens.review.messages import ListingEnded, ListingReady, SummaryReady, VerdictsStand
from rft_tui.tui.screens.review.panes import ReviewPanes
from rft_tui.tui.screens.review.state import ReviewContext, ReviewState, read_context, request_of, shown_columns

SMALL = 5000
"""Predictions up to which everything is read at once; above, the first rows come first and the rest behind them."""

HEAD = 256
"""Rows that are read first from a large cache."""


class ReviewReading(ReviewPanes):
    """What Review shows is read here: the first rows with the first picture, the rest behind them."""

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
        from rft_tui.store.review_log import let_stand

        if let_stand(self.rft.workspace.store):
            self.post_message(VerdictsStand())

    def on_verdicts_stand(self) -> None:
        """Show them."""
        self.reload(keep=self.state.prediction)

    def remembered(self) -> dict[str, Any]:
        """The state of the screen."""
        return self.state.as_json()

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
