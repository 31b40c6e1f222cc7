"""A file as a stream of items, checked in the same pass: what an import reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from rft_tui.datasets.checker import CheckOptions, RowChecker
from rft_tui.datasets.findings import Findings
from rft_tui.datasets.mapping import FieldMapping, Method, RowShape, choose_shape
from rft_tui.datasets.read import read_rows
from rft_tui.datasets.rows import ROWLESS_KINDS, RawRow
from rft_tui.errors import InputError
from rft_tui.model import Item, Problem

_FIRST_ROWS = 50
_FIRST_ENTRIES = 500
_FIRST_BYTES = 8 * 1024 * 1024


class LoadedItem(NamedTuple):
    """An item and the line of its row."""

    line: int
    item: Item


class ItemStream:
    """The items and problems of a file, once through.

    `shape` is known from the first yield on, `rows` and `skipped` (rows with an error) are final at the end. Problems
    of a kind are yielded up to a limit; beyond it one more says how many there were.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        method: Method | None = None,
        mapping: FieldMapping | None = None,
        options: CheckOptions | None = None,
    ) -> None:
        self.path = Path(path)
        self.shape: RowShape | None = None
        self.rows = 0
        self.items = 0
        self.skipped = 0
        self.findings = Findings()
        self.first_error: Problem | None = None
        self._method = method
        self._mapping = mapping
        self._options = options

    def __iter__(self) -> Iterator[LoadedItem | Problem]:
        """Every item and problem, in the order of the file; raises InputError only where it cannot be opened."""
        entries = read_rows(self.path)
        first = list(_first(entries))
        rows = [entry for entry in first if isinstance(entry, RawRow)]
        self.shape = choose_shape([row.value for row in rows], self._method, self._mapping)
        checker = RowChecker(self.shape, self._options)
        checker.learn(rows)
        del rows
        for entry in chain(_drain(first), entries):
            if isinstance(entry, Problem):
                if entry.severity == "error" and entry.kind not in ROWLESS_KINDS:
                    checker.skip()
                    self.skipped += 1
                yield from self._admit([entry])
                continue
            item, problems = checker.check(entry)
            if problems:
                yield from self._admit(problems)
            if item is None:
                self.skipped += 1
            else:
                self.items += 1
                yield LoadedItem(entry.line, item)
        self.rows = checker.rows
        yield from self._admit(checker.finish(self._size()))
        yield from self.findings.overflow()

    def _size(self) -> int | None:
        try:
            return self.path.stat().st_size
        except OSError:
            return None

    def _admit(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        for problem in self.findings.admit(problems):
            if self.first_error is None and problem.severity == "error":
                self.first_error = problem
            yield problem


def _first(entries: Iterator[RawRow | Problem]) -> Iterator[RawRow | Problem]:
    rows = size = 0
    for count, entry in enumerate(entries, 1):
        yield entry
        if isinstance(entry, RawRow):
            rows += 1
            size += len(entry.raw)
        if rows >= _FIRST_ROWS or size >= _FIRST_BYTES or count >= _FIRST_ENTRIES:
            return


def _drain(entries: list[RawRow | Problem]) -> Iterator[RawRow | Problem]:
    """The entries, each let go as it is taken."""
    entries.reverse()
    while entries:
        yield entries.pop()


def describe(problem: Problem) -> str:
    """A problem on one line: where, which key, what."""
    where = f"line {problem.line}" if problem.line is not None else "the file"
    return f"{where}, {problem.key}: {problem.message}" if problem.key else f"{where}: {problem.message}"


def load_items(stream: ItemStream, *, skip_bad: bool = False) -> Iterator[LoadedItem | Problem]:
    """The items of a stream for an import that is all or nothing unless bad rows are to be skipped.

    Problems are yielded as they are found. Without `skip_bad` no item follows the first error, and after the last row
    InputError names it; with it InputError is raised only where no item is left.
    """
    for entry in stream:
        if isinstance(entry, Problem) or skip_bad or not stream.findings.errors:
            yield entry
    error = stream.first_error
    if error is not None and (not skip_bad or not stream.items):
        count = stream.findings.errors
        more = "" if count == 1 else f" ({count:,} errors in all)"
        hint = "Correct the file, or import the good rows alone with --skip-bad." if stream.items else ""
        raise InputError(f"{stream.path}: {describe(error)}{more}.", hint=hint)
    if not stream.items:
        raise InputError(f"{stream.path}: there are no rows in the file.")
