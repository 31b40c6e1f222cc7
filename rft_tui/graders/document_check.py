"""What is wrong with a grader's text, each problem with the line and the column of what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rft_tui.graders.checks import CheckContext
from rft_tui.graders.document import root_path
from rft_tui.graders.json_spans import JsonTextError, Span, parse_spans, place, value_at
from rft_tui.graders.multi import is_single
from rft_tui.graders.spec import MAX_FILE_BYTES, check_spec
from rft_tui.model import JsonObject, Severity
from rft_tui.safetext import one_line

_CUTS = (60, 40)
"""Lengths to which checks cut names of keys in their paths."""


@dataclass(frozen=True, slots=True)
class TextProblem:
    """Something wrong with a grader's text, at a path such as ``graders.exact.operation``; line and column from 1."""

    path: str
    kind: str
    severity: Severity
    message: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A grader's text read: the grader, None where the text holds none, and what is wrong; what it states it reads."""

    spec: JsonObject | None
    problems: tuple[TextProblem, ...]
    choices: tuple[str, ...] = ()


def check_text(
    text: str, *, context: CheckContext = "rft", item_fields: Mapping[str, Any] | None = None
) -> CheckedText:
    """Everything that can be said of a grader's text without running it; never raises."""
    if len(text) > MAX_FILE_BYTES:
        return CheckedText(None, (TextProblem("", "too_large", "error", "the grader is too large", 1, 1),))
    try:
        root = parse_spans(text)
        value = value_at(text, root)
    except JsonTextError as error:
        problem = TextProblem("", "bad_json", "error", error.reason, error.line, error.column)
        return CheckedText(None, (problem,))
    path = root_path(value)
    spec, span = (value["grader"], root.members["grader"]) if path else (value, root)
    if not isinstance(spec, dict):
        message = "a grader is a JSON object with a type"
        return CheckedText(None, (TextProblem("", "wrong_type", "error", message, *place(text, span.start)),))
    report = check_spec(spec, context=context, item_fields=item_fields)
    problems = tuple(
        TextProblem(each.path, each.kind, each.severity, each.message, *place(text, _start(span, spec, each.path)))
        for each in report.problems
    )
    return CheckedText(spec, problems, report.choices)


def _start(span: Span, value: Any, path: str) -> int:
    """Where the value at a check's path begins, or the nearest one around it."""
    while path:
        key: str | int | None
        key, rest = _entry(value, path) if isinstance(value, list) else _member(value, path)
        found = None if key is None else span.inner(key)
        if key is None or found is None:
            alone = path.partition(".")[2]  # a single grader in the place of children has no name to step over
            if not (isinstance(value, dict) and is_single(value) and alone and _member(value, alone)[0]):
                break
            path = alone
            continue
        span, value, path = found, value[key], rest
    return span.start


def _entry(value: list[Any], path: str) -> tuple[int | None, str]:
    """The entry of a list that a path goes into: by its number, or by its name where it is a grader."""
    head, _, rest = path.partition(".")
    if head.isdecimal() and len(head) < 10 and int(head) < len(value):
        return int(head), rest
    for number, each in enumerate(value):
        name = each.get("name") if isinstance(each, dict) else None
        if isinstance(name, str) and (found := _behind(name, path)) is not None:
            return number, found
    return None, ""


def _member(value: Any, path: str) -> tuple[str | None, str]:
    """The member of an object that a path goes into, the longest name that fits: names may hold dots."""
    best: str | None = None
    rest = ""
    for key in value if isinstance(value, dict) else ():
        found = _behind(key, path)
        if found is not None and (best is None or len(found) < len(rest)):
            best, rest = key, found
    return best, rest


def _behind(key: str, path: str) -> str | None:
    """What follows a key at the beginning of a path, None where the path does not go through it."""
    for name in (key, *(one_line(key, cut) for cut in _CUTS)):
        if path == name:
            return ""
        if path.startswith(f"{name}."):
            return path[len(name) + 1 :]
    return None
