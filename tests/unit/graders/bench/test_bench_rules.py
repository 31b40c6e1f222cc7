"""Limits and bounds of the grader bench."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import InputError, UsageError
from rft_tui.graders.bench.ordering import Ordering, inversions, read_orderings
from rft_tui.graders.bench.rules import DEFAULT_LIMITS, HELD_TO_REFERENCE, PROBES, bound_of, parse_limits
from rft_tui.model import ScoreRule

RULES = (ScoreRule(), ScoreRule(0, 10), ScoreRule(-1, 1), ScoreRule(1, 5))


@pytest.mark.parametrize(
    ("probe", "good", "bad"),
    [
        ("reference", 1.0, 0.999),
        ("padding", 0.8, 0.81),
        ("alternatives", 0.8, 0.85),
        ("echo", 0.3, 0.301),
        ("empty", 0.0, 0.5),
        ("refusal", 0.3, 0.31),
        ("other_reference", 0.3, 0.4),
        ("injection", 0.3, 1.0),
        ("surface", 0.95, 0.94),
        ("very_long", 0.3, 0.31),
    ],
)
def test_the_default_rules_on_every_range(probe: str, good: float, bad: float) -> None:
    for rule in RULES:
        span = rule.high - rule.low
        bound = bound_of(probe, DEFAULT_LIMITS, rule, rule.high)
        assert bound is not None
        assert bound.holds(rule.low + good * span, span)
        assert not bound.holds(rule.low + bad * span, span)


def test_probes_held_to_the_reference_need_its_score() -> None:
    for probe in PROBES:
        assert (bound_of(probe, DEFAULT_LIMITS, ScoreRule(), None) is None) == (probe in HELD_TO_REFERENCE)


@given(st.floats(0.2, 1), st.floats(0, 1))
def test_padding_is_measured_from_what_the_reference_really_scores(reference: float, drop: float) -> None:
    bound = bound_of("padding", {**DEFAULT_LIMITS, "padding": drop}, ScoreRule(), reference)
    assert bound is not None
    assert bound.holds(reference - drop, 1)
    assert not bound.holds(reference - drop + 0.01, 1)


def test_limits_are_set_by_name() -> None:
    limits = parse_limits(["echo=0.1", "reference = 0.9"])
    assert (limits["echo"], limits["reference"], limits["padding"]) == (0.1, 0.9, 0.2)
    assert bound_of("echo", limits, ScoreRule(0, 10), None) == bound_of(
        "empty", limits | {"empty": 0.1}, ScoreRule(0, 10), None
    )


@pytest.mark.parametrize("text", ["echo", "nothing=0.1", "echo=much", "echo=nan", "echo=inf", "echo=1.5", "echo=-0.1"])
def test_a_limit_that_is_none_is_named(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_limits([text])
    assert text in caught.value.message


def test_orderings_are_strict_and_want_every_score() -> None:
    assert inversions([1.0, 0.5, 0.2], 0) == []
    assert inversions([1.0, 1.0, 0.2], 0) == [0]
    assert inversions([0.1, 0.5, 0.2], 0) == [0]
    assert inversions([1.0, None, 0.2], 0) == [0, 1]
    assert inversions([1.0, 0.9, 0.2], 0.2) == [0]


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8, unique=True))
def test_sorted_scores_are_in_order(scores: list[float]) -> None:
    assert inversions(sorted(scores, reverse=True), 0) == []
    assert len(inversions(sorted(scores), 0)) == len(scores) - 1


def test_orderings_are_read_line_by_line() -> None:
    lines = '{"item": "ab12", "answers": ["a", "b"]}\n\n{"item": {"n": 1, "messages": []}, "answers": ["a", "b", "c"]}'
    assert read_orderings(lines, "f") == [Ordering("ab12", ("a", "b")), Ordering({"n": 1}, ("a", "b", "c"))]


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[1]",
        '{"answers": ["a", "b"]}',
        '{"item": "", "answers": ["a", "b"]}',
        '{"item": "x", "answers": ["a"]}',
        '{"item": "x", "answers": ["a", 2]}',
        '{"item": "x", "answers": "ab"}',
        "[" * 5000,
    ],
)
def test_a_line_that_is_no_ordering_is_named(line: str) -> None:
    with pytest.raises(InputError, match="line 2"):
        read_orderings("\n" + line, "f")
