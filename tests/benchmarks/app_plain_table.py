"""Our table alone, over the predictions of a workspace: ``python app_plain_table.py FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from rft_tui.store.filters import Selection
from rft_tui.store.graders import list_graders
from rft_tui.store.listing import Listing, ListingRequest, ReviewRow
from rft_tui.store.query import Query
from rft_tui.tui.app import RftApp
from rft_tui.tui.paint import Line, fit
from rft_tui.tui.widgets.table import Table
from rft_tui.workspace import open_workspace
from tests.benchmarks.words import cells


class Rows:
    """A listing as rows of the same columns as in the stock table."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self.count = listing.count

    def page(self, first: int, count: int) -> list[ReviewRow]:
        """Rows from a position."""
        return self._listing.page(first, count)

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        return [(fit("id     score model    prediction", width), "text.dim")]

    def paint(self, row: Any, width: int) -> Line:
        """One row in four styles."""
        number, score, _model, words = cells(row.prediction)
        return [
            (f"{number} ", "text.dim"),
            (f"{score}  ", "band.partial"),
            (f"{row.model:<8} ", "text.dim"),
            (words, "text.normal"),
        ]

    def empty(self) -> list[Line]:
        """Nothing."""
        return []


class TableScreen(Screen[None]):
    """The table and nothing else."""

    BINDINGS: ClassVar[list[BindingType]] = [("down", "go(1)"), ("up", "go(-1)"), ("pagedown", "page")]

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table

    def compose(self) -> ComposeResult:
        """The table."""
        yield self.table

    def action_go(self, rows: int) -> None:
        """Move the cursor."""
        self.table.go(self.table.cursor + rows)

    def action_page(self) -> None:
        """Move it by a page."""
        self.table.go(self.table.cursor + self.table.rows_shown)


class TableApp(RftApp):
    """Our app with that screen on top."""

    def on_mount(self) -> None:
        """Show every prediction."""
        with self.workspace.store.read() as db:
            grader = list_graders(db)[0]
        selection = Selection(None, grader.id, "nobody", grader.rule, 1.0)
        listing = Listing(self.workspace.store, ListingRequest(selection, Query())).run()
        self.push_screen(TableScreen(Table(Rows(listing))))


if __name__ == "__main__":
    TableApp(open_workspace(Path(sys.argv[1]))).run()
