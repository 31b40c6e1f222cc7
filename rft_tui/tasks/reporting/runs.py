"""The section of a report about several runs of an item: k tries, agreement with itself, what can be learnt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from rft_tui.tasks.reporting import charts
from rft_tui.tasks.reporting.document import Cell, Chart, Section, Table, number, text
from rft_tui.tasks.reporting.figures import share
from rft_tui.tasks.reporting.words import score, span

if TYPE_CHECKING:
    from rft_tui.analysis.intervals import Interval
    from rft_tui.analysis.several_runs import SeveralRuns, Tries
    from rft_tui.tasks.comparing.comparison import Comparison, OperandFigures

_Figure: TypeAlias = "Callable[[Tries], tuple[float, Interval | None]]"

_FIGURES: tuple[tuple[str, _Figure], ...] = (
    ("pass@k", lambda one: (one.any_passes, one.any_interval)),
    ("pass^k", lambda one: (one.all_pass, one.all_interval)),
    ("best of k", lambda one: (one.best, one.best_interval)),
)


def runs_section(comparison: Comparison) -> Section | None:
    """What several runs of an item tell; None where each has one."""
    several = [
        (one, one.several) for one in comparison.operands if one.several is not None and len(one.several.tries) > 1
    ]
    if not several:
        return None
    ks = [one.k for one in _chosen(max((runs.tries for _one, runs in several), key=len))]
    said = "pass@k: at least one of k runs passes; pass^k: all of them do."
    fewer = tuple(_fewer(one.label, runs) for one, runs in several if runs.tries[-1].items < runs.items)
    rows = tuple(
        (text(one.label), text(name), *_cells(runs.tries, read, ks)) for one, runs in several for name, read in _FIGURES
    )
    series = [
        charts.Series(f"{one.label}, {name}", [(at.k, read(at)[0]) for at in runs.tries])
        for one, runs in several
        for name, read in _FIGURES[:2]
    ]
    curves = charts.curves(series, x_label="k", y_label="share of items", said=said)
    return Section(
        "Several runs",
        (
            said,
            *fewer,
            Table("Over k runs of an item", ("", "", *(f"k = {k}" for k in ks)), rows),
            Chart("By number of runs", curves, said),
            Table(
                "What training by reinforcement could learn from: items that pass in some runs and not in others",
                ("", "passes from", "never", "sometimes", "always", "learnable", "pairs of runs that agree"),
                tuple(_learnable(one, runs) for one, runs in several),
            ),
        ),
    )


def _fewer(label: str, runs: SeveralRuns) -> str:
    """That a column is over fewer items than the one before."""
    last = runs.tries[-1]
    return (
        f"{label}: {last.items:,} of {runs.items:,} items have {last.k} scores; each k counts the items with so many"
        " scores, so its columns are not of the same items."
    )


def _chosen(tries: Sequence[Tries]) -> list[Tries]:
    """Powers of two, and the last."""
    return [one for place, one in enumerate(tries) if one.k & (one.k - 1) == 0 or place == len(tries) - 1]


def _cells(tries: Sequence[Tries], read: _Figure, ks: Sequence[int]) -> list[Cell]:
    by_k = {one.k: read(one) for one in tries}
    cells = []
    for k in ks:
        value, interval = by_k.get(k, (None, None))
        sure = f" ({span(interval)})" if interval is not None else ""
        cells.append(Cell(f"{score(value)}{sure}", is_number=True))
    return cells


def _learnable(one: OperandFigures, runs: SeveralRuns) -> tuple[Cell, ...]:
    own = "" if one.own_threshold else " (half the range)"
    return (
        text(one.label), Cell(f"{score(one.threshold)}{own}", is_number=True),
        *(number(count, 0) for count in (runs.never, runs.sometimes, runs.always)),
        share(runs.learnable), share(runs.agreement),
    )  # fmt: skip
