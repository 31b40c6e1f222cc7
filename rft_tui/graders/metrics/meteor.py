"""METEOR: words aligned as they are, by stem, then by synonym, with a penalty for scattered alignments.

Source: Lavie and Agarwal, METEOR, WMT 2007, with alpha 0.9, beta 3, gamma 0.5; order of matching as in nltk 3.10.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from rft_tui.graders.metrics.porter import stem
from rft_tui.graders.metrics.synonyms import synonyms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_ALPHA: Final = 0.9
_BETA: Final = 3.0
_GAMMA: Final = 0.5

Word = tuple[int, str]
"""A word with its position in its text."""


def meteor(hypothesis: Sequence[str], reference: Sequence[str], *, with_synonyms: bool = True) -> float:
    """METEOR of the hypothesis' tokens against one reference, 0..1, case ignored; 0 where nothing matches.

    One word that is right gets 0.5: it is a chunk of its own, which the penalty halves.
    """
    left = list(enumerate(token.lower() for token in hypothesis))
    right = list(enumerate(token.lower() for token in reference))
    alignment: list[tuple[int, int]] = []
    left, right = _align(left, right, alignment)
    left = [(position, stem(word)) for position, word in left]
    right = [(position, stem(word)) for position, word in right]
    left, right = _align(left, right, alignment)
    if with_synonyms:
        _align(left, right, alignment, synonyms)
    if not alignment:
        return 0.0
    alignment.sort()
    precision, recall = len(alignment) / len(hypothesis), len(alignment) / len(reference)
    mean = precision * recall / (_ALPHA * precision + (1 - _ALPHA) * recall)
    penalty: float = _GAMMA * (_chunks(alignment) / len(alignment)) ** _BETA
    return (1 - penalty) * mean


def _align(
    left: list[Word],
    right: list[Word],
    alignment: list[tuple[int, int]],
    alternatives: Callable[[str], Iterable[str]] | None = None,
) -> tuple[list[Word], list[Word]]:
    """Match from the end, each word with the last free position of an equal (or alternative) one; return the rest."""
    if not left or not right:
        return left, right
    free: defaultdict[str, list[int]] = defaultdict(list)
    for position, word in right:
        free[word].append(position)
    unmatched = []
    for position, word in reversed(left):
        candidates = [other for other in (alternatives(word) if alternatives else (word,)) if free.get(other)]
        if candidates:
            best = max(candidates, key=lambda other: free[other][-1])
            alignment.append((position, free[best].pop()))
        else:
            unmatched.append((position, word))
    still_free = {position for positions in free.values() for position in positions}
    return unmatched[::-1], [pair for pair in right if pair[0] in still_free]


def _chunks(alignment: list[tuple[int, int]]) -> int:
    """How many runs of neighbouring words, in the same order on both sides, the sorted alignment falls into."""
    chunks = 1
    for (left, right), (next_left, next_right) in pairwise(alignment):
        if next_left != left + 1 or next_right != right + 1:
            chunks += 1
    return chunks
