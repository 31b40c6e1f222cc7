"""The scores of one operand of a comparison: for each item what its runs got, errors apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum


@dataclass(frozen=True, slots=True)
class ItemScores:
    """One item's scores by run number, and how many of its runs ended in an error, which is no score.

    `scores` may be empty where every run ended in an error.
    """

    item: str
    scores: Mapping[int, float]
    errors: int = 0

    @property
    def mean(self) -> float:
        """The mean over the runs. Raises ZeroDivisionError where there is no score."""
        return sum(self.scores.values()) / len(self.scores)


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """Items by their row id, with scores in a range from `low` to `high`; a score may lie outside."""

    items: Mapping[str, ItemScores]
    low: float = 0.0
    high: float = 1.0

    @property
    def scored(self) -> tuple[ItemScores, ...]:
        """The items with one score or more, in their order."""
        return tuple(one for one in self.items.values() if one.scores)

    @property
    def errors(self) -> int:
        """Runs of items that ended in an error."""
        return sum(one.errors for one in self.items.values())

    @property
    def run_means(self) -> dict[int, float]:
        """The mean of each run over the items that it scored."""
        found: dict[int, list[float]] = {}
        for runs, items in self._by_runs().items():
            for run, scores in zip(runs, zip(*items, strict=True), strict=True):
                found.setdefault(run, []).extend(scores)
        return {run: fsum(scores) / len(scores) for run, scores in sorted(found.items())}

    @property
    def runs(self) -> int:
        """Runs that scored an item or more."""
        return len(set().union(*(tuple(one.scores) for one in self.items.values())))

    def _by_runs(self) -> dict[tuple[int, ...], list[Iterable[float]]]:
        """The scores of the items that the same runs scored: few kinds, so that runs are summed at once."""
        found: dict[tuple[int, ...], list[Iterable[float]]] = {}
        for one in self.items.values():
            found.setdefault(tuple(one.scores), []).append(one.scores.values())
        return found

    def only(self, items: Iterable[str]) -> ScoreTable:
        """The same with these items alone, in their order; those that are not there are left out."""
        return ScoreTable({item: self.items[item] for item in items if item in self.items}, self.low, self.high)
