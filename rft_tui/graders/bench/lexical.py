"""Measures of how alike two texts are, by the names that prompts use for them, in each of their common definitions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from rft_tui.graders.metrics import METRIC_NAMES, metric_function, variants

Similarity: TypeAlias = Callable[[str, str], float]

MAX_LENGTH = 500
"""Characters of a text that is measured; examples in prompts are short."""

_WORD = re.compile(r"\w+")

_NAMES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("normalised Levenshtein", re.compile(r"levenshtein|edit[ _-]?(?:distance|similarity|ratio)", re.IGNORECASE)),
    ("Jaro", re.compile(r"\bjaro", re.IGNORECASE)),
    ("Jaccard", re.compile(r"jaccard", re.IGNORECASE)),
    ("token set ratio", re.compile(r"token[ _-]?set", re.IGNORECASE)),
    ("token sort ratio", re.compile(r"token[ _-]?sort", re.IGNORECASE)),
    *(
        (name, re.compile(r"\b" + name.replace("_", "[ _-]?") + r"\b", re.IGNORECASE))
        for name in METRIC_NAMES
        if name != "fuzzy_match"
    ),
    ("fuzzy_match", re.compile(r"fuzz", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one definition of a measure gives for two texts."""

    definition: str
    value: float


def measure_named(text: str) -> str | None:
    """The measure that a text names first, None where it names none."""
    found = [(match.start(), name) for name, pattern in _NAMES if (match := pattern.search(text)) is not None]
    return min(found)[1] if found else None


def measured(measure: str | None, first: str, second: str) -> list[Measured]:
    """What each definition of a measure (None: of every one) gives, as written and with case and punctuation folded.

    The usual definition comes first. Nothing for texts longer than `MAX_LENGTH`.
    """
    if max(len(first), len(second)) > MAX_LENGTH:
        return []
    names = [name for name, _pattern in _NAMES] if measure is None else [measure]
    folded = _folded(first), _folded(second)
    made: list[Measured] = []
    for name in names:
        for definition, similarity in _definitions(name).items():
            made.append(Measured(definition, similarity(first, second)))
            if folded != (first, second):
                made.append(Measured(f"{definition}, case and punctuation folded", similarity(*folded)))
    return made


def _definitions(measure: str) -> dict[str, Similarity]:
    if measure == "normalised Levenshtein":
        return _levenshtein()
    if measure == "Jaro":
        from rapidfuzz.distance import Jaro, JaroWinkler

        return {"Jaro-Winkler": JaroWinkler.normalized_similarity, "Jaro": Jaro.normalized_similarity}
    if measure == "Jaccard":
        return {
            "shared words / all words": lambda a, b: _jaccard(set(_WORD.findall(a)), set(_WORD.findall(b))),
            "shared characters / all characters": lambda a, b: _jaccard(set(a), set(b)),
        }
    if measure.startswith("token "):
        scorer = "token_set_ratio" if "set" in measure else "token_sort_ratio"
        return {measure: metric_function("fuzzy_match", f"rapidfuzz_{scorer}")}
    return {variant: metric_function(measure, variant) for variant in variants(measure)}


def _levenshtein() -> dict[str, Similarity]:
    from rapidfuzz.distance import Indel, Levenshtein

    def by_both(a: str, b: str) -> float:
        return 1 - Levenshtein.distance(a, b) / max(1, len(a) + len(b))

    def generalised(a: str, b: str) -> float:
        edits = Levenshtein.distance(a, b)
        return 1 - 2 * edits / max(1, len(a) + len(b) + edits)

    return {
        "1 − edits / longer length": Levenshtein.normalized_similarity,
        "1 − edits / both lengths": by_both,
        "1 − 2·edits / (both lengths + edits)": generalised,
        "1 − insertions and deletions / both lengths": Indel.normalized_similarity,
    }


def _jaccard(first: set[str], second: set[str]) -> float:
    both = first | second
    return len(first & second) / len(both) if both else 1.0


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
