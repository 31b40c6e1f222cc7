"""The Review list: an order of predictions, frozen when it was made, and its rows read by position.

SQLite writes the order once into a temporary table of the listing's own connection, in a single statement that leaves
the interpreter free. Any page is then a range of positions: no offsets, no list of rows in memory, and what is
reviewed does not jump about under the reader.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rft_tui.model import Verdict
from rft_tui.store.database import Store, store_error
from rft_tui.store.filters import Selection, Sort, Statement, filtered, ordering
from rft_tui.store.query import Query
from rft_tui.store.regex_scan import Pattern, ScanEnded, matching_predictions
from rft_tui.store.verdicts import split_tags


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One line of the Review list. `delta` is against the baseline version; None where there is nothing to compare."""

    prediction: int
    answer: int
    item: int
    run: int
    run_index: int
    model: str
    score: float | None
    delta: float | None
    error_kind: str | None
    verdict: Verdict | None
    tags: tuple[str, ...]
    has_note: bool
    marked: bool
    snippet: str


QUICK_TERMS = frozenset({"mistakes", "pass", "fail", "band", "score", "errors", "calibration", "marked"})
"""Terms that many rows fit and that cost nothing to look at."""


@dataclass(frozen=True, slots=True)
class ListingRequest:
    """What to list and in which order; `head` asks for that many first rows only."""

    selection: Selection
    query: Query
    sort: Sort = Sort.SCORE
    descending: bool = False
    head: int | None = None

    @property
    def begins_at_once(self) -> bool:
        """Whether an index gives the first rows without looking at all of them."""
        return (
            self.sort is Sort.SCORE
            and not self.descending
            and all(term.kind in QUICK_TERMS and not term.negated for term in self.query.terms)
        )


class Listing:
    """A materialised order of predictions. Make it in a worker; read pages anywhere; `close` it when it is replaced."""

    def __init__(self, store: Store, request: ListingRequest) -> None:
        """Run the query. Raises StoreError, TimeoutError for a regular expression that takes too long, and ScanEnded or
        sqlite3's interruption (as StoreError) when `interrupt` was called.
        """
        self.request = request
        self._path = store.path
        self._cancelled = threading.Event()
        self._db = store.connect()
        self.count = 0

    def run(self) -> Listing:
        """Fill the listing; returns itself."""
        try:
            self._fill()
        except sqlite3.Error as error:
            self.close()
            if self._cancelled.is_set():
                raise ScanEnded from error
            raise store_error(error, self._path) from error
        except BaseException:
            self.close()
            raise
        return self

    @property
    def is_complete(self) -> bool:
        """Whether it holds every row that fits, not only the first ones."""
        return self.request.head is None or self.count < self.request.head

    def _fill(self) -> None:
        request = self.request
        plain = tuple(term for term in request.query.terms if term.kind != "re")
        statement = filtered(request.selection, Query(plain))
        patterns = [(term.value, term.negated) for term in request.query.terms if term.kind == "re"]
        if patterns:
            self._scan(statement, patterns)
        clause, values = ordering(statement, request.sort, descending=request.descending)
        if request.head is not None:
            clause, values = f"{clause} LIMIT ?", [*values, request.head]
        sql, bound = statement.sql(statement.prediction, clause, values)
        self._db.execute("CREATE TEMP TABLE listing (position INTEGER PRIMARY KEY, prediction INTEGER NOT NULL)")
        if self._cancelled.is_set():
            raise ScanEnded
        self._db.execute(f"INSERT INTO listing (prediction) {sql}", bound)
        self.count = int(self._db.execute("SELECT coalesce(max(position), 0) FROM listing").fetchone()[0])

    def _scan(self, statement: Statement, patterns: list[Pattern]) -> None:
        """Add the condition of the regular expressions: the predictions that a scan of the candidates finds."""
        sql, values = statement.sql(f"{statement.prediction} AS prediction")
        grader = self.request.selection.grader
        found = matching_predictions(self._path, sql, values, grader, patterns, lambda: not self._cancelled.is_set())
        self._db.execute("CREATE TEMP TABLE found (prediction INTEGER PRIMARY KEY)")
        self._db.executemany("INSERT INTO found VALUES (?)", ((one,) for one in found))
        statement.where(f"{statement.prediction} IN (SELECT prediction FROM found)")

    def interrupt(self) -> None:
        """Stop a `run` in another thread, also one that is still to begin: nobody wants it any more."""
        self._cancelled.set()
        with suppress(sqlite3.ProgrammingError):  # it has ended and is closed
            self._db.interrupt()

    def page(self, first: int, count: int) -> list[ReviewRow]:
        """The rows from position `first` (from 0), at most `count` of them."""
        selection = self.request.selection
        rows = self._db.execute(
            _PAGE, [selection.grader, selection.baseline, selection.reviewer, first + 1, first + count]
        )
        return [_row(row) for row in rows]

    def prediction_at(self, position: int) -> int | None:
        """The prediction at a position (from 0)."""
        row = self._db.execute("SELECT prediction FROM listing WHERE position = ?", [position + 1]).fetchone()
        return None if row is None else int(row[0])

    def position_of(self, prediction: int) -> int | None:
        """The position (from 0) of a prediction, None where it is not in the list."""
        row = self._db.execute("SELECT position FROM listing WHERE prediction = ?", [prediction]).fetchone()
        return None if row is None else int(row[0]) - 1

    def next_mistake(self, position: int, step: int) -> int | None:
        """The nearest position after (step 1) or before (step -1) one with a mistake that has no verdict yet."""
        selection = self.request.selection
        side, way = (">", "ASC") if step > 0 else ("<", "DESC")
        row = self._db.execute(
            "SELECT listing.position FROM listing JOIN prediction ON prediction.id = listing.prediction"
            " JOIN grade ON grade.grader = ? AND grade.prediction = listing.prediction"
            " LEFT JOIN review ON review.reviewer = ? AND review.answer = prediction.answer"
            f" WHERE listing.position {side} ? AND grade.sort_score < ? AND review.verdict IS NULL"
            f" ORDER BY listing.position {way} LIMIT 1",
            [selection.grader, selection.reviewer, position + 1, selection.rule.high],
        ).fetchone()
        return None if row is None else int(row[0]) - 1

    def close(self) -> None:
        """Close the listing's connection; its rows cannot be read any more."""
        self._db.close()


_PAGE = """
    SELECT prediction.id, prediction.answer, prediction.item, prediction.run, prediction.run_index, run.model,
        grade.score, grade.score - base.score, coalesce(grade.error_kind, prediction.error_kind), review.verdict,
        review.tags, ifnull(review.note, '') <> '', mark.prediction IS NOT NULL, prediction.snippet
    FROM listing JOIN prediction ON prediction.id = listing.prediction JOIN run ON run.id = prediction.run
    LEFT JOIN grade ON grade.grader = ? AND grade.prediction = prediction.id
    LEFT JOIN grade AS base ON base.grader = ? AND base.prediction = prediction.id
    LEFT JOIN review ON review.reviewer = ? AND review.answer = prediction.answer
    LEFT JOIN mark ON mark.prediction = prediction.id
    WHERE listing.position BETWEEN ? AND ? ORDER BY listing.position"""


def _row(row: tuple[Any, ...]) -> ReviewRow:
    prediction, answer, item, run, run_index, model, score, delta, error_kind = row[:9]
    verdict, tags, noted, marked, snippet = row[9:]
    return ReviewRow(
        prediction, answer, item, run, run_index, model, score, delta, error_kind,
        Verdict(verdict) if verdict else None, split_tags(tags), bool(noted), bool(marked), snippet,
    )  # fmt: skip
