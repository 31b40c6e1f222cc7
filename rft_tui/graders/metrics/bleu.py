"""Sentence BLEU with four n-gram orders and nltk's smoothing methods.

Sources: Papineni et al., BLEU, ACL 2002; Chen and Cherry, A Systematic Comparison of Smoothing Techniques for
Sentence-Level BLEU, WMT 2014; edge cases as in nltk 3.10.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Final

from rft_tui.graders.metrics.ngrams import ngram_total, shared_up_to

if TYPE_CHECKING:
    from collections.abc import Sequence

_ORDERS: Final = 4
_EPSILON: Final = 0.1
_METHOD_4_K: Final = 5


def bleu(hypothesis: Sequence[str], reference: Sequence[str], smoothing: str) -> float:
    """BLEU-4 of the hypothesis' tokens against one reference, 0..1; 0 where no token is shared.

    `smoothing` is none, method1, method2, method3 or method4. Without smoothing, an order that shares nothing counts
    as the smallest positive float, so that the score is almost but not quite 0.
    """
    shared = shared_up_to(hypothesis, reference, _ORDERS)
    if not shared[0]:
        return 0.0
    totals = [max(1, ngram_total(hypothesis, order + 1)) for order in range(_ORDERS)]
    precisions = _smoothed(shared, totals, smoothing, len(hypothesis))
    logarithms = [math.log(precision) / _ORDERS for precision in precisions if precision > 0]
    return _brevity_penalty(len(hypothesis), len(reference)) * math.exp(math.fsum(logarithms))


def _brevity_penalty(hypothesis_length: int, reference_length: int) -> float:
    return 1.0 if hypothesis_length > reference_length else math.exp(1 - reference_length / hypothesis_length)


def _smoothed(shared: list[int], totals: list[int], smoothing: str, length: int) -> list[float]:
    if smoothing == "method2":
        return [shared[0] / totals[0]] + [(shared[i] + 1) / (totals[i] + 1) for i in range(1, _ORDERS)]
    precisions = []
    empty_orders = 0
    for matches, total in zip(shared, totals, strict=True):
        if matches:
            precisions.append(matches / total)
            continue
        empty_orders += 1
        precisions.append(_stand_in(smoothing, empty_orders, total, length))
    return precisions


def _stand_in(smoothing: str, empty_orders: int, total: int, length: int) -> float:
    """The precision that stands for an order without a match, the `empty_orders`-th of its kind."""
    if smoothing == "none":
        return sys.float_info.min
    if smoothing == "method1":
        return _EPSILON / total
    if smoothing == "method3":
        return 1 / (2.0**empty_orders * total)
    if smoothing == "method4":
        # A hypothesis of one word has the logarithm 0: the order is left out, and one shared word alone can give 1.
        return math.log(length) / (2.0**empty_orders * _METHOD_4_K) / total
    raise ValueError(smoothing)
