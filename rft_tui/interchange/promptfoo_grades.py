"""What promptfoo's assertions and the people who looked at them said of a result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rft_tui.interchange.foreign import ForeignReview, UnmappedFields
from rft_tui.interchange.scores import MOST_SCORES, failed_grade, grade_of, step
from rft_tui.interchange.usages import object_in
from rft_tui.model import Grade, JsonObject, PredictionError, Verdict
from rft_tui.safetext import one_line

OVERALL = "promptfoo"
"""The name under which the score of a whole test is kept."""

HUMAN = "human"
"""The type of the assertion that stands for a person's judgement, and whose judgement a review is."""

_GRADING = frozenset(
    {"pass", "score", "reason", "namedScores", "namedScoreWeights", "componentResults", "comment", "tokensUsed"}
)
_COMPONENT = frozenset({"pass", "score", "reason", "assertion", "metadata", "tokensUsed"})


def promptfoo_grades(value: JsonObject, error: PredictionError | None, unmapped: UnmappedFields) -> dict[str, Grade]:
    """Grades by name: the test's own, each assertion's, and scores that are derived from them.

    A test's score that a person has set is no grade: it is left to the review.
    """
    grading = object_in(value.get("gradingResult"))
    unmapped.rest(grading, _GRADING, "gradingResult.")
    if error is not None:
        return {name: failed_grade(error) for name in (OVERALL, *_expected_names(value))}
    grades: dict[str, Grade] = {}
    components = _components(grading)
    if not any(_is_human(one) for one in components):
        passed = grading.get("pass", value.get("success"))
        score = grading.get("score", value.get("score"))
        grades[OVERALL] = grade_of(score, passed=passed, steps=step("reason", grading.get("reason")))
    machine = [one for one in components if not _is_human(one)]
    names = _names([object_in(one.get("assertion")) for one in machine])
    for name, one in zip(names, machine, strict=True):
        unmapped.rest(one, _COMPONENT, "gradingResult.componentResults.")
        grades[name] = grade_of(one.get("score"), passed=one.get("pass"), steps=step("reason", one.get("reason")))
    named = object_in(grading.get("namedScores")) or object_in(value.get("namedScores"))
    for metric, score in list(named.items())[:MOST_SCORES]:
        grades.setdefault(one_line(metric, 100) or OVERALL, grade_of(score))
    return grades


def promptfoo_reviews(value: JsonObject) -> Iterator[ForeignReview]:
    """What a person said of a result: a verdict by the assertion that stands for it, a note by the comment."""
    grading = object_in(value.get("gradingResult"))
    for one in _components(grading):
        if _is_human(one) and isinstance(one.get("pass"), bool):
            verdict = Verdict.RIGHT if one["pass"] else Verdict.WRONG
            yield ForeignReview(f"{OVERALL} {HUMAN}", verdict)
    comment = grading.get("comment")
    if isinstance(comment, str) and comment.strip():
        yield ForeignReview(f"{OVERALL} {HUMAN}", None, comment)


def _components(grading: JsonObject) -> list[JsonObject]:
    found = grading.get("componentResults")
    return [one for one in found if isinstance(one, dict)][:MOST_SCORES] if isinstance(found, list) else []


def _is_human(component: JsonObject) -> bool:
    return object_in(component.get("assertion")).get("type") == HUMAN


def _expected_names(value: JsonObject) -> list[str]:
    asserts = object_in(value.get("testCase")).get("assert")
    found = [one for one in asserts if isinstance(one, dict)] if isinstance(asserts, list) else []
    return _names(found[:MOST_SCORES])


def _names(assertions: list[JsonObject]) -> list[str]:
    """A name for each assertion: its metric, else its type; equal ones of a test are numbered in their order."""
    seen: Counter[str] = Counter()
    names = []
    for assertion in assertions:
        said: Any = assertion.get("metric") or assertion.get("type")
        name = one_line(said, 90) if isinstance(said, str) and said.strip() else "assertion"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return names
