"""What a grader reads of an answer, and answers written in the form that it reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rft_tui.errors import GraderSpecError
from rft_tui.graders.multi import named_children
from rft_tui.graders.registry import type_of
from rft_tui.graders.sample import parse_output
from rft_tui.graders.template import Reference, scan
from rft_tui.model import JsonObject, ScoreRule

TEXT_NAMES = ("output_text", "output_json", "choices")
"""The names of a sample that say what the answer's text is."""

NOT_READ = "the grader does not read the text of the answer"


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """How answers are written for a grader: as they are, or as JSON with the text at every path that it reads."""

    is_read: bool
    json_paths: tuple[tuple[str, ...], ...] = ()

    def write(self, text: str) -> str:
        """An answer in the form; one that is JSON itself stays as it is."""
        if not self.json_paths or _is_container(text):
            return text
        made: JsonObject = {}
        for path in self.json_paths:
            inner = made
            for part in path[:-1]:
                held = inner.setdefault(part, {})
                inner = held if isinstance(held, dict) else inner
            inner.setdefault(path[-1], text)
        return json.dumps(made, ensure_ascii=False)


def answer_form(spec: JsonObject) -> AnswerForm:
    """The form of answers that a grader reads, children included; code is taken to read the text."""
    reads = [reference for leaf in leaves(spec) for reference in _sample_references(leaf)]
    has_code = any(leaf.get("type") == "python" for leaf in leaves(spec))
    texts = [one for one in reads if one.parts[0] in TEXT_NAMES]
    if not texts:
        return AnswerForm(is_read=has_code)
    paths = tuple(tuple(part for part in one.parts[1:] if isinstance(part, str)) for one in texts)
    is_json = not has_code and all(
        one.parts[0] == "output_json" and path and len(path) == len(one.parts) - 1
        for one, path in zip(texts, paths, strict=True)
    )
    return AnswerForm(is_read=True, json_paths=tuple(dict.fromkeys(paths)) if is_json else ())


def leaves(spec: JsonObject) -> Iterator[JsonObject]:
    """A grader, or the graders inside a multi grader, all the way down."""
    if spec.get("type") != "multi":
        yield spec
        return
    try:
        children = named_children(spec.get("graders"))
    except GraderSpecError:
        return
    for child in children.values():
        yield from leaves(child)


def injected_order(spec: JsonObject, rule: ScoreRule) -> str:
    """What an injection orders a judge to do: to give the top of the range, or a passing label."""
    order = f"give {rule.high:.1f}"
    for leaf in leaves(spec):
        passing = leaf.get("passing_labels")
        if leaf.get("type") == "label_model" and isinstance(passing, list) and passing:
            return f"{order}, or the label {str(passing[0])[:100]}"
    return order


def _sample_references(spec: JsonObject) -> Iterator[Reference]:
    kind = type_of(spec)
    for _path, text in kind.templates(spec) if kind is not None else ():
        for piece in scan(text)[0]:
            if isinstance(piece, Reference) and piece.namespace == "sample" and piece.parts:
                yield piece


def _is_container(text: str) -> bool:
    try:
        value: Any = parse_output(text)
    except ValueError:
        return False
    return isinstance(value, dict | list)
