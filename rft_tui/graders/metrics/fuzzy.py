"""Fuzzy matching: rapidfuzz's scorers under the names that select them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, utils
from rapidfuzz.distance import Levenshtein

if TYPE_CHECKING:
    from collections.abc import Callable

_SCORERS: Final[dict[str, Callable[..., float]]] = {
    "ratio": fuzz.ratio,
    "partial_ratio": fuzz.partial_ratio,
    "token_sort_ratio": fuzz.token_sort_ratio,
    "token_set_ratio": fuzz.token_set_ratio,
    "token_ratio": fuzz.token_ratio,
    "partial_token_sort_ratio": fuzz.partial_token_sort_ratio,
    "partial_token_set_ratio": fuzz.partial_token_set_ratio,
    "WRatio": fuzz.WRatio,
    "QRatio": fuzz.QRatio,
}


def fuzzy_match(hypothesis: str, reference: str, scorer: str, *, processed: bool) -> float:
    """The similarity 0..1 by one of rapidfuzz's `fuzz` scorers (their 0..100 divided by 100).

    `processed` first lower-cases, turns everything but letters and digits into blanks and trims.
    """
    return _SCORERS[scorer](hypothesis, reference, processor=utils.default_process if processed else None) / 100


def levenshtein_similarity(hypothesis: str, reference: str, *, processed: bool) -> float:
    """1 − edits / longer length, 0..1, with insert, delete and replace each counted once; 1 for two empty texts."""
    processor = utils.default_process if processed else None
    return Levenshtein.normalized_similarity(hypothesis, reference, processor=processor)
