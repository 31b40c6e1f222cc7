"""The tokenizers, against nltk and rouge-score."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nltk.tokenize.destructive import NLTKWordTokenizer
from rouge_score.tokenize import tokenize as reference_rouge_tokens

from rft_tui.graders.metrics.tokenize import rouge_tokens, split_tokens, treebank_tokens

REFERENCE = NLTKWordTokenizer()
PUNCTUATION = ["'", "''", '"', "`", "``", *".,:;!?()[]{}<>*@#%&-–—…_½“”‘’«»„", "..", "--", "...", "x.y", "2,3", "3.5"]
BLANKS = [" ", "  ", "\n", "\t", "\x1c", "\u3000", "\u200b", "\u200d"]
CONTRACTIONS = ["cannot", "d'ye", "gimme", "gonna", "gotta", "lemme", "more'n", "wanna", "'tis", "'twas", "'n"]
CLITICS = ["n't", "N'T", "'ll", "'LL", "'re", "'ve", "'s", "'S", "'m", "'d", "'t", "'ſ"]
WORDS = ["a", "b", "Ab", "don", "1", "é", "e\u0301", "中"]
PIECES = [*PUNCTUATION, *BLANKS, *CONTRACTIONS, *CLITICS, *WORDS]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example("lemme'tis'twasn't")
@example('"He said: ""no"" (twice)."')
@example("The end.)  \n")
def test_treebank_equals_nltk_on_made_texts(text: str) -> None:
    assert treebank_tokens(text) == REFERENCE.tokenize(text)


def test_treebank_equals_nltk_on_random_texts() -> None:
    rng = random.Random(20)
    for _ in range(4000):
        text = "".join(rng.choices(PIECES, k=rng.randint(1, 20)))
        assert treebank_tokens(text) == REFERENCE.tokenize(text)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        ("It isn't 3,36 euros.", ["It", "is", "n't", "3,36", "euros", "."]),
        ('a "quoted" word', ["a", "``", "quoted", "''", "word"]),
        ("type I–IV (rare)", ["type", "I", "–", "IV", "(", "rare", ")"]),
    ],
)
def test_treebank_parts_punctuation_and_clitics(text: str, tokens: list[str]) -> None:
    assert treebank_tokens(text) == tokens


@pytest.mark.parametrize("pattern", ["a.", "a.)", "'a", "('", '"', "`", ". ", ".\n", "a' ", "--", "x:,", "d'ye"])
def test_treebank_is_quick_on_repetitive_texts(pattern: str) -> None:
    text = pattern * (200_000 // len(pattern)) + "b"
    start = time.process_time()
    treebank_tokens(text)
    assert time.process_time() - start < 3, "a quadratic rule would need minutes"


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
@example("ﬁbro İstanbul STRASSE K ½")
def test_rouge_tokens_equal_rouge_score(text: str) -> None:
    assert rouge_tokens(text) == reference_rouge_tokens(text, None)


def test_split_tokens_keeps_punctuation_and_case() -> None:
    assert split_tokens(" Marfan\u00a0syndrome,\n(type 1) ") == ["Marfan", "syndrome,", "(type", "1)"]
