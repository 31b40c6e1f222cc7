"""Arithmetic that a prompt writes out: ``a = b``, ``a = b → **b**``, and signed parts with a total."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rft_tui.graders.formula import FormulaError
from rft_tui.graders.formula_parser import parse_formula

MAX_SEGMENT = 300
"""Characters of one side of an equation that are read."""

_SIGNS = str.maketrans({"·": "*", "×": "*", "⋅": "*", "∙": "*", "÷": "/", "−": "-", "–": "-", "\u00a0": " "})
_MARKS = re.compile(r"\*\*|__|`")
_TURN = re.compile(r"\s{0,9}(?:=>|->|[=≈→⇒⟶➔])\s{0,9}")
_WRAPPED = re.compile(r"(?:[=≈→⇒+*/·×]|->)\s*$")
_CONTINUED = re.compile(r"\s*(?:[=≈→⇒*/·×]|->|\+\s)")
_NUMBER = re.compile(r"-?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})")
_ARITHMETIC = frozenset("0123456789.+-*/() \t")
_SIGNED = re.compile(r"(?<![\w.)\]])([+-])\s?(\d{0,9}\.\d{1,9}|\d{1,9})(?![\w.%]*[\w%])")
_TOTAL = re.compile(
    r"\b(?:total|sum|score|result|grade|final)[\"'*_\s]{0,9}(?:score|result|mark)?[\"'*_\s]{0,9}(?:[:=≈→]|is\b)"
    r"[\"'*_\s]{0,9}(-?(?:\d{1,9}(?:\.\d{1,9})?|\.\d{1,9}))(?![\d%]|\s?[·×*/+]\s?[\d(])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Equality:
    """An expression, what it comes to, and what is stated; `rounding` is half a unit of the stated figure's end."""

    shown: str
    computed: float
    stated: float
    rounding: float


def equalities(lines: Sequence[str]) -> list[Equality]:
    """The equations of some lines whose left side calculates something: each against the figures behind it."""
    return [one for line in _unwrapped(lines) for one in _of_line(line)]


def signed_parts(lines: Sequence[str]) -> list[float]:
    """The figures with a sign in front: ``+0.35``, ``-0.10``."""
    return [float(match[1] + match[2]) for line in lines for match in _SIGNED.finditer(_plain(line).replace("*", " "))]


def stated_total(lines: Sequence[str]) -> float | None:
    """The result that lines state last: behind an equation, or behind a word such as total, score or result."""
    found: float | None = None
    for line in _unwrapped(lines):
        if in_line := list(_of_line(line)):
            found = in_line[-1].stated
        elif matches := _TOTAL.findall(_plain(line)):
            found = float(matches[-1])
    return found


def _unwrapped(lines: Sequence[str]) -> Iterator[str]:
    """The lines, with those that go on in the next one put together."""
    held = ""
    for line in lines:
        if held and (_WRAPPED.search(held) or _CONTINUED.match(line)) and len(held) < 4 * MAX_SEGMENT:
            held = f"{held} {line.strip()}"
            continue
        if held:
            yield held
        held = line
    if held:
        yield held


def _of_line(line: str) -> Iterator[Equality]:
    segments = [segment[:MAX_SEGMENT] for segment in _TURN.split(_plain(line)[: 8 * MAX_SEGMENT])]
    left: tuple[str, float] | None = None
    last: float | None = None
    for segment in segments:
        match = _NUMBER.match(segment)
        expression = _behind(segment)
        if left is not None and match is not None and (expression is None or not segment.startswith(expression[0])):
            digits = len(match.group().partition(".")[2])
            if (stated := float(match.group())) != last:
                yield Equality(left[0], left[1], stated, 0.5 * 10.0**-digits)
            last = stated
        if expression is not None and expression != left:
            last = None
        left = expression or (left if last is not None and match is not None else None)


def _behind(segment: str) -> tuple[str, float] | None:
    """The calculation at the end of a text and its value, None where there is none with an operation in it."""
    start = len(segment)
    while start and segment[start - 1] in _ARITHMETIC:
        start -= 1
    if start and (segment[start - 1].isalnum() or segment[start - 1] == "_"):
        cut = segment.find(" ", start)
        start = len(segment) if cut < 0 else cut
    text = segment[start:].strip().lstrip("*/.) \t")
    if text.startswith("- "):
        text = text[2:].lstrip()  # the dash of a list
    if text.startswith("(") and text.count("(") > text.count(")"):
        text = text[1:]
    try:
        formula = parse_formula(text, ())
        return (" ".join(text.split()), formula.evaluate({})) if formula.operators else None
    except FormulaError:
        return None


def _plain(line: str) -> str:
    return _MARKS.sub("", line).translate(_SIGNS)
