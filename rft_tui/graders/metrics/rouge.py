"""ROUGE-N and ROUGE-L of two texts.

Source: Lin, ROUGE: A Package for Automatic Evaluation of Summaries, 2004; edge cases as in rouge-score 0.1.2.
"""

from __future__ import annotations

from typing import NamedTuple

from rft_tui.graders.metrics.ngrams import ngram_total, shared_ngrams
from rft_tui.graders.metrics.porter import stem
from rft_tui.graders.metrics.tokenize import rouge_tokens

_SHORTEST_STEMMED = 4


class RougeScore(NamedTuple):
    """Share of the hypothesis that is in the reference, share of the reference that is found, their harmonic mean."""

    precision: float
    recall: float
    f: float


def rouge_n(hypothesis: str, reference: str, order: int, *, stemmed: bool = False) -> RougeScore:
    """The overlap of n-grams of `order` (≥ 1); all 0 where a text has none, so for any text outside a–z and 0–9."""
    first, second = _tokens(hypothesis, stemmed=stemmed), _tokens(reference, stemmed=stemmed)
    return _score(shared_ngrams(first, second, order), ngram_total(first, order), ngram_total(second, order))


def rouge_l(hypothesis: str, reference: str, *, stemmed: bool = False) -> RougeScore:
    """The longest common subsequence of tokens; all 0 where a text has no token."""
    from rapidfuzz.distance import LCSseq

    first, second = _tokens(hypothesis, stemmed=stemmed), _tokens(reference, stemmed=stemmed)
    if not first or not second:
        return RougeScore(0.0, 0.0, 0.0)
    return _score(LCSseq.similarity(first, second), len(first), len(second))


def _tokens(text: str, *, stemmed: bool) -> list[str]:
    tokens = rouge_tokens(text)
    if stemmed:
        return [stem(token) if len(token) >= _SHORTEST_STEMMED else token for token in tokens]
    return tokens


def _score(matches: int, hypothesis_total: int, reference_total: int) -> RougeScore:
    if not matches:
        return RougeScore(0.0, 0.0, 0.0)
    precision, recall = matches / hypothesis_total, matches / reference_total
    return RougeScore(precision, recall, 2 * precision * recall / (precision + recall))
