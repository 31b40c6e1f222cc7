"""Within-item ranking accuracy: does a grader put the answers to one question in the right order?

That order is all that reinforcement fine-tuning takes from a grader: it compares answers to the same question and never
those to different ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from rft_tui.analysis.intervals import Interval, ratio_interval, wilson_interval

SCORE_DIGITS = 9
"""Decimals of a score that count: scores that differ by less are the same, however their last bits were rounded."""

_NO_SPREAD = 1e-9


@dataclass(frozen=True, slots=True)
class OrderedPair:
    """Two answers to one item, the better one first, with the scores that a grader gave them."""

    item: str
    better: int
    worse: int
    better_score: float
    worse_score: float

    @property
    def credit(self) -> float:
        """1 where the grader orders them the same way, 0 the other way, ½ where it does not tell them apart."""
        better, worse = round(self.better_score, SCORE_DIGITS), round(self.worse_score, SCORE_DIGITS)
        return 0.5 if better == worse else float(better > worse)


@dataclass(frozen=True, slots=True)
class Ranking:
    """How a grader orders pairs of answers.

    `accuracy` is the share of `pairs` (over `items` items) that it orders rightly, `ties` of them counted by half, with
    the interval over items; None where there is no pair, or only one item. `wrong` has the pairs that it orders the
    other way, by item.
    """

    pairs: int
    items: int
    ties: int
    accuracy: float | None
    interval: Interval | None
    wrong: Mapping[str, tuple[OrderedPair, ...]]


def ordered_pairs(item: str, answers: Sequence[tuple[int, float, float]]) -> Iterator[OrderedPair]:
    """All pairs of an item's answers (number, gold, score) whose gold differs; n answers have up to n(n-1)/2 pairs."""
    for (one, gold, score), (other, other_gold, other_score) in combinations(answers, 2):
        mine, theirs = round(gold, SCORE_DIGITS), round(other_gold, SCORE_DIGITS)
        if mine > theirs:
            yield OrderedPair(item, one, other, score, other_score)
        elif mine < theirs:
            yield OrderedPair(item, other, one, other_score, score)


def ranking_accuracy(pairs: Iterable[OrderedPair]) -> Ranking:
    """The share of pairs that a grader orders as they are given, with an interval by bootstrap over items (BCa).

    Where all items agree, resampling shows no spread; then it is Wilson's interval with the number of items.
    """
    credits_of: dict[str, list[float]] = {}
    wrong: dict[str, list[OrderedPair]] = {}
    for pair in pairs:
        credits_of.setdefault(pair.item, []).append(pair.credit)
        if pair.credit == 0:
            wrong.setdefault(pair.item, []).append(pair)
    earned = [sum(credit) for credit in credits_of.values()]
    counts = [len(credit) for credit in credits_of.values()]
    ties = sum(credit.count(0.5) for credit in credits_of.values())
    accuracy = sum(earned) / sum(counts) if counts else None
    return Ranking(
        sum(counts), len(counts), ties, accuracy, _interval(accuracy, earned, counts),
        {item: tuple(found) for item, found in wrong.items()},
    )  # fmt: skip


def _interval(accuracy: float | None, earned: Sequence[float], counts: Sequence[int]) -> Interval | None:
    if accuracy is None or len(counts) < 2:
        return None
    found = ratio_interval(earned, counts)
    return wilson_interval(accuracy, len(counts)) if found is None or found.high - found.low < _NO_SPREAD else found
