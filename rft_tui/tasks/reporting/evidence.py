"""The sections of a report that lead back to the data: changed items in full, and what stands behind the numbers."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

from rft_tui.store.filters import Selection
from rft_tui.store.review import get_review_item
from rft_tui.tasks.reporting.document import Block, Example, Note, Passage, Section, Table, text
from rft_tui.tasks.reporting.words import score, signed

if TYPE_CHECKING:
    import sqlite3

    from rft_tui.store.database import Store
    from rft_tui.store.review import ReviewItem
    from rft_tui.tasks.comparing.comparison import Comparison, ItemChange, OperandFigures, PairFigures

EXAMPLES = 10
"""Regressions and improvements shown in full unless another number is asked for."""


def changes_section(store: Store, comparison: Comparison, pair: PairFigures, examples: int = EXAMPLES) -> Section:
    """The items that changed most, with both answers. Raises StoreError."""
    first, second = comparison.operands[pair.first], comparison.operands[pair.second]
    blocks: list[Block] = []
    with closing(store.connect()) as db:
        for title, changes in (("Regressions", pair.regressions), ("Improvements", pair.improvements)):
            shown = changes[:examples]
            count = f"{len(changes):,}" if len(shown) == len(changes) else f"{len(shown)} of {len(changes):,}"
            blocks.append(f"{title}: {count}." if changes else f"{title}: none.")
            blocks += [_change(db, first, second, one) for one in shown]
    return Section(f"What changed: {second.label} against {first.label}", tuple(blocks))


def _change(db: sqlite3.Connection, first: OperandFigures, second: OperandFigures, change: ItemChange) -> Example:
    title = (
        f"{signed(change.difference, 2)}  {score(change.before, 2)} → {score(change.after, 2)}"
        f"  {change.place}  {change.question}"
    )
    before = _read(db, first, change.predictions_before)
    after = _read(db, second, change.predictions_after)
    either = before or after
    passages = []
    if either is not None:
        passages.append(Passage("question", either.question))
        passages.append(Passage("reference", either.reference or "none"))
    for figures, item in ((first, before), (second, after)):
        if item is not None:
            passages += _answer(figures.label, item)
    return Example(title, tuple(passages))


def _read(db: sqlite3.Connection, figures: OperandFigures, predictions: tuple[int, ...]) -> ReviewItem | None:
    """The prediction nearest to its item's mean; None where there is none."""
    if not predictions:
        return None
    grader = figures.operand.grader
    return get_review_item(db, Selection(None, grader.id, "", grader.rule), predictions[0])


def _answer(label: str, item: ReviewItem) -> list[Passage]:
    grade = item.grade
    got = f" · run {item.run_index}" + (f" · {score(grade.score, 2)}" if grade is not None else "")
    passages = [Passage(f"{label}{got}", item.output_text)]
    if item.summary:
        passages.append(Passage(f"{label}, reasoning summary", item.summary))
    if grade is not None and grade.steps:
        passages.append(Passage(f"{label}, the grader's steps", "\n".join(grade.steps)))
    return passages


def behind_section(comparison: Comparison) -> Section:
    """Runs, models, prompts and graders behind the numbers, what is left out, and how it was computed."""
    headings = ("", "runs", "dataset", "model", "answered as", "effort", "prompt", "grader", "left out")
    rows = tuple(
        (
            text(one.label), text(", ".join(map(str, one.operand.run_ids))), text(", ".join(one.operand.datasets)),
            text(", ".join(one.operand.models)), text(", ".join(one.operand.served_models) or "not said"),
            text(", ".join(one.operand.efforts)), text(", ".join(one.operand.prompts)), text(one.operand.grader.label),
            text(_items(left.count)),
        )
        for one, left in zip(comparison.operands, comparison.left_out, strict=True)
    )  # fmt: skip
    blocks: list[Block] = [Table("What was compared", headings, rows)]
    if comparison.simulated:
        blocks.append(Note("Some of these answers came from the embedded service: they are SIMULATED, not a model's."))
    blocks.append(
        "Items are paired by their content, never by their place in a file. Intervals are 95 %: t over item means, near"
        " an end of the range Wilson's; differences are paired, their second p is that of sign flips; pass@k and its"
        f" like by bootstrap over items. Seeds come from the data, whose hash is {comparison.key[:12]}."
    )
    blocks += [
        Example(f"grader {one.label}", (Passage(one.type, json.dumps(one.spec, indent=2, ensure_ascii=False)),))
        for one in comparison.graders
    ]
    return Section("What stands behind it", tuple(blocks))


def _items(count: int) -> str:
    return "none" if not count else "1 item" if count == 1 else f"{count:,} items"
