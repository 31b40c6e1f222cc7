"""The kinds of tasks that a worker does, one line each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from rft_tui.store.database import Store
from rft_tui.tasks.control import Control, TaskEnd
from rft_tui.tasks.services import Services
from rft_tui.tasks.writing import StoreWriter


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker gives its tasks: the cache, one writer, the open services."""

    store: Store
    writer: StoreWriter
    services: Services


Do: TypeAlias = Callable[[Bench, Control], Awaitable[TaskEnd]]
"""Does a task and says how it ended; RftError stops it as failed."""


async def _predict(bench: Bench, control: Control) -> TaskEnd:
    from rft_tui.tasks.predict_task import predict

    return await predict(bench, control)


async def _grade(bench: Bench, control: Control) -> TaskEnd:
    from rft_tui.tasks.grade_task import grade

    return await grade(bench, control)


async def _batch(bench: Bench, control: Control) -> TaskEnd:
    from rft_tui.tasks.batch_task import predict_in_batches

    return await predict_in_batches(bench, control)


TASK_KINDS: dict[str, Do] = {"predict": _predict, "grade": _grade, "batch": _batch}
"""What a worker can do, by the kind of the task."""
