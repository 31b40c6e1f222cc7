"""A grader's JSON text as the truth: its parts as a person edits them, and one of them replaced in its place.

Whatever is not edited stays as it is, character for character: unknown keys, order, blanks, how numbers are spelt.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from rft_tui.errors import GraderSpecError
from rft_tui.graders.json_spans import JsonTextError, Span, parse_spans, value_at
from rft_tui.graders.judge_messages import TEMPLATED
from rft_tui.graders.kinds import is_number
from rft_tui.graders.multi import MAX_NESTING, is_single
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

PartPath: TypeAlias = tuple[str | int, ...]
"""Names and places from the top of the text to a value."""

PartKind: TypeAlias = Literal["text", "python", "formula", "field", "labels", "number", "sampling"]
"""A message's text; code; a formula; a short text; a list of texts; a number; a sampling parameter."""

LABEL_LENGTH = 60
"""Characters of a name in a label."""

_SHORT_TEXTS = (
    "name",
    "model",
    "operation",
    "evaluation_metric",
    "variant",
    "embedding_model",
    "image_tag",
    "input",
    "reference",
)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to edit: where it stands, what it is, its label, its value.

    `grader` is where the grader that it belongs to stands, `type` the type of that one; `role` of a message's text.
    """

    path: PartPath
    kind: PartKind
    label: str
    value: Any
    grader: PartPath = ()
    type: str = ""
    role: str = ""


def parts(text: str) -> list[Part]:
    """The parts of a grader's text, those of the children of a multi grader behind its own.

    What has another type than it should is no part: the raw JSON shows it. Raises JsonTextError for bad JSON.
    """
    span = parse_spans(text)
    value = value_at(text, span)
    path = root_path(value)
    spec = value["grader"] if path else value
    return list(_parts_of(spec, path, "", 0)) if isinstance(spec, dict) else []


def root_path(value: Any) -> PartPath:
    """Where the grader stands in the value of a text: inside ``{"grader": …}`` or at the top."""
    wrapped = isinstance(value, dict) and "type" not in value and isinstance(value.get("grader"), dict)
    return ("grader",) if wrapped else ()


def with_part(text: str, path: PartPath, value: Any) -> str:
    """The text with another value at a path; a key that is missing in its object is put at that object's end.

    An equal value changes nothing. Raises GraderSpecError where there is no such place, or the value is no JSON.
    """
    span = parse_spans(text)
    found = _at(span, path)
    if found is None:
        return _inserted(text, span, path, value)
    if _plain(value_at(text, found)) == _plain(value):
        return text
    old = text[found.start : found.end]
    escaped = "\\u" in old and old.isascii()
    return text[: found.start] + _encoded(value, _indent(text, found), "\n" in old, escaped) + text[found.end :]


def without_part(text: str, path: PartPath) -> str:
    """The text without a member or an entry of a list; as it is where there is none. Raises JsonTextError."""
    span = parse_spans(text)
    found, holder = _at(span, path), _at(span, path[:-1])
    if not path or found is None or holder is None:
        return text
    entries = [(holder.key_starts[key], each.end) for key, each in holder.members.items()]
    entries += [(each.start, each.end) for each in holder.items]
    number = next(at for at, (_start, end) in enumerate(entries) if end == found.end)
    start, end = entries[number]
    if number + 1 < len(entries):
        end = entries[number + 1][0]
    elif number:
        start = entries[number - 1][1]
    return text[:start] + text[end:]


def _at(span: Span, path: PartPath) -> Span | None:
    found: Span | None = span
    for key in path:
        found = None if found is None else found.inner(key)
    return found


def _plain(value: Any) -> str | None:
    """The value in one spelling, None where it is no JSON."""
    try:
        return json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return None


def _encoded(value: Any, indent: str, over_lines: bool, escaped: bool) -> str:
    """A value as JSON; an object or a list goes over lines where the one before it did."""
    nested = over_lines and isinstance(value, dict | list)
    try:
        made = json.dumps(value, ensure_ascii=escaped, allow_nan=False, indent=2 if nested else None)
    except (TypeError, ValueError, RecursionError) as error:
        raise GraderSpecError("the value cannot be written as JSON") from error
    if not made.isascii() and any("\ud800" <= sign <= "\udfff" for sign in made):
        return _encoded(value, indent, over_lines, escaped=True)
    return made.replace("\n", f"\n{indent}") if nested else made


def _indent(text: str, span: Span) -> str:
    """The blanks that begin the line of a value."""
    start = text.rfind("\n", 0, span.start) + 1
    line = text[start : span.start]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _inserted(text: str, span: Span, path: PartPath, value: Any) -> str:
    """The text with a new member at the end of an object, laid out as the members before it."""
    holder = _at(span, path[:-1])
    key = path[-1] if path else ""
    if holder is None or holder.kind != "object" or not isinstance(key, str):
        raise GraderSpecError(f"there is no {_shown(path)} in the grader")
    named = json.dumps(key)
    starts, ends = list(holder.key_starts.values()), [each.end for each in holder.members.values()]
    if not starts:
        return text[: holder.start] + f"{{{named}: {_encoded(value, '', False, False)}}}" + text[holder.end :]
    between = text[ends[-2] : starts[-1]].partition(",")[2] if len(ends) > 1 else text[holder.start + 1 : starts[0]]
    blanks = between or ("" if len(ends) > 1 else " ")
    indent = blanks.rpartition("\n")[2]
    made = _encoded(value, indent, "\n" in blanks, False)
    return f"{text[: ends[-1]]},{blanks}{named}: {made}{text[ends[-1] :]}"


def _shown(path: PartPath) -> str:
    return one_line(".".join(map(str, path)), LABEL_LENGTH) or "value"


def _parts_of(spec: JsonObject, path: PartPath, prefix: str, depth: int) -> Iterator[Part]:
    given = spec.get("type")
    kind = given if isinstance(given, str) else ""

    def part(of: PartKind, label: str, value: Any, *keys: str | int, role: str = "") -> Part:
        return Part((*path, *keys), of, prefix + label, value, path, kind, role)

    for key in _SHORT_TEXTS:
        if isinstance(text := spec.get(key), str):
            yield part("field", key, text, key)
    if isinstance(formula := spec.get("calculate_output"), str):
        yield part("formula", "formula", formula, "calculate_output")
    if isinstance(source := spec.get("source"), str):
        yield part("python", "source", source, "source")
    for keys, role, label, text in _message_parts(spec.get("input")):
        is_text = isinstance(keys[-1], int) or keys[-1] in ("content", "text")
        yield part("text" if is_text else "field", label, text, *keys, role=role)
    for key in ("labels", "passing_labels"):
        if isinstance(labels := spec.get(key), list) and all(isinstance(label, str) for label in labels):
            yield part("labels", key.replace("_", " "), labels, key)
    bounds = spec.get("range")
    if isinstance(bounds, list) and len(bounds) == 2 and all(map(is_number, bounds)):
        for number, label in enumerate(("range from", "range to")):
            yield part("number", label, bounds[number], "range", number)
    if is_number(threshold := spec.get("pass_threshold")):
        yield part("number", "pass threshold", threshold, "pass_threshold")
    sampling = spec.get("sampling_params")
    if isinstance(sampling, dict):
        for key, value in sampling.items():
            if value is None or isinstance(value, str) or is_number(value):
                yield part("sampling", one_line(key, LABEL_LENGTH), value, "sampling_params", key)
    if kind == "multi" and depth <= MAX_NESTING:
        for keys, name, child in _children(spec.get("graders")):
            yield from _parts_of(child, (*path, "graders", *keys), f"{prefix}{name} · ", depth + 1)


def _children(graders: Any) -> Iterator[tuple[PartPath, str, JsonObject]]:
    """The children of a multi grader in any of its forms: where they stand in `graders`, and their names."""
    if isinstance(graders, dict) and is_single(graders):
        yield (), one_line(str(graders.get("name", "")), LABEL_LENGTH), graders
    elif isinstance(graders, dict):
        for name, child in graders.items():
            if isinstance(child, dict):
                yield (name,), one_line(name, LABEL_LENGTH), child
    elif isinstance(graders, list):
        for number, child in enumerate(graders):
            if isinstance(child, dict):
                yield (number,), one_line(str(child.get("name", number)), LABEL_LENGTH), child


def _message_parts(messages: Any) -> Iterator[tuple[PartPath, str, str, str]]:
    """The texts of a judge's messages: where each stands, its role, its label, the text."""
    if not isinstance(messages, list):
        return
    seen: dict[str, int] = {}
    for number, message in enumerate(messages):
        if not isinstance(message, dict):
            continue
        role = one_line(str(message.get("role", "message")), LABEL_LENGTH)
        seen[role] = seen.get(role, 0) + 1
        label = role if seen[role] == 1 else f"{role} {seen[role]}"
        found = list(_content_parts(message.get("content"), ("input", number, "content")))
        for at, (keys, text) in enumerate(found, 1):
            yield keys, role, label if len(found) == 1 else f"{label} · part {at}", text


def _content_parts(content: Any, path: PartPath) -> Iterator[tuple[PartPath, str]]:
    if isinstance(content, str):
        yield path, content
    elif isinstance(content, list):
        for number, part in enumerate(content):
            if not isinstance(part, list):
                yield from _content_parts(part, (*path, number))
    elif isinstance(content, dict) and isinstance(kind := content.get("type"), str):
        keys: PartPath = ("input_audio", "data") if kind == "input_audio" else (TEMPLATED.get(kind, ""),)
        held: Any = content
        for key in keys:
            held = held.get(key) if isinstance(held, dict) else None
        if isinstance(held, str):
            yield (*path, *keys), held


__all__ = ["JsonTextError", "Part", "PartKind", "PartPath", "parts", "root_path", "with_part", "without_part"]
