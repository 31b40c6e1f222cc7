"""Counting runs of tokens, shared by BLEU, GLEU and ROUGE-N."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def ngram_total(tokens: Sequence[str], order: int) -> int:
    """How many n-grams of `order` (≥ 1) the tokens have; 0 where the text is shorter than that."""
    return max(0, len(tokens) - order + 1)


def shared_ngrams(first: Sequence[str], second: Sequence[str], order: int) -> int:
    """How many n-grams of `order` (≥ 1) occur in both, each counted as often as in the text that has it less often."""
    return sum((Counter(_ngrams(first, order)) & Counter(_ngrams(second, order))).values())


def shared_up_to(first: Sequence[str], second: Sequence[str], order: int) -> list[int]:
    """The shared n-grams of every order from 1 to `order`; counting ends at the first order that shares none."""
    shared = [0] * order
    for index in range(order):
        shared[index] = shared_ngrams(first, second, index + 1)
        if not shared[index]:
            break
    return shared


def _ngrams(tokens: Sequence[str], order: int) -> Iterable[str] | Iterable[tuple[str, ...]]:
    if order == 1:
        return tokens
    return zip(*(tokens[start:] for start in range(order)), strict=False)
