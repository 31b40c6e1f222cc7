"""What a grader's text can be given besides what it holds, and what of it can be taken out, outside raw JSON."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from rft_tui.errors import UsageError
from rft_tui.graders.cosine import EMBEDDING_MODEL
from rft_tui.graders.document import Part, PartPath, root_path
from rft_tui.graders.document_edits import with_entry, with_part
from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec
from rft_tui.graders.formula_parser import can_be_written
from rft_tui.graders.json_spans import parse_spans, value_at
from rft_tui.graders.judge_message_checks import ROLES
from rft_tui.graders.metrics import METRIC_NAMES, variants
from rft_tui.graders.multi import is_single
from rft_tui.graders.sampling import SAMPLING
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

MODEL_TYPES = ("score_model", "label_model")
"""Types with messages."""

NOT_AS_EXAMPLE = ("type", "sampling_params", "graders")
"""Keys that are offered in another way than as they stand in the example of a type."""

NAME_LENGTH = 40
"""Characters of a name in a label."""


@dataclass(frozen=True, slots=True)
class Addition:
    """Something that can be put into a grader: a member at `path`, or an entry of the list there before `number`.

    `asks` says what a person has to type first, ``name`` of a child or ``label``; empty where nothing.
    """

    label: str
    about: str
    path: PartPath
    value: Any
    number: int | None = None
    asks: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """Something that can be taken out: its label, and where it stands."""

    label: str
    path: PartPath


def additions(text: str, grader: PartPath, shown: PartPath = ()) -> list[Addition]:
    """What fits the grader that stands at a path, then what fits those around it; a message goes behind `shown`.

    Raises JsonTextError for bad JSON.
    """
    whole = value_at(text, parse_spans(text))
    root = root_path(whole)
    grader = max(grader, root, key=len)
    found: list[Addition] = []
    for length in range(len(grader), len(root) - 1, -1):
        at = grader[:length]
        spec = _held(whole, at)
        if isinstance(spec, dict) and (at in (root, grader) or is_single(spec)):
            prefix = f"{one_line(str(at[-1]), NAME_LENGTH)} · " if at != root else ""
            found += [replace(one, label=prefix + one.label) for one in _of(spec, at, shown)]
    return found


def removals(part: Part) -> list[Removal]:
    """What can be taken out where a part is shown: its message or field, then the graders that it belongs to."""
    found: list[Removal] = []
    own = part.path[len(part.grader) :]
    if own[:1] == ("input",) and len(own) > 1:
        found.append(_message(part, own))
    elif own[:1] == ("range",):
        found.append(Removal("range", (*part.grader, "range")))
    elif part.kind == "sampling" or (part.kind not in ("python", "formula") and part.value is not None):
        found.append(Removal(part.label, part.path))
    names = part.label.split(" · ")
    for length in range(len(part.grader), 1, -1):
        at = part.grader[:length]
        if at[-2] == "graders":
            level = at.count("graders") - 1
            name = names[level] if level < len(names) - 1 else str(at[-1])
            found.append(Removal(f"the grader {one_line(name, NAME_LENGTH)}", at))
    return found


def with_addition(text: str, addition: Addition, typed: str = "") -> tuple[str, PartPath]:
    """The text with an addition, and where it stands then; `typed` is what the addition asked for.

    Raises UsageError for a name or a label that cannot be had, and GraderSpecError where there is no such place.
    """
    path, value = addition.path, deepcopy(addition.value)
    if addition.asks:
        typed = typed.strip()
        held = _held(value_at(text, parse_spans(text)), path)
        _refuse_taken(addition, held, typed)
        value = typed if addition.asks == "label" else value | {"name": typed}
        path = (*path, typed) if isinstance(held, dict) else path
    if addition.number is None:
        return with_part(text, path, value), path
    return with_entry(text, path, addition.number, value), (*path, addition.number)


def _refuse_taken(addition: Addition, held: Any, typed: str) -> None:
    names = [one.get("name") if isinstance(one, dict) else one for one in held] if isinstance(held, list) else held
    what = "label" if addition.asks == "label" else "grader"
    if not typed:
        raise UsageError(f"a {what} needs a {'text' if what == 'label' else 'name'}")
    if typed in (names or ()):
        raise UsageError(f"there is a {what} {one_line(typed, NAME_LENGTH)!r} already", hint="Choose another one.")
    if addition.asks == "name" and not can_be_written(typed):
        raise UsageError(
            f"{one_line(typed, NAME_LENGTH)!r} cannot stand in a formula", hint="Let it begin with a letter."
        )


def _held(value: Any, path: PartPath) -> Any:
    for key in path:
        try:
            value = value[key]
        except (LookupError, TypeError):
            return None
    return value


def _message(part: Part, own: PartPath) -> Removal:
    """The message of a part, or the part alone where the message has several."""
    several = len(own) > 3 and isinstance(own[3], int) and " · part " in part.label
    return Removal(part.label, (*part.grader, *own[: 4 if several else 2]))


def _of(spec: JsonObject, at: PartPath, shown: PartPath) -> Iterator[Addition]:
    given = spec.get("type")
    kind = given if isinstance(given, str) else ""
    if kind in MODEL_TYPES:
        yield from _messages(spec, at, shown)
    if kind == "label_model":
        yield from _labels(spec, at)
    if kind == "multi":
        yield from _children(spec, at)
    if kind in EXAMPLE_TYPES:
        for key, value in example_spec(kind).items():
            is_messages = key == "input" and kind in MODEL_TYPES
            if key not in spec and key not in NOT_AS_EXAMPLE and not is_messages:
                yield Addition(key.replace("_", " "), "as in the example of this type", (*at, key), value)
    if kind == "score_model":
        yield from _sampling(spec, at)
    if kind in ("python", "multi") and "pass_threshold" not in spec:
        yield Addition("pass threshold", "the score from which an answer passes", (*at, "pass_threshold"), 0.5)
    if kind == "text_similarity":
        yield from _local_keys(spec, at)


def _local_keys(spec: JsonObject, at: PartPath) -> Iterator[Addition]:
    """The keys of a similarity that only this program reads."""
    metric = spec.get("evaluation_metric")
    if metric in METRIC_NAMES and "variant" not in spec:
        yield Addition("variant", "how the metric is computed here", (*at, "variant"), variants(str(metric))[0])
    if metric == "cosine" and "embedding_model" not in spec:
        yield Addition("embedding model", "the one that is asked here", (*at, "embedding_model"), EMBEDDING_MODEL)


def _messages(spec: JsonObject, at: PartPath, shown: PartPath) -> Iterator[Addition]:
    """A message of each role, behind the one that is shown, else at the end."""
    messages = spec.get("input")
    path = (*at, "input")
    own = shown[len(at) :] if shown[: len(at)] == at else ()
    for role in ROLES:
        message = {"role": role, "content": ""}
        if isinstance(messages, list):
            last = own[1] if own[:1] == ("input",) and len(own) > 1 and isinstance(own[1], int) else len(messages) - 1
            where = "behind the one that is shown" if last + 1 < len(messages) else "at the end"
            yield Addition(f"{role} message", where, path, message, last + 1)
        elif messages is None:
            yield Addition(f"{role} message", "the first one", path, [message])


def _labels(spec: JsonObject, at: PartPath) -> Iterator[Addition]:
    labels, passing = spec.get("labels"), spec.get("passing_labels")
    if isinstance(labels, list):
        yield Addition("label", "one more answer that the judge can give", (*at, "labels"), "", len(labels), "label")
    if isinstance(labels, list) and isinstance(passing, list):
        for label in labels[:50]:
            if isinstance(label, str) and label not in passing:
                about = "lets this label pass"
                said = f"passing label {one_line(label, NAME_LENGTH)}"
                yield Addition(said, about, (*at, "passing_labels"), label, len(passing))


def _sampling(spec: JsonObject, at: PartPath) -> Iterator[Addition]:
    held = spec.get("sampling_params")
    for key, known in SAMPLING.items():
        if held is None:
            yield Addition(key, known.limits, (*at, "sampling_params"), {key: known.start})
        elif isinstance(held, dict) and key not in held:
            yield Addition(key, known.limits, (*at, "sampling_params", key), known.start)


def _children(spec: JsonObject, at: PartPath) -> Iterator[Addition]:
    """A grader of each type as one more child, in the form that the children have."""
    graders, path = spec.get("graders"), (*at, "graders")
    if not isinstance(graders, dict | list) or (isinstance(graders, dict) and is_single(graders)):
        return
    for kind in EXAMPLE_TYPES:
        if kind != "multi":
            number = len(graders) if isinstance(graders, list) else None
            yield Addition(f"grader: {kind}", "one more for the formula", path, example_spec(kind), number, "name")
