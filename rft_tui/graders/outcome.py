"""Making grades: a score with its pass, or a typed error, and how a score is written in a step."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from rft_tui.model import Grade, GradeError, ScoreRule


def scored(
    score: float, rule: ScoreRule, steps: tuple[str, ...], sub_scores: Mapping[str, float | None] | None = None
) -> Grade:
    """A grade with a score, passed where the grader has a threshold; a number that is not finite is an error."""
    if not isfinite(score):
        return failed("not_a_number", f"the score is {score}", sub_scores)
    passed = None if rule.pass_threshold is None else score >= rule.pass_threshold
    return Grade(score=score, passed=passed, sub_scores=sub_scores or {}, steps=steps)


def failed(
    kind: str, message: str, sub_scores: Mapping[str, float | None] | None = None, steps: tuple[str, ...] = ()
) -> Grade:
    """A grade without a score, and why."""
    return Grade(score=None, sub_scores=sub_scores or {}, steps=steps, error=GradeError(kind, message))


def score_text(score: float) -> str:
    """A score in two decimals, or in more where two would show a full or an empty mark that is not one."""
    if abs(score) >= 1e6:
        return f"{score:.4g}"
    text = f"{score:.2f}"
    if text[-2:] != "00" or float(text) == score:
        return text
    for digits in (4, 9):
        precise = f"{score:.{digits}f}".rstrip("0")
        if not precise.endswith("."):
            return precise
    return repr(score)
