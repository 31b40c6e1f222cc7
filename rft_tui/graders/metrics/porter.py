"""The Porter stemmer with nltk's extensions, which METEOR and stemmed ROUGE use.

Source: M. F. Porter, An algorithm for suffix stripping, 1980; differences as in nltk 3.10, mode NLTK_EXTENSIONS.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_CACHED_LENGTH: Final = 48
"""Longer words are stemmed anew each time, so that the cache stays small."""

_IRREGULAR: Final = {
    "skies": "sky",
    "sky": "sky",
    "dying": "die",
    "lying": "lie",
    "tying": "tie",
    "news": "news",
    "innings": "inning",
    "inning": "inning",
    "outings": "outing",
    "outing": "outing",
    "cannings": "canning",
    "canning": "canning",
    "howe": "howe",
    "proceed": "proceed",
    "exceed": "exceed",
    "succeed": "succeed",
}

_PLURALS: Final = (("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", ""))

_STEP_2: Final = (
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("fulli", "ful"),
)

_STEP_3: Final = (
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
)

_STEP_4: Final = tuple(
    (suffix, "")
    for suffix in "al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize".split()  # noqa: SIM905
)


def stem(word: str) -> str:
    """The stem of a lower-case word; words of one or two characters stay as they are."""
    return _cached_stem(word) if len(word) <= _CACHED_LENGTH else _stem(word)


def _stem(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 2:
        return word
    word = _past_forms(_plural(word))
    if len(word) > 2 and word.endswith("y") and _shape(word[:-1])[-1] == "c":
        word = word[:-1] + "i"
    word = _replaced(_replaced(_double_suffixes(word), _STEP_3, 0), _STEP_4, 1)
    return _tidied(word)


_cached_stem = lru_cache(maxsize=32_768)(_stem)


def _plural(word: str) -> str:
    if len(word) == 4 and word.endswith("ies"):
        return word[:-1]
    for suffix, replacement in _PLURALS:
        if word.endswith(suffix):
            return word[: -len(suffix)] + replacement
    return word


def _past_forms(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for suffix in ("ed", "ing"):
        if word.endswith(suffix) and "v" in _shape(word[: -len(suffix)]):
            return _completed(word[: -len(suffix)])
    return word


def _completed(word: str) -> str:
    """Give back what taking -ed or -ing off took too much of: conflat → conflate, hopp → hop, fil → file."""
    if word.endswith(("at", "bl", "iz")):
        return word + "e"
    if len(word) >= 2 and word[-1] == word[-2] and _shape(word)[-1] == "c":
        return word if word[-1] in "lsz" else word[:-1]
    if word.endswith("*d"):
        # nltk names its double-consonant rule "*d" and so also takes these two characters for a suffix.
        return word[:-2] + "d"
    return word + "e" if _measure(word) == 1 and _ends_short(word) else word


def _double_suffixes(word: str) -> str:
    if word.endswith("alli") and _measure(word[:-4]) > 0:
        word = word[:-2]
    if word.endswith("logi"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    return _replaced(word, _STEP_2, 0)


def _replaced(word: str, rules: tuple[tuple[str, str], ...], above: int) -> str:
    """The word after the first rule whose suffix it has, if what stands before has a measure above `above`."""
    for suffix, replacement in rules:
        if word.endswith(suffix):
            rest = word[: -len(suffix)]
            if _measure(rest) > above and (suffix != "ion" or rest[-1] in "st"):
                return rest + replacement
            return word
    return word


def _tidied(word: str) -> str:
    if word.endswith("e"):
        measure = _measure(word[:-1])
        if measure > 1 or (measure == 1 and not _ends_short(word[:-1])):
            word = word[:-1]
    if word.endswith("ll") and _measure(word[:-1]) > 1:
        word = word[:-1]
    return word


def _shape(word: str) -> str:
    """One `c` or `v` for each letter; y is a vowel after a consonant, any other sign is a consonant."""
    shape = []
    vowel = True
    for letter in word:
        vowel = letter in "aeiou" or (letter == "y" and not vowel)
        shape.append("v" if vowel else "c")
    return "".join(shape)


def _measure(word: str) -> int:
    """Porter's m: how often a consonant follows a vowel."""
    return _shape(word).count("vc")


def _ends_short(word: str) -> bool:
    """Porter's *o: ends consonant, vowel, consonant other than w, x, y; nltk adds two-letter vowel, consonant."""
    shape = _shape(word)
    return shape == "vc" or (shape[-3:] == "cvc" and word[-1] not in "wxy")
