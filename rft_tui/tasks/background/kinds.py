"""The kinds of tasks that a worker does, one line each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from rft_tui.tasks.background.bench import Bench
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.jobs.task_kinds import LAUNCH, WATCH

Do: TypeAlias = Callable[[Bench, Control], Awaitable[TaskEnd]]
"""Does a task and says how it ended; RftError stops it as failed."""


async def _predict(bench: Bench, control: Control) -> TaskEnd:
    from rft_tui.tasks.predicting.task import predict
    from rft_tui.tasks.predicting.then_grading import followed_by_grading

    return await followed_by_grading(bench, control, await predict(bench, control))


async def _grade(bench: Bench, control: Control) -> TaskEnd:
    from rft_tui.tasks.judging.task import grade
    from rft_tui.tasks.predicting.then_grading import grade_here, grades_here

    grader = grades_here(bench, control)
    return await (grade(bench, control) if grader is None else grade_here(bench, control, grader))


async def _batch(bench: Bench, control: Control) -> TaskEnd:
    from rft_tui.tasks.batches.task import predict_in_batches
    from rft_tui.tasks.predicting.then_grading import followed_by_grading

    return await followed_by_grading(bench, control, await predict_in_batches(bench, control))


async def _watch(bench: Bench, control: Control) -> TaskEnd:
    from rft_tui.tasks.jobs.watching import watch

    return await watch(bench, control)


async def _launch(bench: Bench, control: Control) -> TaskEnd:
    from rft_tui.tasks.jobs.launching import launch

    return await launch(bench, control)


async def _archive(bench: Bench, control: Control) -> TaskEnd:
    from rft_tui.tasks.jobs.archive import archive

    return await archive(bench, control)


TASK_KINDS: dict[str, Do] = {
    "predict": _predict,
    "grade": _grade,
    "batch": _batch,
    LAUNCH: _launch,
    WATCH: _watch,
    "archive": _archive,
}
"""What a worker can do, by the kind of the task."""

WATCHING = frozenset({WATCH})
"""Kinds that wait for most of the time."""
