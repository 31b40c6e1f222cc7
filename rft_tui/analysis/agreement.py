"""Do two raters give the same labels? Confusion table, raw agreement, Cohen's κ plain and weighted, with intervals.

κ alone misleads where one label is rare: the table and both base rates stand beside it. Cohen 1960 and 1968.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import TYPE_CHECKING

from rft_tui.analysis.intervals import RESAMPLES, Interval, wilson_interval
from rft_tui.analysis.resampling import intervals_by_kind
from rft_tui.identity import canonical_json, content_hash

if TYPE_CHECKING:
    from rft_tui.analysis.resampling import Numbers

MOST_LABELS = 60
"""Different labels a table may have: more are no labels, and the table would grow with their square."""

ENOUGH_LABELS = (50, 100)
"""Labels to ask for, and labels to prefer."""

NARROW = 0.05
"""A half-width that more labels need not make smaller."""

_NO_WIDTH = 1e-9


class Weights(StrEnum):
    """How much a disagreement counts by the distance of two labels in their order."""

    NONE = "none"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


@dataclass(frozen=True, slots=True)
class LabelPair:
    """The labels that two raters gave to one answer of an item."""

    item: str
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure with its interval over items; None where it is not defined, or where the data say too little."""

    value: float | None
    interval: Interval | None

    @property
    def half_width(self) -> float | None:
        """Half of the interval's width."""
        return None if self.interval is None else (self.interval.high - self.interval.low) / 2


@dataclass(frozen=True, slots=True)
class ConfusionTable:
    """How often `labels[row]` of the first rater met `labels[column]` of the second."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def total(self) -> int:
        """All pairs."""
        return sum(map(sum, self.counts))

    @property
    def base_rates(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The share of each label by the first rater, and by the second; there must be a pair."""
        total = self.total
        one = tuple(sum(row) / total for row in self.counts)
        return one, tuple(sum(column) / total for column in zip(*self.counts, strict=True))


@dataclass(frozen=True, slots=True)
class Agreement:
    """All figures of two raters; weighted κ only means something where the labels have an order."""

    pairs: int
    items: int
    table: ConfusionTable
    raw: Measured
    kappa: Measured
    linear: Measured
    quadratic: Measured


@dataclass(frozen=True, slots=True)
class LabelsWorth:
    """What more labels would give: half-width of the interval now, and after `more` labels; `more` is 0 for enough."""

    labels: int
    half_width: float
    more: int
    half_width_after: float
    sentence: str


def confusion_table(pairs: Iterable[LabelPair], order: Sequence[str] = ()) -> ConfusionTable:
    """The table with labels in the given order, those that are not in it behind, sorted.

    Raises ValueError for more than `MOST_LABELS` different labels.
    """
    met = Counter((pair.one, pair.other) for pair in pairs)
    labels = _labels((label for both in met for label in both), order)
    return ConfusionTable(labels, tuple(tuple(met[row, column] for column in labels) for row in labels))


def kappa(counts: Sequence[Sequence[float]], weights: Weights = Weights.NONE) -> float | None:
    """κ = 1 - Σ w o / Σ w e of a square table, w = 1 off the diagonal, |i - j| or (i - j)²; None where Σ w e is 0."""
    rows = [sum(row) for row in counts]
    columns = [sum(column) for column in zip(*counts, strict=True)]
    seen, chance = 0.0, 0.0
    for place, row in enumerate(counts):
        for other, count in enumerate(row):
            weight = _weight(place - other, weights)
            seen += weight * count
            chance += weight * rows[place] * columns[other]
    return 1 - seen * sum(rows) / chance if chance else None


def agreement(pairs: Iterable[LabelPair], order: Sequence[str] = (), *, resamples: int = RESAMPLES) -> Agreement | None:
    """All figures of two raters with intervals by bootstrap over items (BCa, seed from the data); None without a pair.

    Where every item agrees resampling shows no spread; then raw agreement has Wilson's interval, and κ what follows
    from it with the base rates at hand. Raises ValueError for more than `MOST_LABELS` different labels.
    """
    every = list(pairs)
    if not every:
        return None
    table = confusion_table(every, order)
    places = {label: place for place, label in enumerate(table.labels)}
    by_item: dict[str, list[tuple[int, int]]] = {}
    for pair in every:
        by_item.setdefault(pair.item, []).append((places[pair.one], places[pair.other]))
    kinds = sorted(Counter(tuple(sorted(cells)) for cells in by_item.values()).items())
    values = [sum(table.counts[place][place] for place in range(len(places))) / len(every)]
    found: list[float | None] = [*values, *(kappa(table.counts, weights) for weights in Weights)]
    intervals = _intervals(kinds, len(places), resamples)
    if intervals[0] is not None and intervals[0].high - intervals[0].low < _NO_WIDTH:
        intervals = _without_spread(table, values[0], len(by_item))
    measured = [Measured(value, None if value is None else interval)
                for value, interval in zip(found, intervals, strict=True)]  # fmt: skip
    return Agreement(len(every), len(by_item), table, *measured)


def labels_worth_adding(labels: int, half_width: float) -> LabelsWorth:
    """How much more labels would narrow an interval, since its width goes with one over the root of their number.

    It adds what is missing to the next of `ENOUGH_LABELS`, and at least half of what there is; nothing where the
    interval is narrow enough. `labels` is 1 or more.
    """
    now = f"{labels} labels give ±{_short(half_width)}"
    if half_width <= NARROW:
        return LabelsWorth(labels, half_width, 0, half_width, f"{now}: that is enough")
    aims = [aim for aim in ENOUGH_LABELS if aim - labels >= labels / 2]
    more = aims[0] - labels if aims else labels
    after = half_width * sqrt(labels / (labels + more))
    sentence = f"{now}; {more} more would give about ±{_short(after)}"
    return LabelsWorth(labels, half_width, more, after, sentence)


def _short(width: float) -> str:
    return f"{width:.2f}".removeprefix("0")


def _labels(labels: Iterable[str], order: Sequence[str]) -> tuple[str, ...]:
    seen = set(labels)
    found = tuple(dict.fromkeys([*order, *sorted(seen - set(order))]))
    if len(found) > MOST_LABELS:
        raise ValueError(f"{len(found)} different labels are too many for a table; it takes {MOST_LABELS}")
    return found


def _weight(distance: int, weights: Weights) -> float:
    if weights is Weights.LINEAR:
        return abs(distance)
    return distance * distance if weights is Weights.QUADRATIC else float(distance != 0)


def _intervals(
    kinds: Sequence[tuple[tuple[tuple[int, int], ...], int]], size: int, resamples: int
) -> list[Interval | None]:
    """The intervals of raw agreement and of κ with each weight, over items of each kind (their cells of the table)."""
    import numpy as np

    tables = np.zeros((len(kinds), size * size))
    for place, (cells, _count) in enumerate(kinds):
        for row, column in cells:
            tables[place, row * size + column] += 1
    weights = np.array([[[_weight(row - column, kind) for column in range(size)] for row in range(size)]
                        for kind in Weights], dtype=float)  # fmt: skip

    def figures(counts: Numbers) -> Numbers:
        drawn = (counts @ tables).reshape(-1, size, size)
        total = drawn.sum(axis=(1, 2))
        rows, columns = drawn.sum(axis=2), drawn.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            raw = np.trace(drawn, axis1=1, axis2=2) / total
            kappas = [
                1 - (drawn * each).sum(axis=(1, 2)) * total / ((rows @ each) * columns).sum(axis=1) for each in weights
            ]
        return np.stack([raw, *kappas], axis=1)

    seed = int(content_hash("agreement", canonical_json(kinds)), 16)
    return intervals_by_kind([count for _cells, count in kinds], figures, seed, resamples, size * size)


def _without_spread(table: ConfusionTable, raw: float, items: int) -> list[Interval | None]:
    """The intervals where all items agree alike."""
    around = wilson_interval(raw, items)
    one, other = table.base_rates
    by_chance = sum(mine * theirs for mine, theirs in zip(one, other, strict=True))
    if by_chance >= 1:
        return [around, None, None, None]
    low, high = (max(-1.0, 1 - (1 - share) / (1 - by_chance)) for share in (around.low, around.high))
    return [around, *[Interval(low, high)] * 3]
