"""The items of a dataset as a list of any length: by position, or those whose texts hold a needle."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from rft_tui.safetext import storable
from rft_tui.store.database import Store, store_error
from rft_tui.store.search import INPUTS, REFERENCES, keys_holding


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One line of the item table."""

    item: int
    line: int
    question: str
    reference: str | None
    predictions: int


class ItemListing:
    """Items of one dataset in the order of its file; with a needle, those whose question or reference holds it."""

    def __init__(self, store: Store, dataset: int, needle: str = "") -> None:
        self.dataset = dataset
        self.needle = storable(needle)
        self._path = store.path
        self._db = store.connect()
        try:
            self.count = self._fill()
        except sqlite3.Error as error:
            self.close()
            raise store_error(error, self._path) from error

    def _fill(self) -> int:
        if not self.needle:
            count = self._db.execute("SELECT rows FROM dataset WHERE id = ?", [self.dataset]).fetchone()
            return int(count[0]) if count else 0
        self._db.execute("CREATE TEMP TABLE found (position INTEGER PRIMARY KEY, item INTEGER NOT NULL)")
        statement, values = _holding(self.dataset, self.needle)
        self._db.execute(f"INSERT INTO found (item) {statement}", values)
        return int(self._db.execute("SELECT coalesce(max(position), 0) FROM found").fetchone()[0])

    def page(self, first: int, count: int) -> list[ItemRow]:
        """Rows from position `first` (from 0)."""
        columns = (
            "item.id, item.line, item.question, item.reference,"
            " (SELECT count(*) FROM prediction WHERE prediction.item = item.id)"
        )
        if self.needle:
            rows = self._db.execute(
                f"SELECT {columns} FROM found JOIN item ON item.id = found.item"
                " WHERE found.position BETWEEN ? AND ? ORDER BY found.position",
                [first + 1, first + count],
            )
        else:
            rows = self._db.execute(
                f"SELECT {columns} FROM item WHERE dataset = ? AND position BETWEEN ? AND ? ORDER BY position",
                [self.dataset, first, first + count - 1],
            )
        return [ItemRow(*row) for row in rows]

    def close(self) -> None:
        """Close the listing's connection."""
        self._db.close()


def _holding(dataset: int, needle: str) -> tuple[str, list[object]]:
    """The statement that finds the items of a dataset whose question or reference holds a needle, in file order."""
    questions, question_values = keys_holding(INPUTS, INPUTS.columns, needle)
    references, reference_values = keys_holding(REFERENCES, REFERENCES.columns, needle)
    statement = (
        f"SELECT id FROM item WHERE dataset = ? AND (input IN ({questions}) OR id IN ({references})) ORDER BY position"
    )
    return statement, [dataset, *question_values, *reference_values]


def items_holding(db: sqlite3.Connection, dataset: int, needle: str) -> list[int]:
    """The items of a dataset whose question or reference holds a text, in file order."""
    return [row[0] for row in db.execute(*_holding(dataset, storable(needle)))]
