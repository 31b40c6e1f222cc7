"""The figures of an operand against the baseline: differences, changes item by item, what could be detected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from math import log

from rft_tui.analysis.detectable import cheapest_fixes
from rft_tui.analysis.length_adjusted import LengthAdjusted, length_adjusted
from rft_tui.analysis.multiple import holm
from rft_tui.analysis.paired import Paired, paired_difference
from rft_tui.store.compared import AnsweredItem
from rft_tui.tasks.comparing.comparison import ItemChange, PairFigures
from rft_tui.tasks.comparing.reading import Reading

QUESTION = 120
"""Characters of an item's question."""

SHOWN_FIXES = 3
"""Ways to a smaller detectable difference that are kept."""


def pair_figures(reading: Reading, clusters: Mapping[str, str] | None) -> tuple[PairFigures, ...]:
    """Every other operand against the first, without resampling; none where no item is common."""
    made = []
    for second in range(1, len(reading.operands)):
        paired = paired_difference(
            reading.tables[0], reading.tables[second], clusters=clusters,
            is_shared=set(reading.operands[0].run_ids) == set(reading.operands[second].run_ids),
            shared_runs=_shared_runs(reading, second), spreads=(reading.spreads[0], reading.spreads[second]),
        )  # fmt: skip
        if paired is not None:
            made.append(_pair(reading, second, paired, clusters))
    known = [one.paired.p_t for one in made if one.paired.p_t is not None]
    adjusted = iter(holm(known))
    return tuple(replace(one, p_adjusted=None if one.paired.p_t is None else next(adjusted)) for one in made)


def _pair(reading: Reading, second: int, paired: Paired, clusters: Mapping[str, str] | None) -> PairFigures:
    before, after = reading.answered[0], reading.answered[second]
    fixes = tuple(cheapest_fixes(paired)[:SHOWN_FIXES])
    return PairFigures(
        0,
        second,
        paired,
        None,
        fixes,
        _changes(reading, second, paired),
        _adjusted(paired, before, after, clusters),
    )


def _shared_runs(reading: Reading, second: int) -> float:
    """How many scores of a common item, on average, come from runs that both operands have; 0 where all are shared."""
    one, other = reading.operands[0], reading.operands[second]
    shared = set(one.run_ids) & set(other.run_ids)
    if not shared or set(one.run_ids) == set(other.run_ids) or one.grader.id != other.grader.id or not reading.common:
        return 0.0
    before, after = reading.answered[0], reading.answered[second]
    found = sum(len({*before[item].predictions} & {*after[item].predictions}) for item in reading.common)
    return found / len(reading.common)


def _changes(reading: Reading, second: int, paired: Paired) -> tuple[ItemChange, ...]:
    (before, after), spreads = (reading.answered[0], reading.answered[second]), reading.spreads
    befores, afters = (spread.means if spread else {} for spread in (spreads[0], spreads[second]))
    found = []
    for difference, item in sorted([(difference, item) for item, difference in paired.differences.items()]):
        one, other, row = before[item], after[item], reading.rows[item]
        was, now = befores[item], afters[item]
        found.append(
            ItemChange(
                item, f"{reading.datasets[row.dataset]}:{row.line}", row.question[:QUESTION], was, now, difference,
                sum(one.lengths) / len(one.lengths), sum(other.lengths) / len(other.lengths),
                _nearest_first(one, was), _nearest_first(other, now),
            )
        )  # fmt: skip
    return tuple(found)


def _nearest_first(one: AnsweredItem, mean: float) -> tuple[int, ...]:
    """The predictions with a score, the one whose score is nearest to their mean first."""
    away = [abs(score - mean) for score in one.scores.values()]
    nearest = away.index(min(away))
    return (
        (one.predictions[nearest], *one.predictions[:nearest], *one.predictions[nearest + 1 :])
        if nearest
        else tuple(one.predictions)
    )


def _adjusted(
    paired: Paired,
    before: Mapping[str, AnsweredItem],
    after: Mapping[str, AnsweredItem],
    clusters: Mapping[str, str] | None,
) -> LengthAdjusted | None:
    """The difference at equal length: log characters of the answers, averaged over an item's runs."""
    changes = {
        item: _log_length(after[item].lengths) - _log_length(before[item].lengths) for item in paired.differences
    }
    return length_adjusted(paired.differences, changes, clusters)


def _log_length(lengths: Sequence[int]) -> float:
    return sum(map(log, lengths if all(lengths) else [length or 1 for length in lengths])) / len(lengths)


def change_list(changes: Sequence[ItemChange]) -> list[int]:
    """The predictions of some changes, the baseline's and then the other's of each item."""
    return list(chain.from_iterable((one.predictions_before[0], one.predictions_after[0]) for one in changes))
