"""Synonyms of a word from a compact table made from WordNet 3.0, loaded when first needed.

How the table is made and what its lines mean: `scripts/build_synonyms.py`. Princeton's licence lies beside it.
"""

from __future__ import annotations

import gzip
from bisect import bisect_left
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from rft_tui.errors import RftError

TABLE: Final = Path(__file__).parent / "data" / "synonyms.txt.gz"
"""The table that ships with the package."""

_LONGEST_WORD: Final = 80
"""No word of the table, with its ending, is longer; longer tokens are not looked up, so the cache stays small."""

_ENDINGS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "n": (
        ("s", ""),
        ("ses", "s"),
        ("ves", "f"),
        ("xes", "x"),
        ("zes", "z"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("men", "man"),
        ("ies", "y"),
    ),
    "v": (
        ("s", ""),
        ("ies", "y"),
        ("es", "e"),
        ("es", ""),
        ("ed", "e"),
        ("ed", ""),
        ("ing", "e"),
        ("ing", ""),
    ),
    "a": (("er", ""), ("est", ""), ("er", "e"), ("est", "e")),
}
"""WordNet's rules of detachment (morphy): endings and what they are replaced with, for each part of speech."""


def synonyms(word: str) -> frozenset[str]:
    """The single words that share a synset with the lower-case word or its base forms; empty for an unknown word.

    Raises RftError where the table cannot be read.
    """
    return _synonyms(word) if len(word) <= _LONGEST_WORD else frozenset()


@lru_cache(maxsize=8_192)
def _synonyms(word: str) -> frozenset[str]:
    own = _entry(word)
    found = {name for names in own.values() for name in names}
    for part, endings in _ENDINGS.items():
        if part.upper() in own:
            continue
        for ending, replacement in endings:
            if word.endswith(ending):
                base = word[: -len(ending)] + replacement
                found.update(_entry(base).get(part, ()))
    return frozenset(found)


def _entry(word: str) -> dict[str, list[str]]:
    """The groups of the table's line for the word, by their letter."""
    lines = _lines()
    start = word + "\t"
    place = bisect_left(lines, start)
    if place == len(lines) or not lines[place].startswith(start):
        return {}
    groups = lines[place].split("\t")[1:]
    return {group[0]: [word if name == "=" else name for name in group[1:].split(" ") if name] for group in groups}


@cache
def _lines() -> list[str]:
    try:
        return gzip.decompress(TABLE.read_bytes()).decode("ascii").splitlines()
    except (OSError, EOFError, ValueError) as error:
        raise RftError(
            f"The synonym table that METEOR needs cannot be read: {error}",
            hint="Install rft-tui again, or choose the variant of METEOR without synonyms.",
        ) from error
