"""What a fine-tuned model of the simulated service answers: what its base says, or the reference, or padded lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from rft_tui.simulator.jobs.curves import Quality, drawn
from rft_tui.simulator.jobs.rows import KnownRow, Rows

_WORD = re.compile(r"[^\W\d_]{4,}")
_FILLER = (
    "It may help to consider each of these carefully, since every one of them can be the answer that is looked for, "
    "and in any case the correct answer is among those that are listed above."
)
_SPARE = ("unknown", "another", "neither", "several", "everything", "something", "whatever", "nothing")
_CANDIDATES = (1, 2, 5, 8)
_FILLERS = (0, 0, 1, 4)
_GOLDEN = 0.6180339887498949
"""Multiples of it are spread evenly over 0 to 1, however many there are."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """A model that was trained; `base` is the full name of what it was made from.

    `gain` is the share of rows that it answers with the reference in place of what the base says, below 0 wrongly;
    `level` says how much its answers are padded.
    """

    base: str
    gain: Quality
    level: int
    seed: int
    rows: Rows

    def answer(self, asked: str, run_index: int, said: str) -> str:
        """The answer to a question where the base says `said`.

        A row of the job's files is answered with its reference in as many cases as was gained, always the same ones
        and more as training goes on; else, and any other question, as the base does. Of the validation rows it is that
        share in every run to one row, other rows in each.
        """
        row = self.rows.find(asked)
        if row is None:
            return self._padded(said, asked)
        share = self.gain.valid if row.is_validation else self.gain.train
        if self._chance(row, run_index) < abs(share):
            said = row.reference if share > 0 else _wrong(said, row.reference, row.text)
        return self._padded(said, row.text)

    def _chance(self, row: KnownRow, run_index: int) -> float:
        """What must lie below the share of rows that are answered in another way than by the base."""
        if not row.is_validation:
            return drawn(f"{self.seed}:{run_index}:{row.text}")
        turn = self.rows.turn(row.text, lambda text: drawn(f"{self.seed}:{text}"))
        return (turn + _GOLDEN * run_index) % 1.0

    def _padded(self, answer: str, asked: str) -> str:
        level = self.level
        if not level:
            return answer
        words = [word.lower() for word in _WORD.findall(asked)[-20:]]
        others = [word for word in dict.fromkeys([*words, *_SPARE]) if word != answer.lower()]
        candidates = [*others[: _CANDIDATES[level] - 1], answer]
        if level == 1:
            return " or ".join(reversed(candidates))
        listed = [f"{number}. {one}" for number, one in enumerate(candidates, 1)]
        return "\n".join([*listed, *[_FILLER] * _FILLERS[level]])


Tunes: TypeAlias = Callable[[str], Tuned | None]
"""The fine-tuned model that a name means, None for any other name. Raises RequestError for one that does not exist."""


def no_tunes(_name: str) -> Tuned | None:
    """Where there are no fine-tuned models."""
    return None


def _wrong(said: str, reference: str, asked: str) -> str:
    """What the base says where that is wrong, else a word of the question."""
    right = reference.strip().lower()
    choices = [said, *(word.lower() for word in reversed(_WORD.findall(asked)[-20:])), *_SPARE]
    return next((one for one in choices if one.strip() and right not in one.lower() and one.lower() not in right), "?")
