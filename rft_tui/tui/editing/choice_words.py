"""What each value of a field with few values does, in the few words that stand beside it."""

from __future__ import annotations

from collections.abc import Mapping

_OPERATIONS = {
    "eq": "1 where both are equal, case counts",
    "ne": "1 where they differ, case counts",
    "like": "1 where input contains reference, case counts; no wildcards",
    "ilike": "1 where input contains reference in any case; no wildcards",
}

_METRICS = {
    "fuzzy_match": "likeness letter by letter, words in any order",
    "bleu": "shared runs of 1 to 4 words; what is too short loses",
    "gleu": "shared runs of 1 to 4 words, kinder to single sentences",
    "meteor": "shared words, word stems and synonyms, and their order",
    "cosine": "likeness of meaning by embeddings; asks a service, not in RFT",
    "rouge_1": "shared words",
    **{f"rouge_{order}": f"shared runs of {order} words" for order in range(2, 6)},
    "rouge_l": "the longest sequence of words that both have",
}

WORDS: Mapping[str, Mapping[str, str]] = {"operation": _OPERATIONS, "evaluation_metric": _METRICS}
"""Field, then value. Source of the operations: OpenAI's guide to graders; of the metrics: their own definitions."""


def choice_words(field: str, value: str) -> str:
    """What a value of a field does; empty where its name says it."""
    return WORDS.get(field, {}).get(value, "")
