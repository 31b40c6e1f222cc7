"""Undo and redo over several texts: what was changed in which of them, letters typed in a row as one step."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from rft_tui.tui.editing.text_buffer import Change, end_of

MOST_STEPS = 2000
"""Steps that are kept."""

MOST_LETTERS = 16_000_000
"""Letters that the kept steps may hold together."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change of one text, named by its path."""

    path: str
    change: Change

    @property
    def letters(self) -> int:
        """What it holds."""
        return len(self.change.removed) + len(self.change.inserted)


class History:
    """Steps that were done, and those taken back."""

    def __init__(self) -> None:
        self._done: deque[Step] = deque()
        self._undone: list[Step] = []
        self._letters = 0
        self._is_open = False

    def did(self, path: str, change: Change) -> None:
        """Keep a change; a letter behind the last one becomes part of the same step."""
        self._undone.clear()
        last = self._done[-1] if self._done and self._is_open else None
        typed = len(change.inserted) == 1 and not change.removed and not change.inserted.isspace()
        if last is not None and last.path == path and _goes_on(last.change, change):
            self._done.pop()
            joined = Change(last.change.at, last.change.removed, last.change.inserted + change.inserted)
            self._done.append(Step(path, joined))
            self._letters += len(change.inserted)
        else:
            step = Step(path, change)
            self._done.append(step)
            self._letters += step.letters
        self._is_open = typed
        while len(self._done) > 1 and (len(self._done) > MOST_STEPS or self._letters > MOST_LETTERS):
            self._letters -= self._done.popleft().letters

    def seal(self) -> None:
        """What is typed next is a step of its own."""
        self._is_open = False

    def undo(self) -> Step | None:
        """The step to take back."""
        self._is_open = False
        if not self._done:
            return None
        step = self._done.pop()
        self._letters -= step.letters
        self._undone.append(step)
        return step

    def redo(self) -> Step | None:
        """The step to do again."""
        if not self._undone:
            return None
        step = self._undone.pop()
        self._done.append(step)
        self._letters += step.letters
        return step


def _goes_on(last: Change, change: Change) -> bool:
    return not change.removed and len(change.inserted) == 1 and end_of(last.at, last.inserted) == change.at


def reverse(change: Change) -> Change:
    """What takes a change back."""
    return Change(change.at, change.inserted, change.removed)
