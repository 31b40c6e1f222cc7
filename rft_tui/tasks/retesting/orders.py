"""Expected orders as a probe set: every answer of every order is a row, and a grader should score each above the next.

The orders are the ordering fixtures of the bench, kept beside the grader's file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rft_tui.graders.bench.ordering import Ordering, inversions
from rft_tui.model import Grade, JsonObject
from rft_tui.safetext import one_line
from rft_tui.store.database import Store
from rft_tui.store.datasets import StoredItem, get_item
from rft_tui.store.graders import StoredGrader
from rft_tui.store.probes import items_beginning
from rft_tui.tasks.bench_items import load_orderings
from rft_tui.tasks.retesting.probes import MOST_ROWS, OrderPlace, ProbeRow, with_old_grades

if TYPE_CHECKING:
    from rft_tui.graders.judge import Judge

LEAST = 0.0
"""By how much an answer has to score above the next: by anything."""


@dataclass(frozen=True, slots=True)
class OrderRows:
    """The answers of all orders as rows, the best of each order first; `problem` says what could not be used."""

    rows: tuple[ProbeRow, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """Of `known` orders, those of whose answers all are graded, `kept` are ranked as expected; before the edit `was`.

    `was` is None where the old version has not graded all of them. `orders` counts all.
    """

    orders: int
    known: int
    kept: int
    was: int | None


def order_rows(store: Store, path: Path, base: StoredGrader | None, judge: Judge | None = None) -> OrderRows:
    """The rows of a file of orders with the old grades of `base`; none where there is no file.

    An order for an item that is not here is left out and said; so are those behind the first `MOST_ROWS` answers.
    Raises InputError for a file that cannot be read.
    """
    rows: list[ProbeRow] = []
    missing: list[str] = []
    left_out = 0
    for number, ordering in enumerate(load_orderings(path, must_exist=False), 1):
        if len(rows) + len(ordering.answers) > MOST_ROWS:
            left_out += 1
            continue
        found = _item_of(store, ordering)
        if found is None:
            missing.append(one_line(ordering.label, 12))
            continue
        rows += _rows(number, ordering, found, len(rows))
    said = [f"no item here for order {', '.join(missing[:3])}{' …' if len(missing) > 3 else ''}"] if missing else []
    said += [f"{left_out:,} more orders are not shown"] if left_out else []
    return OrderRows(tuple(with_old_grades(rows, base, judge)), " · ".join(said))


def order_figures(rows: Sequence[ProbeRow], results: Mapping[int, Grade]) -> OrderFigures:
    """How many orders are ranked as expected by the results of the rows (by number), and by the old grades."""
    orders = known = kept = was = 0
    all_old = True
    for answers in _orders(rows):
        orders += 1
        new = [results.get(row.prediction) for row in answers]
        if None in new:
            continue
        known += 1
        kept += _is_kept(new)
        old = [row.old for row in answers]
        all_old = all_old and None not in old
        was += _is_kept(old)
    return OrderFigures(orders, known, kept, was if known and all_old else None)


def not_above_next(rows: Sequence[ProbeRow], results: Mapping[int, Grade]) -> frozenset[int]:
    """The numbers of the rows that do not score more than the next answer of their order; both have to be graded."""
    found = set()
    for answers in _orders(rows):
        for better, worse in pairwise(answers):
            pair = [results.get(better.prediction), results.get(worse.prediction)]
            if None not in pair and not _is_kept(pair):
                found.add(better.prediction)
    return frozenset(found)


def _orders(rows: Sequence[ProbeRow]) -> Iterator[list[ProbeRow]]:
    placed = (row for row in rows if row.place is not None)
    for _number, answers in groupby(placed, key=lambda row: row.place.order if row.place else 0):
        yield list(answers)


def _is_kept(grades: Sequence[Grade | None]) -> bool:
    return not inversions([grade.score if grade else None for grade in grades], LEAST)


def _item_of(store: Store, ordering: Ordering) -> StoredItem | JsonObject | None:
    """The item of an order, or its fields alone; None where none or more than one is meant."""
    if not isinstance(ordering.item, str):
        return ordering.item
    with store.read() as db:
        found = items_beginning(db, ordering.item)
        return get_item(db, found[0]) if len(found) == 1 else None


def _rows(number: int, ordering: Ordering, of: StoredItem | JsonObject, before: int) -> list[ProbeRow]:
    if isinstance(of, StoredItem):
        item, row_id, reference, fields = of.id, of.row_id, of.reference, of.fields
    else:
        known = of.get("reference_answer")
        item, row_id, reference, fields = 0, ordering.label, known if isinstance(known, str) else None, of
    count = len(ordering.answers)
    return [
        ProbeRow(
            -(before + place), item, row_id, 0, 0, "", answer, reference, fields, {}, None, None, None,
            place=OrderPlace(number, place, count),
        )
        for place, answer in enumerate(ordering.answers, 1)
    ]  # fmt: skip
