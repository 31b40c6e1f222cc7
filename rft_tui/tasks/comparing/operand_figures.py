"""The figures of each operand of a comparison by itself."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from math import log10

from rft_tui.analysis.histogram import BINS, Histogram
from rft_tui.analysis.model_mean import model_mean
from rft_tui.analysis.several_runs import several_runs
from rft_tui.model import Band, BandEdges, ScoreRule
from rft_tui.store.compared import AnsweredItem
from rft_tui.store.grades import is_simulated
from rft_tui.tasks.comparing.comparison import OperandFigures, Spread
from rft_tui.tasks.comparing.operands import Operand
from rft_tui.tasks.comparing.reading import Reading

NEARLY_ALL = 0.99
"""The share of the longest operand's numbers that the bins of a spread reach."""

_ROUNDING = 1e-9

_NICE = (1.0, 2.0, 5.0, 10.0)


def operand_figures(
    db: sqlite3.Connection, reading: Reading, clusters: Mapping[str, str] | None
) -> tuple[OperandFigures, ...]:
    """The figures of all operands, with bins that they share."""
    items = [[answered[row] for row in reading.common] for answered in reading.answered]
    lengths = _spreads([[length for one in of_one for length in one.lengths] for of_one in items])
    reasoning = _spreads([[n for one in of_one for n in one.reasoning if n is not None] for of_one in items])
    return tuple(
        _figures(db, reading, place, items[place], clusters, lengths[place], reasoning[place])
        for place in range(len(items))
    )


def passes_from(threshold: float) -> Callable[[float], bool]:
    """Whether a score reaches a threshold, but for rounding."""
    return (threshold - _ROUNDING).__le__  # a comparison without a Python function: it is asked of every score


def threshold_of(operand: Operand, rule: ScoreRule) -> tuple[float, bool]:
    """The score from which one passes, in the comparison's units; whether it is the grader's own."""
    own = operand.grader.rule
    span = (own.high - own.low) or 1.0
    share = (own.shown_threshold - own.low) / span
    is_scaled = (own.low, own.high) != (rule.low, rule.high)
    return (share if is_scaled else own.shown_threshold), own.pass_threshold is not None


def _figures(
    db: sqlite3.Connection,
    reading: Reading,
    place: int,
    items: Sequence[AnsweredItem],
    clusters: Mapping[str, str] | None,
    lengths: Spread,
    reasoning: Spread,
) -> OperandFigures:
    operand, table, rule = reading.operands[place], reading.tables[place], reading.rule
    scores = Counter(chain.from_iterable(one.scores.values() for one in items))
    threshold, own = threshold_of(operand, rule)
    passed, ruled = sum(one.passed for one in items), sum(one.ruled for one in items)
    costs = [run.cost for run in operand.runs if run.cost is not None]
    kinds = Counter(kind for row in table.items for kind in reading.answered[place][row].errors.values())
    return OperandFigures(
        operand, table, model_mean(table, clusters, spread=reading.spreads[place]), bands_of(scores, rule),
        score_histogram(scores, rule),
        passed / ruled if ruled else None, several_runs(table, passes_from(threshold), clusters=clusters), threshold,
        own, lengths, reasoning,
        sum(run.input_tokens for run in operand.runs), sum(run.output_tokens for run in operand.runs),
        sum(run.reasoning_tokens for run in operand.runs), sum(costs) if costs else None, dict(kinds.most_common()),
        any(run.simulated for run in operand.runs) or is_simulated(db, operand.grader.id, operand.run_ids),
    )  # fmt: skip


def bands_of(scores: Mapping[float, int], rule: ScoreRule) -> dict[Band, int]:
    """How many of the scores, which are counted, lie in each band."""
    edges = BandEdges()
    counts = dict.fromkeys(Band, 0)
    for score, count in scores.items():
        counts[edges.band(score, rule)] += count
    return counts


def score_histogram(scores: Mapping[float, int], rule: ScoreRule) -> Histogram:
    """Counted scores in ten bins over the range; those outside of it count in the outer bins, as everywhere."""
    span = (rule.high - rule.low) or 1.0
    edges = tuple(rule.low + span * number / BINS for number in range(BINS + 1))
    inner = [edge - _ROUNDING for edge in edges[1:-1]]
    counts = [0] * BINS
    for score, count in scores.items():
        counts[bisect_right(inner, score)] += count
    return Histogram(edges, tuple(counts))


def _spreads(numbers: Sequence[Sequence[int]]) -> list[Spread]:
    """Numbers of all operands in bins that reach nearly all of those of the operand with the largest."""
    counted = [sorted(Counter(of_one).items()) for of_one in numbers]
    high = _nice_above(max((_at(of_one, NEARLY_ALL) for of_one in counted if of_one), default=0))
    return [
        Spread(
            len(of_one),
            sum(of_one) / len(of_one) if of_one else None,
            _median(counts) if counts else None,
            _histogram(counts, high) if counts else None,
        )
        for of_one, counts in zip(numbers, counted, strict=True)
    ]


def _at(counted: Sequence[tuple[int, int]], share: float) -> int:
    """The number up to which lies this share of sorted, counted numbers."""
    wanted = share * sum(count for _number, count in counted)
    seen = 0
    for number, count in counted:
        seen += count
        if seen >= wanted:
            return number
    return counted[-1][0]


def _median(counted: Sequence[tuple[int, int]]) -> float:
    total = sum(count for _number, count in counted)
    return (_at(counted, 0.5) + _at(counted, (total // 2 + 1) / total)) / 2


def _histogram(counted: Sequence[tuple[int, int]], high: float) -> Histogram:
    counts, above = [0] * BINS, 0
    for number, count in counted:
        if number > high:
            above += count
        else:
            counts[min(int(number * BINS / high), BINS - 1)] += count
    return Histogram(tuple(high * edge / BINS for edge in range(BINS + 1)), tuple(counts), 0, above)


def _nice_above(number: float) -> float:
    """The smallest number of the form 1, 2 or 5 times a power of ten that lies above."""
    if number < 10:
        return 10.0
    power = 10.0 ** int(log10(number))
    return next(nice * power for nice in _NICE if nice * power > number or nice == _NICE[-1])
