"""The task `grade`: runs graded by a stored version whose judge a model service is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from threading import Event

from rft_tui.errors import ServiceError, StoreBusyError, StoreError
from rft_tui.model import Grade
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader, get_grader
from rft_tui.store.grades import count_ungraded, forget_service_errors
from rft_tui.store.runs import any_simulated
from rft_tui.store.tasks import TaskState, add_task
from rft_tui.tasks.background.bench import Bench
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.grade import grade_runs
from rft_tui.tasks.judging.judge import CAP_REACHED, ServiceJudge
from rft_tui.tasks.judging.purse import JudgeTally

GRADE = "grade"
"""The kind of these tasks."""

COUNT_EVERY_S = 0.5
"""How often what the judge took goes into the task's figures."""


def start_grading(
    store: Store,
    grader: StoredGrader,
    runs: Sequence[int],
    profile: NamedProfile,
    *,
    item_timeout_s: float,
    concurrency: int | None = None,
    spend_cap: float | None = None,
) -> int:
    """Queue the grading of some runs; the number of the task. Grades that the service failed are made anew."""
    settings = {"concurrency": concurrency, "spend_cap": spend_cap}
    with store.write() as db:
        forget_service_errors(db, grader.id, runs)
        document = {
            "profile": profile.name,
            "grader": grader.id,
            "runs": list(runs),
            "item_timeout_s": item_timeout_s,
        }
        simulated = profile.is_simulated or any_simulated(db, runs)
        return add_task(
            db,
            GRADE,
            f"grade with {grader.label}",
            document,
            {name: value for name, value in settings.items() if value is not None},
            total=count_ungraded(db, grader.id, runs),
            simulated=simulated,
        )


async def grade(bench: Bench, control: Control) -> TaskEnd:
    """Grade what the version has not graded yet."""
    request = control.task.request
    profile = bench.services.profile(str(request["profile"]), judge=True)
    with bench.store.read() as db:
        grader = get_grader(db, int(request["grader"]))
    if grader is None:
        raise StoreError("the grader of the task is not in the cache any more", hint="Begin again.")
    most = control.settings.get("concurrency") or profile.profile.concurrency
    service = await bench.services.open(profile, most)
    before, enough = control.progress, Event()

    def stop(error: ServiceError) -> None:
        (enough if error.outcome == CAP_REACHED else control.stop).set()

    judge = ServiceJudge(
        bench.store, bench.writer, service, profile, asyncio.get_running_loop(), owner=control.owner,
        spend_cap=control.settings.get("spend_cap"), on_stop=stop,
        tally=JudgeTally(
            before.requests, before.cached, before.input_tokens, before.output_tokens, before.cost, before.unpriced
        ),
    )  # fmt: skip
    counting = asyncio.create_task(_count(control, judge))
    try:
        await _graded(bench.store, grader, control, judge, enough)
    finally:
        counting.cancel()
        _take_over(control, judge)
        await judge.close()
    return _end(control, judge.stopped)


async def _graded(store: Store, grader: StoredGrader, control: Control, judge: ServiceJudge, enough: Event) -> None:
    """Grade on a thread; where the cache is busy, once more from where it was."""
    request = control.task.request
    while not control.stop.is_set():
        _count_missing(store, grader, control)
        try:
            await asyncio.to_thread(
                grade_runs,
                store,
                grader,
                list(request["runs"]),
                item_timeout_s=float(request["item_timeout_s"]),
                stop=control.stop,
                judge=judge,
                noticed=lambda graded: _noticed(control, graded),
                enough=enough,
            )
        except StoreBusyError:
            continue
        break
    _count_missing(store, grader, control)


def _count_missing(store: Store, grader: StoredGrader, control: Control) -> None:
    """Count as done what needs no more grading, also where it was taken over from an equal row."""
    with store.read() as db:
        missing = count_ungraded(db, grader.id, list(control.task.request["runs"]))
    progress = control.progress
    progress.done = max(0, progress.total - missing - progress.failed)


def _noticed(control: Control, grades: Sequence[Grade]) -> None:
    """Count grades that were stored; called from the grading thread."""
    progress = control.progress
    for grade in grades:
        if grade.error is None:
            progress.done += 1
        else:
            control.count_error(grade.error.kind)


async def _count(control: Control, judge: ServiceJudge) -> None:
    while True:
        _take_over(control, judge)
        await asyncio.sleep(COUNT_EVERY_S)


def _take_over(control: Control, judge: ServiceJudge) -> None:
    """Let the task's figures be those of the judge, whose tally began with them."""
    tally, progress = judge.tally, control.progress
    progress.requests, progress.cached = tally.requests, tally.cached
    progress.input_tokens, progress.output_tokens = tally.input_tokens, tally.output_tokens
    progress.cost, progress.unpriced = tally.cost, tally.unpriced
    control.message = judge.waiting_for


def _end(control: Control, stopped: ServiceError | None) -> TaskEnd:
    if stopped is not None and not control.wish:
        state = TaskState.PAUSED if stopped.outcome in (CAP_REACHED, "quota") else TaskState.FAILED
        return TaskEnd(state, stopped.message, stopped.as_json())
    return control.stopped() if control.wish else TaskEnd(TaskState.DONE)
