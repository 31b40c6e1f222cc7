"""One pass over the rows of a job as they would be sent: what is wrong with them, and what both parts share.

Rows are held one at a time; of each a few numbers stay. Near duplicates cost a tenth of a millisecond a row, so only
the first rows are held against the other part for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from rft_tui.datasets.checker import CheckOptions, RowChecker
from rft_tui.datasets.leakage import OtherRows
from rft_tui.datasets.mapping import RowShape, choose_shape
from rft_tui.datasets.near_duplicates import NearIndex, Sketcher
from rft_tui.datasets.rows import ROWLESS_KINDS, RawRow, row_problem
from rft_tui.datasets.rules import row_problems
from rft_tui.datasets.shape import shape_row
from rft_tui.model import Item, JsonObject, Problem
from rft_tui.store.database import Store
from rft_tui.tasks.jobs.files import RowPlan, UploadRow, upload_rows
from rft_tui.tasks.jobs.preflight.facts import ProblemCount, RowFacts

NEAR_ROWS = 1_000
"""Rows of each part that are held against the other for near duplicates."""

NAMED = 5
"""Problems of a kind that are kept."""

_FIRST_ROWS = 50


class _Counted:
    """Problems by kind: how many, and the first few."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], tuple[int, list[Problem]]] = {}

    def add(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            key = (problem.kind, problem.severity)
            count, first = self._kinds.get(key, (0, []))
            if count < NAMED:
                first.append(problem)
            self._kinds[key] = (count + 1, first)

    def all(self) -> tuple[ProblemCount, ...]:
        return tuple(
            ProblemCount(kind, first[0].severity, count, tuple(first))
            for (kind, _), (count, first) in self._kinds.items()
        )


class _Near:
    """The first questions of the other part, to find those that are nearly the same."""

    def __init__(self, name: str, others: Iterable[tuple[int, Item]], learn_from: Sequence[str]) -> None:
        self._name = name
        self._sketcher = Sketcher()
        self._sketcher.learn(learn_from)
        self._index = NearIndex()
        self._inputs: set[str] = set()
        self.looked_at = 0
        self._seen = 0
        for line, item in islice(others, NEAR_ROWS):
            if (sketch := self._sketcher.sketch(item.question)) is not None:
                self._index.add(line, sketch)
                self._inputs.add(item.input_id)

    def see(self, line: int, item: Item) -> Iterator[Problem]:
        if self._seen >= NEAR_ROWS:
            return
        self._seen += 1
        is_same = item.input_id in self._inputs
        sketch = None if is_same else self._sketcher.sketch(item.question)
        self.looked_at += is_same or (sketch is not None and bool(self._inputs))
        near = self._index.find(sketch) if sketch is not None else None
        if near is not None:
            said = f"the question is nearly the same as in {self._name}, line {near.line} ({near.share:.0%} in common)"
            yield row_problem(line, "near_leakage", said, severity="warning")


def row_facts(
    store: Store, plan: RowPlan, grader_paths: Sequence[str] = (), against: RowPlan | None = None
) -> RowFacts:
    """What a pass over the rows of a plan shows, held against those of another part where one is given.

    Raises UsageError where there is no such dataset, InputError where a file cannot be opened.
    """
    entries = upload_rows(store, plan)
    first = list(islice(entries, _FIRST_ROWS))
    raws = [_raw(entry) for entry in first if isinstance(entry, UploadRow)]
    shape = choose_shape([raw.value for raw in raws], plan.method)
    others: tuple[OtherRows, ...] = ()
    near: _Near | None = None
    if against is not None:
        others = (OtherRows(against.source.label, items_of(store, against)),)
        near = _Near(against.source.label, items_of(store, against), [item.question for item in _items(raws, shape)])
    checker = RowChecker(shape, CheckOptions(tuple(grader_paths), others, part=plan.part, declared=True))
    counted = _Counted()
    notes: dict[str, int] = {}
    fields: JsonObject | None = None
    size = longest = 0
    for entry in chain(first, entries):
        if isinstance(entry, Problem):
            if entry.severity == "error" and entry.kind not in ROWLESS_KINDS:
                checker.skip()
            counted.add([entry])
            continue
        size, longest = size + len(entry.data) + 1, max(longest, len(entry.data))
        item, problems = checker.check(_raw(entry))
        if problems:
            counted.add(problems)
        if item is not None:
            fields = item.fields if fields is None else fields
            if near is not None:
                counted.add(near.see(entry.line, item))
        for note in entry.notes:
            notes[note] = notes.get(note, 0) + 1
    counted.add(checker.finish(size))
    looked_at = 0 if near is None else near.looked_at
    return RowFacts(plan.source, plan.part, checker.rows, size, longest, counted.all(), notes, fields or {}, looked_at)


def items_of(store: Store, plan: RowPlan) -> Iterator[tuple[int, Item]]:
    """The good rows of a plan as items with their lines; what is wrong with the others is left unsaid."""
    entries = (entry for entry in upload_rows(store, plan) if isinstance(entry, UploadRow))
    first = list(islice(entries, _FIRST_ROWS))
    shape = choose_shape([_raw(entry).value for entry in first], plan.method)
    for entry in chain(first, entries):
        for item in _items([_raw(entry)], shape):
            yield entry.line, item


def _items(raws: Iterable[RawRow], shape: RowShape) -> Iterator[Item]:
    for raw in raws:
        if not any(problem.severity == "error" for problem in row_problems(raw, shape)):
            yield shape_row(raw, shape)


def _raw(row: UploadRow) -> RawRow:
    return RawRow(row.line, row.data, json.loads(row.data) if row.value is None else row.value)
