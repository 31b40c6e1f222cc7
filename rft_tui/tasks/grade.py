"""Grading: stored runs by a stored version, or predictions that are not stored, by the same engine."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, TypeAlias

from rft_tui.errors import UsageError
from rft_tui.graders.engine import DEFAULT_ITEM_TIMEOUT_S, GradingEngine, LocalGrader, compile_grader
from rft_tui.graders.running import Call
from rft_tui.graders.sample import make_sample
from rft_tui.model import Grade, GradeError
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader
from rft_tui.store.grades import Gradable, add_grades, copy_known_grades, count_ungraded, iter_gradable
from rft_tui.store.summary import ScoreSummary, summarise

if TYPE_CHECKING:
    from rft_tui.graders.judge import Judge

BATCH = 250
"""Grades that are committed together; a killed process loses at most so many."""

NOT_ASKED = "model_grader_not_asked"
"""The error of a grade whose judge was not asked any more; it is not stored, since nothing happened."""

FLUSH_S = 1.0
"""Grades that come slowly are committed after so many seconds at the latest, with the next one."""

MOST_WITHOUT_ANSWER = 1000
"""Predictions without an answer that are passed by before their turn."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the grades that are done and those there will be, as batches are committed."""

Noticed: TypeAlias = Callable[[Sequence[Grade]], None]
"""Called with the grades of each batch when it is committed."""


@dataclass(frozen=True, slots=True)
class GradeReport:
    """What grading some runs did: grades that were there already, grades made now, and the figures over all of them."""

    cached: int
    computed: int
    summary: ScoreSummary

    @property
    def scored(self) -> int:
        """Grades with a score."""
        return self.summary.scored

    @property
    def errors(self) -> int:
        """Grades that are errors."""
        return self.summary.errors


def grade_runs(
    store: Store,
    grader: StoredGrader,
    runs: Sequence[int] | None = None,
    *,
    item_timeout_s: float = DEFAULT_ITEM_TIMEOUT_S,
    workers: int | None = None,
    stop: Event | None = None,
    progress: Progress | None = None,
    judge: Judge | None = None,
    noticed: Noticed | None = None,
    enough: Event | None = None,
) -> GradeReport:
    """Grade the predictions of the runs (None: all) that the version has not graded yet.

    Grades are committed in batches as they come, so what is done stays done when `stop` is set or the process dies; a
    second call goes on from there. `judge` answers model graders; once `enough` is set nothing more is begun, and what
    was begun is finished. Raises UsageError for an external grader and GraderSpecError for one that cannot run here.
    """
    if grader.is_external:
        raise UsageError(
            f"{grader.name} is known by its scores alone and cannot be run",
            hint="Grade with a grader file, or compare with the scores that came in.",
        )
    local = compile_grader(grader.spec)
    with store.write() as db:
        copy_known_grades(db, grader.id, runs)
    with store.read() as db:
        to_do = count_ungraded(db, grader.id, runs)
        before = summarise(db, grader.id, grader.rule, runs).graded
    writer = _Writer(store, grader.id, to_do, progress, noticed)
    if to_do:
        with (
            closing(store.connect()) as reader,
            GradingEngine(local, item_timeout_s=item_timeout_s, workers=workers, stop=stop, judge=judge) as engine,
        ):
            for gradable, grade in graded(engine, iter_gradable(reader, runs, ungraded_by=grader.id), stop, enough):
                writer.add(gradable, grade)
        writer.flush()
    with store.read() as db:
        return GradeReport(before, writer.written, summarise(db, grader.id, grader.rule, runs))


def grade_predictions(
    grader: LocalGrader,
    predictions: Iterable[Gradable],
    *,
    item_timeout_s: float = DEFAULT_ITEM_TIMEOUT_S,
    workers: int | None = None,
    stop: Event | None = None,
    judge: Judge | None = None,
) -> Iterator[tuple[Gradable, Grade]]:
    """Grade predictions that are not stored, lazily and in their order, storing nothing."""
    with GradingEngine(grader, item_timeout_s=item_timeout_s, workers=workers, stop=stop, judge=judge) as engine:
        yield from graded(engine, predictions, stop)


def graded(
    engine: GradingEngine,
    predictions: Iterable[Gradable],
    stop: Event | None = None,
    enough: Event | None = None,
) -> Iterator[tuple[Gradable, Grade]]:
    """Each prediction with its grade, in order, until `stop` is set; after `enough` is, those that were begun.

    Where there is no answer to grade, the grader is not asked; at most `MOST_WITHOUT_ANSWER` such predictions are held
    back at a time.
    """
    stream = iter(predictions)
    waiting: deque[tuple[Gradable, Grade | None]] = deque()
    more = True

    def calls() -> Iterator[Call]:
        nonlocal more
        without_answer = 0
        for gradable in stream:
            if enough is not None and enough.is_set():
                break
            if gradable.error_kind is None:
                waiting.append((gradable, None))
                yield call_of(gradable)
                continue
            waiting.append((gradable, prediction_error(gradable)))
            without_answer += 1
            if without_answer == MOST_WITHOUT_ANSWER:
                return
        more = False

    while more and not (stop is not None and stop.is_set()):
        for grade in engine.grade(calls()):
            yield from _known(waiting)
            yield waiting.popleft()[0], grade
        yield from _known(waiting)


def _known(waiting: deque[tuple[Gradable, Grade | None]]) -> Iterator[tuple[Gradable, Grade]]:
    """The predictions at the front whose grade needs no grader."""
    while waiting and (grade := waiting[0][1]) is not None:
        yield waiting.popleft()[0], grade


def call_of(gradable: Gradable) -> Call:
    """What a grader sees of a prediction: the sample, and the item's fields."""
    tools, choices = gradable.extra.get("output_tools"), gradable.extra.get("choices")
    sample = make_sample(
        gradable.output_text,
        model=gradable.model,
        output_tools=tools if isinstance(tools, list) else None,
        choices=choices if isinstance(choices, list) else None,
    )
    return sample, gradable.fields


def prediction_error(gradable: Gradable) -> Grade:
    """The grade of a prediction that has no answer: an error, never a zero."""
    said = gradable.error_message or "there is no answer to grade"
    return Grade(None, error=GradeError("prediction", f"{gradable.error_kind}: {said}"))


class _Writer:
    """Puts grades into the store, a batch a transaction."""

    def __init__(
        self, store: Store, grader: int, total: int, progress: Progress | None, noticed: Noticed | None
    ) -> None:
        self.written = 0
        self._flushed = time.monotonic()
        self._noticed = noticed
        self._store = store
        self._grader = grader
        self._total = total
        self._progress = progress
        self._batch: list[tuple[int, int, int, Grade]] = []

    def add(self, gradable: Gradable, grade: Grade) -> None:
        """Take a grade; a full batch is committed, and one that has waited."""
        if grade.error is not None and grade.error.kind == NOT_ASKED:
            return
        self._batch.append((gradable.prediction, gradable.item, gradable.run, grade))
        if len(self._batch) >= BATCH or time.monotonic() - self._flushed >= FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """Commit what is there."""
        self._flushed = time.monotonic()
        if self._batch:
            with self._store.write() as db:
                add_grades(db, self._grader, self._batch)
            self.written += len(self._batch)
            if self._noticed is not None:
                self._noticed([grade for _prediction, _item, _run, grade in self._batch])
            self._batch = []
            if self._progress is not None:
                self._progress(self.written, self._total)
