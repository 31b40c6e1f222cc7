"""Where every value of a JSON text stands, so that one can be replaced and all else stays as it is."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from rft_tui.errors import GraderSpecError
from rft_tui.graders.spec import MAX_DEPTH
from rft_tui.safetext import one_line

Kind: TypeAlias = Literal["object", "list", "text", "number", "word"]

LONGEST_NUMBER = 1000
"""Characters of a number."""

_BLANKS = re.compile(r"[ \t\n\r]*+")
_TEXT_BEGUN = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_TEXT = re.compile(_TEXT_BEGUN.pattern + '"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
_WORD = re.compile(r"true|false|null")


class JsonTextError(GraderSpecError):
    """A text that is no JSON, with the line and the column (both from 1) of what is wrong; `reason` says it alone."""

    def __init__(self, text: str, position: int, reason: str) -> None:
        self.line, self.column = place(text, position)
        self.reason = reason
        super().__init__(f"line {self.line}, column {self.column}: {reason}", hint="A grader is one JSON object.")


@dataclass(frozen=True, slots=True)
class Span:
    """A value that stands in a text from `start` to before `end`, in characters.

    `members` are those of an object by name, in order, `key_starts` where their names begin; `items` those of a list.
    """

    kind: Kind
    start: int
    end: int
    members: dict[str, Span] = field(default_factory=dict)
    key_starts: dict[str, int] = field(default_factory=dict)
    items: list[Span] = field(default_factory=list)

    def inner(self, key: str | int) -> Span | None:
        """The value under a name or at a place of a list; None where there is none."""
        if isinstance(key, str):
            return self.members.get(key)
        return self.items[key] if 0 <= key < len(self.items) else None


def place(text: str, position: int) -> tuple[int, int]:
    """Line and column of a position, both from 1."""
    before = text.rfind("\n", 0, position)
    return text.count("\n", 0, position) + 1, position - before


def value_at(text: str, span: Span) -> Any:
    """The value of a span."""
    return json.loads(text[span.start : span.end])


def parse_spans(text: str) -> Span:
    """The spans of a JSON text; JsonTextError says what is wrong and where, a name that stands twice included."""
    return _Parser(text).parse()


@dataclass(slots=True)
class _Open:
    """An object or a list that has begun."""

    kind: Kind
    start: int
    key: str = ""
    members: dict[str, Span] = field(default_factory=dict)
    key_starts: dict[str, int] = field(default_factory=dict)
    items: list[Span] = field(default_factory=list)

    def add(self, span: Span) -> None:
        if self.kind == "object":
            self.members[self.key] = span
        else:
            self.items.append(span)


class _Parser:
    """Goes through the text once, without recursion: what is open stands in `stack`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 1 if text.startswith("\ufeff") else 0
        self.stack: list[_Open] = []

    def parse(self) -> Span:
        self.skip()
        if self.position == len(self.text):
            raise self.error("there is nothing in it")
        while True:
            span = self.value()
            while span is not None:
                self.skip()
                if not self.stack:
                    if self.position < len(self.text):
                        raise self.error("something stands behind the end of the JSON")
                    return span
                span = self.attach(span)

    def skip(self) -> None:
        blanks = _BLANKS.match(self.text, self.position)
        self.position = blanks.end() if blanks else self.position

    def error(self, reason: str, position: int | None = None) -> JsonTextError:
        return JsonTextError(self.text, self.position if position is None else position, reason)

    def value(self) -> Span | None:
        """The value that begins here, None where it is an object or a list that has only begun."""
        start, sign = self.position, self.text[self.position : self.position + 1]
        if sign in ("{", "["):
            return self.opened(sign)
        if sign == '"':
            return Span("text", start, self.text_end())
        if match := _NUMBER.match(self.text, start):
            if match.end() - start > LONGEST_NUMBER:
                raise self.error("the number is too long")
            self.position = match.end()
            return Span("number", start, self.position)
        if match := _WORD.match(self.text, start):
            self.position = match.end()
            return Span("word", start, self.position)
        raise self.error("a value is missing" if sign in ("", ",", "}", "]", ":") else "no JSON value begins so")

    def opened(self, sign: str) -> Span | None:
        if len(self.stack) >= MAX_DEPTH:
            raise self.error("the JSON is nested too deep")
        start = self.position
        self.position += 1
        self.skip()
        kind: Kind = "object" if sign == "{" else "list"
        if self.text.startswith("}" if sign == "{" else "]", self.position):
            self.position += 1
            return Span(kind, start, self.position)
        self.stack.append(_Open(kind, start))
        if kind == "object":
            self.key()
        return None

    def text_end(self) -> int:
        match = _TEXT.match(self.text, self.position)
        if match is None:
            raise self.bad_text()
        self.position = match.end()
        return self.position

    def bad_text(self) -> JsonTextError:
        """What is wrong with the text in quotes that begins here."""
        good = _TEXT_BEGUN.match(self.text, self.position)
        end = good.end() if good else self.position
        if end < len(self.text) and self.text[end] == "\\":
            return self.error("a backslash stands before nothing that JSON knows", end)
        if end < len(self.text) and self.text[end] not in "\n\r":
            return self.error("a control character stands in a text; JSON writes it with a backslash", end)
        return self.error("the text in quotes is never closed")

    def key(self) -> None:
        """Read the name of a member and the colon behind it."""
        opened, start = self.stack[-1], self.position
        if not self.text.startswith('"', start):
            raise self.error("the name of a member is missing; it stands in double quotes")
        name = str(json.loads(self.text[start : self.text_end()]))
        if name in opened.members:
            raise self.error(f"the key {one_line(name, 60)!r} stands twice in one object", start)
        opened.key, opened.key_starts[name] = name, start
        self.skip()
        if not self.text.startswith(":", self.position):
            raise self.error("a colon is missing behind the name")
        self.position += 1
        self.skip()

    def attach(self, span: Span) -> Span | None:
        """Put a value into what is open; the object or list that ends here, None where it goes on."""
        opened = self.stack[-1]
        opened.add(span)
        closing = "}" if opened.kind == "object" else "]"
        if self.text.startswith(",", self.position):
            self.position += 1
            self.skip()
            if opened.kind == "object":
                self.key()
            return None
        if not self.text.startswith(closing, self.position):
            raise self.error(f"a comma or {closing} is missing")
        self.position += 1
        self.stack.pop()
        return Span(opened.kind, opened.start, self.position, opened.members, opened.key_starts, opened.items)
