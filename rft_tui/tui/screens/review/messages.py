"""What workers of the Review screen tell it."""

from __future__ import annotations

from textual.message import Message

from rft_tui.store.listing import Listing
from rft_tui.store.summary import ScoreSummary
from rft_tui.tui.screens.review.state import ReviewContext


class ListingReady(Message):
    """Posted when a worker has read a list."""

    def __init__(self, listing: Listing, context: ReviewContext, keep: int | None) -> None:
        super().__init__()
        self.listing = listing
        self.context = context
        self.keep = keep


class SummaryReady(Message):
    """Posted when a worker has read the figures of a selection."""

    def __init__(self, summary: ScoreSummary, context: ReviewContext) -> None:
        super().__init__()
        self.summary = summary
        self.context = context


class VerdictsStand(Message):
    """Posted when verdicts of elsewhere stand whose predictions have come meanwhile."""


class ListingEnded(Message):
    """Posted when a worker could not read a list; its error is said by itself."""

    def __init__(self, listing: Listing) -> None:
        super().__init__()
        self.listing = listing
