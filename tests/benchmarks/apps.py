"""The small apps that figures are held against, and our table alone: ``python apps.py NAME [FOLDER]``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import DataTable, Static

from tests.benchmarks.workspaces import WORDS

ROWS = 1000
"""Rows of the stock table."""


def cells(number: int) -> tuple[str, str, str, str]:
    """A row as both tables show it: figures, and a text of six words."""
    words = " ".join(WORDS[(number * 7919 + place * place * 31) // (place + 1) % len(WORDS)] for place in range(6))
    return f"{number:06d}", f"0.{number * 7919 % 100:02d}", f"model-{number % 7}", words


class Minimal(App[None]):
    """One line of text."""

    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "quit")]

    def compose(self) -> ComposeResult:
        """The line."""
        yield Static("ready to read")


class StockTable(App[None]):
    """Textual's own table."""

    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "quit")]

    def compose(self) -> ComposeResult:
        """The table, a cursor over whole rows."""
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        """Fill it."""
        table = self.query_one(DataTable)
        table.add_columns("id", "score", "model", "prediction")
        table.add_rows(cells(number) for number in range(ROWS))


def plain_table(folder: Path) -> App[None]:
    """Our table over the predictions of a workspace, and nothing else on the screen."""
    from textual.screen import Screen

    from rft_tui.store.filters import Selection
    from rft_tui.store.graders import list_graders
    from rft_tui.store.listing import Listing, ListingRequest
    from rft_tui.store.query import Query
    from rft_tui.tui.app import RftApp
    from rft_tui.tui.paint import Line, fit
    from rft_tui.tui.widgets.table import Table
    from rft_tui.workspace import open_workspace

    class Rows:
        def __init__(self, listing: Listing) -> None:
            self.count = listing.count
            self.page = listing.page

        def heading(self, width: int) -> Line:
            return [(fit("id     score model    prediction", width), "text.dim")]

        def paint(self, row: Any, width: int) -> Line:
            number, score, _model, text = cells(row.prediction)
            return [
                (f"{number} ", "text.dim"),
                (f"{score}  ", "band.partial"),
                (f"{row.model:<8} ", "text.dim"),
                (text, "text.normal"),
            ]

        def empty(self) -> list[Line]:
            return []

    class TableScreen(Screen[None]):
        BINDINGS: ClassVar[list[BindingType]] = [
            ("down", "go(1)"),
            ("up", "go(-1)"),
            ("pagedown", "page"),
            ("q", "app.quit"),
        ]

        def __init__(self, table: Table) -> None:
            super().__init__()
            self.table = table

        def compose(self) -> ComposeResult:
            yield self.table

        def action_go(self, rows: int) -> None:
            self.table.go(self.table.cursor + rows)

        def action_page(self) -> None:
            self.table.go(self.table.cursor + self.table.rows_shown)

    class TableApp(RftApp):
        def on_mount(self) -> None:
            with self.workspace.store.read() as db:
                grader = list_graders(db)[0]
            selection = Selection(None, grader.id, "nobody", grader.rule, 1.0)
            listing = Listing(self.workspace.store, ListingRequest(selection, Query())).run()
            self.push_screen(TableScreen(Table(Rows(listing))))

    return TableApp(open_workspace(folder))


def main(arguments: Sequence[str]) -> None:
    """Run the app of a name."""
    match arguments:
        case ["minimal"]:
            Minimal().run()
        case ["stock"]:
            StockTable().run()
        case ["table", folder]:
            plain_table(Path(folder)).run()
        case _:
            sys.exit("usage: apps.py minimal | stock | table FOLDER")


if __name__ == "__main__":
    main(sys.argv[1:])
