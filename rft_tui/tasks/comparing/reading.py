"""The operands of a comparison read from the cache: scores by item, the items they share, what belongs together."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rft_tui.analysis.item_spread import ItemSpread, item_spread
from rft_tui.analysis.scores import ItemScores, ScoreTable
from rft_tui.errors import UsageError
from rft_tui.model import ScoreRule
from rft_tui.store.compared import (
    AnsweredItem,
    ComparedRow,
    compared_rows,
    dataset_names,
    field_of_rows,
    read_operand,
)
from rft_tui.store.compared_corrections import Correcting, superseded
from rft_tui.tasks.comparing.comparison import LeftOut
from rft_tui.tasks.comparing.operands import Operand

INPUT = "input"
"""What belongs together where rows share what is asked."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of all operands; `answered`, `tables`, `spreads` and `left_out` have one entry for each.

    `rows` has every row by its id, `common` those that all operands have a score of, in the order of the datasets.
    `spreads` are those of the common items, None where there are none. `rule` is how scores are read: that of the
    graders, or from 0 to 1 where their ranges differ (`is_scaled`). `repeated` are rows that stand twice in a dataset.
    `datasets` has the names of the rows' datasets. `corrected` says for each operand which of its datasets corrects
    which: the rows as they were before are no part of it.
    """

    operands: tuple[Operand, ...]
    rows: Mapping[str, ComparedRow]
    answered: tuple[Mapping[str, AnsweredItem], ...]
    tables: tuple[ScoreTable, ...]
    spreads: tuple[ItemSpread | None, ...]
    common: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    rule: ScoreRule
    is_scaled: bool
    repeated: frozenset[str]
    datasets: Mapping[int, str]
    corrected: tuple[tuple[Correcting, ...], ...]


def read_operands(db: sqlite3.Connection, operands: Sequence[Operand]) -> Reading:
    """Read all operands."""
    found = compared_rows(db, sorted({run for one in operands for run in one.run_ids}))
    replaced = [superseded(db, one.run_ids) for one in operands]
    answered = [
        read_operand(db, one.grader.id, one.draws, found.rows, gone.items)
        for one, gone in zip(operands, replaced, strict=True)
    ]
    by_id = {row.row_id: row for row in found.rows.values()}
    rule, is_scaled = _rule(operands)
    if is_scaled:
        for operand, items in zip(operands, answered, strict=True):
            _scale(items.values(), operand.grader.rule)
    scored = [{row for row, item in items.items() if item.scores} for items in answered]
    shared = set.intersection(*scored)
    common = tuple(row for row in by_id if row in shared)
    tables = tuple(_table(items, common, shared, rule) for items in answered)
    spreads = tuple(item_spread(table.scored) if common else None for table in tables)
    left_out = tuple(
        _left_out(items, set().union(*scored) - mine) for items, mine in zip(answered, scored, strict=True)
    )
    return Reading(
        tuple(operands), by_id, tuple(answered), tables, spreads, common, left_out, rule, is_scaled, found.repeated,
        dataset_names(db, {row.dataset for row in by_id.values()}), tuple(one.by for one in replaced),
    )  # fmt: skip


def _rule(operands: Sequence[Operand]) -> tuple[ScoreRule, bool]:
    rules = [one.grader.rule for one in operands]
    if len({(rule.low, rule.high) for rule in rules}) > 1:
        return ScoreRule(), True
    return rules[0], False


def _scale(items: Iterable[AnsweredItem], rule: ScoreRule) -> None:
    """Take scores as shares of their grader's range."""
    span = (rule.high - rule.low) or 1.0
    for one in items:
        one.scores = {draw: (score - rule.low) / span for draw, score in one.scores.items()}


def _table(items: Mapping[str, AnsweredItem], common: Sequence[str], shared: set[str], rule: ScoreRule) -> ScoreTable:
    """The scores of the common items, and after them the items with nothing but errors."""
    found = {row: ItemScores(row, items[row].scores, len(items[row].errors)) for row in common}
    for row, one in items.items():
        if row not in shared and one.errors and not one.scores:
            found[row] = ItemScores(row, {}, len(one.errors))
    return ScoreTable(found, rule.low, rule.high)


def _left_out(mine: Mapping[str, AnsweredItem], lacking: set[str]) -> LeftOut:
    """Why an operand has no score of items that another one has a score of."""
    missing: list[str] = []
    ungraded: list[str] = []
    errors: list[str] = []
    for row in sorted(lacking):
        item = mine.get(row)
        (missing if item is None else errors if item.errors else ungraded).append(row)
    return LeftOut(tuple(missing), tuple(ungraded), tuple(errors))


def clusters_of(db: sqlite3.Connection, reading: Reading, field: str) -> tuple[str, dict[str, str] | None]:
    """What belongs together and the group of each common item: by a field of the rows, else by their inputs.

    Nothing (``""`` and None) where no field is named and no two items share an input. Raises UsageError for a field
    that no row has.
    """
    if field:
        found = field_of_rows(db, reading.common, field)
        if not found and reading.common:
            raise UsageError(f"no row has a field {field!r:.80}", hint="rft-tui data show NAME shows the fields.")
        return field, found
    inputs = {row: reading.rows[row].input for row in reading.common}
    if len(set(inputs.values())) == len(inputs):
        return "", None
    return INPUT, {row: str(number) for row, number in inputs.items()}
