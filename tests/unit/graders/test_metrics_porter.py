"""The stemmer, against nltk's."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nltk.stem.porter import PorterStemmer

from rft_tui.graders.metrics.porter import stem

REFERENCE = PorterStemmer()
SUFFIXES = [
    "ational", "tional", "enci", "anci", "izer", "bli", "abli", "alli", "entli", "eli", "ousli", "ization", "ation",
    "ator", "alism", "iveness", "fulness", "ousness", "aliti", "iviti", "biliti", "fulli", "logi", "icate", "ative",
    "alize", "iciti", "ical", "ful", "ness", "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement",
    "ment", "ent", "ion", "sion", "tion", "ou", "ism", "ate", "iti", "ous", "ive", "ize", "s", "es", "ies", "ied",
    "eed", "ed", "ing", "y", "ll", "sses", "e", "*ded"
]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("ponies", "poni"),
        ("dies", "die"),
        ("agreed", "agre"),
        ("hopping", "hop"),
        ("filing", "file"),
        ("happy", "happi"),
        ("enjoy", "enjoy"),
        ("conditionally", "condit"),
        ("archaeology", "archaeolog"),
        ("skies", "sky"),
        ("is", "is"),
        ("", ""),
    ],
)
def test_stems_of_known_words(word: str, expected: str) -> None:
    assert stem(word) == expected


def test_every_suffix_equals_nltk() -> None:
    rng = random.Random(21)
    for _ in range(20_000):
        root = "".join(rng.choices("aeioubcdlstyzgw-*é", k=rng.randint(0, 6)))
        word = root + "".join(rng.choices(SUFFIXES, k=rng.randint(0, 3)))
        assert stem(word) == REFERENCE.stem(word), word


@settings(deadline=None)
@given(st.text(alphabet="aeiouylstdngz", max_size=70))
@example("y" * 5000)
@example("foo*ded")
def test_made_words_equal_nltk(word: str) -> None:
    assert stem(word) == REFERENCE.stem(word)


@settings(deadline=None)
@given(st.text(max_size=30).map(str.lower))
def test_any_lower_case_text_equals_nltk(word: str) -> None:
    assert stem(word) == REFERENCE.stem(word)
