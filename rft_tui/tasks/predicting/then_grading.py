"""Grading that follows runs by itself: what it will ask and cost is part of the plan, the work is a task of its own."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from rft_tui.errors import StoreBusyError, StoreError, UsageError
from rft_tui.graders.engine import DEFAULT_ITEM_TIMEOUT_S
from rft_tui.graders.registry import models_asked
from rft_tui.model import JsonObject
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store.graders import StoredGrader, find_grader, get_grader, grader_of_version
from rft_tui.store.grades import count_ungraded
from rft_tui.store.runs import any_simulated
from rft_tui.store.tasks import TaskState, add_task, list_tasks
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.predicting.estimate import estimate_grading
from rft_tui.tasks.predicting.planned_run import PlannedRun

if TYPE_CHECKING:
    from rft_tui.tasks.background.bench import Bench

THEN = "then_grade"
"""The key in a task's request under which the grading that follows it stands."""

GRADE = "grade"
"""The kind of the task that grades."""


@dataclass(frozen=True, slots=True)
class GradingAfter:
    """The version that will grade, and what that takes.

    `models` are those it asks through `profile`, none where it works here; `questions` are at most so many, `cost` in
    US dollars, None where a price is not known.
    """

    grader: StoredGrader
    models: tuple[str, ...] = ()
    profile: str = ""
    questions: int = 0
    cost: float | None = 0.0

    @property
    def is_free(self) -> bool:
        """Whether it asks no model: nothing that one has to be warned of."""
        return not self.models

    @property
    def said(self) -> str:
        """A sentence for whoever confirms the start."""
        if self.is_free:
            return f"then graded by {self.grader.label}, here and free"
        cost = "at an unknown price" if self.cost is None else f"about ${self.cost:,.2f}"
        asked = f"at most {self.questions:,} questions to {', '.join(self.models)} through {self.profile}"
        return f"then graded by {self.grader.label}: {asked}, {cost}"

    def document(self, spend_cap: float | None) -> JsonObject:
        """What stands in the request of the task that it follows."""
        cap = {} if spend_cap is None or not self.models else {"spend_cap": spend_cap}
        return {"grader": self.grader.id, "profile": self.profile, "settings": cap}


def grading_after(
    db: sqlite3.Connection, name: str, runs: Sequence[PlannedRun], judge: NamedProfile
) -> GradingAfter | None:
    """What grading the planned runs by a version (its hash, NAME or ``NAME@HASH``) will take.

    None without a name, or where nothing is to come and nothing waits to be graded.

    Raises UsageError where there is no such version, or only its name is known.
    """
    if not name:
        return None
    grader = grader_of_version(db, name) or find_grader(db, name)
    if grader.is_external:
        raise UsageError(
            f"{grader.label} is known by its name only: it grades nothing here", hint="Name another grader."
        )
    known = [one.run for one in runs if one.run is not None]
    waiting = count_ungraded(db, grader.id, known) if known else 0
    count = waiting + sum(one.items - one.present for one in runs)
    if not count:
        return None
    models = tuple(models_asked(grader.spec))
    if not models:
        return GradingAfter(grader)
    figures = estimate_grading(db, grader, None, judge, count=count)
    return GradingAfter(grader, models, judge.name, figures.requests, figures.cost)


def queue_grading(db: sqlite3.Connection, task: int, request: JsonObject) -> int | None:
    """Queue the grading that follows a task, once however often it is called; its number, None where none follows."""
    then = request.get(THEN)
    if not isinstance(then, dict):
        return None
    for one in list_tasks(db):
        if one.kind == GRADE and one.request.get("after") == task:
            return one.id
    grader, runs = get_grader(db, int(then["grader"])), [int(run) for run in request["runs"]]
    if grader is None:
        raise StoreError("the grader that was to follow is not in the cache any more", hint="rft-tui grade.")
    to_do = count_ungraded(db, grader.id, runs)
    if not to_do:
        return None
    document = {
        "profile": str(then.get("profile", "")), "grader": grader.id, "runs": runs,
        "item_timeout_s": DEFAULT_ITEM_TIMEOUT_S, "after": task,
    }  # fmt: skip
    return add_task(
        db, GRADE, f"grade with {grader.label}", document, dict(then.get("settings", {})),
        total=to_do, simulated=any_simulated(db, runs),
    )  # fmt: skip


async def followed_by_grading(bench: Bench, control: Control, end: TaskEnd) -> TaskEnd:
    """How a task ends, with the grading queued that was asked for; none follows one that did not come to its end."""
    if end.state is not TaskState.DONE or THEN not in control.task.request:
        return end
    queue = partial(queue_grading, task=control.task.id, request=control.task.request)
    number = await bench.writer.do(queue, control.seal)
    return end if number is None else TaskEnd(end.state, f"task {number} grades it", end.error)


def grades_here(bench: Bench, control: Control) -> StoredGrader | None:
    """The version of a task that grades if it asks no service, else None."""
    with bench.store.read() as db:
        grader = get_grader(db, int(control.task.request["grader"]))
    return grader if grader is not None and not models_asked(grader.spec) else None


async def grade_here(bench: Bench, control: Control, grader: StoredGrader) -> TaskEnd:
    """Grade runs by a version that asks no service; what is graded is kept, whatever ends it."""
    from rft_tui.tasks.grade import grade_runs

    runs = [int(run) for run in control.task.request["runs"]]

    def shown(done: int, _total: int) -> None:
        control.progress.done = min(done, control.progress.total)

    while not control.stop.is_set():
        try:
            report = await asyncio.to_thread(
                grade_runs, bench.store, grader, runs, item_timeout_s=float(control.task.request["item_timeout_s"]),
                stop=control.stop, progress=shown,
            )  # fmt: skip
        except StoreBusyError:
            continue
        if control.stop.is_set():
            break
        control.progress.done = control.progress.total
        mean = report.summary.mean.mean
        said = f"{grader.label}: " + ("no score" if mean is None else f"mean {mean:.3f}")
        return TaskEnd(TaskState.DONE, said + (f", {report.errors:,} errors" if report.errors else ""))
    return control.stopped()
