"""What grader checks share: collecting problems and stated choices, and the checks of fields and templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias

from rft_tui.graders.kinds import declared_range, is_number, join
from rft_tui.graders.sample import SAMPLE_NAMES
from rft_tui.graders.template import RESERVED_FIELDS, Reference, scan
from rft_tui.model import JsonObject, SpecProblem
from rft_tui.safetext import one_line

CheckContext: TypeAlias = Literal["local", "rft"]
"""Where a grader is to be used: on this machine, or in a reinforcement fine-tuning job."""

COMMON_KEYS = frozenset({"type", "name"})

_KIND_WORDS: Mapping[str, tuple[type, ...]] = {
    "a text": (str,),
    "a list": (list,),
    "an object": (dict,),
    "a number": (int, float),
}


def nearest(word: str, known: Iterable[str]) -> str:
    """`` (did you mean X?)`` where a known word is spelled nearly so, else nothing."""
    found = get_close_matches(word[:100], list(known), 1, 0.7)
    return f" (did you mean {one_line(found[0], 60)}?)" if found else ""


@dataclass(slots=True)
class Check:
    """The findings of one check, and what it is made against."""

    context: CheckContext = "rft"
    item_fields: Mapping[str, Any] | None = None
    problems: list[SpecProblem] = field(default_factory=list)
    choices: dict[str, None] = field(default_factory=dict)

    def error(self, path: str, kind: str, message: str) -> None:
        """Something that makes the grader unusable."""
        self.problems.append(SpecProblem(path, kind, "error", message))

    def warning(self, path: str, kind: str, message: str) -> None:
        """Something worth saying."""
        self.problems.append(SpecProblem(path, kind, "warning", message))

    def choice(self, sentence: str) -> None:
        """State how we read what the service leaves open."""
        self.choices[sentence] = None

    def text(self, spec: JsonObject, path: str, key: str) -> str | None:
        """A text that must be there, or None after saying what is wrong."""
        value = self.field(spec, path, key, "a text")
        return value if isinstance(value, str) else None

    def field(self, spec: JsonObject, path: str, key: str, kind: str, *, required: bool = True) -> Any:
        """The value of a key of the right kind, or None after saying what is wrong."""
        at = join(path, key)
        if key not in spec:
            if required:
                near = nearest(key, (other for other in spec if other not in COMMON_KEYS))
                self.error(at, "missing_field", f"{key} is missing{near}")
            return None
        value = spec[key]
        if not isinstance(value, _KIND_WORDS[kind]) or (kind == "a number" and not is_number(value)):
            self.error(at, "wrong_type", f"{key} must be {kind}, not {described(value)}")
            return None
        return value

    def word(self, spec: JsonObject, path: str, key: str, known: Iterable[str]) -> str | None:
        """A text out of a known set, or None after saying what is wrong."""
        known = tuple(known)
        value = self.text(spec, path, key)
        if value is None or value in known:
            return value
        message = f"{key} cannot be {one_line(value, 40)!r}{nearest(value, known)}; it is one of {', '.join(known)}"
        self.error(join(path, key), "unknown_value", message)
        return None

    def keys(self, spec: JsonObject, path: str, known: Iterable[str]) -> None:
        """Warn of keys that this type does not have; they are kept."""
        known = COMMON_KEYS | frozenset(known)
        for key in spec:
            if key not in known:
                near = nearest(key, known)
                message = f"{one_line(key, 40)} is no key of this grader type{near}; it is kept as it is"
                self.warning(join(path, one_line(key, 40)), "unknown_key", message)

    def threshold(self, spec: JsonObject, path: str) -> None:
        """`pass_threshold`: a number inside the range."""
        value = self.field(spec, path, "pass_threshold", "a number", required=False)
        if value is None:
            return
        low, high = declared_range(spec) or (0.0, 1.0)
        if not low <= value <= high:
            message = f"pass_threshold {value} lies outside the range {low:g} to {high:g}"
            self.warning(join(path, "pass_threshold"), "threshold_outside_range", message)

    def template(self, path: str, text: str) -> None:
        """The braces of a text: paths that can be read, names that exist, nothing reserved."""
        pieces, errors = scan(text)
        for error in errors:
            self.error(path, "bad_template", f"column {error.column}: {error.message}")
        self.choice("a template value that is no text is written as compact JSON")
        for piece in pieces:
            if isinstance(piece, Reference):
                self._reference(path, piece)
            elif (start := piece.find("{{")) >= 0:
                said = one_line(piece[start:], 30)
                self.warning(path, "open_braces", f"{said} never closes as a template and stays text")

    def _reference(self, path: str, reference: Reference) -> None:
        name, said = reference.parts[0], f"column {reference.column}: {one_line(reference.text, 60)}"
        if not reference.is_plain:
            self.choice("a name after a dot in a template reaches to the next dot, bracket or brace")
            self.warning(path, "odd_name", f"{said} has a name that is no identifier; a service may not read it")
        if reference.namespace == "sample":
            if name not in SAMPLE_NAMES:
                near = nearest(str(name), SAMPLE_NAMES)
                self.error(path, "unknown_name", f"{said} does not exist{near}")
            return
        if name in RESERVED_FIELDS:
            self.error(path, "reserved_name", f"{said}: messages and tools of a row are not part of item")
        elif self.item_fields is not None and name not in self.item_fields:
            near = nearest(str(name), self.item_fields)
            self.error(path, "unknown_field", f"{said} is not a field of the items{near}")


def described(value: Any) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    words = ((str, "a text"), (list, "a list"), (dict, "an object"))
    return next((word for kind, word in words if isinstance(value, kind)), f"the number {value!r:.20}")
