"""A grader's JSON text as the truth: its parts as a person edits them; `document_edits` changes one in its place.

Whatever is not edited stays as it is, character for character: unknown keys, order, blanks, how numbers are spelt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from rft_tui.graders.document_edits import PartPath, with_part
from rft_tui.graders.json_spans import parse_spans, value_at
from rft_tui.graders.judge_messages import TEMPLATED
from rft_tui.graders.kinds import is_number
from rft_tui.graders.multi import MAX_NESTING, is_single
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

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

    @property
    def is_templated(self) -> bool:
        """Whether ``{{item.…}}`` and ``{{sample.…}}`` are filled in."""
        return bool(self.role) or (self.kind == "field" and self.path[-1] in ("input", "reference"))


def parts(text: str) -> list[Part]:
    """The parts of a grader's text, those of the children of a multi grader behind its own.

    What has another type than it should is no part: the raw JSON shows it. Raises JsonTextError for bad JSON.
    """
    span = parse_spans(text)
    value = value_at(text, span)
    path = root_path(value)
    spec = value["grader"] if path else value
    return list(_parts_of(spec, path, "", 0)) if isinstance(spec, dict) else []


def named_text(text: str, name: str) -> str:
    """The text of a grader with another name, all else as it is. Raises JsonTextError for bad JSON."""
    path = root_path(value_at(text, parse_spans(text)))
    return with_part(text, (*path, "name"), name)


def root_path(value: Any) -> PartPath:
    """Where the grader stands in the value of a text: inside ``{"grader": …}`` or at the top."""
    wrapped = isinstance(value, dict) and "type" not in value and isinstance(value.get("grader"), dict)
    return ("grader",) if wrapped else ()


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


__all__ = ["Part", "PartKind", "PartPath", "named_text", "parts", "root_path"]
