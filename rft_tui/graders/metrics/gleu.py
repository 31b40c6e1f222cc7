"""Sentence GLEU, the variant of BLEU that is symmetric and needs no smoothing.

Source: Wu et al., Google's Neural Machine Translation System, 2016, section 8; orders 1 to 4 as in nltk 3.10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rft_tui.graders.metrics.ngrams import shared_up_to

if TYPE_CHECKING:
    from collections.abc import Sequence

_ORDERS: Final = 4


def gleu(hypothesis: Sequence[str], reference: Sequence[str]) -> float:
    """The smaller of precision and recall over all n-grams of orders 1 to 4, 0..1; 0 for two empty texts."""
    longer = max(len(hypothesis), len(reference))
    total = sum(max(0, longer - order) for order in range(_ORDERS))
    return sum(shared_up_to(hypothesis, reference, _ORDERS)) / total if total else 0.0
