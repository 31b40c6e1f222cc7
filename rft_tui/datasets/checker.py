"""All rules in one pass: each row checked by itself and against the rows before it, and made into an item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rft_tui.datasets.consistency import Consistency
from rft_tui.datasets.duplicates import Duplicates
from rft_tui.datasets.leakage import Leakage, OtherRows
from rft_tui.datasets.limits import Part, limit_problems
from rft_tui.datasets.mapping import RowShape
from rft_tui.datasets.near_duplicates import ROW_LIMIT, NearIndex, Sketcher
from rft_tui.datasets.rows import RawRow, row_problem
from rft_tui.datasets.rules import row_problems
from rft_tui.datasets.shape import shape_row
from rft_tui.datasets.variables import Variables
from rft_tui.model import Item, Problem


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What is checked beside the rows themselves.

    `grader_paths` are the fields a grader reads, without ``item.``; `others` the files that must not share inputs with
    this one; `near_duplicates` costs about 0.1 ms a row; `part` is what the file is for; `declared` says that the
    person named the method, so that its limits are errors.
    """

    grader_paths: tuple[str, ...] = ()
    others: tuple[OtherRows, ...] = ()
    near_duplicates: bool = False
    part: Part | None = None
    declared: bool = False


class Checked(NamedTuple):
    """What checking a row gave: its item, None where an error forbids one, and its problems."""

    item: Item | None
    problems: Sequence[Problem]


class RowChecker:
    """Checks rows in the order of the file; `finish` then says what only the whole file shows."""

    def __init__(self, shape: RowShape, options: CheckOptions | None = None) -> None:
        self.rows = 0
        self._shape = shape
        self._options = options or CheckOptions()
        self._duplicates = Duplicates()
        self._consistency = Consistency()
        self._variables = Variables(self._options.grader_paths) if self._options.grader_paths else None
        self._sketcher = Sketcher() if self._options.near_duplicates else None
        self._near = NearIndex()
        self._others: list[Leakage] | None = None

    def learn(self, rows: Sequence[RawRow]) -> None:
        """Look at the first rows for text that all have in common, before any is checked for near duplicates."""
        if self._sketcher is None:
            return
        questions = [
            shape_row(row, self._shape).question
            for row in rows
            if not any(problem.severity == "error" for problem in row_problems(row, self._shape))
        ]
        self._sketcher.learn(questions)

    def check(self, row: RawRow) -> Checked:
        """The item of a row and everything wrong with it."""
        self.rows += 1
        problems = row_problems(row, self._shape)
        if problems and any(problem.severity == "error" for problem in problems):
            return Checked(None, problems)
        item = shape_row(row, self._shape)
        line = row.line
        self._consistency.see(line, item.fields)
        if self._variables is not None:
            self._variables.see(line, item.fields)
        repeated = self._duplicates.see(line, item)
        if repeated is not None:
            problems.append(repeated)
        if self._sketcher is not None or self._options.others:
            problems.extend(self._compared(line, item, new=repeated is None))
        return Checked(item, problems)

    def skip(self) -> None:
        """Count a row that could not be read."""
        self.rows += 1

    def finish(self, size: int | None = None) -> Iterator[Problem]:
        """What the whole file shows: fields, the grader's variables, limits of rows and of `size` in bytes."""
        yield from self._consistency.finish()
        if self._variables is not None:
            yield from self._variables.finish()
        if self._sketcher is not None and self._near.full:
            said = f"near duplicates were looked for among the first {ROW_LIMIT:,} rows only"
            yield row_problem(None, "near_duplicate", said, severity="warning")
        yield from limit_problems(
            self.rows, size, self._shape.method, self._options.part, declared=self._options.declared
        )

    def _compared(self, line: int, item: Item, *, new: bool) -> Iterator[Problem]:
        sketch = self._sketcher.sketch(item.question) if self._sketcher is not None else None
        if sketch is not None and new:
            near = self._near.find(sketch)
            if near is not None:
                said = f"the question is nearly the same as in line {near.line} ({near.share:.0%} in common)"
                yield row_problem(line, "near_duplicate", said, severity="warning")
            self._near.add(line, sketch)
        if self._others is None:
            self._others = [Leakage(other, self._sketcher) for other in self._options.others]
        for other in self._others:
            leak = other.see(line, item, sketch)
            if leak is not None:
                yield leak
