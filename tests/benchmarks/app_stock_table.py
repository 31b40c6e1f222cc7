"""Textual's own table with 1 000 rows: what our table is held against."""

from textual.app import App, ComposeResult
from textual.widgets import DataTable

from tests.benchmarks.words import cells

ROWS = 1000


class StockTable(App[None]):
    """The table and nothing else."""

    def compose(self) -> ComposeResult:
        """The table, with a cursor over whole rows."""
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        """Fill it."""
        table = self.query_one(DataTable)
        table.add_columns("id", "score", "model", "prediction")
        table.add_rows(cells(number) for number in range(ROWS))


if __name__ == "__main__":
    StockTable().run()
