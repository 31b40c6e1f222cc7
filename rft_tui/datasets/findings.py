"""Problems kept within bounds: however bad a file is, each kind is listed up to a limit and then only counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from rft_tui.datasets.rows import row_problem
from rft_tui.model import Problem, Severity

PROBLEMS_PER_KIND = 1000
"""Problems of one kind that are listed with their lines."""


class Findings:
    """Counts problems by kind and lets through the first of each."""

    def __init__(self, limit: int = PROBLEMS_PER_KIND) -> None:
        self._limit = limit
        self._counts: Counter[tuple[str, Severity]] = Counter()
        self.errors = 0

    def admit(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Those of the problems that are to be listed; all are counted."""
        for problem in problems:
            key = (problem.kind, problem.severity)
            self._counts[key] += 1
            self.errors += problem.severity == "error"
            if self._counts[key] <= self._limit:
                yield problem

    @property
    def total(self) -> int:
        """How many problems there were, listed or not."""
        return self._counts.total()

    def overflow(self) -> Iterator[Problem]:
        """One problem for each kind of which more were found than are listed."""
        for (kind, severity), count in self._counts.items():
            if count > self._limit:
                said = f"{count - self._limit:,} more problems of this kind are not listed"
                yield row_problem(None, kind, said, severity=severity)
