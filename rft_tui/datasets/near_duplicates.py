"""Texts that are nearly the same, found in linear time from small sketches of them.

A text becomes the set of its runs of three words (lower case, sentence marks left out). A sketch keeps the 64 smallest
hashes of the set; the share that two sketches have in common estimates the share of runs that the texts have in common
(Broder 1997), and is exact for texts of up to 64 runs. Two texts are compared if one of their four smallest hashes is
the same, and if all their numbers are the same: "13.11 or 13.8" and "13.11 or 13.9" ask different things.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

THRESHOLD = 0.8
"""From this share of common runs of words two texts are near duplicates."""

ROW_LIMIT = 200_000
"""Texts that an index holds, about 700 bytes each; later ones are compared with these only."""

_SKETCH = 64
_DOORS = 4
_CHAIN = 8
_TEXT_LIMIT = 100_000
_CACHE_LIMIT = 50_000
_LEARN_FROM = 10
_MASK = 0xFFFFFFFF

_TOKEN = re.compile(r"(?<![\w.])[-+]?\d+(?:[.,:]\d+)*|\w+|[^\w\s.,;:!?'\"“”‘’()\[\]…–—-]")


class Sketch(NamedTuple):
    """What is kept of a text: its smallest hashes in order, and a hash of its numbers."""

    hashes: tuple[int, ...]
    numbers: int


class Sketcher:
    """Makes sketches; runs of words that most first texts share (an instruction in front of each) are left out."""

    def __init__(self) -> None:
        self._common: frozenset[int] = frozenset()
        self._words: dict[str, int] = {}

    def learn(self, texts: Iterable[str]) -> None:
        """Take the runs of words that more than half of these texts have as saying nothing; needs ten texts."""
        counts: Counter[int] = Counter()
        total = 0
        for text in texts:
            counts.update(self._runs(text)[0])
            total += 1
        if total >= _LEARN_FROM:
            self._common = frozenset(run for run, count in counts.items() if count > total / 2)

    def sketch(self, text: str) -> Sketch | None:
        """The sketch of a text (of its first 100 000 characters); None where it has no words of its own."""
        runs, numbers = self._runs(text)
        own = runs - self._common if self._common else runs
        return Sketch(tuple(sorted(own)[:_SKETCH]), numbers) if own else None

    def _runs(self, text: str) -> tuple[set[int], int]:
        text = text[:_TEXT_LIMIT]
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text)
        tokens = _TOKEN.findall(text.casefold())
        words = self._words
        hashes: list[int] = []
        for token in tokens:
            number = words.get(token)
            if number is None:
                if len(words) >= _CACHE_LIMIT:
                    words.clear()
                number = words[token] = zlib.crc32(token.encode("utf-8", "surrogatepass"))
            hashes.append(number)
        numbers = zlib.crc32(" ".join([token for token in tokens if token[-1].isdigit()]).encode())
        if 0 < len(hashes) < 3:
            hashes += [0] * (3 - len(hashes))
        runs = {
            ((first * 0x9E3779B1 ^ second) * 0x85EBCA6B ^ third) * 0xC2B2AE35 >> 7 & _MASK
            for first, second, third in zip(hashes, hashes[1:], hashes[2:], strict=False)
        }
        return runs, numbers


def similarity(one: Sketch, other: Sketch) -> float:
    """The estimated share of runs of words that two texts have in common, 0 to 1; 0 where their numbers differ."""
    if one.numbers != other.numbers:
        return 0.0
    first, second = set(one.hashes), set(other.hashes)
    smallest = sorted(first | second)[:_SKETCH]
    return sum(1 for run in smallest if run in first and run in second) / len(smallest)


class Near(NamedTuple):
    """A text of the index that is nearly the same: the line it was added with, and the share in common."""

    line: int
    share: float


class NearIndex:
    """Sketches by their smallest hashes; finding compares with at most 32 of them, however many there are."""

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self._threshold = threshold
        self._latest: dict[int, int] = {}
        self._previous = array("q")
        self._lines = array("Q")
        self._starts = array("Q", [0])
        self._hashes = array("I")
        self._numbers = array("I")

    @property
    def full(self) -> bool:
        """Whether no more texts are taken in."""
        return len(self._lines) >= ROW_LIMIT

    def add(self, line: int, sketch: Sketch) -> None:
        """Take in the text at a line."""
        if self.full:
            return
        for door in range(_DOORS):
            entry = len(self._previous)
            if door < len(sketch.hashes):
                key = sketch.hashes[door] << 32 | sketch.numbers
                self._previous.append(self._latest.get(key, -1))
                self._latest[key] = entry
            else:
                self._previous.append(-1)
        self._lines.append(line)
        self._hashes.extend(sketch.hashes)
        self._starts.append(len(self._hashes))
        self._numbers.append(sketch.numbers)

    def find(self, sketch: Sketch) -> Near | None:
        """The nearest text found, of equals the earliest line; None below the threshold."""
        candidates: set[int] = set()
        for run in sketch.hashes[:_DOORS]:
            entry = self._latest.get(run << 32 | sketch.numbers, -1)
            for _ in range(_CHAIN):
                if entry < 0:
                    break
                candidates.add(entry // _DOORS)
                entry = self._previous[entry]
        best: Near | None = None
        for number in sorted(candidates):
            share = similarity(sketch, self._sketch(number))
            if share >= self._threshold and (best is None or share > best.share):
                best = Near(self._lines[number], share)
        return best

    def _sketch(self, number: int) -> Sketch:
        begin, end = self._starts[number], self._starts[number + 1]
        return Sketch(tuple(self._hashes[begin:end]), self._numbers[number])
