"""Colours of one line at a time: python, JSON, templates and formulas.

A highlighter takes a line and the state that the line before it ended in (0 at the start of a text), and gives spans
that together are the line, and the state at its end. So only lines on the screen are coloured.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Collection
from typing import TypeAlias

from rft_tui.graders.sample import SAMPLE_NAMES
from rft_tui.graders.template import RESERVED_FIELDS, Reference, TemplateSyntaxError, scan
from rft_tui.tui.paint import Line

Highlighter: TypeAlias = Callable[[str, int], tuple[Line, int]]

LONGEST = 4000
"""Characters of a line beyond which it stays without colours."""

NORMAL = "text.normal"
UNKNOWN = "state.bad underline"

_PYTHON = re.compile(
    r"(?P<comment>#.*)"
    r"|(?P<open>[rRbBuUfF]{0,2}(?P<triple>\"\"\"|'''))"
    r"|(?P<string>[rRbBuUfF]{0,2}(?:\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?))"
    r"|(?P<number>\d[\w.]*)"
    r"|(?P<word>[^\W\d]\w*)"
)
_TRIPLES = ("", '"""', "'''")
_KEYWORDS = frozenset({*keyword.kwlist, "self"})
_DEFINING = frozenset({"def", "class"})

_JSON = re.compile(
    r"(?P<string>\"(?:[^\"\\]|\\.)*\"?)(?P<key>\s*:)?|(?P<number>-?\d[\d.eE+-]*)|(?P<word>\b(?:true|false|null)\b)"
)
_BRACES = re.compile(r"\{\{[^{}]*\}\}")
_FORMULA = re.compile(r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<word>[^\W\d][\w-]*)(?P<call>\s*\()?")


def plain(text: str, state: int) -> tuple[Line, int]:
    """No colours."""
    return [(text, NORMAL)], state


def python(text: str, state: int) -> tuple[Line, int]:
    """Python source; the state says which triple quotes are open."""
    if len(text) > LONGEST:
        return plain(text, state)
    spans: Line = []
    position = 0
    if state:
        end = _closing(text, 0, _TRIPLES[state])
        if end < 0:
            return [(text, "syntax.string")], state
        spans.append((text[:end], "syntax.string"))
        position = end
    is_name = False
    while match := _PYTHON.search(text, position):
        _fill(spans, text, position, match.start())
        position = match.end()
        kind = match.lastgroup
        if triple := match["triple"]:
            end = _closing(text, position, triple)
            spans.append((text[match.start() : end if end >= 0 else len(text)], "syntax.string"))
            if end < 0:
                return spans, _TRIPLES.index(triple)
            position = end
        elif kind == "word":
            word = match.group()
            style = "syntax.name" if is_name else "syntax.keyword" if word in _KEYWORDS else NORMAL
            spans.append((word, style))
            is_name = word in _DEFINING
        else:
            spans.append((match.group(), f"syntax.{kind}"))
    _fill(spans, text, position, len(text))
    return spans, 0


def _closing(text: str, start: int, quotes: str) -> int:
    """Where the text goes on behind the closing quotes; -1 where they are not on this line."""
    position = start
    while (found := text.find(quotes, position)) >= 0:
        before = found
        while before > start and text[before - 1] == "\\":
            before -= 1
        if (found - before) % 2 == 0:
            return found + len(quotes)
        position = found + 1
    return -1


def json_text(text: str, state: int) -> tuple[Line, int]:
    """JSON: keys, texts with their templates, numbers and words."""
    if len(text) > LONGEST:
        return plain(text, state)
    spans: Line = []
    position = 0
    for match in _JSON.finditer(text):
        _fill(spans, text, position, match.start())
        position = match.end()
        if match["string"] is None:
            spans.append((match.group(), "syntax.number" if match["number"] else "syntax.keyword"))
        elif match["key"]:
            spans += [(match["string"], "syntax.name"), (match["key"], NORMAL)]
        else:
            spans += _templates_in(match["string"])
    _fill(spans, text, position, len(text))
    return spans, state


def _templates_in(text: str) -> Line:
    spans: Line = []
    position = 0
    for match in _BRACES.finditer(text):
        if match.start() > position:
            spans.append((text[position : match.start()], "syntax.string"))
        spans.append((match.group(), "syntax.template"))
        position = match.end()
    if position < len(text):
        spans.append((text[position:], "syntax.string"))
    return spans


def templates(fields: Collection[str] | None) -> Highlighter:
    """Text with ``{{item.…}}`` and ``{{sample.…}}``; a name that does not exist is underlined.

    `fields` are those of the items; None where they are not known, and then any name may be one.
    """

    def highlight(text: str, state: int) -> tuple[Line, int]:
        if "{{" not in text or len(text) > LONGEST:
            return plain(text, state)
        pieces, problems = scan(text)
        marks = [(piece.column, _known(piece, fields)) for piece in pieces if isinstance(piece, Reference)]
        marks += [(_column(problem, text), False) for problem in problems]
        spans: Line = []
        position = 0
        for column, known in sorted(marks):
            start = column - 1
            end = text.find("}}", start) + 2
            if start < position or end < 2:
                continue
            _fill(spans, text, position, start)
            spans.append((text[start:end], "syntax.template" if known else UNKNOWN))
            position = end
        _fill(spans, text, position, len(text))
        return spans, state

    return highlight


def _column(problem: TemplateSyntaxError, text: str) -> int:
    """Where the braces begin that hold what cannot be read."""
    return max(text.rfind("{{", 0, problem.column + 1), 0) + 1


def _known(reference: Reference, fields: Collection[str] | None) -> bool:
    name = reference.parts[0]
    if reference.namespace == "sample":
        return name in SAMPLE_NAMES
    return name not in RESERVED_FIELDS and (fields is None or name in fields)


def formula(names: Collection[str]) -> Highlighter:
    """A formula over the graders of these names; another name is underlined."""

    def highlight(text: str, state: int) -> tuple[Line, int]:
        if len(text) > LONGEST:
            return plain(text, state)
        spans: Line = []
        position = 0
        for match in _FORMULA.finditer(text):
            _fill(spans, text, position, match.start())
            position = match.end()
            if match["number"]:
                spans.append((match.group(), "syntax.number"))
            elif match["call"]:
                spans += [(match["word"], "syntax.keyword"), (match["call"], NORMAL)]
            else:
                spans.append((match.group(), "syntax.name" if match.group() in names else UNKNOWN))
        _fill(spans, text, position, len(text))
        return spans, state

    return highlight


def _fill(spans: Line, text: str, start: int, end: int) -> None:
    """What lies between two tokens."""
    if end > start:
        spans.append((text[start:end], NORMAL))
