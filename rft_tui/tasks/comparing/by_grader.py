"""Models under several graders as one table; the finding is a gain under the trained grader and none under another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rft_tui.analysis.intervals import LEVEL
from rft_tui.analysis.model_mean import ModelMean, model_mean
from rft_tui.analysis.multiple import benjamini_hochberg
from rft_tui.analysis.paired import Paired, paired_difference
from rft_tui.errors import UsageError
from rft_tui.identity import canonical_json
from rft_tui.store.compared_jobs import jobs_of_models
from rft_tui.store.grades import is_simulated
from rft_tui.tasks.comparing.operands import Operand, resolve_operands
from rft_tui.tasks.comparing.reading import clusters_of, read_operands

if TYPE_CHECKING:
    import sqlite3

    from rft_tui.store.database import Store
    from rft_tui.store.graders import StoredGrader

ALPHA = 1 - LEVEL
"""The adjusted p up to which a difference counts as found."""

KEEPS_UP = 0.5
"""The share of the trained grader's gain that another must be able to reach; below, there is none worth the name."""


@dataclass(frozen=True, slots=True)
class GraderCell:
    """One model under one grader, on the items that all models have a score of under it.

    `mean` is None where there is none; `paired` is the difference to the baseline, None for the baseline itself.
    `p_adjusted` is by Benjamini-Hochberg over all differences of the table.
    """

    items: int
    mean: ModelMean | None
    paired: Paired | None = None
    p_adjusted: float | None = None

    @property
    def is_gain(self) -> bool:
        """Whether the model is better than the baseline beyond chance."""
        is_found = self.p_adjusted is not None and self.p_adjusted <= ALPHA
        return is_found and self.paired is not None and self.paired.difference > 0


@dataclass(frozen=True, slots=True)
class GraderFinding:
    """A model (its place) that gains under the trained grader and does not under another one."""

    model: int
    trained: StoredGrader
    other: StoredGrader
    text: str


@dataclass(frozen=True, slots=True)
class GraderTable:
    """Rows are models (the baseline first), columns are graders: ``cells[model][grader]``.

    `trained` is the place of the grader that a compared model was trained by, where a job here says so
    (`is_trained_known`); else the first. `comparisons` are those that the p values are adjusted for.
    """

    models: tuple[Operand, ...]
    graders: tuple[StoredGrader, ...]
    cells: tuple[tuple[GraderCell, ...], ...]
    trained: int
    is_trained_known: bool
    findings: tuple[GraderFinding, ...]
    comparisons: int
    simulated: bool


def by_grader(
    store: Store, names: Sequence[str], graders: Sequence[StoredGrader], *, runs: Sequence[int] | None = None,
    cluster: str = "",
) -> GraderTable:  # fmt: skip
    """The table of some operands (no grader versions among them) under one grader or more. Raises UsageError."""
    if not graders:
        raise UsageError("there is no grader to compare under", hint="Name some: --grader G --grader H.")
    with closing(store.connect()) as db:
        chosen = resolve_operands(db, names, grader=graders[0], runs=runs)
        if chosen.of_graders:
            raise UsageError(
                "grader versions cannot be compared under graders", hint="Name models or runs, or leave out --grader."
            )
        columns = [_column(db, chosen.operands, grader, cluster) for grader in graders]
        trained = _trained(db, chosen.operands, graders)
        simulated = any(run.simulated for one in chosen.operands for run in one.runs) or any(
            is_simulated(db, grader.id, one.run_ids) for grader in graders for one in chosen.operands
        )
    cells = _adjusted([tuple(column[place] for column in columns) for place in range(len(chosen.operands))])
    place = trained or 0
    return GraderTable(
        chosen.operands, tuple(graders), cells, place, trained is not None,
        tuple(_findings(chosen.operands, graders, cells, place)), len(_differences(cells)), simulated,
    )  # fmt: skip


def _column(
    db: sqlite3.Connection, operands: Sequence[Operand], grader: StoredGrader, cluster: str
) -> list[GraderCell]:
    reading = read_operands(db, [replace(one, grader=grader) for one in operands])
    _kind, clusters = clusters_of(db, reading, cluster)
    first = reading.tables[0].only(reading.common)
    cells = []
    for place, table in enumerate(reading.tables):
        paired = None if not place else paired_difference(first, table.only(reading.common), clusters=clusters)
        cells.append(GraderCell(len(reading.common), model_mean(table, clusters), paired))
    return cells


def _differences(cells: Sequence[Sequence[GraderCell]]) -> list[float]:
    return [cell.paired.p_t for row in cells for cell in row if cell.paired and cell.paired.p_t is not None]


def _adjusted(cells: Sequence[tuple[GraderCell, ...]]) -> tuple[tuple[GraderCell, ...], ...]:
    adjusted = iter(benjamini_hochberg(_differences(cells)))
    return tuple(
        tuple(
            replace(cell, p_adjusted=next(adjusted)) if cell.paired and cell.paired.p_t is not None else cell
            for cell in row
        )
        for row in cells
    )


def _trained(db: sqlite3.Connection, operands: Sequence[Operand], graders: Sequence[StoredGrader]) -> int | None:
    """The place of the grader that one of the models was trained by."""
    asked = [(run.model, canonical_json(run.parameters)) for one in operands for run in one.runs]
    versions = {job.grader_version for _model, job in jobs_of_models(db, asked)}
    return next((place for place, grader in enumerate(graders) if grader.version in versions), None)


def _findings(
    operands: Sequence[Operand], graders: Sequence[StoredGrader], cells: Sequence[Sequence[GraderCell]], trained: int
) -> Iterator[GraderFinding]:
    for model, row in enumerate(cells):
        gained = row[trained].paired
        if gained is None or not row[trained].is_gain:
            continue
        gain = gained.difference / _span(graders[trained])
        for place, cell in enumerate(row):
            if place == trained or cell.paired is None or cell.is_gain:
                continue
            other = cell.paired.difference / _span(graders[place])
            if other < KEEPS_UP * gain:
                text = (
                    f"{operands[model].label} gains {gained.difference:+.3f} under {graders[trained].label} and"
                    f" {'−' if cell.paired.difference < 0 else '+'}{abs(cell.paired.difference):.3f}"
                    f" under {graders[place].label}"
                )
                yield GraderFinding(model, graders[trained], graders[place], text)


def _span(grader: StoredGrader) -> float:
    return (grader.rule.high - grader.rule.low) or 1.0
