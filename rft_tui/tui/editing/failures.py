"""What went wrong while a grader was tried, in few words: grades that are errors, by where they come from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rft_tui.graders.document import Part
from rft_tui.model import Grade, GradeError
from rft_tui.safetext import one_line

MOST_SHOWN = 5
"""Kinds of failures that are told apart."""

LONGEST_MESSAGE = 4000
"""Characters of a message that are looked at."""

NOT_OF_THE_TEXT = frozenset({"prediction"})
"""Kinds of errors that no text of a grader could mend."""

_SANDBOX = frozenset({"python_grader_runtime_error", "python_grader_server_error", "timeout", "memory", "crash"})
_PLAIN = _SANDBOX | {"other_error", "formula_parse_error", "not_a_number"}
_PLACE = re.compile(r"^  line (\d{1,6}), in ", re.MULTILINE)
_AT_END = re.compile(r" \(line (\d{1,6})\)$")


@dataclass(frozen=True, slots=True)
class Failure:
    """Errors of one kind at one place; `line` from 1, 0 where none is known, `message` of the first of them."""

    kind: str
    message: str
    line: int
    count: int = 1


def error_line(error: GradeError) -> int:
    """The line of the source that an error comes from, the innermost one; 0 where it names none."""
    message = error.message[:LONGEST_MESSAGE]
    places = _PLACE.findall(message)
    if places:
        return int(places[-1])
    found = _AT_END.search(message.partition("\n")[0])
    return int(found[1]) if found else 0


def error_words(error: GradeError) -> str:
    """What a person reads of an error: ``line 5: ZeroDivisionError: division by zero``."""
    said = one_line(error.message[:LONGEST_MESSAGE].partition("\n")[0], 400)
    line = error_line(error)
    if line:
        return f"line {line}: {_AT_END.sub('', said)}"
    return said if error.kind in _PLAIN else f"{error.kind.replace('_', ' ')}: {said}"


def failures_of(grades: Iterable[Grade]) -> list[Failure]:
    """The errors among grades, those of one kind and line as one, the most frequent first."""
    found: dict[tuple[str, int, str], Failure] = {}
    for grade in grades:
        error = grade.error
        if error is None or error.kind in NOT_OF_THE_TEXT:
            continue
        line = error_line(error)
        key = (error.kind, line, error.message.partition(":")[0][:80] if line else "")
        known = found.get(key)
        count = known.count + 1 if known else 1
        found[key] = Failure(error.kind, known.message if known else error_words(error), line, count)
    return sorted(found.values(), key=lambda one: -one.count)[:MOST_SHOWN]


def part_of_failure(failure: Failure, parts: list[Part]) -> Part | None:
    """The part that a failure comes from: the source or the formula, of the child that it names if it names one."""
    formula = failure.message.partition(": ")[2] if failure.line else failure.message
    kind = "formula" if "the formula at " in formula else "python" if failure.kind in _SANDBOX else ""
    fitting = [part for part in parts if part.kind == kind]
    named = [part for part in fitting if _names_child(failure.message, part)]
    return next(iter(named or (fitting if len(fitting) == 1 else [])), None)


def _names_child(message: str, part: Part) -> bool:
    child = part.label.rpartition(" · ")[0]
    return bool(child) and (message.startswith(f"{child}: ") or f": {child}: " in message)
