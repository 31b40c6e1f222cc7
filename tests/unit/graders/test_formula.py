"""Formulas: what they are worth, beside Python's own arithmetic, and what is said of those that are wrong."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rft_tui.graders.formula import FormulaError
from rft_tui.graders.formula_parser import MAX_LENGTH, can_be_written, is_identifier, parse_formula

VALUES = {"a": 0.5, "b": 2.0, "c": -3.0, "ground-truth": 0.25, "2nd try": 4.0, "ground": 100.0, "min": 7.0}


def value(text: str) -> float:
    return parse_formula(text, VALUES).evaluate(VALUES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.85 * a + 0.15*b", 0.725),
        ("2^3^2", 512.0),
        ("-2^2", -4.0),
        ("2^-1", 0.5),
        ("2^-1*3", 1.5),
        ("-a*b", -1.0),
        ("--a", 0.5),
        ("2 - -a", 2.5),
        ("1 - 2 - 3", -4.0),
        ("8 / 4 / 2", 1.0),
        ("(1 + 2) * 3", 9.0),
        ("min(a)", 0.5),
        ("max(a, b, c)", 2.0),
        ("min ( a , max(b, c) )", 0.5),
        ("abs(c) + floor(1.5) + ceil(1.5)", 6.0),
        ("exp(0) + sqrt(4) + log(exp(1))", 4.0),
        ("(100 - abs(80 - b)) / 100", 0.22),
        (".5 + 1. + 1e-1", 1.6),
        ("ground-truth * b", 0.5),
        ("ground - a", 99.5),
        ("2nd try / 2", 2.0),
        ("min + min(a, min)", 7.5),
        ("0^0", 1.0),
    ],
)
def test_a_formula_has_this_value(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "empty"),
        ("  ", 3, "empty"),
        ("a +", 4, "missing at the end"),
        ("a + * b", 5, "a value is missing before *"),
        ("+a", 1, "a value is missing before +"),
        ("a ** b", 3, "^, not **"),
        ("a % b", 3, "remainder"),
        ("a > b", 3, "comparisons"),
        ("a == b", 3, "comparisons"),
        ("a if b else 1", 3, "no if"),
        ("not a", 1, "no not"),
        ("a // b", 3, "floor"),
        ("a × b", 3, "write *"),
        ('"a"', 1, "without quotes"),
        ("2a", 2, "operator is missing before a"),
        ("a b", 3, "operator is missing before b"),
        ("a (b)", 1, "a grader, not a function"),
        ("(a", 1, "never closed"),
        ("a)", 2, "never opened"),
        ("a, b", 2, "comma"),
        ("min()", 5, "needs a value"),
        ("sqrt(a, b)", 7, "one value"),
        ("sqrt", 1, "parentheses"),
        ("smth(a)", 1, "no function"),
        ("a + groud", 5, "did you mean ground?"),
        ("1e999", 1, "too large"),
        ("a $ b", 3, "not part"),
        ("a\x1b", 2, "not part"),
    ],
)
def test_a_mistake_is_said_with_its_column(text: str, column: int, said: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text, VALUES)
    assert (caught.value.kind, caught.value.column) == ("formula_parse_error", column)
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("a + 1/(b - 2)", 6),
        ("log(0)", 1),
        ("1 + log(a - 1)", 5),
        ("sqrt(-1)", 1),
        ("(-8)^(1/3)", 5),
        ("0^-1", 2),
        ("10^10^10", 3),
        ("exp(1000)", 1),
        ("1 / (1e308 * 10)", 12),
        ("min(1, 1e308 + 1e308)", 14),
        ("-1e308 - 1e308", 8),
        ("1 / 1e-320", 3),
    ],
)
def test_what_has_no_value_is_an_error_and_never_infinite_or_complex(text: str, column: int) -> None:
    with pytest.raises(FormulaError) as caught:
        value(text)
    assert (caught.value.kind, caught.value.column) == ("other_error", column)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "(" * 4_000 + "a" + ")" * 4_000,
        "-" * 9_000 + "a",
        "2^" * 4_000 + "2",
        "a" + "+a" * 4_000,
        "a" * 11_000,
    ],
)
def test_depth_and_length_are_bounded(text: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text, VALUES)
    assert caught.value.kind == "formula_parse_error"
    assert caught.value.column <= MAX_LENGTH + 1


def test_a_hundred_graders_can_be_added() -> None:
    names = [f"g{number}" for number in range(100)]
    formula = parse_formula(" + ".join(names), names)
    assert formula.evaluate(dict.fromkeys(names, 0.5)) == 50.0
    assert formula.names == tuple(names)


def test_the_shown_formula_holds_the_scores() -> None:
    formula = parse_formula("0.85*a+ 0.15 * min(ground-truth,b) - -c^2/(a)", VALUES)
    assert formula.shown(VALUES) == ("0.85 · a 0.50 + 0.15 · min(ground-truth 0.25, b 2.00) - -c -3.00^2 / (a 0.50)")


def test_names_that_cannot_be_written_are_known() -> None:
    assert [can_be_written(name) for name in ("a", "ground-truth", "2nd try")] == [True] * 3
    assert [can_be_written(name) for name in ("", "1", "0.5", "-a", "(a)", " a", "1e5")] == [False] * 7
    assert [is_identifier(name) for name in ("a_1", "ä", "ground-truth", "1a")] == [True, True, False, False]


def expressions() -> st.SearchStrategy[str]:
    leaves = st.sampled_from(["a", "b", "c"]) | st.integers(0, 9).map(str) | st.sampled_from(["0.5", "1.25", ".75"])

    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        binary = st.tuples(inner, st.sampled_from(["+", " - ", "*", " / ", "^"]), inner).map("".join)
        call = st.tuples(st.sampled_from(["min", "max"]), st.lists(inner, min_size=1, max_size=3)).map(
            lambda made: f"{made[0]}({', '.join(made[1])})"
        )
        single = st.tuples(st.sampled_from(["abs", "floor", "ceil", "exp", "sqrt", "log"]), inner).map(
            lambda made: f"{made[0]}({made[1]})"
        )
        return binary | inner.map("({})".format) | inner.map("-{}".format) | call | single

    return st.recursive(leaves, grow, max_leaves=12)


@given(expressions(), st.tuples(*[st.floats(-4, 4) for _ in range(3)]))
def test_values_are_those_of_python(text: str, scores: tuple[float, float, float]) -> None:
    values = dict(zip("abc", scores, strict=True))
    # One value of min and max is no call with one number in Python, so both get lists.
    functions = {
        "min": lambda *numbers: min(numbers),
        "max": lambda *numbers: max(numbers),
        "abs": abs,
        "floor": lambda number: float(math.floor(number)),
        "ceil": lambda number: float(math.ceil(number)),
        "exp": math.exp,
        "sqrt": math.sqrt,
        "log": math.log,
    }
    python = "".join(f"{part}." if part.isdigit() and before != "." else part for before, part in pairs(text))
    try:
        expected = eval(python.replace("^", "**"), {"__builtins__": {}}, {**functions, **values})
    except (ArithmeticError, ValueError, TypeError):
        expected = None
    found = outcome(text, values)
    if isinstance(found, FormulaError):
        assert found.kind == "other_error"
        # Python goes on with infinities and complex numbers where a formula ends.
        assume(expected is None or isinstance(expected, complex) or not math.isfinite(expected))
        return
    assert isinstance(found, float)
    assert math.isfinite(found)
    assert expected is not None
    assert found == pytest.approx(expected, rel=1e-12)


def outcome(text: str, values: dict[str, float]) -> float | FormulaError:
    try:
        return parse_formula(text, values).evaluate(values)
    except FormulaError as error:
        return error


def pairs(text: str) -> list[tuple[str, str]]:
    """Each run of digits, or character, beside the character before it; whole numbers become floats for Python."""
    found: list[tuple[str, str]] = []
    before = ""
    position = 0
    while position < len(text):
        end = position + 1
        if text[position].isdigit():
            while end < len(text) and text[end].isdigit():
                end += 1
        part = text[position:end]
        found.append(("." if text[end : end + 1] == "." else before, part))
        before, position = part[-1], end
    return found


@given(st.text(alphabet="ab12.+-*/^(), minsqrt\x1b×", max_size=30))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    found = outcome(text, {"a": 0.5, "b": 3.0})
    if isinstance(found, FormulaError):
        assert found.kind in ("formula_parse_error", "other_error")
        assert 1 <= found.column <= len(text) + 1
        assert "\x1b" not in found.message
    else:
        assert math.isfinite(found)
