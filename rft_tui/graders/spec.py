"""Grader files: read with exact places of mistakes, checked against everything known, never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from rft_tui.errors import GraderSpecError
from rft_tui.graders.checks import Check, CheckContext
from rft_tui.graders.registry import check_grader, display_name, type_of
from rft_tui.graders.template import Reference, scan
from rft_tui.model import JsonObject, ScoreRule, SpecProblem
from rft_tui.safetext import one_line

__all__ = [
    "ItemPaths",
    "SpecReport",
    "check_spec",
    "display_name",
    "load_spec",
    "load_text",
    "parse_spec",
    "score_rule",
    "template_paths",
]

MAX_FILE_BYTES = 16_000_000
"""The largest grader file that is read: many times what a service takes."""


MAX_DEPTH = 100
"""Objects and lists inside one another in a grader file."""


@dataclass(frozen=True, slots=True)
class SpecReport:
    """What a check found; `ok` where no problem is an error, `choices` how we read what the service leaves open."""

    ok: bool
    type: str | None
    problems: tuple[SpecProblem, ...]
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemPaths:
    """The paths of the item that a grader uses, without ``item.``, each once, in order of first use.

    A grade fails where a `hard` one is missing (templates); those `read_by_code` are a guess from python sources.
    `template.path_parts` takes a path apart.
    """

    hard: tuple[str, ...]
    read_by_code: tuple[str, ...]


def load_spec(path: Path) -> JsonObject:
    """Read a grader file; GraderSpecError says what cannot be read and where."""
    return parse_spec(load_text(path), one_line(str(path)))


def load_text(path: Path) -> str:
    """The text of a grader file exactly as it stands there, a byte order mark and line ends included.

    GraderSpecError says what cannot be read and where.
    """
    where = one_line(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise GraderSpecError(f"{where} cannot be read: {error.strerror or type(error).__name__}") from error
    if len(data) > MAX_FILE_BYTES:
        raise GraderSpecError(
            f"{where} is larger than {MAX_FILE_BYTES:,} bytes", hint="A grader file is a small JSON object."
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise GraderSpecError(f"{where}, line {line}: the file is not UTF-8") from error


def parse_spec(text: str, where: str) -> JsonObject:
    """Read a grader's JSON, also inside ``{"grader": …}`` as the grader endpoints take it; `where` names the text.

    GraderSpecError names line and column of bad JSON, and a key that stands twice.
    """
    try:
        value = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        empty = not text.strip()
        message = "there is nothing in it" if empty else error.msg[0].lower() + error.msg[1:]
        raise GraderSpecError(
            f"{where}, line {error.lineno}, column {error.colno}: {message}", hint="A grader is one JSON object."
        ) from error
    except RecursionError as error:
        raise GraderSpecError(f"{where}: the JSON is nested too deep") from error
    except ValueError as error:
        raise GraderSpecError(f"{where}: {error}") from error
    if isinstance(value, dict) and "type" not in value and isinstance(value.get("grader"), dict):
        value = value["grader"]
    if _is_too_deep(value):
        raise GraderSpecError(f"{where}: the JSON is nested too deep")
    if not isinstance(value, dict):
        raise GraderSpecError(f"{where}: a grader is a JSON object with a type")
    return value


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _depth in range(MAX_DEPTH):
        held = (each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list))
        level = [inner for values in held for inner in values]
        if not level:
            return False
    return True


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for key, _value in pairs:
            if key in seen:
                raise ValueError(f"the key {one_line(key, 60)!r} stands twice in one object")
            seen.add(key)
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def check_spec(
    spec: JsonObject, *, context: CheckContext = "rft", item_fields: Mapping[str, Any] | None = None
) -> SpecReport:
    """Everything that can be said of a grader without running it.

    `context` tells what it is for; `item_fields` are the fields of the items, to hold templates against.
    """
    check = Check(context, item_fields)
    check_grader(check, spec, "")
    ok = all(problem.severity != "error" for problem in check.problems)
    given = spec.get("type")
    return SpecReport(ok, given if isinstance(given, str) else None, tuple(check.problems), tuple(check.choices))


def score_rule(spec: JsonObject) -> ScoreRule:
    """How the scores of a grader of any type are read; 0 to 1 without a threshold where the type is not known."""
    grader_type = type_of(spec)
    return grader_type.rule(spec) if grader_type else ScoreRule()


def template_paths(spec: JsonObject) -> ItemPaths:
    """The item paths that a grader uses anywhere, children included; a spec with mistakes gives what can be read."""
    grader_type = type_of(spec)
    if grader_type is None:
        return ItemPaths((), ())
    hard: dict[str, None] = {}
    for _path, text in grader_type.templates(spec):
        pieces, _problems = scan(text)
        hard |= {piece.path: None for piece in pieces if isinstance(piece, Reference) and piece.namespace == "item"}
    return ItemPaths(tuple(hard), tuple(dict.fromkeys(grader_type.fields_read_by_code(spec))))
