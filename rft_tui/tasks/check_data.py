"""A stored dataset checked again: the same rules as for a file, with the lines its rows had there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from rft_tui.datasets.check import CheckReport
from rft_tui.datasets.checker import CheckOptions, RowChecker
from rft_tui.datasets.findings import Findings
from rft_tui.datasets.leakage import OtherRows
from rft_tui.datasets.mapping import METHODS, FieldMapping, Method, RowShape, choose_shape
from rft_tui.datasets.rows import RawRow
from rft_tui.datasets.shape import shape_row
from rft_tui.model import Item, Problem
from rft_tui.store.database import Store
from rft_tui.store.datasets import StoredDataset, StoredItem, iter_items

_FIRST_ROWS = 50


def raw_row(item: StoredItem) -> RawRow:
    """The row of an item as it stood in its file."""
    return RawRow(item.line, item.raw, json.loads(item.raw))


def shape_of(dataset: StoredDataset) -> RowShape:
    """How the rows of a dataset were read when they came in."""
    method: Method = next((one for one in METHODS if one == dataset.method), "generic")
    mapping = dict(dataset.mapping or {})
    others = mapping.get("other_fields")
    mapping["other_fields"] = None if others is None else tuple(others)
    return RowShape(method, FieldMapping(**mapping))


def rows_of(store: Store, dataset: StoredDataset) -> Iterator[tuple[int, Item]]:
    """The items of a dataset with their lines, as a file's items are given."""
    shape = shape_of(dataset)
    with store.read() as db:
        for stored in iter_items(db, dataset.id):
            yield stored.line, shape_row(raw_row(stored), shape)


def check_dataset(
    store: Store,
    dataset: StoredDataset,
    *,
    method: Method | None = None,
    mapping: FieldMapping | None = None,
    against: Sequence[OtherRows] = (),
    grader_paths: Sequence[str] = (),
) -> CheckReport:
    """Every problem of a stored dataset, read as it was imported unless a method or a mapping is said."""
    options = CheckOptions(tuple(grader_paths), tuple(against), near_duplicates=True, declared=method is not None)
    findings = Findings()
    problems: list[Problem] = []
    with store.read() as db:
        rows = (raw_row(stored) for stored in iter_items(db, dataset.id))
        first = list(islice(rows, _FIRST_ROWS))
        if method is None and mapping is None:
            shape = shape_of(dataset)
        else:
            shape = choose_shape([row.value for row in first], method, mapping)
        checker = RowChecker(shape, options)
        checker.learn(first)
        for row in chain(first, rows):
            problems.extend(findings.admit(checker.check(row).problems))
    problems.extend(findings.admit(checker.finish()))
    problems.extend(findings.overflow())
    return CheckReport(dataset.name, checker.rows, findings.errors == 0, tuple(problems), shape.method, shape.notes)
