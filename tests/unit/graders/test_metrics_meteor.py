"""METEOR's alignment and penalty, against nltk with the same synonyms."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nltk.translate.meteor_score import meteor_score

from rft_tui.graders.metrics import metric_function
from rft_tui.graders.metrics.meteor import meteor
from rft_tui.graders.metrics.synonyms import synonyms


@dataclass(frozen=True)
class Lemma:
    """A name of a synset as nltk's reader gives it."""

    word: str

    def name(self) -> str:
        return self.word


class Synset:
    """One synset that holds all synonyms of a word."""

    def __init__(self, words: frozenset[str]) -> None:
        self.words = words

    def lemmas(self) -> list[Lemma]:
        return [Lemma(word) for word in self.words]


class Dictionary:
    """Our synonyms behind the part of nltk's reader that METEOR uses."""

    def synsets(self, word: str) -> list[Synset]:
        return [Synset(synonyms(word))]


class EmptyDictionary:
    """A dictionary that knows no word."""

    def synsets(self, word: str) -> list[Synset]:
        return []


WORDS = ["car", "automobile", "auto", "Autos", "doctor", "physician", "physicians", "doc", "run", "running", "the", "a"]
TOKENS = st.lists(st.sampled_from([*WORDS, "big", "large", "bigger", "dog", "cat"]), max_size=16)


@settings(max_examples=400, deadline=None)
@given(TOKENS, TOKENS)
@example(["the", "the", "car"], ["auto", "the", "automobile", "the"])
@example([], [])
def test_meteor_equals_nltk(hypothesis: list[str], reference: list[str]) -> None:
    expected = meteor_score([reference], hypothesis, wordnet=Dictionary())
    assert meteor(hypothesis, reference) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=200, deadline=None)
@given(TOKENS, TOKENS)
def test_meteor_without_synonyms_equals_nltk(hypothesis: list[str], reference: list[str]) -> None:
    expected = meteor_score([reference], hypothesis, wordnet=EmptyDictionary())
    assert meteor(hypothesis, reference, with_synonyms=False) == pytest.approx(expected, abs=1e-12)


def test_one_right_word_gets_half() -> None:
    assert metric_function("meteor")("Sepsis", "sepsis") == 0.5


def test_synonyms_count_only_where_they_are_wanted() -> None:
    pair = ("the physician", "the doctor")
    assert metric_function("meteor")(*pair) > 0.9
    assert metric_function("meteor", "meteor_nltk_split_nosyn")(*pair) == pytest.approx(0.25)


def test_scattered_words_score_less_than_words_in_order() -> None:
    compute = metric_function("meteor")
    assert compute("fever and chills", "fever and chills") > compute("chills and fever", "fever and chills") > 0
