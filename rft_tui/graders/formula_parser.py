"""Reading a formula: precedence climbing straight into closures, with the exact column of every mistake.

A name is written as it is. A name that is no identifier (``ground-truth``, ``2nd try``) is looked for first, the
longest one first, wherever a value may stand; so ``ground-truth`` means that grader, and a difference is written with
blanks, ``ground - truth``. A name that is also a function is a function only in front of a parenthesis.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches

from rft_tui.graders.formula import (
    FUNCTIONS,
    OPERATORS,
    Formula,
    FormulaError,
    Node,
    ShownName,
    call,
    negative,
    number,
    score_of,
)
from rft_tui.safetext import one_line

MAX_LENGTH = 10_000
"""Characters of a formula."""
MAX_DEPTH = 80
"""Parentheses, powers and signs inside one another while reading."""
MAX_HEIGHT = 250
"""Operations on top of one another while evaluating: a sum of 250 terms, far below Python's own limit."""

_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_BLANKS = re.compile(r"\s*")
_BINDING = {"+": (10, 11), "-": (10, 11), "*": (20, 21), "/": (20, 21), "^": (30, 30)}
_MINUS_BINDING = 25
_SHOWN = {"+": " + ", "-": " - ", "*": " · ", "/": " / ", "^": "^"}
_ADVICE = {
    "**": "power is written ^, not **",
    "//": "there is no whole division; use floor(a / b)",
    "%": "there is no remainder (%) in a formula",
    "<": "comparisons are not part of a formula; use min and max",
    ">": "comparisons are not part of a formula; use min and max",
    "=": "comparisons and assignments are not part of a formula",
    "!": "comparisons are not part of a formula; use min and max",
    "&": "there is no logic in a formula; use min and max",
    "|": "there is no logic in a formula; use min and max",
    "?": "there are no conditions in a formula; use min and max",
    "×": "write * to multiply",
    "·": "write * to multiply",
    "÷": "write / to divide",
    "−": "write a plain - for minus",
    '"': "names are written without quotes",
    "'": "names are written without quotes",
    ",": "a comma stands only between the values of min and max",
}
_LOGIC_WORDS = frozenset({"and", "or", "not", "if", "else", "in", "is"})


def is_identifier(name: str) -> bool:
    """Whether a name is a plain identifier, the only form that every service is sure to take."""
    return _IDENTIFIER.fullmatch(name) is not None


def can_be_written(name: str) -> bool:
    """Whether a formula can hold this name at all: not a number, an operator or a parenthesis."""
    return bool(name) and name == name.strip() and _NUMBER.fullmatch(name) is None and name[0] not in "+-*/^(),."


def parse_formula(text: str, names: Iterable[str]) -> Formula:
    """Read a formula over the named scores; FormulaError (`formula_parse_error`) says what is wrong and where."""
    return _Parser(text, tuple(names)).formula()


class _Parser:
    def __init__(self, text: str, names: tuple[str, ...]) -> None:
        self.text = text
        self.names = frozenset(names)
        self.odd_names = sorted((name for name in names if name and not is_identifier(name)), key=len, reverse=True)
        self.position = 0
        self.depth = 0
        self.used: dict[str, None] = {}
        self.functions: set[str] = set()
        self.operators: set[str] = set()
        self.pieces: list[str | ShownName] = []

    def formula(self) -> Formula:
        if len(self.text) > MAX_LENGTH:
            raise self.error(f"a formula has at most {MAX_LENGTH} characters", MAX_LENGTH)
        root, _height = self.expression(0)
        if self.position < len(self.text):
            raise self.no_operator()
        functions, operators = frozenset(self.functions), frozenset(self.operators)
        return Formula(self.text, tuple(self.used), functions, operators, root, tuple(self.pieces))

    def error(self, message: str, position: int | None = None) -> FormulaError:
        column = (self.position if position is None else position) + 1
        return FormulaError("formula_parse_error", message, column)

    def skip_blanks(self) -> None:
        match = _BLANKS.match(self.text, self.position)
        self.position = match.end() if match else self.position

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"the formula is nested deeper than {MAX_DEPTH}")
        yield
        self.depth -= 1

    def expression(self, minimum: int) -> tuple[Node, int]:
        left, height = self.operand()
        while True:
            self.skip_blanks()
            sign = self.peek()
            if sign not in _BINDING or self.text.startswith(("**", "//"), self.position):
                return left, height
            left_binding, right_binding = _BINDING[sign]
            if left_binding < minimum:
                return left, height
            column = self.position + 1
            self.position += 1
            self.operators.add(sign)
            self.pieces.append(_SHOWN[sign])
            with self.deeper():
                right, right_height = self.expression(right_binding)
            left = OPERATORS[sign](left, right, column)
            height = self.grown(max(height, right_height), column)

    def grown(self, height: int, column: int) -> int:
        if height >= MAX_HEIGHT:
            raise self.error(f"more than {MAX_HEIGHT} operations on top of one another", column - 1)
        return height + 1

    def operand(self) -> tuple[Node, int]:
        self.skip_blanks()
        start = self.position
        for name in self.odd_names:
            end = start + len(name)
            if self.text.startswith(name, start) and not (_word(name[-1]) and _word(self.text[end : end + 1])):
                return self.name(name)
        if match := _NUMBER.match(self.text, start):
            return self.literal(match.group())
        if match := _IDENTIFIER.match(self.text, start):
            return self.word(match.group())
        if self.peek() == "-":
            return self.minus()
        if self.peek() == "(":
            return self.parentheses()
        raise self.no_value()

    def literal(self, text: str) -> tuple[Node, int]:
        value = float(text)
        if value - value:
            raise self.error("the number is too large")
        self.position += len(text)
        self.pieces.append(text)
        return number(value), 1

    def name(self, name: str) -> tuple[Node, int]:
        self.position += len(name)
        self.used[name] = None
        self.pieces.append(ShownName(name))
        return score_of(name), 1

    def minus(self) -> tuple[Node, int]:
        column = self.position + 1
        self.position += 1
        self.pieces.append("-")
        with self.deeper():
            operand, height = self.expression(_MINUS_BINDING)
        return negative(operand), self.grown(height, column)

    def parentheses(self) -> tuple[Node, int]:
        start = self.position
        self.position += 1
        self.pieces.append("(")
        with self.deeper():
            inner = self.expression(0)
        self.close(start)
        return inner

    def close(self, start: int) -> None:
        if self.peek() != ")":
            if self.position >= len(self.text):
                raise self.error("this parenthesis is never closed", start)
            raise self.no_operator()
        self.position += 1
        self.pieces.append(")")

    def word(self, word: str) -> tuple[Node, int]:
        after = self.position + len(word)
        blanks = _BLANKS.match(self.text, after)
        opens = self.text.startswith("(", blanks.end() if blanks else after)
        if opens and word in FUNCTIONS:
            return self.function(word)
        if word in self.names:
            if opens:
                raise self.error(f"{word} is a grader, not a function")
            return self.name(word)
        if word in FUNCTIONS:
            raise self.error(f"{word} is a function: its values stand in parentheses, {word}(…)")
        if word in _LOGIC_WORDS:
            raise self.error(f"there is no {word} in a formula; use min and max")
        raise self.unknown(word, opens=opens)

    def function(self, name: str) -> tuple[Node, int]:
        column = self.position + 1
        self.position += len(name)
        self.skip_blanks()
        start = self.position
        self.position += 1
        self.functions.add(name)
        self.pieces.append(f"{name}(")
        self.skip_blanks()
        if self.peek() == ")":
            raise self.error(f"{name}() needs a value")
        arguments: list[Node] = []
        height = 0
        while True:
            with self.deeper():
                node, node_height = self.expression(0)
            arguments.append(node)
            height = max(height, node_height)
            if self.peek() != ",":
                break
            if FUNCTIONS[name] is not None:
                raise self.error(f"{name}() takes one value")
            self.position += 1
            self.pieces.append(", ")
        self.close(start)
        return call(name, arguments, column), self.grown(height, column)

    def unknown(self, word: str, *, opens: bool) -> FormulaError:
        known = sorted(FUNCTIONS) if opens else sorted(self.names)
        what = f"there is no function {one_line(word, 40)}" if opens else f"there is no grader {one_line(word, 40)}"
        near = get_close_matches(word[:100], known, 1)
        listed = one_line(", ".join(known[:12]), 120) or "none"
        return self.error(f"{what}; {f'did you mean {near[0]}?' if near else f'known: {listed}'}")

    def advice(self) -> str | None:
        return _ADVICE.get(self.text[self.position : self.position + 2]) or _ADVICE.get(self.peek())

    def no_value(self) -> FormulaError:
        if self.position >= len(self.text):
            return self.error("the formula is empty" if not self.text.strip() else "a value is missing at the end")
        sign = self.peek()
        if sign in _BINDING or sign == ")":
            return self.error(f"a value is missing before {sign}")
        return self.error(self.advice() or f"{one_line(sign)!r} is not part of a formula")

    def no_operator(self) -> FormulaError:
        if advice := self.advice():
            return self.error(advice)
        sign = self.peek()
        if sign == ")":
            return self.error("this parenthesis was never opened")
        if match := _IDENTIFIER.match(self.text, self.position):
            if match.group() in _LOGIC_WORDS:
                return self.error(f"there is no {match.group()} in a formula; use min and max")
            return self.error(f"an operator is missing before {one_line(match.group(), 40)}")
        if sign == "(" or _NUMBER.match(self.text, self.position):
            return self.error(f"an operator is missing before {sign}")
        return self.error(f"{one_line(sign)!r} is not part of a formula")


def _word(character: str) -> bool:
    return character.isalnum() or character == "_"
