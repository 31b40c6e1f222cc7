"""A multi grader whose children are partly those of an older version: their stored sub-scores are taken over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from itertools import tee
from threading import Event
from typing import TYPE_CHECKING

from rft_tui.graders.engine import DEFAULT_ITEM_TIMEOUT_S, compile_grader
from rft_tui.graders.formula_parser import parse_formula
from rft_tui.graders.multi import combine, named_children
from rft_tui.graders.registry import compile_open, models_asked
from rft_tui.graders.running import GradingContext
from rft_tui.identity import canonical_json
from rft_tui.model import Grade, JsonObject, JudgeUse
from rft_tui.store.database import Store
from rft_tui.store.grade_rows import GradeRow, iter_grades
from rft_tui.store.graders import StoredGrader
from rft_tui.store.grades import Gradable, add_grades, copy_known_grades, count_ungraded, iter_gradable
from rft_tui.tasks.grade import BATCH, NOT_ASKED, Progress, call_of

if TYPE_CHECKING:
    from rft_tui.graders.judge import Judge


@dataclass(frozen=True, slots=True)
class Plan:
    """The children of a new version: those that are equal to one of the old version, by its name there, and others."""

    kept: dict[str, str]
    fresh: dict[str, JsonObject]
    asks: frozenset[str]

    def known(self, row: GradeRow) -> dict[str, Grade] | None:
        """The grades of the kept children in a stored grade; None where it does not have all of them."""
        scores = row.grade.sub_scores
        if any(scores.get(old) is None for old in self.kept.values()):
            return None
        steps = child_steps(row.grade.steps, scores)
        judged = tuple(replace(use, cached=True) for use in row.grade.judged)
        found: dict[str, Grade] = {}
        for name, old in self.kept.items():
            uses: tuple[JudgeUse, ...] = ()
            if name in self.asks:
                uses, judged = judged, ()
            found[name] = Grade(scores[old], steps=tuple(steps.get(old, ())), judged=uses)
        return found


def plan_reuse(before: StoredGrader, after: StoredGrader) -> Plan | None:
    """Which children of a version can be taken over from another one; None where none can."""
    if before.type != "multi" or after.type != "multi" or before.id == after.id:
        return None
    old = {canonical_json(child): name for name, child in named_children(before.spec.get("graders")).items()}
    children = named_children(after.spec.get("graders"))
    kept = {name: old[text] for name, child in children.items() if (text := canonical_json(child)) in old}
    fresh = {name: child for name, child in children.items() if name not in kept}
    return Plan(kept, fresh, frozenset(name for name in kept if models_asked(children[name]))) if kept else None


def reuse_children(
    store: Store,
    before: StoredGrader,
    after: StoredGrader,
    runs: Sequence[int] | None = None,
    *,
    stop: Event | None = None,
    progress: Progress | None = None,
    judge: Judge | None = None,
) -> int:
    """Grade with `after` what `before` has graded, asking only the children that are new; how many grades were made.

    Predictions for which a sub-score is missing are left to a full grading; so is everything where a new child asks a
    model and there is no judge. What judges took is carried over as cached. Raises GraderSpecError for a grader that
    cannot run here.
    """
    plan = plan_reuse(before, after)
    if plan is None or (judge is None and any(models_asked(child) for child in plan.fresh.values())):
        return 0
    compile_grader(after.spec)
    stop = stop or Event()
    with store.write() as db:
        copy_known_grades(db, after.id, runs)
        to_do = count_ungraded(db, after.id, runs)
    made = 0
    batch: list[tuple[int, int, int, Grade]] = []
    with closing(store.connect()) as first, closing(store.connect()) as second:
        gradables = iter_gradable(first, runs, ungraded_by=after.id)
        known = _usable(plan, gradables, iter_grades(second, before.id, runs), stop)
        for gradable, grade in _combined(plan, after, known, stop, judge):
            if grade.error is not None and grade.error.kind == NOT_ASKED:
                continue
            batch.append((gradable.prediction, gradable.item, gradable.run, grade))
            if len(batch) == BATCH:
                made += _stored(store, after, batch)
                batch = []
                if progress is not None:
                    progress(made, to_do)
    return made + _stored(store, after, batch)


def child_steps(steps: Sequence[str], names: Iterable[str]) -> dict[str, list[str]]:
    """The steps of each child from those of a multi grader; a line without a child's name goes on with the one before.

    `names` holds the children's names.
    """
    found: dict[str, list[str]] = {name: [] for name in names}
    current = ""
    for step in steps[1:]:  # the first is the formula
        name, colon, rest = step.partition(": ")
        if colon and name in found:
            current = name
            found[name].append(rest)
        elif current:
            found[current][-1] += f"\n{step}"
    return found


def _usable(
    plan: Plan, gradables: Iterator[Gradable], grades: Iterator[GradeRow], stop: Event
) -> Iterator[tuple[Gradable, dict[str, Grade]]]:
    """Predictions with the grades of the kept children; both streams come in the order of the predictions."""
    row = next(grades, None)
    for gradable in gradables:
        while row is not None and row.prediction < gradable.prediction:
            row = next(grades, None)
        if row is None or stop.is_set():
            return
        if row.prediction == gradable.prediction and gradable.error_kind is None:
            known = plan.known(row)
            if known is not None:
                yield gradable, known


def _combined(
    plan: Plan,
    after: StoredGrader,
    known: Iterator[tuple[Gradable, dict[str, Grade]]],
    stop: Event,
    judge: Judge | None,
) -> Iterator[tuple[Gradable, Grade]]:
    """The grades of the new version, lazily, until `stop` is set."""
    children = named_children(after.spec["graders"])
    formula = parse_formula(after.spec["calculate_output"], children)
    with ExitStack() as stack:
        context = GradingContext(DEFAULT_ITEM_TIMEOUT_S, None, stop, stack, judge)
        runs = [compile_open(child)(context) for child in plan.fresh.values()]
        own, *copies = tee(known, len(runs) + 1)
        streams = [run(call_of(gradable) for gradable, _ in copy) for run, copy in zip(runs, copies, strict=True)]
        for (gradable, kept), *made in zip(own, *streams, strict=False):
            if stop.is_set():
                return
            grades = kept | dict(zip(plan.fresh, made, strict=True))
            yield gradable, combine(formula, {name: grades[name] for name in children}, after.rule)


def _stored(store: Store, after: StoredGrader, batch: Sequence[tuple[int, int, int, Grade]]) -> int:
    if not batch:
        return 0
    with store.write() as db:
        return add_grades(db, after.id, batch)
