"""What differs between two texts, as one change."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Replaced:
    """From `start` on `removed` was taken out and `inserted` put in; `start` counts characters of the whole text."""

    start: int
    removed: str
    inserted: str

    @property
    def end(self) -> int:
        """Where what was taken out ended."""
        return self.start + len(self.removed)


def difference(before: str, after: str) -> Replaced:
    """What differs between two texts as one change: all that lies between what they begin and end with together."""
    least = min(len(before), len(after))
    start = _same(before, after, least)
    end = _same(before[::-1], after[::-1], least - start) if before != after else 0
    return Replaced(start, before[start : len(before) - end], after[start : len(after) - end])


def _same(one: str, other: str, most: int) -> int:
    """How many characters two texts begin with together, at most so many; found by halves."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
