"""The formula of a multi grader: evaluated, and shown with the sub-scores filled in.

Where the service says nothing, this is our reading: ``2^3^2`` is ``2^(3^2)``, ``-2^2`` is ``-(2^2)``, ``log`` is
natural, ``min`` and ``max`` take one or more values, all arithmetic is in floating point. A value that is not defined
(a division by zero, ``log(0)``, ``sqrt(-1)``, a fractional power of a negative number, anything beyond the largest
float) is an error, never infinity and never a complex number. `formula_parser` reads the text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rft_tui.graders.outcome import score_text

Values: TypeAlias = Mapping[str, float]
Node: TypeAlias = Callable[[Values], float]


class FormulaError(ValueError):
    """A formula that cannot be read (`formula_parse_error`) or has no value (`other_error`), at a column from 1."""

    def __init__(self, kind: str, message: str, column: int) -> None:
        super().__init__(f"column {column}: {message}")
        self.kind = kind
        self.message = f"column {column}: {message}"
        self.column = column


@dataclass(frozen=True, slots=True)
class ShownName:
    """The place of a grader's name in the shown formula."""

    name: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was read: `names` are those it uses, in order of first use."""

    text: str
    names: tuple[str, ...]
    functions: frozenset[str]
    operators: frozenset[str]
    root: Node
    pieces: tuple[str | ShownName, ...]

    def evaluate(self, values: Values) -> float:
        """The value for one score of each name; FormulaError where it is not defined."""
        return self.root(values)

    def shown(self, values: Values) -> str:
        """The formula with each name followed by its score: ``0.85 · phrase 0.42 + 0.15 · exact 0.00``."""
        return "".join(
            [
                piece if isinstance(piece, str) else f"{piece.name} {score_text(values[piece.name])}"
                for piece in self.pieces
            ]
        )


def _undefined(message: str, column: int) -> FormulaError:
    return FormulaError("other_error", message, column)


def _too_large(column: int) -> FormulaError:
    return _undefined("the value is too large for a number", column)


def number(value: float) -> Node:
    """A literal."""
    return lambda _values: value


def score_of(name: str) -> Node:
    """The score of a grader."""
    return lambda values: values[name]


def negative(operand: Node) -> Node:
    """Unary minus."""
    return lambda values: -operand(values)


def _plus(left: Node, right: Node, column: int) -> Node:
    def plus(values: Values) -> float:
        result = left(values) + right(values)
        # Infinity minus itself is not a number, which counts as true: one cheap test for what is not finite.
        if result - result:
            raise _too_large(column)
        return result

    return plus


def _minus(left: Node, right: Node, column: int) -> Node:
    def minus(values: Values) -> float:
        result = left(values) - right(values)
        if result - result:
            raise _too_large(column)
        return result

    return minus


def _times(left: Node, right: Node, column: int) -> Node:
    def times(values: Values) -> float:
        result = left(values) * right(values)
        if result - result:
            raise _too_large(column)
        return result

    return times


def _divided(left: Node, right: Node, column: int) -> Node:
    def divided(values: Values) -> float:
        dividend = left(values)
        divisor = right(values)
        if not divisor:
            raise _undefined("division by zero", column)
        result = dividend / divisor
        if result - result:
            raise _too_large(column)
        return result

    return divided


def _power(left: Node, right: Node, column: int) -> Node:
    def power(values: Values) -> float:
        base = left(values)
        exponent = right(values)
        try:
            return math.pow(base, exponent)
        except OverflowError:
            raise _too_large(column) from None
        except ValueError:
            what = "zero to a negative power" if base == 0 else "a negative number to a fractional power"
            raise _undefined(f"{what} has no value", column) from None

    return power


OPERATORS: Mapping[str, Callable[[Node, Node, int], Node]] = {
    "+": _plus,
    "-": _minus,
    "*": _times,
    "/": _divided,
    "^": _power,
}
"""The binary operators."""

FUNCTIONS: Mapping[str, Callable[[float], float] | None] = {
    "min": None,
    "max": None,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "log": math.log,
}
"""The functions; `min` and `max` take one or more values, the others one."""


def call(name: str, arguments: Sequence[Node], column: int) -> Node:
    """A function of a formula applied to arguments whose number was checked."""
    function = FUNCTIONS[name]
    if function is None:
        choose = min if name == "min" else max
        return lambda values: choose([argument(values) for argument in arguments])
    argument = arguments[0]

    def apply(values: Values) -> float:
        value = argument(values)
        try:
            return float(function(value))
        except OverflowError:
            raise _too_large(column) from None
        except ValueError:
            raise _undefined(f"{name}({score_text(value)}) has no value", column) from None

    return apply
