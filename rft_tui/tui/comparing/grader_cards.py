"""Cards of the table of models by graders: what stands behind the number of a cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rft_tui.tui.comparing.numbers import p_words

if TYPE_CHECKING:
    from rft_tui.analysis.paired import Paired
    from rft_tui.tasks.comparing.by_grader import GraderTable
    from rft_tui.tasks.comparing.cards import Card
    from rft_tui.tasks.comparing.operands import Operand


def cell_cards(table: GraderTable, model: int, grader: int) -> list[Card]:
    """The cards of a cell: its mean, and its difference to the baseline if it has one."""
    from rft_tui.tasks.comparing.cards import METHODS, Card, mean_words

    cell, version = table.cells[model][grader], table.graders[grader]
    operand, baseline = table.models[model], table.models[0]
    key, made = f"graders.{model}.{grader}", []
    if cell.mean is not None:
        lines = [*_behind(cell.items, (operand,), version.label), ("method", METHODS[cell.mean.method])]
        lines.append(("source", "Miller, arXiv 2411.00640"))
        title = f"mean · {operand.label} by {version.name}"
        made.append(Card(f"{key}.mean", title, mean_words(cell.mean), tuple(lines)))
    if cell.paired is not None:
        lines = [*_behind(cell.items, (baseline, operand), version.label), ("method", _method(table))]
        lines.append(("source", "Miller, arXiv 2411.00640; Benjamini and Hochberg 1995"))
        title = f"difference · {operand.label} − {baseline.label} by {version.name}"
        made.append(Card(f"{key}.difference", title, _difference(cell.paired, cell.p_adjusted), tuple(lines)))
    return made


def _method(table: GraderTable) -> str:
    return (
        "mean of the items' differences, 95 % t interval, t test;"
        f" p adjusted by Benjamini–Hochberg over {table.comparisons} differences of the table"
    )


def _difference(paired: Paired, adjusted: float | None) -> str:
    ends = paired.interval
    between = "" if ends is None else f" [{ends.low:+.4f}, {ends.high:+.4f}]"
    return f"{paired.difference:+.4f}{between} · p t {p_words(paired.p_t)}, BH {p_words(adjusted)}"


def _behind(items: int, operands: tuple[Operand, ...], grader: str) -> Iterator[tuple[str, str]]:
    """Items, runs, grader version, prompt, effort, model."""
    yield "items", f"{items:,} that all models have a score of"
    yield "runs", "; ".join(f"{one.label}: {', '.join(map(str, one.run_ids[:20]))}" for one in operands)
    yield "grader", grader
    yield "prompt", _joined([prompt for one in operands for prompt in one.prompts])
    yield "effort", _joined([effort or "default" for one in operands for effort in one.efforts])
    yield "model", _joined([name for one in operands for name in (*one.models, *one.served_models)])


def _joined(texts: list[str]) -> str:
    return "; ".join(dict.fromkeys(texts)) or "none"
