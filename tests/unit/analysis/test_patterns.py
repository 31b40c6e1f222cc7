"""Lists, hedges, echoes and padding: what is one, what is not, and texts made to hang a program."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.analysis.patterns import (
    Answer,
    Pattern,
    count_patterns,
    is_echo,
    is_hedged,
    is_list,
    is_padded,
    patterns_of,
)

QUESTION = "A patient of 40 years has fever and a rash.\n\nWhich drug is given first for this disease?"


@pytest.mark.parametrize(
    "text",
    [
        "aspirin and ibuprofen", "aspirin AND ibuprofen", "aspirin; ibuprofen", "- aspirin\n- ibuprofen",
        "Answer:\n  1. aspirin\n  2. ibuprofen", "* one\n* two", "• a\n• b", "1) a\n2) b",
        "aspirin, ibuprofen, codeine",
    ],
)  # fmt: skip
def test_lists(text: str) -> None:
    assert is_list(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "aspirin", "Sandy beach", "- aspirin", "1,000,000", "3.14", "aspirin, ibuprofen", "-1\n-2",
        '{"drug": "aspirin", "dose": 2, "unit": "g"}',
        "When it was late, he went home to rest for a while, since the lamp had gone out",
    ],
)  # fmt: skip
def test_no_lists(text: str) -> None:
    assert not is_list(text)


@pytest.mark.parametrize(
    "text",
    ["A or B", "Possibly gout", "It could be gout", "may  also\nbe gout", "I think gout", "not sure", "it depends"],
)
def test_hedges(text: str) -> None:
    assert is_hedged(text)


@pytest.mark.parametrize("text", ["Oregon", "gout", "unlikely", "the order may change", "coulda been", ""])
def test_no_hedges(text: str) -> None:
    assert not is_hedged(text)


def test_echo_of_the_question_or_of_its_last_line() -> None:
    assert is_echo("You ask WHICH drug is given first for this disease: aspirin.", QUESTION)
    assert is_echo(QUESTION + " aspirin", QUESTION)
    assert not is_echo("aspirin is given", QUESTION)
    assert not is_echo("a patient of 40 years", QUESTION)
    assert not is_echo("Who?", "Who?")
    assert not is_echo("", "")


def test_padding_is_measured_against_the_reference() -> None:
    assert is_padded("word " * 22, "aspirin")
    assert not is_padded("word " * 21, "aspirin")
    assert not is_padded("word " * 90, "word " * 30)
    assert is_padded("word " * 91, "word " * 30)
    assert not is_padded("word " * 1000, "")


def test_what_the_reference_does_is_not_held_against_an_answer() -> None:
    assert patterns_of("salt and pepper, possibly", "", "salt and pepper") == {Pattern.HEDGE}
    assert patterns_of("yes or no", "", "yes or no") == frozenset()
    last = QUESTION.rpartition("\n")[2]
    assert patterns_of(last, QUESTION, last) == frozenset()
    assert patterns_of(last + " aspirin and more or less " + "so " * 40, QUESTION, "aspirin") == set(Pattern)


def test_shares_are_means_over_items_with_examples() -> None:
    answers = [
        Answer("p1", "q1", "a and b"), Answer("p2", "q1", "a"), Answer("p3", "q2", "a; b"), Answer("p4", "q3", "maybe"),
        Answer("p5", "q2", "c; d"), Answer("p6", "q2", "e; f"), Answer("p7", "q2", "g"),
    ]  # fmt: skip
    found = count_patterns(iter(answers), examples=2)
    lists = found.shares[Pattern.LIST]
    assert (found.answers, found.items, lists.count, lists.examples) == (7, 3, 4, ("p1", "p3"))
    assert lists.by_item == {"q1": 0.5, "q2": 0.75, "q3": 0.0}
    assert lists.share == pytest.approx(1.25 / 3)
    assert found.shares[Pattern.HEDGE].examples == ("p4",)
    assert found.shares[Pattern.ECHO].share == 0
    none = count_patterns([])
    assert (none.answers, none.shares[Pattern.LIST].share, none.shares[Pattern.LIST].examples) == (0, 0.0, ())


@pytest.mark.parametrize(
    "unit", ["a ", " ", "\n", ", ", "x", "\n   -", "may   ", "not  ", "1.", "ǅ ", "i \u2028", "- \n", "- ", "or\u0301"]
)
def test_a_megabyte_of_anything_takes_a_moment(unit: str) -> None:
    hostile = unit * (1_000_000 // len(unit))
    begun = time.process_time()
    patterns_of(hostile, hostile, "aspirin")
    assert time.process_time() - begun < 5


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=40))
def test_any_text_is_read_and_none_is_held_against_itself(text: str, question: str, reference: str) -> None:
    assert patterns_of(text, question, reference) <= set(Pattern)
    assert not patterns_of(text, question, text)
