"""Templates: ``{{item.path}}`` and ``{{sample.path}}`` in a text, compiled once and filled in many times.

Where the service says nothing, this is our reading. A path goes on with ``.name``, ``[0]`` or ``["any key"]``; blanks
inside the braces do not matter. A name after a dot reaches to the next dot, bracket or closing brace, so
``{{item.Ground-True Answer}}`` reads the key ``Ground-True Answer``; a key with a dot or a bracket in it is written in
quotes. Filling in is one pass: a value that holds ``{{…}}`` stays text. Braces that never close stay text too, and
there is no escape. Strings stand as they are, every other value as compact JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from rft_tui.graders.sample import parse_output
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

NAMESPACES = ("item", "sample")
"""The only names that a template may begin with."""

RESERVED_FIELDS = ("messages", "tools")
"""Keys of a row that are not part of `item`."""

PathParts: TypeAlias = tuple[str | int, ...]

_BRACES = re.compile(r"\{\{([^{}]*)\}\}")
_NAME = re.compile(r"[^.\[\]{}\"']+")
_INDEX = re.compile(r"\[\s*([0-9]{1,9})\s*\]")
_KEY = re.compile(r"\[\s*(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)')\s*\]")
_PLAIN_NAME = re.compile(r"[^\W\d]\w*")
_BLANKS = re.compile(r"\s*")
_ESCAPED = re.compile(r"\\(.)")

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Getter: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], str]


class TemplateSyntaxError(ValueError):
    """Braces whose content is no path; `column` counts characters of the text from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.column = column


class TemplateError(ValueError):
    """A template that cannot be filled in for one item; `kind` is that of a grade's error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True, slots=True)
class Reference:
    """One path in a template: ``item`` or ``sample``, the parts after it, and the column (from 1) of its braces."""

    namespace: str
    parts: PathParts
    column: int

    @property
    def path(self) -> str:
        """The path without its namespace, in one canonical spelling."""
        return path_text(self.parts)

    @property
    def text(self) -> str:
        """The whole path as a person writes it."""
        return self.namespace + ("" if not self.parts or self.path.startswith("[") else ".") + self.path

    @property
    def is_plain(self) -> bool:
        """Whether every name is an identifier, the only form that the service documents."""
        return all(isinstance(part, int) or _PLAIN_NAME.fullmatch(part) for part in self.parts)


def path_text(parts: PathParts) -> str:
    """Parts as a path: ``a.b[0]["k k"]``."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_NAME.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part, ensure_ascii=False)}]"
    return text


def path_parts(path: str) -> PathParts:
    """The parts of a path such as ``a.b[0]["k k"]``; TemplateSyntaxError where it is none."""
    return _parts("" if not path else path if path.startswith("[") else f".{path}", 1)


def value_at(value: Any, parts: PathParts) -> Any:
    """What stands at a path inside JSON; LookupError or TypeError where nothing does."""
    for part in parts:
        if isinstance(part, int) and not isinstance(value, list):
            raise TypeError("only a list has numbered entries")
        value = value[part]
    return value


def _parts(text: str, column: int) -> PathParts:
    parts: list[str | int] = []
    position = 0
    while position < len(text):
        if text[position] == ".":
            match = _NAME.match(text, position + 1)
            name = match.group().strip() if match else ""
            if match is None or not name:
                raise TemplateSyntaxError("a name is missing after a dot", column + position)
            parts.append(name)
        elif match := _INDEX.match(text, position):
            parts.append(int(match[1]))
        elif match := _KEY.match(text, position):
            parts.append(_key(match, column + position))
        else:
            raise TemplateSyntaxError('a path goes on with .name, [0] or ["key"]', column + position)
        blanks = _BLANKS.match(text, match.end())
        position = blanks.end() if blanks else match.end()
    return tuple(parts)


def _key(match: re.Match[str], column: int) -> str:
    if match[1] is None:
        return _ESCAPED.sub(r"\1", match[2])
    try:
        return str(json.loads(f'"{match[1]}"', strict=False))
    except ValueError as error:
        raise TemplateSyntaxError("the key in quotes is no JSON text", column) from error


def _reference(inner: str, column: int) -> Reference:
    text = inner.strip()
    for namespace in NAMESPACES:
        if text == namespace or (text.startswith(namespace) and text[len(namespace)] in ".[ \t\n"):
            rest = text[len(namespace) :].strip()
            if not rest:
                raise TemplateSyntaxError(f"{namespace} needs a path, such as {{{{{namespace}.name}}}}", column)
            return Reference(namespace, _parts(rest, column + 2 + inner.index(namespace) + len(namespace)), column)
    said = f"{{{{{one_line(inner, 40)}}}}}"
    raise TemplateSyntaxError(f"{said} is no template: a path begins with item or sample", column)


def scan(text: str) -> tuple[list[str | Reference], list[TemplateSyntaxError]]:
    """The literal pieces and references of a text in order, and everything in braces that is no path."""
    pieces: list[str | Reference] = []
    problems: list[TemplateSyntaxError] = []
    end = 0
    for match in _BRACES.finditer(text):
        if match.start() > end:
            pieces.append(text[end : match.start()])
        end = match.end()
        try:
            pieces.append(_reference(match[1], match.start() + 1))
        except TemplateSyntaxError as error:
            problems.append(error)
    if end < len(text):
        pieces.append(text[end:])
    return pieces, problems


def _as_text(value: Any, reference: Reference) -> str:
    if isinstance(value, str):
        return value
    try:
        return _encode(value)
    except (RecursionError, ValueError, TypeError) as error:
        raise TemplateError("invalid_variable_error", f"{reference.text} cannot be written as JSON") from error


def _missing(reference: Reference) -> TemplateError:
    place = "the item" if reference.namespace == "item" else "the sample"
    return TemplateError("invalid_variable_error", f"{reference.text} is not in {place}")


def _output_json(sample: Mapping[str, Any], reference: Reference) -> Any:
    try:
        return sample["output_json"]
    except KeyError:
        pass
    try:
        return parse_output(sample["output_text"])
    except (KeyError, ValueError, AttributeError, TypeError):
        message = f"{reference.text} is used, and the model's output is not JSON"
        raise TemplateError("sample_parse_error", message) from None


def _getter(reference: Reference) -> Getter:
    parts = reference.parts
    of_item = reference.namespace == "item"
    if not of_item and parts[:1] == ("output_json",):

        def get_json(_item: Mapping[str, Any], sample: Mapping[str, Any]) -> str:
            value = _output_json(sample, reference)
            try:
                return _as_text(value_at(value, parts[1:]), reference)
            except (LookupError, TypeError):
                raise _missing(reference) from None

        return get_json

    if len(parts) == 1 and isinstance(parts[0], str):
        key = parts[0]

        def get_field(item: Mapping[str, Any], sample: Mapping[str, Any]) -> str:
            try:
                value = (item if of_item else sample)[key]
            except (LookupError, TypeError):
                raise _missing(reference) from None
            return value if value.__class__ is str else _as_text(value, reference)

        return get_field

    def get_path(item: Mapping[str, Any], sample: Mapping[str, Any]) -> str:
        try:
            value = value_at(item if of_item else sample, parts)
        except (LookupError, TypeError):
            raise _missing(reference) from None
        return _as_text(value, reference)

    return get_path


class Template:
    """A compiled text: `references` in order, and `render` to fill it in."""

    __slots__ = ("_getters", "_only", "references", "text")

    def __init__(self, text: str) -> None:
        pieces, problems = scan(text)
        if problems:
            raise problems[0]
        self.text = text
        self.references = tuple(piece for piece in pieces if isinstance(piece, Reference))
        self._getters = [piece if isinstance(piece, str) else _getter(piece) for piece in pieces]
        first = self._getters[0] if len(self._getters) == 1 else None
        self._only = None if isinstance(first, str) else first

    def render(self, sample: JsonObject, item: JsonObject) -> str:
        """The text with every path filled in; TemplateError names a path that is missing."""
        if self._only is not None:
            return self._only(item, sample)
        return "".join([piece if isinstance(piece, str) else piece(item, sample) for piece in self._getters])
