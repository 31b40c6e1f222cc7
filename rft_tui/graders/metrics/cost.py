"""How long a metric can hold the interpreter, so that long texts go to a process that can be killed.

rapidfuzz computes without letting other threads run: its partial scorers take seconds for texts of a thousand words.
The factors below are measured on texts made to be slow (few letters, CJK, only punctuation, only new words) and rounded
up; ordinary English takes about a tenth.
"""

from __future__ import annotations

from typing import Final

from rft_tui.graders.metrics.registry import chosen_variant

LIMIT_SECONDS: Final = 0.05
"""A call that can take longer is heavy."""

_WORD_BITS: Final = 64
"""rapidfuzz compares this many characters of the shorter text at a time."""

_PARTIAL: Final = 2e-9
"""Seconds for each window of the longer text, character of the shorter text and its machine word."""
_PAIRWISE: Final = 0.7e-9
"""Seconds for each pair of characters in a comparison of whole texts."""
_PAIRWISE_TOKENS: Final = 0.05e-9
"""Seconds for each pair of characters where tokens, not characters, are compared."""
_PER_CHARACTER: Final = 1e-7
"""Seconds for each character of both texts in rapidfuzz: folding, splitting and sorting."""

_SECONDS_PER_CHARACTER: Final = {
    "bleu_nltk_split": 0.4e-6,
    "bleu_nltk_treebank": 1.5e-6,
    "gleu_nltk_split": 0.4e-6,
    "gleu_nltk_treebank": 1.5e-6,
    "meteor_nltk_split": 1.8e-6,
    "meteor_nltk_treebank": 2e-6,
    "rouge": 0.2e-6,
    "rouge_stem": 1.1e-6,
}


def is_heavy(metric: str, variant: str | None, hypothesis_length: int, reference_length: int) -> bool:
    """Whether a call on texts of these lengths (in characters) could take longer than LIMIT_SECONDS.

    Raises UsageError for an unknown metric or variant.
    """
    chosen = chosen_variant(metric, variant)
    return _slowest_seconds(metric, chosen, hypothesis_length, reference_length) > LIMIT_SECONDS


def _slowest_seconds(metric: str, variant: str, hypothesis_length: int, reference_length: int) -> float:
    total = hypothesis_length + reference_length
    if metric == "fuzzy_match":
        return _fuzzy_seconds(variant, hypothesis_length, reference_length)
    if metric.startswith("rouge_"):
        seconds = total * _SECONDS_PER_CHARACTER["rouge_stem" if "_stem_" in variant else "rouge"]
        return seconds + (hypothesis_length * reference_length * _PAIRWISE_TOKENS if metric == "rouge_l" else 0.0)
    return total * _SECONDS_PER_CHARACTER["_".join(variant.split("_")[:3])]


def _fuzzy_seconds(variant: str, hypothesis_length: int, reference_length: int) -> float:
    shorter, longer = sorted((hypothesis_length, reference_length))
    seconds = shorter * longer * _PAIRWISE + (shorter + longer) * _PER_CHARACTER
    windows = (shorter + longer) * shorter * -(-shorter // _WORD_BITS) * _PARTIAL
    if "_partial_" in variant:
        return seconds + windows
    if "_WRatio" in variant:
        # It compares parts twice where one text is half as long again as the other; after default_process the lengths,
        # and so whether it does, are not known here.
        alike = longer < 1.5 * shorter and "_default_process" not in variant
        return seconds if alike else seconds + 2 * windows
    return seconds
