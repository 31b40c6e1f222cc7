"""What a service's graders said of outputs, as grades: by the job's own grader if it is here, else by name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from rft_tui.identity import grader_version
from rft_tui.job_model import EvaluationOutput, EvaluationResult
from rft_tui.model import Grade, GradeError, JsonObject
from rft_tui.safetext import one_line, storable
from rft_tui.store.graders import (
    EXTERNAL,
    NAME_LENGTH,
    add_external_grader,
    grader_of_version,
    versions_of,
)
from rft_tui.store.job_graders import ELSEWHERE
from rft_tui.store.jobs import StoredJob

NO_SCORE = "the service shows no score for this answer"


class ResultGraders:
    """The graders under which a job's results are kept; valid within one transaction."""

    def __init__(self, db: sqlite3.Connection, job: StoredJob) -> None:
        self._db = db
        spec = job.grader or {}
        name = spec.get("name")
        self.main = one_line(name, NAME_LENGTH) if isinstance(name, str) else ""
        self.children = _children(spec)
        self._own = self._stored(job.grader_version, grader_version(spec) if spec else None)
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        """The number of the grader for results of a name."""
        name = one_line(storable(name), NAME_LENGTH) or "grader"
        if name not in self._numbers:
            is_own = self._own is not None and name == self.main
            self._numbers[name] = self._own if is_own and self._own is not None else self._external(name)
        return self._numbers[name]

    def _stored(self, *versions: str | None) -> int | None:
        """The first of some versions that is kept here as a real grader."""
        for version in versions:
            grader = grader_of_version(self._db, version) if version else None
            if grader is not None and not grader.deleted and not grader.is_external:
                return grader.id
        return None

    def _external(self, name: str) -> int:
        """A grader of which only the name is known; never one that would stand as a newer version of a real one."""
        known = grader_of_version(self._db, grader_version({"type": EXTERNAL, "name": name}))
        if known is None and any(not one.is_external for one in versions_of(self._db, name)):
            name = one_line(name, NAME_LENGTH - len(ELSEWHERE)) + ELSEWHERE
        return add_external_grader(self._db, name).id


def grades_of(graders: ResultGraders, output: EvaluationOutput) -> Iterator[tuple[int, Grade]]:
    """The grades of an output with the graders' numbers; an answer that is an error has no score, whatever was said.

    The job's grader has the scores of its children beside its own; each child is a grader of its own as well.
    """
    results = output.results or ((EvaluationResult(graders.main, None),) if graders.main else ())
    children = {one.name: one.score for one in results if one.name in graders.children}
    for one in results:
        sub_scores = children if one.name == graders.main else {}
        yield graders.number(one.name), _grade(output, one, sub_scores)


def _grade(output: EvaluationOutput, result: EvaluationResult, sub_scores: dict[str, float | None]) -> Grade:
    if output.answer.error is not None:
        return Grade(None, error=GradeError("prediction", output.answer.error.message))
    if result.score is None:
        error = GradeError("other_error", NO_SCORE)
        return Grade(None, sub_scores=sub_scores, steps=result.steps, error=error)
    return Grade(result.score, result.passed, sub_scores, result.steps)


def _children(spec: JsonObject) -> frozenset[str]:
    """The names of a multi grader's children, whether they come as an object or as a list."""
    graders = spec.get("graders")
    if isinstance(graders, dict):
        inner = [one.get("name") for one in graders.values() if isinstance(one, dict)]
        return frozenset(name for name in (*graders, *inner) if isinstance(name, str))
    names = [one.get("name") for one in graders if isinstance(one, dict)] if isinstance(graders, list) else []
    return frozenset(name for name in names if isinstance(name, str))
