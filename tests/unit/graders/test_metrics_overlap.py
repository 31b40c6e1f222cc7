"""BLEU, GLEU and ROUGE on made texts, against nltk and rouge-score."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nltk.tokenize.destructive import NLTKWordTokenizer
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from nltk.translate.gleu_score import sentence_gleu
from rouge_score.rouge_scorer import RougeScorer

from rft_tui.graders.metrics import METRIC_NAMES, metric_function, variants

WORDS = [
    "the",
    "cat",
    "sat",
    "on",
    "mat",
    "Mats",
    "cats",
    "running",
    "run",
    "runs",
    "1",
    "don't",
    "(x)",
    "é",
    "中",
    ".",
]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=24).map(" ".join)
PAIRS = st.tuples(TEXTS, TEXTS)
EXACT = 1e-12
ROUGE = ("rouge1", "rouge2", "rouge3", "rouge4", "rouge5", "rougeL")
SCORERS = {stemmed: RougeScorer(list(ROUGE), use_stemmer=stemmed) for stemmed in (False, True)}


@settings(max_examples=150, deadline=None)
@given(PAIRS)
@example(("the cat", "the cat"))
@example(("cat", "cat"))
@example(("", ""))
def test_bleu_equals_nltk(pair: tuple[str, str]) -> None:
    smoothing = SmoothingFunction()
    for variant in variants("bleu"):
        value = metric_function("bleu", variant)(*pair)
        hypothesis, reference = _tokens(variant, pair)
        method = variant.rpartition("_")[2]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = sentence_bleu([reference], hypothesis, smoothing_function=getattr(smoothing, method, None))
        assert value == pytest.approx(float(expected), abs=EXACT), variant


@settings(max_examples=150, deadline=None)
@given(PAIRS)
@example(("", ""))
@example(("the", ""))
def test_gleu_equals_nltk(pair: tuple[str, str]) -> None:
    for variant in variants("gleu"):
        hypothesis, reference = _tokens(variant, pair)
        expected = sentence_gleu([reference], hypothesis)
        assert metric_function("gleu", variant)(*pair) == pytest.approx(expected, abs=EXACT), variant


@settings(max_examples=150, deadline=None)
@given(PAIRS)
@example(("the cat sat", "the cat sat on"))
def test_rouge_equals_rouge_score(pair: tuple[str, str]) -> None:
    hypothesis, reference = pair
    expected = {stemmed: scorer.score(reference, hypothesis) for stemmed, scorer in SCORERS.items()}
    for name in ROUGE:
        metric = f"rouge_{name[-1].lower()}"
        plain, stemmed = expected[False][name], expected[True][name]
        for ending, value in (
            ("p", plain.precision),
            ("r", plain.recall),
            ("f", plain.fmeasure),
            ("stem_f", stemmed.fmeasure),
        ):
            ours = metric_function(metric, f"{metric}_{ending}")(hypothesis, reference)
            assert ours == pytest.approx(value, abs=EXACT), (metric, ending)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
@example("\ud800", "\ud800 a")
@example("\x00", "")
def test_any_text_gives_a_score_from_0_to_1(hypothesis: str, reference: str) -> None:
    for metric in METRIC_NAMES:
        for variant in variants(metric):
            assert 0.0 <= metric_function(metric, variant)(hypothesis, reference) <= 1.0 + EXACT, variant


@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_one_right_word_shares_no_longer_n_gram(order: int) -> None:
    assert metric_function(f"rouge_{order}")("sepsis", "sepsis") == 0.0


def test_rouge_is_0_for_texts_outside_its_letters() -> None:
    assert metric_function("rouge_1")("急性心筋梗塞", "急性心筋梗塞") == 0.0


def test_bleu_without_smoothing_is_almost_but_not_0() -> None:
    assert 0.0 < metric_function("bleu", "bleu_nltk_split_none")("the cat", "the cat") < 1e-100


def _tokens(variant: str, pair: tuple[str, str]) -> tuple[list[str], list[str]]:
    split = NLTKWordTokenizer().tokenize if "treebank" in variant else str.split
    return split(pair[0]), split(pair[1])
