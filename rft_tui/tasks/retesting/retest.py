"""The live retest: the grader's text as it stands is graded on the probe set, in a thread, the newest text wins.

What is on the screen is graded first, and told first. Sandboxes stay warm while their code stays the same.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rft_tui.errors import GraderSpecError, RftError
from rft_tui.graders.document_check import CheckedText, TextProblem, check_text
from rft_tui.graders.engine import LocalGrader, compile_grader
from rft_tui.graders.registry import models_asked
from rft_tui.graders.running import Call
from rft_tui.model import Grade, JsonObject
from rft_tui.safetext import one_line
from rft_tui.store.database import Store
from rft_tui.tasks.grade import call_of, prediction_error
from rft_tui.tasks.retesting.figures import RetestSummary, summarise_retest
from rft_tui.tasks.retesting.probes import ProbeRow
from rft_tui.tasks.retesting.warm import Stop, WarmContext, WarmPools

if TYPE_CHECKING:
    from rft_tui.graders.judge import Judge

__all__ = ["RetestSummary", "RetestUpdate", "Retester"]

POST_S = 0.05
"""Seconds between two updates with results, behind those of the visible rows; what a model says is told at once."""

CLOSE_S = 0.3
"""How long closing waits for the thread; what is left of it ends with the program."""

NEEDS_JUDGE = "needs_judge"
"""The kind of a problem that says: this grader asks a model, and no judge was handed in."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RetestUpdate:
    """News of one retest: what is wrong with the text, and new grades by the index of their row.

    `done` in the last one of a retest, which has the summary if anything could be graded. A retest that is cancelled
    or overtaken ends without one.
    """

    serial: int
    problems: tuple[TextProblem, ...] = ()
    results: Mapping[int, Grade] = field(default_factory=dict)
    done: bool = False
    summary: RetestSummary | None = None


OnUpdate = Callable[[RetestUpdate], None]


@dataclass(slots=True)
class _Job:
    serial: int
    text: str
    rows: Sequence[ProbeRow]
    first_visible: int
    visible: int
    on_update: OnUpdate
    judge: Judge | None
    stop: Stop = field(default_factory=Stop)

    def order(self) -> list[int]:
        """The rows in the order of their turn: the visible ones, those below, those above."""
        first = min(max(0, self.first_visible), max(0, len(self.rows) - 1))
        return [*range(first, len(self.rows)), *range(first)]

    def post(self, update: RetestUpdate) -> None:
        """Tell it, unless nobody wants it any more."""
        if not self.stop.is_set():
            self.on_update(update)


class Retester:
    """Retests the text of a grader; one at a time, the newest.

    Updates are told in the retester's own thread. `store` is where its caller's rows come from; nothing is written.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._changed = threading.Condition()
        self._waiting: _Job | None = None
        self._current: _Job | None = None
        self._serial = 0
        self._closed = False
        self._thread: threading.Thread | None = None

    def start(
        self,
        text: str,
        rows: Sequence[ProbeRow],
        *,
        first_visible: int,
        visible: int,
        on_update: OnUpdate,
        judge: Judge | None = None,
    ) -> int:
        """Retest a text on some rows, in place of what is under way; the serial number that its updates bear.

        The row at index `first_visible` is graded first and told alone, then `visible` rows from there, then the rest.
        A grader that asks a model is graded with a `judge` alone; without one an update says so. Returns at once.
        """
        with self._changed:
            self._cancel()
            self._serial += 1
            job = _Job(self._serial, text, rows, first_visible, max(1, visible), on_update, judge)
            if self._closed:
                return job.serial
            self._waiting = job
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="retest", daemon=True)
                self._thread.start()
            self._changed.notify()
            return job.serial

    def cancel(self) -> None:
        """End what is under way; no update of it comes any more but one that is being told just now."""
        with self._changed:
            self._cancel()

    def close(self) -> None:
        """End everything, sandboxes too."""
        with self._changed:
            self._cancel()
            self._closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(CLOSE_S)

    def _cancel(self) -> None:
        self._waiting = None
        if self._current is not None:
            self._current.stop.set()

    def _work(self) -> None:
        pools = WarmPools()
        told: tuple[TextProblem, ...] = ()
        try:
            while (job := self._next()) is not None:
                told = _Retest(job, pools, told).run()
        finally:
            pools.close()

    def _next(self) -> _Job | None:
        """The next job, None once the retester is closed."""
        with self._changed:
            self._current = None
            while self._waiting is None and not self._closed:
                self._changed.wait()
            self._current, self._waiting = self._waiting, None
            return None if self._closed else self._current


class _Retest:
    """One retest from the text to the last update."""

    def __init__(self, job: _Job, pools: WarmPools, told: tuple[TextProblem, ...]) -> None:
        self.job = job
        self.pools = pools
        self.told = told
        self.problems: tuple[TextProblem, ...] = ()
        self.results: dict[int, Grade] = {}
        self.untold: dict[int, Grade] = {}
        self.posted = 0.0
        self.gap = POST_S

    def run(self) -> tuple[TextProblem, ...]:
        """Do it; the problems that were told, so that a next retest tells other ones at once."""
        job = self.job
        try:
            self._run()
        except RftError as error:
            self._failed(error.message)
        except Exception as error:
            log.exception("the retest failed")
            self._failed(f"the retest failed: {one_line(str(error), 200) or type(error).__name__}")
        return self.told if job.stop.is_set() else self.problems

    def _failed(self, message: str) -> None:
        problem = TextProblem("", "failed", "error", message, 1, 1)
        self.job.post(RetestUpdate(self.job.serial, (*self.problems, problem), self.untold, done=True))

    def _run(self) -> None:
        job = self.job
        self.pools.begin(job.stop)
        checked = check_text(job.text, item_fields=_fields(job.rows))
        self.problems = checked.problems
        grader = self._compiled(checked)
        if grader is None or job.stop.is_set():
            job.post(RetestUpdate(job.serial, self.problems, done=True))
            return
        if self.problems != self.told:
            job.post(RetestUpdate(job.serial, self.problems))
        try:
            self._grade(grader)
        finally:
            self.pools.settle()
            self.pools.drop_unused()
        if len(self.results) == len(job.rows):
            summary = summarise_retest(job.rows, self.results, grader.rule)
            job.post(RetestUpdate(job.serial, self.problems, self.untold, done=True, summary=summary))

    def _compiled(self, checked: CheckedText) -> LocalGrader | None:
        """The grader, None where it cannot be run, with a problem that says why."""
        if checked.spec is None:
            return None
        try:
            grader = compile_grader(checked.spec)
        except GraderSpecError as error:
            if all(problem.severity != "error" for problem in self.problems):
                self.problems = (*self.problems, TextProblem("", "unusable", "error", error.message, 1, 1))
            return None
        models = models_asked(checked.spec)
        if models and self.job.judge is None:
            message = f"{one_line(', '.join(models), 100)} has to be asked for these scores"
            self.problems = (*self.problems, TextProblem("", NEEDS_JUDGE, "warning", message, 1, 1))
            return None
        self.gap = 0.0 if models else POST_S
        return grader

    def _grade(self, grader: LocalGrader) -> None:
        job = self.job
        order = job.order()
        gradables = {index: job.rows[index].gradable for index in order}
        answered = [index for index in order if gradables[index].error_kind is None]
        for index in order:
            if gradables[index].error_kind is not None:
                self.results[index] = self.untold[index] = prediction_error(gradables[index])

        def calls() -> Iterator[Call]:
            for index in answered:
                if job.stop.is_set():
                    return
                yield call_of(gradables[index])

        if order and order[0] not in answered:
            self._post({order[0]: self.untold.pop(order[0])})
        run = grader.open(WarmContext(self.pools, job.stop, job.judge))
        for index, grade in zip(answered, run(calls()), strict=False):
            self.results[index] = self.untold[index] = grade
            self._tell(index, order)

    def _tell(self, index: int, order: Sequence[int]) -> None:
        """Post what is due: the first row alone, the visible rows together, then what has gathered."""
        if index == order[0]:
            self._post({index: self.untold.pop(index)})
            self.pools.drop_unused()
            return
        last_visible = order[min(self.job.visible, len(order)) - 1]
        is_due = index == last_visible or time.monotonic() - self.posted >= self.gap
        if is_due and len(self.results) < len(order):  # the last ones come with the summary
            due, self.untold = self.untold, {}
            self._post(due)

    def _post(self, results: Mapping[int, Grade]) -> None:
        self.posted = time.monotonic()
        self.job.post(RetestUpdate(self.job.serial, self.problems, results))


def _fields(rows: Sequence[ProbeRow]) -> JsonObject | None:
    """Every field that any of the rows has; None without rows."""
    found: dict[str, Any] = {}
    for row in rows:
        found.update(row.fields)
    return found if rows else None
