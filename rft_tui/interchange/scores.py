"""Scores of other programs as grades: letters, words, numbers; what is no number is unscored and never zero."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rft_tui.model import Grade, GradeError, PredictionError
from rft_tui.providers.reading import number_of
from rft_tui.safetext import one_line

LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
"""Correct, incorrect, partial, no answer. Source: the values of inspect's scorers."""

WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
"""Source: how inspect makes numbers of words."""

MOST_SCORES = 100
"""Scores of one scorer, or scorers of one prediction, that are read."""

_STEP = 2000
_NAME = 100


def number_in(value: Any) -> float | None:
    """The score that a value says, None for NaN and everything else that is no number."""
    if isinstance(value, str):
        if value in LETTERS:
            return LETTERS[value]
        text = value.strip()[:40]
        if text.lower() in WORDS:
            return WORDS[text.lower()]
        value = _parsed(text)
    return float(value) if isinstance(value, bool) else number_of(value)


def _parsed(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def grade_of(value: Any, *, passed: Any = None, steps: tuple[str, ...] = ()) -> Grade:
    """A grade with the score that a value says, or the error that it says none."""
    number = number_in(value)
    if number is not None:
        return Grade(number, passed if isinstance(passed, bool) else None, steps=steps)
    shown = "the file has no score for this prediction"
    if isinstance(value, str):
        shown = f"{one_line(value, 60)!r} is no score"
    elif isinstance(value, list | dict):
        shown = "a list or an object is no score"
    return Grade(None, steps=steps, error=GradeError("other_error", shown))


def failed_grade(error: PredictionError) -> Grade:
    """The grade of a prediction that has no answer, whatever number stands beside it."""
    return Grade(None, error=GradeError("prediction", error.message))


def single_scores(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Names and values of a scorer's scores: one, or one for each key or place of a composite value."""
    name = one_line(name, _NAME) or "score"
    if isinstance(value, dict) and value:
        pairs = [(one_line(str(key), _NAME), inner) for key, inner in value.items()]
    elif isinstance(value, list) and value:
        pairs = [(str(place), inner) for place, inner in enumerate(value, 1)]
    else:
        yield name, value
        return
    for key, inner in pairs[:MOST_SCORES]:
        yield one_line(f"{name}.{key}", _NAME), inner


def step(name: str, value: Any) -> tuple[str, ...]:
    """One step of a grade out of a text that stands beside a score; none where there is no text."""
    return (f"{name}: {one_line(value, _STEP)}",) if isinstance(value, str) and value.strip() else ()
