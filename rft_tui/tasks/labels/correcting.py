"""A dataset made anew from corrected references: its change list, its predictions, and only the grades that change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rft_tui.errors import GraderSpecError, UsageError
from rft_tui.graders.registry import models_asked
from rft_tui.store.corrections import DatasetChange, put_changes, take_over_runs
from rft_tui.store.datasets import StoredDataset, add_dataset
from rft_tui.store.graders import StoredGrader, list_graders
from rft_tui.store.grades import copy_known_grades, count_ungraded
from rft_tui.store.runs import any_simulated
from rft_tui.tasks.grade import grade_runs
from rft_tui.tasks.labels.changes import ChangePlan, Refused, changed_rows, item_of, shape_with_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rft_tui.model import Item
    from rft_tui.store.database import Store


@dataclass(frozen=True, slots=True)
class Regraded:
    """What became of a version's grades: taken over, made anew, and left for a judge to be asked about."""

    grader: StoredGrader
    taken: int
    computed: int
    left: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CorrectedDataset:
    """A dataset that was made from another: what was changed and what was not, and what came along."""

    dataset: StoredDataset
    changes: tuple[DatasetChange, ...]
    refused: tuple[Refused, ...]
    runs: tuple[int, ...]
    predictions: int
    graders: tuple[Regraded, ...]
    simulated: bool


def correct_dataset(
    store: Store,
    dataset: StoredDataset,
    name: str,
    plan: ChangePlan,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> CorrectedDataset:
    """Store a dataset under a new name as a plan says, with the predictions and grades of the old one.

    Graders that run here grade what changed at once; no judge is asked. The same call again adds nothing. Raises
    UsageError where nothing would change, where nothing would be left, and where the name is taken by other rows.
    """
    changes: list[DatasetChange] = []
    refused: list[Refused] = []
    kept: list[int] = []

    def items() -> Iterator[tuple[int, Item]]:
        for row in changed_rows(store, dataset, plan):
            if row.change is not None:
                changes.append(row.change)
            if row.refused is not None:
                refused.append(row.refused)
            if row.raw is not None:
                kept.append(row.before.id)
                yield len(kept), item_of(row)

    shape = shape_with_reference(dataset)
    with store.write() as db:
        made = add_dataset(
            db, name, items(), source=f"{dataset.name}, corrected", method=shape.method, mapping=asdict(shape.mapping)
        )
        if not changes:
            why = f": {refused[0].reason} (line {refused[0].line})" if refused else ""
            hint = "Correct a reference in Review with key o, or say what to leave out."
            raise UsageError(f"{dataset.name}: no reference is to be changed and no row left out{why}", hint=hint)
        if not kept:
            raise UsageError(f"{dataset.name}: no row would be left", hint="Leave out less.")
        put_changes(db, made.id, changes)
        numbers = [row[0] for row in db.execute("SELECT id FROM item WHERE dataset = ? ORDER BY position", [made.id])]
        runs, brought = take_over_runs(
            db, dataset.id, made.id, zip(kept, numbers, strict=True), f"predictions of {dataset.name}"
        )
        simulated = any_simulated(db, runs)
    graders = _regrade(store, dataset.id, runs, progress) if runs else ()
    return CorrectedDataset(made, tuple(changes), tuple(refused), tuple(runs), brought, graders, simulated)


def _regrade(
    store: Store, old: int, runs: Sequence[int], progress: Callable[[int, int], None] | None
) -> tuple[Regraded, ...]:
    with store.read() as db:
        at_home = {
            row[0]
            for row in db.execute(
                "SELECT DISTINCT grade.grader FROM grade WHERE grade.run IN (SELECT id FROM run WHERE dataset = ?)",
                [old],
            )
        }
        graders = [grader for grader in list_graders(db) if grader.id in at_home]
    return tuple(_regraded(store, grader, runs, progress) for grader in graders)


def _regraded(
    store: Store, grader: StoredGrader, runs: Sequence[int], progress: Callable[[int, int], None] | None
) -> Regraded:
    with store.write() as db:
        taken = copy_known_grades(db, grader.id, runs)
        left = count_ungraded(db, grader.id, runs)
    if not left or grader.is_external or models_asked(grader.spec):
        return Regraded(grader, taken, 0, left)
    try:
        report = grade_runs(store, grader, runs, progress=progress)
    except (UsageError, GraderSpecError) as error:
        return Regraded(grader, taken, 0, left, error.message)
    return Regraded(grader, taken, report.computed, 0)
