"""Grading: a compiled grader, and an engine that streams calls through it.

Cheap graders run in this process, python graders and long texts in sandbox pools, a multi grader mixes them. Grades
come lazily, in the order of the calls, one for each; what is looked ahead is bounded by the pools.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rft_tui.errors import GraderSpecError
from rft_tui.graders.registry import compile_open, display_name
from rft_tui.graders.running import Call, GradingContext, Open
from rft_tui.graders.spec import check_spec, score_rule
from rft_tui.identity import grader_version
from rft_tui.model import Grade, JsonObject, ScoreRule

if TYPE_CHECKING:
    from rft_tui.graders.judge import Judge

SHOWN_PROBLEMS = 10
"""Problems that an error about a spec lists."""

DEFAULT_ITEM_TIMEOUT_S = 120.0
"""Wall clock of one call, as the service has it."""


@dataclass(frozen=True, slots=True)
class LocalGrader:
    """A grader that can run here. `version` covers `spec` exactly as it was given; `rule` says how scores are read."""

    name: str
    type: str
    version: str
    rule: ScoreRule
    spec: JsonObject
    open: Open = field(repr=False, compare=False)


def compile_grader(spec: JsonObject) -> LocalGrader:
    """Check a spec and make it ready to run; GraderSpecError lists what is wrong with it."""
    report = check_spec(spec, context="local")
    errors = [problem for problem in report.problems if problem.severity == "error"]
    if errors:
        lines = [f"{problem.path or 'grader'}: {problem.message}" for problem in errors[:SHOWN_PROBLEMS]]
        if len(errors) > SHOWN_PROBLEMS:
            lines.append(f"and {len(errors) - SHOWN_PROBLEMS} more")
        hint = "rft-tui grader check shows everything that is known about a grader file."
        raise GraderSpecError(f"{display_name(spec)} cannot be used: " + "; ".join(lines), hint=hint)
    return LocalGrader(
        display_name(spec), report.type or "", grader_version(spec), score_rule(spec), spec, compile_open(spec)
    )


class GradingEngine:
    """Grades calls with one grader; a context manager that ends the sandboxes it started.

    `item_timeout_s` is the wall clock of one sandboxed call in seconds; `workers` the processes of a sandbox, None for
    its default; once `stop` is set, no more grades come. `judge` answers model graders; a grader that needs one raises
    GraderSpecError without it.
    """

    def __init__(
        self,
        grader: LocalGrader,
        *,
        item_timeout_s: float = DEFAULT_ITEM_TIMEOUT_S,
        workers: int | None = None,
        stop: Event | None = None,
        judge: Judge | None = None,
    ) -> None:
        self.grader = grader
        self._stop = stop
        self._stack = ExitStack()
        self._run = grader.open(GradingContext(item_timeout_s, workers, stop, self._stack, judge))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def grade(self, calls: Iterable[Call]) -> Iterator[Grade]:
        """One grade for each (sample, item), lazily and in order, until `stop` is set."""
        if self._stop is None:
            yield from self._run(calls)
            return
        for grade in self._run(self._until_stopped(calls)):
            if self._stop.is_set():
                return
            yield grade

    def _until_stopped(self, calls: Iterable[Call]) -> Iterator[Call]:
        for call in calls:
            if self._stop is not None and self._stop.is_set():
                return
            yield call


def grade_one(
    grader: LocalGrader,
    sample: JsonObject,
    item: JsonObject,
    *,
    item_timeout_s: float = DEFAULT_ITEM_TIMEOUT_S,
    judge: Judge | None = None,
) -> Grade:
    """The grade of one prediction, for a single look; many go through an engine."""
    with GradingEngine(grader, item_timeout_s=item_timeout_s, workers=1, judge=judge) as engine:
        return next(engine.grade([(sample, item)]))
